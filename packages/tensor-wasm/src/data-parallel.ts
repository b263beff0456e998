/**
 * Data-parallel runs: a batch is cut into chunks of a fixed size, workers compute the chunks, and sums over
 * the batch are taken in the order of the chunks. So the result has the same bytes for any number of workers.
 */
import {
  bytesPerElement,
  describe,
  dtypeOf,
  sizeOf,
  TensorError,
  type TensorType,
  type TypedArray,
} from '@equiflow/tensor';
import { moduleOf } from './executable.ts';
import type { Plan } from './plan.ts';
import type { Pool } from './pool.ts';

/** What is to be computed, and how a batch is cut and put together. */
export interface DataParallelOptions {
  readonly pool: Pool;
  /** Plans the function for `count` items. Called for `chunk` at once, and for a remainder when one comes. */
  readonly plan: (count: number) => Plan;
  /** Items of a chunk. Sums depend on it (in their rounding), on the number of workers they do not. */
  readonly chunk: number;
  /** For each input: the same for all chunks (parameters), or cut along the first axis. */
  readonly inputs: readonly ('shared' | 'batch')[];
  /** For each output: added over the chunks, or joined along the first axis. */
  readonly outputs: readonly ('sum' | 'concat')[];
}

/** A function compiled for a pool. */
export interface ParallelExecutable {
  /**
   * Computes a whole batch; the inputs named 'batch' give its size. The results are valid until the next run.
   * @throws TensorError (as a rejection) when inputs do not fit, a worker fails, or the pool is closed.
   */
  run(inputs: readonly TypedArray[]): Promise<TypedArray[]>;
  /** Gives the memory of the workers back. */
  dispose(): Promise<void>;
}

/** Keys of plans, unique over all pools. */
let nextKey = 1;

/** Where one tensor lies in the buffer that is shared with the workers. */
interface Slot {
  readonly slot: number;
  readonly offset: number;
}
/** Some neighbouring items: the key of the plan for so many, where they start, which chunk it is. */
interface Chunk {
  readonly key: number;
  readonly item: number;
  readonly index: number;
  readonly count: number;
}
interface Staging {
  readonly buffer: ArrayBufferLike;
  readonly shared: readonly Slot[];
  readonly batch: readonly (Slot & { readonly itemBytes: number })[];
  readonly outputs: readonly (Slot & { readonly itemBytes: number; readonly chunkBytes: number })[];
  /** Views of the inputs, by slot. */
  readonly inputs: readonly TypedArray[];
  /** Views of the outputs, by slot: of a sum, the sums of all chunks. */
  readonly results: readonly TypedArray[];
}

/**
 * Prepares a function on every worker of a pool.
 * @throws TensorError when the plan does not have the inputs and outputs that were named.
 */
export async function dataParallel(options: DataParallelOptions): Promise<ParallelExecutable> {
  if (!Number.isInteger(options.chunk) || options.chunk < 1) {
    throw new TensorError(`dataParallel: chunk is ${options.chunk}; give a positive whole number`);
  }
  const parallel = new DataParallel(options);
  await parallel.load(options.chunk);
  return parallel;
}

/** Values that are added at a time: their sums stay in the cache. */
const BLOCK = 1024;

/** Adds the chunks [chunks, size] in their order, in double precision; the sums replace the first chunk. */
function addChunks(parts: TypedArray, size: number, chunks: number): void {
  const sums = new Float64Array(BLOCK);
  for (let start = 0; start < size; start += BLOCK) {
    const count = Math.min(BLOCK, size - start);
    for (let i = 0; i < count; i++) sums[i] = parts[start + i]!;
    for (let from = start + size; from < chunks * size; from += size) {
      for (let i = 0; i < count; i++) sums[i]! += parts[from + i]!;
    }
    for (let i = 0; i < count; i++) parts[start + i] = sums[i]!;
  }
}

