/** A plan as one gpu.js pipeline: one submit a run, plain arrays in and out. */
import { checkInputs, TensorError, type TensorType, type TypedArray } from '@equiflow/tensor';
import { requireIndices } from './bounds.ts';
import type { Stored } from './code.ts';
import { functions } from './functions.ts';
import type {
  GpuJs,
  GpuJsDevice,
  GpuJsHandle,
  GpuJsInput,
  GpuJsInstance,
  GpuJsKernel,
  GpuJsPipeline,
} from './gpu-js.ts';
import { type GpuPlan, requireExact } from './lower.ts';
import type { KernelSource } from './planner.ts';

/** Runs a compiled graph; each run gives a Promise of fresh arrays. */
export interface GpuExecutable {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  /** Bytes of the arrays that the plan holds on the device. */
  readonly memoryBytes: number;
  /** Kernel launches of one run. */
  readonly steps: number;
  /** Bytes that one run reads and writes on the device, every array of every step counted once. */
  readonly trafficBytes: number;
  /** What gpu.js ran: 'webgpu', 'gpu' (WebGL), 'webasm', 'cpu'; null before the first run. */
  readonly backend: string | null;
  /** How gpu.js ran it: 'fused-encoder' is one submit of all steps; null before the first run. */
  readonly executorKind: string | null;
  /**
   * Computes the outputs.
   * @throws TensorError when the inputs do not fit, when an index is not exact in float32, or when the device fails.
   */
  run(inputs: readonly TypedArray[]): Promise<TypedArray[]>;
  /** Gives the memory back, after the run under way; a later run throws. */
  dispose(): Promise<void>;
}

/** What executables of one backend share. */
export interface Opened {
  readonly library: GpuJs;
  readonly instance: GpuJsInstance;
  /** What a pipeline has to report: the backend and the kind of executor. */
  readonly expected: { readonly backend: readonly string[]; readonly executorKind: readonly string[] };
  /** The largest array that the device binds, in bytes. */
  readonly largestArray: number;
  /** The device, for modes that have one. */
  readonly device: GpuJsDevice | null;
}

type Result =
  | { readonly kind: 'pipeline'; readonly at: number }
  | { readonly kind: 'input'; readonly at: number }
  | { readonly kind: 'table'; readonly data: Float32Array };

/** What the backend wants to hear of its executables. */
export interface Listener {
  /** Backend and kind of executor of a run that is done. */
  ran(how: string): void;
  disposing(): void;
}

/** Makes the executable of a plan. */
export function makeExecutable(
  opened: Opened,
  plan: GpuPlan,
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
  listener: Listener,
): GpuExecutable {
  const used = usedInputs(plan);
  const returned: number[] = [];
  const results = plan.outputs.map(({ source }): Result => {
    if (source.kind === 'input') return { kind: 'input', at: source.index };
    if (source.kind === 'table') return { kind: 'table', data: source.data };
    const known = returned.indexOf(source.index);
    return { kind: 'pipeline', at: known >= 0 ? known : returned.push(source.index) - 1 };
  });
  checkArrays(opened, plan);
  const kernels = new Map<string, GpuJsKernel>();
  let pipeline: GpuJsPipeline | null = null;
  let disposed = false;
  const open = (): GpuJsPipeline =>
    opened.instance.createPipeline(orchestration(opened, kernels, plan, used, returned), {
      // For webasm: the workers of gpu.js's browser build do not start in Node.
      threads: false,
    });
  return {
    inputs,
    outputs,
    memoryBytes: bytesOf(plan, inputs),
    steps: plan.steps.length,
    trafficBytes: trafficOf(plan),
    get backend() {
      return pipeline?.backend ?? null;
    },
    get executorKind() {
      return pipeline?.executorKind ?? null;
    },
    async run(given) {
      if (disposed) throw new TensorError('run: the executable was disposed; compile again');
      checkInputs(given, inputs);
      for (const data of given)
        if (data instanceof Int32Array) for (const index of data) requireExact(index, true);
      for (const { input, operation, length } of plan.bounds)
        requireIndices(operation, given[input]!, length);
      let values: Float32Array[] = [];
      const passed = given.map((data) => (data instanceof Float32Array ? data : Float32Array.from(data)));
      if (returned.length > 0) {
        pipeline ??= open();
        const args = used.map(
          (index): GpuJsInput => opened.library.input(passed[index]!, [passed[index]!.length]),
        );
        try {
          values = await pipeline(...args);
        } catch (error) {
          throw (await lossOf(opened.device)) ?? deviceError(error);
        }
        requireExpected(opened, pipeline);
        throwReported(pipeline);
        listener.ran(`${pipeline.backend}/${pipeline.executorKind}`);
      }
      return results.map((result, slot) => {
        const data =
          result.kind === 'pipeline'
            ? values[result.at]!
            : result.kind === 'input'
              ? passed[result.at]!
              : result.data;
        return outputs[slot]!.dtype === 'int32'
          ? Int32Array.from(data)
          : data.slice(0, plan.outputs[slot]!.size);
      });
    },
    async dispose() {
      disposed = true;
      listener.disposing();
      const open = pipeline;
      pipeline = null;
      await open?.destroy();
      for (const kernel of kernels.values()) kernel.destroy();
      kernels.clear();
    },
  };
}

function deviceError(error: unknown): TensorError {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const [message] = text.split('\n');
  return /lost|destroyed/i.test(message!)
    ? lossError(message!)
    : new TensorError(`gpu: the device failed: ${message}`);
}

function lossError(message: string): TensorError {
  return new TensorError(
    `gpu: the device was lost (${message}); what the host holds (parameters, optimiser) is intact: save it, open gpu() again and go on from there`,
  );
}

