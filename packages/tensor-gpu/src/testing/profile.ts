/** Where the time of a plan goes: every step run by itself, with the values it has in the plan. */
import { type Graph, TensorError, type TypedArray } from '@equiflow/tensor';
import type { Stored } from '../code.ts';
import { functions } from '../functions.ts';
import type { GpuJsHandle, GpuJsInput } from '../gpu-js.ts';
import { lowerGraph } from '../lower.ts';
import type { GpuBackend } from '../open.ts';
import type { Step } from '../planner.ts';
import gpujs from '../vendor/gpu.ts';

/** One kernel of a plan with all its launches. */
export interface KernelProfile {
  /** The operation that needed it first. */
  readonly operation: string;
  readonly launches: number;
  /** Threads of a launch. */
  readonly threads: number;
  /** Milliseconds of all launches together, transfers of a single step included. */
  readonly milliseconds: number;
  /** Bytes that all launches read and write, each array counted once a launch. */
  readonly bytes: number;
  readonly source: string;
}

/** What `profileGraph` may be told. */
export interface ProfileOptions {
  /** Runs of a step, after a first one that compiles; the least time counts. Default 1. */
  readonly repeats?: number;
  /** Milliseconds; where the adapter is in software the process's own time is less disturbed by others. */
  readonly clock?: () => number;
}

/**
 * Runs a graph step by step and takes the time of each. The sum is more than a run of the whole plan takes, since every
 * step is sent, awaited and read back by itself.
 */
export async function profileGraph(
  backend: GpuBackend,
  graph: Graph,
  data: readonly TypedArray[],
  { repeats = 1, clock = () => performance.now() }: ProfileOptions = {},
): Promise<KernelProfile[]> {
  const { steps } = lowerGraph(graph);
  const instance = new gpujs.GPU({ mode: backend.mode });
  const results: Float32Array[] = [];
  const valuesOf = ({ source }: Stored): Float32Array => {
    if (source.kind === 'table') return source.data;
    return source.kind === 'step' ? results[source.index]! : Float32Array.from(data[source.index]!);
  };
  const pipelines = new Map<string, (values: readonly Float32Array[]) => Promise<Float32Array>>();
  const found = new Map<string, KernelProfile>();
  for (const step of steps) {
    const { kernel, arrays, operation } = step;
    const key = `${kernel.size}:${step.scalars}:${arrays.map(({ size }) => size)}:${kernel.source}`;
    let run = pipelines.get(key);
    const values = arrays.map(valuesOf);
    if (!run) {
      run = singleStep(instance, step);
      pipelines.set(key, run);
      await run(values);
    }
    let least = Number.POSITIVE_INFINITY;
    let result: Float32Array | null = null;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const start = clock();
      result = await run(values);
      least = Math.min(least, clock() - start);
    }
    if (!result) throw new TensorError(`profileGraph: ${repeats} repeats; give at least 1`);
    results.push(Float32Array.from(result));
    const before = found.get(kernel.source);
    const bytes = 4 * arrays.reduce((total, { size }) => total + size, kernel.size);
    found.set(kernel.source, {
      operation: before?.operation ?? operation,
      launches: (before?.launches ?? 0) + 1,
      threads: kernel.size,
      milliseconds: (before?.milliseconds ?? 0) + least,
      bytes: (before?.bytes ?? 0) + bytes,
      source: kernel.source,
    });
  }
  await instance.destroy();
  return [...found.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** One step as a pipeline of its own. */
function singleStep(
  instance: InstanceType<typeof gpujs.GPU>,
  { kernel, arrays, scalars }: Step,
): (values: readonly Float32Array[]) => Promise<Float32Array> {
  const compiled = instance.createKernel(kernel.source, {
    output: [kernel.size],
    functions: kernel.helpers.map((name) => functions.get(name)!),
    precision: 'single',
  });
  const orchestrate = (...args: GpuJsHandle[]): readonly GpuJsHandle[] => [compiled(...args, ...scalars)];
  const pipeline = instance.createPipeline(
    Object.defineProperty(orchestrate, 'length', { value: arrays.length }),
    { threads: false },
  );
  return async (values) => {
    const inputs = values.map((value): GpuJsInput => gpujs.input(value, [value.length]));
    const [result] = await pipeline(...inputs);
    return result!;
  };
}
