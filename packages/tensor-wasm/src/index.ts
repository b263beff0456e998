/** WebAssembly backend of `@equiflow/tensor`: SIMD kernels, planned memory, a pool of workers. */
import { type Backend, TensorError } from '@equiflow/tensor';
import { instantiate, type WasmExecutable } from './executable.ts';
import { type PlanOptions, planOf } from './plan.ts';

export { type DataParallelOptions, dataParallel, type ParallelExecutable } from './data-parallel.ts';
export { instantiate, type WasmExecutable } from './executable.ts';
export { type Place, type Plan, type PlannedCall, type PlanOptions, planOf } from './plan.ts';
export { type Answer, openPool, type Pool, type PoolOptions } from './pool.ts';

/** The smallest module that uses a vector: valid where SIMD is. */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

/**
 * The WebAssembly backend: `compile(fn, specs, { backend: wasm() })`. Runs are synchronous and allocate
 * nothing but the array of results.
 * @throws TensorError where the machine has no WebAssembly SIMD.
 */
export function wasm(options: PlanOptions = {}): Backend<WasmExecutable> {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(simdProbe)) {
    throw new TensorError(
      'wasm: this machine has no WebAssembly SIMD; use the reference backend, Node 20, or a browser of 2023 or later',
    );
  }
  return { name: 'wasm', compile: (graph) => instantiate(planOf(graph, options)) };
}