/** The loss of a device, null where it is still there. What was under way fails a little before the device says that it is gone. */
async function lossOf(device: GpuJsDevice | null): Promise<TensorError | null> {
  if (!device) return null;
  const later = new Promise<null>((resolve) => setTimeout(resolve, 100, null));
  const lost = await Promise.race([device.lost, later]);
  return lost && lossError(lost.message.split('\n')[0] || 'no reason given');
}

/** What devices reported apart from any call, until a run throws it. */
const reports = new WeakMap<GpuJsDevice, { failure: string | null }>();

/** Errors that WebGPU reports apart from the call that made them would leave zeros behind. */
export function reportsOf(device: GpuJsDevice): { failure: string | null } {
  let found = reports.get(device);
  if (!found) {
    const made: { failure: string | null } = { failure: null };
    device.addEventListener('uncapturederror', ({ error }) => {
      made.failure ??= error.message;
    });
    reports.set(device, made);
    found = made;
  }
  return found;
}

/** @throws TensorError with what the device of a pipeline reported since it was last asked. */
function throwReported(pipeline: GpuJsPipeline): void {
  const executor = pipeline.pipeline._executor || null;
  if (!executor?._device) return;
  const report = reportsOf(executor._device);
  const { failure } = report;
  report.failure = null;
  if (failure !== null) throw deviceError(failure);
}

function requireExpected({ expected }: Opened, pipeline: GpuJsPipeline): void {
  const { backend, executorKind, fallbackReason } = pipeline;
  if (!expected.backend.includes(backend ?? '') || !expected.executorKind.includes(executorKind)) {
    throw new TensorError(
      `gpu: gpu.js ran the plan as ${backend}/${executorKind}, not as ${expected.backend.join(' or ')}/${expected.executorKind.join(' or ')}${fallbackReason ? ` (${fallbackReason})` : ''}`,
    );
  }
}

function usedInputs(plan: GpuPlan): number[] {
  const used = new Set<number>();
  for (const { arrays } of plan.steps) {
    for (const { source } of arrays) if (source.kind === 'input') used.add(source.index);
  }
  return [...used];
}

function orchestration(
  { library, instance }: Opened,
  kernels: Map<string, GpuJsKernel>,
  { steps }: GpuPlan,
  used: readonly number[],
  returned: readonly number[],
): (...args: GpuJsHandle[]) => readonly GpuJsHandle[] {
  const run = (args: readonly GpuJsHandle[]): readonly GpuJsHandle[] => {
    const made: GpuJsHandle[] = [];
    const argumentOf = ({ source }: Stored): GpuJsHandle | GpuJsInput => {
      if (source.kind === 'input') return args[used.indexOf(source.index)]!;
      return source.kind === 'step' ? made[source.index]! : library.input(source.data, [source.data.length]);
    };
    for (const { kernel, arrays, scalars } of steps) {
      made.push(kernelOf(instance, kernels, kernel)(...arrays.map(argumentOf), ...scalars));
    }
    return returned.map((index) => made[index]!);
  };
  return withArity(run, used.length);
}

/** gpu.js makes as many handles as the function has parameters. */
function withArity(
  run: (args: readonly GpuJsHandle[]) => readonly GpuJsHandle[],
  length: number,
): (...args: GpuJsHandle[]) => readonly GpuJsHandle[] {
  const orchestrate = (...args: GpuJsHandle[]): readonly GpuJsHandle[] => run(args);
  return Object.defineProperty(orchestrate, 'length', { value: length });
}

function kernelOf(
  instance: GpuJsInstance,
  kernels: Map<string, GpuJsKernel>,
  { source, size, helpers }: KernelSource,
): GpuJsKernel {
  const key = `${size}:${source}`;
  let kernel = kernels.get(key);
  if (!kernel) {
    kernel = instance.createKernel(source, {
      output: [size],
      functions: helpers.map((name) => functions.get(name)!),
      precision: 'single',
    });
    kernels.set(key, kernel);
  }
  return kernel;
}

function trafficOf({ steps }: GpuPlan): number {
  const sizes = steps.flatMap(({ kernel, arrays }) => [kernel.size, ...arrays.map(({ size }) => size)]);
  return 4 * sizes.reduce((total, size) => total + size, 0);
}

function bytesOf(plan: GpuPlan, inputs: readonly TensorType[]): number {
  let values = 0;
  const lastRead = new Map<number, number>();
  plan.steps.forEach(({ arrays }, step) => {
    for (const { source, size } of arrays) {
      if (source.kind === 'table') values += size;
      if (source.kind === 'step') lastRead.set(source.index, step);
    }
  });
  for (const { source } of plan.outputs)
    if (source.kind === 'step') lastRead.set(source.index, plan.steps.length);
  // As gpu.js does it: a buffer is free for a result of its size after the step that last reads it.
  const buffers: { size: number; until: number }[] = [];
  plan.steps.forEach(({ kernel: { size } }, step) => {
    let buffer = buffers.find((each) => each.until < step && each.size === size);
    if (!buffer) {
      buffer = { size, until: -1 };
      buffers.push(buffer);
      values += size;
    }
    buffer.until = lastRead.get(step) ?? -1;
  });
  for (const { shape } of inputs) values += shape.reduce((product, length) => product * length, 1);
  return 4 * values;
}

function checkArrays({ largestArray }: Opened, plan: GpuPlan): void {
  for (const { kernel, arrays } of plan.steps) {
    for (const size of [kernel.size, ...arrays.map((array) => array.size)]) {
      if (4 * size > largestArray) {
        throw new TensorError(
          `gpu: an array of ${4 * size} bytes; this device binds up to ${largestArray}, take smaller batches`,
        );
      }
    }
  }
}
