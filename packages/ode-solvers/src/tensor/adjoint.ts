/**
 * The continuous adjoint (Chen et al. 2018, arXiv:1806.07366, algorithm 1): backward in time y' = f, a' = −aᵀ∂f/∂y,
 * g' = −aᵀ∂f/∂p, with a increased by the cotangent at every output time, and y taken from the solution there. By
 * default the error of g does not steer the steps (seminorm; Kidger et al. 2021, arXiv:2009.09457).
 */
import { sizeOf, type TypedArray } from '@equiflow/tensor';
import { solveOde } from '../solve.ts';
import { type Method, OdeError } from '../types.ts';
import { typed } from './executables.ts';
import type { OdeGradients, Recording } from './recorded-steps.ts';

/** Options of `adjoint`. */
export interface AdjointOptions {
  /** Any adaptive method. Default: the method of the solve, or `dopri5` where that does not choose its steps. */
  readonly method?: Method;
  /** Default: the tolerances of the solve. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Leaves the gradients of the parameters out of the error. Default true. */
  readonly seminorm?: boolean;
}

/** Gradients by the adjoint equation. @throws OdeError where its solve fails. */
export function adjointGradients(
  recording: Recording,
  y: TypedArray,
  cotangents: TypedArray,
  options: AdjointOptions & { readonly method: Method; readonly rtol: number; readonly atol: number },
): OdeGradients {
  const { executables, state, parameterTypes, parameters, times } = recording;
  const { method, rtol, atol, seminorm = true } = options;
  const n = sizeOf(state.shape);
  const sizes = parameterTypes.map((type) => sizeOf(type.shape));
  const total = 2 * n + sizes.reduce((sum, size) => sum + size, 0);
  const fieldVjp = executables.fieldVjp();
  const steering = seminorm ? 2 * n : total;
  const norm = (scaled: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < steering; i++) sum += scaled[i]! ** 2;
    return Math.sqrt(sum / Math.max(1, steering));
  };
  const field = (t: number, at: Float64Array, out: Float64Array): void => {
    const results = fieldVjp.run([
      typed(state.dtype, [t]),
      typed(state.dtype, at.subarray(0, n)),
      typed(state.dtype, at.subarray(n, 2 * n)),
      ...parameters,
    ]);
    out.set(results[0]!);
    let offset = n;
    for (const values of results.slice(1)) {
      for (let i = 0; i < values.length; i++) out[offset + i] = -values[i]!;
      offset += values.length;
    }
  };
  const ofTimes = new Float64Array(times.length);
  const alongSlope = (index: number, a: ArrayLike<number>, offset: number): number => {
    const at = y.subarray(index * n, (index + 1) * n);
    const slope = executables.slope().run([typed(state.dtype, [times[index]!]), at, ...parameters])[0]!;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += a[offset + i]! * slope[i]!;
    return sum;
  };
  let augmented: Float64Array = new Float64Array(total);
  for (let index = times.length - 1; index > 0; index--) {
    for (let i = 0; i < n; i++) {
      augmented[i] = y[index * n + i]!;
      augmented[n + i]! += cotangents[index * n + i]!;
    }
    ofTimes[index] = alongSlope(index, cotangents, index * n);
    const span = [times[index]!, times[index - 1]!] as const;
    const solution = solveOde(field, span, augmented, { method, rtol, atol, norm, saveAt: 'ends' });
    if (!solution.success) throw new OdeError(`adjoint: ${solution.message}`);
    augmented = solution.end.y;
  }
  ofTimes[0] = -alongSlope(0, augmented, n);
  for (let i = 0; i < n; i++) augmented[n + i]! += cotangents[i]!;
  let offset = 2 * n;
  return {
    y0: typed(state.dtype, augmented.subarray(n, 2 * n)),
    parameters: sizes.map((size, i) => {
      offset += size;
      return typed(parameterTypes[i]!.dtype, augmented.subarray(offset - size, offset));
    }),
    times: ofTimes,
  };
}