class DataParallel implements ParallelExecutable {
  readonly #options: DataParallelOptions;
  readonly #keys = new Map<number, number>();
  /** Types for one chunk. */
  #inputs: readonly TensorType[] = [];
  #outputs: readonly TensorType[] = [];
  #staging: { readonly items: number; readonly staging: Staging } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DataParallelOptions) {
    this.#options = options;
  }

  /** Sends the plan for `count` items to every worker; gives its key. */
  async load(count: number): Promise<number> {
    const known = this.#keys.get(count);
    if (known !== undefined) return known;
    const { pool, plan: planFor } = this.#options;
    const plan = planFor(count);
    this.#check(plan, count);
    if (count === this.#options.chunk) {
      this.#inputs = plan.inputs;
      this.#outputs = plan.outputs;
    }
    const key = nextKey++;
    const modules = plan.binaries.map(moduleOf);
    // A view is sent with the whole of its buffer: constants are cut out of theirs first.
    const constants = plan.constants.map(({ pointer, data }) => ({ pointer, data: data.slice() }));
    const message = { kind: 'load', key, modules, plan: { ...plan, binaries: [], constants } };
    await Promise.all(Array.from({ length: pool.workers }, (_, worker) => pool.request(worker, message)));
    this.#keys.set(count, key);
    return key;
  }

  run(inputs: readonly TypedArray[]): Promise<TypedArray[]> {
    const result = this.#last.then(() => this.#run(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async dispose(): Promise<void> {
    await this.#last;
    const { pool } = this.#options;
    const requests = [...this.#keys.values()].flatMap((key) =>
      Array.from({ length: pool.workers }, (_, worker) => pool.request(worker, { kind: 'unload', key })),
    );
    this.#keys.clear();
    this.#staging = null;
    await Promise.all(requests);
  }

  async #run(inputs: readonly TypedArray[]): Promise<TypedArray[]> {
    const { pool, chunk } = this.#options;
    if (this.#keys.size === 0) throw new TensorError('run: the executable was disposed; prepare it again');
    const items = this.#itemsOf(inputs);
    const whole = Math.floor(items / chunk);
    const rest = items - whole * chunk;
    const key = this.#keys.get(chunk)!;
    const chunks: Chunk[] = Array.from({ length: whole }, (_, index) => ({
      key,
      item: index * chunk,
      index,
      count: chunk,
    }));
    if (rest > 0) chunks.push({ key: await this.load(rest), item: whole * chunk, index: whole, count: rest });

    const staging = this.#stage(items, chunks.length);
    inputs.forEach((data, slot) => {
      staging.inputs[slot]!.set(data);
    });
    const { buffer, shared, batch, outputs } = staging;
    const requests: Promise<void>[] = [];
    for (let worker = 0; worker < Math.min(pool.workers, chunks.length); worker++) {
      const own = chunks.filter(({ index }) => index % pool.workers === worker);
      const message = { kind: 'run', shared, batch, outputs, chunks: own };
      if (buffer instanceof ArrayBuffer) {
        const copy = buffer.slice(0);
        requests.push(
          pool.request(worker, { ...message, buffer: copy }, [copy]).then((answer) => {
            this.#collect(staging, answer.buffer!, own);
          }),
        );
      } else requests.push(pool.request(worker, { ...message, buffer }).then(() => undefined));
    }
    // All answers are awaited even when one is an error: the buffer is not reused while a worker writes to it.
    const settled = await Promise.allSettled(requests);
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    return this.#results(staging, chunks.length);
  }

  /** Copies what a worker computed out of the buffer that it was given and gave back. */
  #collect(staging: Staging, from: ArrayBuffer, chunks: readonly Chunk[]): void {
    const target = new Uint8Array(staging.buffer);
    for (const { offset, itemBytes, chunkBytes } of staging.outputs) {
      for (const { item, index, count } of chunks) {
        const at = offset + item * itemBytes + index * chunkBytes;
        target.set(new Uint8Array(from, at, count * itemBytes + chunkBytes), at);
      }
    }
  }

  #results(staging: Staging, chunks: number): TypedArray[] {
    return this.#options.outputs.map((kind, slot) => {
      const parts = staging.results[slot]!;
      if (kind === 'concat') return parts;
      const { shape } = this.#outputs[slot]!;
      const size = sizeOf(shape);
      addChunks(parts, size, chunks);
      return parts.subarray(0, size);
    });
  }

  /** The size of the batch, from the inputs that carry it. */
  #itemsOf(inputs: readonly TypedArray[]): number {
    if (inputs.length !== this.#inputs.length) {
      throw new TensorError(`run: got ${inputs.length} inputs, the function has ${this.#inputs.length}`);
    }
    let items = -1;
    inputs.forEach((data, slot) => {
      const type = this.#inputs[slot]!;
      const batch = this.#options.inputs[slot] === 'batch';
      const size = sizeOf(batch ? type.shape.slice(1) : type.shape);
      // Items of no values (θ of a flow without parameters) fit any batch.
      if (batch && size === 0 && data.length === 0) return;
      const count = data.length / size;
      if (dtypeOf(data) !== type.dtype || (batch ? !Number.isInteger(count) || count < 1 : count !== 1)) {
        const wanted = batch ? `a whole number of items of ${size} values` : `${size} values`;
        throw new TensorError(
          `run: input ${slot} is ${dtypeOf(data)} with ${data.length} values, expected ${wanted} (${describe(type)})`,
        );
      }
      if (batch && items >= 0 && count !== items) {
        throw new TensorError(`run: input ${slot} has ${count} items, the inputs before it have ${items}`);
      }
      if (batch) items = count;
    });
    return items;
  }

  /** The buffer for a batch of `items`, with the places of all inputs and outputs; kept while the size stays. */
  #stage(items: number, chunks: number): Staging {
    if (this.#staging?.items === items) return this.#staging.staging;
    let bytes = 0;
    const reserve = (size: number): number => {
      const offset = bytes;
      bytes += Math.ceil(size / 64) * 64;
      return offset;
    };
    const bytesOf = ({ dtype }: TensorType, shape: readonly number[]): number =>
      sizeOf(shape) * bytesPerElement(dtype);
    const inputs = this.#inputs.map((type, slot) => {
      const itemBytes = this.#options.inputs[slot] === 'batch' ? bytesOf(type, type.shape.slice(1)) : 0;
      const size = itemBytes > 0 ? itemBytes * items : bytesOf(type, type.shape);
      return { slot, offset: reserve(size), itemBytes, size, dtype: type.dtype };
    });
    const outputs = this.#outputs.map((type, slot) => {
      const joined = this.#options.outputs[slot] === 'concat';
      const itemBytes = joined ? bytesOf(type, type.shape.slice(1)) : 0;
      const chunkBytes = joined ? 0 : bytesOf(type, type.shape);
      const size = itemBytes * items + chunkBytes * chunks;
      return { slot, offset: reserve(size), itemBytes, chunkBytes, size, dtype: type.dtype };
    });
    const buffer =
      typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
    const view = ({
      offset,
      size,
      dtype,
    }: {
      offset: number;
      size: number;
      dtype: TensorType['dtype'];
    }): TypedArray => {
      if (dtype === 'float32') return new Float32Array(buffer, offset, size / 4);
      return dtype === 'float64'
        ? new Float64Array(buffer, offset, size / 8)
        : new Int32Array(buffer, offset, size / 4);
    };
    const staging: Staging = {
      buffer,
      shared: inputs
        .filter(({ slot }) => this.#options.inputs[slot] === 'shared')
        .map(({ slot, offset }) => ({ slot, offset })),
      batch: inputs
        .filter(({ slot }) => this.#options.inputs[slot] === 'batch')
        .map(({ slot, offset, itemBytes }) => ({ slot, offset, itemBytes })),
      outputs: outputs.map(({ slot, offset, itemBytes, chunkBytes }) => ({
        slot,
        offset,
        itemBytes,
        chunkBytes,
      })),
      inputs: inputs.map(view),
      results: outputs.map(view),
    };
    this.#staging = { items, staging };
    return staging;
  }

  #check(plan: Plan, count: number): void {
    const { inputs, outputs } = this.#options;
    if (plan.inputs.length !== inputs.length || plan.outputs.length !== outputs.length) {
      throw new TensorError(
        `dataParallel: the plan has ${plan.inputs.length} inputs and ${plan.outputs.length} outputs, ` +
          `${inputs.length} and ${outputs.length} were named`,
      );
    }
    if (!inputs.includes('batch'))
      throw new TensorError("dataParallel: no input is 'batch'; nothing says how large a batch is");
    const wrong = (type: TensorType, kind: string, what: string): void => {
      if ((kind === 'batch' || kind === 'concat') && type.shape[0] !== count) {
        throw new TensorError(
          `dataParallel: ${what} is ${describe(type)}; its first axis must be the ${count} items of a chunk`,
        );
      }
      if (kind === 'sum' && type.dtype === 'int32') {
        throw new TensorError(`dataParallel: ${what} is ${describe(type)}; indices cannot be added`);
      }
    };
    for (const [slot, type] of plan.inputs.entries()) wrong(type, inputs[slot]!, `input ${slot}`);
    for (const [slot, type] of plan.outputs.entries()) wrong(type, outputs[slot]!, `output ${slot}`);
  }
}
