/** A pool of workers, in Node (worker_threads) and in browsers (Web Workers). */
import { TensorError } from '@equiflow/tensor';
import { workerSource } from './worker-source.ts';

/** What a pool may be told. */
export interface PoolOptions {
  /** Number of workers. Default: as many as the machine runs at once. */
  readonly workers?: number;
}

/** What a worker answers. */
export interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly buffer?: ArrayBuffer;
}

/** Workers that wait for plans and chunks; `dataParallel` runs on one. They do not keep a program alive. */
export interface Pool {
  /** Number of workers. */
  readonly workers: number;
  /**
   * Sends a message to one worker and waits for its answer.
   * @throws TensorError with the worker's message, or when the pool is closed.
   */
  request(worker: number, message: object, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends the workers; what is under way is rejected. */
  close(): Promise<void>;
}

/** The two kinds of workers under one face. */
interface Thread {
  post(message: object, transfer: readonly ArrayBuffer[]): void;
  /** Keeps the program alive, or lets it end, while this worker has nothing to do. */
  hold(held: boolean): void;
  stop(): Promise<unknown>;
}

interface Events {
  message(answer: Answer): void;
  failure(reason: string): void;
}

/** The part of Node's modules that is used here. */
interface NodeWorker {
  postMessage(message: object, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (answer: Answer) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}
interface NodeModules {
  'node:worker_threads': {
    Worker: new (source: string, options: { eval: true; execArgv: string[] }) => NodeWorker;
  };
  'node:os': { availableParallelism(): number };
}

/** A module of Node itself, or undefined elsewhere; asked for in a way that bundlers do not follow. */
function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  const scope = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return scope.process?.getBuiltinModule?.(name) as NodeModules[K] | undefined;
}

function startNodeWorker({ Worker }: NodeModules['node:worker_threads'], events: Events): Thread {
  const worker = new Worker(workerSource, { eval: true, execArgv: [] });
  worker.on('message', (answer) => events.message(answer));
  worker.on('error', (error) => events.failure(error.message));
  worker.on('exit', (code) => events.failure(`ended with code ${code}`));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    stop: () => worker.terminate(),
  };
}

function startWebWorker(events: Events): Thread {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if (data.id === 0) URL.revokeObjectURL(url);
    events.message(data);
  };
  worker.onerror = (event) => events.failure(event.message || 'could not start');
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    hold: () => {},
    stop: async () => worker.terminate(),
  };
}

interface Waiting {
  readonly worker: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * Starts workers.
 * @throws TensorError when `workers` is not a positive integer, or a worker does not start.
 */
export async function openPool(options: PoolOptions = {}): Promise<Pool> {
  const threads = nodeModule('node:worker_threads');
  const available =
    nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  const { workers = available } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new TensorError(`openPool: workers is ${workers}; give a positive whole number`);
  }
  const pool = new WorkerPool(workers, (events) =>
    threads ? startNodeWorker(threads, events) : startWebWorker(events),
  );
  try {
    await pool.started;
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

class WorkerPool implements Pool {
  readonly workers: number;
  readonly started: Promise<unknown>;
  readonly #threads: readonly Thread[];
  readonly #waiting = new Map<number, Waiting>();
  /** Why a worker can no longer be used. */
  readonly #failures: (string | null)[];
  #next = 1;
  #closed = false;

  constructor(workers: number, start: (events: Events) => Thread) {
    this.workers = workers;
    this.#failures = new Array<string | null>(workers).fill(null);
    const starts: Promise<Answer>[] = [];
    this.#threads = Array.from({ length: workers }, (_, worker) => {
      // A worker's first message has id 0; until then a negative id stands for it.
      starts.push(this.#wait(-1 - worker, worker));
      return start({
        message: (answer) => this.#settle(answer.id === 0 ? -1 - worker : answer.id, answer),
        failure: (reason) => this.#fail(worker, reason),
      });
    });
    this.started = Promise.all(starts);
  }

  async request(worker: number, message: object, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    if (this.#closed) throw new TensorError('pool: it was closed; open another one');
    const failure = this.#failures[worker];
    if (failure) throw new TensorError(`pool: worker ${worker} ${failure}; open another pool`);
    const id = this.#next++;
    const answer = this.#wait(id, worker);
    this.#threads[worker]!.hold(true);
    this.#threads[worker]!.post({ ...message, id }, transfer);
    return answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.values())
      waiting.reject(new TensorError('pool: it was closed during a run'));
    this.#waiting.clear();
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #wait(id: number, worker: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
    });
  }

  #settle(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    const { worker } = waiting;
    if (![...this.#waiting.values()].some((other) => other.worker === worker))
      this.#threads[worker]!.hold(false);
    if (answer.error === undefined) waiting.resolve(answer);
    else waiting.reject(new TensorError(`pool: worker ${worker}: ${answer.error}`));
  }

  #fail(worker: number, reason: string): void {
    if (this.#closed) return;
    this.#failures[worker] ??= reason;
    for (const [id, waiting] of this.#waiting) {
      if (waiting.worker !== worker) continue;
      this.#waiting.delete(id);
      waiting.reject(new TensorError(`pool: worker ${worker} ${this.#failures[worker]}`));
    }
  }
}
