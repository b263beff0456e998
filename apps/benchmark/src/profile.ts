/**
 * Where our own side spends its time: every call of a compiled plan timed by itself, summed by kernel. Runs the plan
 * in instances of its own, on the inputs that the executable was last given.
 */
import type { WasmExecutable } from '@equiflow/tensor-wasm';
import { markdownTable } from './table.ts';

/** Time of one kernel of a plan. */
export interface KernelTime {
  readonly name: string;
  /** Calls of it in one run of the plan. */
  readonly calls: number;
  /** Milliseconds of all its calls in one run: the sum of each call's minimum over the repeats. */
  readonly time: number;
  /** The arguments of its slowest call, and that call's milliseconds. */
  readonly slowest: { readonly time: number; readonly values: readonly number[] };
}

/** Times every call of a plan `repeats` times; kernels in falling order of time. */
export function profilePlan(executable: WasmExecutable, repeats: number): KernelTime[] {
  const { plan } = executable;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(plan.bytes / 65536) });
  const bytes = new Uint8Array(memory.buffer);
  const asBytes = (data: ArrayBufferView): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (const { pointer, data } of plan.constants) bytes.set(asBytes(data), pointer);
  executable.inputArrays.forEach((data, i) => {
    bytes.set(asBytes(data), plan.inputs[i]!.pointer);
  });
  const instances = plan.binaries.map(
    (one) =>
      new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(one.base64, 'base64')), { env: { memory } })
        .exports,
  );
  const fastest = new Float64Array(plan.calls.length).fill(Number.POSITIVE_INFINITY);
  for (let repeat = 0; repeat < repeats; repeat++) {
    plan.calls.forEach((call, i) => {
      const kernel = instances[call.binary]![call.name] as (...values: number[]) => void;
      const start = performance.now();
      kernel(...call.arguments);
      fastest[i] = Math.min(fastest[i]!, performance.now() - start);
    });
  }
  const kernels = new Map<string, KernelTime>();
  plan.calls.forEach((call, i) => {
    const name = `${plan.binaries[call.binary]!.name}.${call.name}`;
    const time = fastest[i]!;
    const before = kernels.get(name);
    kernels.set(name, {
      name,
      calls: (before?.calls ?? 0) + 1,
      time: (before?.time ?? 0) + time,
      slowest: before && before.slowest.time >= time ? before.slowest : { time, values: call.arguments },
    });
  });
  return [...kernels.values()].sort((a, b) => b.time - a.time);
}

/** The kernels that take at least one percent, as a table. */
export function profileTable(kernels: readonly KernelTime[]): string {
  const total = kernels.reduce((sum, one) => sum + one.time, 0);
  const rows = kernels
    .filter((one) => one.time >= 0.01 * total)
    .map((one) => [
      one.name,
      one.time.toFixed(3),
      ((100 * one.time) / total).toFixed(1),
      String(one.calls),
      one.slowest.time.toFixed(3),
      one.slowest.values.join(' '),
    ]);
  rows.push([
    'all kernels',
    total.toFixed(3),
    '100.0',
    String(kernels.reduce((sum, one) => sum + one.calls, 0)),
    '',
    '',
  ]);
  return markdownTable(['kernel', 'ms a run', '%', 'calls', 'slowest call ms', 'its arguments'], rows);
}
