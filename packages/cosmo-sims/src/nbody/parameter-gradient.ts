/**
 * The gradient of a run with respect to cosmological parameters. A run knows θ through numbers of the host only (the
 * amplitudes of its modes, growth factors, drifts and kicks), smooth functions in float64: their derivatives are central
 * differences with one Richardson extrapolation, good to about 1e-8, and the chain rule does the rest.
 */
import type { RunNumbers } from './particle-mesh-options.ts';

/** All numbers in one row. */
function flat({ amplitudes, initial, stages, final }: RunNumbers): Float64Array {
  return Float64Array.from([...amplitudes, ...initial, ...stages.flatMap((stage) => [...stage]), ...final]);
}

/**
 * dL/dθ out of the cotangents of the numbers.
 *
 * @param cotangents `pullback(…).numbers`
 * @param numbers the same simulation's numbers as a function of θ
 * @param theta where
 * @param relativeStep step of the differences in units of max(|θ_i|, 0.1); default 2e-3
 */
export function parameterGradient(
  cotangents: RunNumbers,
  numbers: (theta: readonly number[]) => RunNumbers,
  theta: readonly number[],
  relativeStep = 2e-3,
): Float64Array {
  const weights = flat(cotangents);
  return Float64Array.from(theta, (value, which) => {
    const width = relativeStep * Math.max(Math.abs(value), 0.1);
    const at = (offset: number): Float64Array =>
      flat(numbers(theta.map((other, i) => (i === which ? other + offset : other))));
    const [low2, low1, high1, high2] = [-2, -1, 1, 2].map((n) => at(n * width)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return weights.reduce(
      (sum, weight, i) =>
        sum + (weight * (8 * (high1[i]! - low1[i]!) - (high2[i]! - low2[i]!))) / (12 * width),
      0,
    );
  });
}
