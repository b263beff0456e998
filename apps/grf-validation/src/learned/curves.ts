/**
 * T̂ and ψ of a trained flow beside what the Gaussian limit makes of them. Layers may share the whitening in any way, so
 * what has a limit is the product: Π_l a_l T̂_l(k)/s = 1/√P_k, with s the standardisation and a_l the slope of ψ_l, and
 * each ψ_l is to be a line, a_l x + b_l.
 */
import type { Trenf } from '@equiflow/flows';
import { rationalQuadraticSpline } from '@equiflow/splines';
import { compile, type Tensor, type TypedArray } from '@equiflow/tensor';
import type { GaussianFamily } from './gaussian-family.ts';

/** A function of the cells over ±4 standard deviations about the mean of what enters it. */
export interface LayerCurve {
  /** As figures name it. */
  readonly name: string;
  readonly x: Float64Array;
  readonly learned: Float64Array;
  /** The line a x + b that is closest for a normal input. */
  readonly limit: Float64Array;
  readonly slope: number;
  readonly knots: Float64Array;
}

/** The learned functions at one θ. */
export interface LearnedCurves {
  readonly theta: readonly number[];
  /** k of the shells without k = 0, h/Mpc. */
  readonly wavenumbers: Float64Array;
  /** The filter of the whole flow: Π_l a_l T̂_l/s of a TRENF. */
  readonly transfer: Float64Array;
  /** 1/√P_k. */
  readonly limit: Float64Array;
  readonly layers: readonly LayerCurve[];
}

/** Mean of f(u) and of u f(u) for a standard normal u, by the trapezoidal rule on ±8. */
function normalMoments(f: (u: number) => number): { mean: number; slope: number } {
  let [mean, slope] = [0, 0];
  const step = 1 / 64;
  for (let u = -8; u <= 8; u += step) {
    const weight = (step * Math.exp(-0.5 * u * u)) / Math.sqrt(2 * Math.PI);
    mean += weight * f(u);
    slope += weight * u * f(u);
  }
  return { mean, slope };
}

/** Evaluates the flow's functions at θ. */
export function learnedCurves(
  family: GaussianFamily,
  flow: Trenf,
  parameters: Float32Array,
  theta: readonly [number, number],
): LearnedCurves {
  const program = compile(
    (flat: Tensor, context: Tensor) => [
      ...flow.logTransfers(context, flat),
      ...flow.splines(context, flat).flatMap(({ x, y, slopes }) => [x, y, slopes]),
    ],
    [
      { shape: [parameters.length], dtype: 'float64' },
      { shape: [1, 2], dtype: 'float64' },
    ],
  );
  const outputs = program
    .run([Float64Array.from(parameters), Float64Array.from(theta)])
    .map((o) => o.slice());
  program.dispose();
  const variances = family.variances(...theta);
  const { layers: count, deviation } = flow.spec;
  const total = new Float64Array(variances.length).fill(1 / deviation);
  const layers: LayerCurve[] = [];
  let mean = -flow.spec.mean / deviation;
  for (let layer = 0; layer < count; layer++) {
    const logT = outputs[layer]!;
    let variance = 0;
    for (let s = 0; s < total.length; s++) {
      total[s]! *= Math.exp(logT[s]!);
      variance += (family.multiplicity[s]! * total[s]! ** 2 * variances[s]!) / family.side ** 2;
    }
    const sigma = Math.sqrt(variance);
    const centre = mean * Math.exp(logT[0]!);
    const [x, y, slopes] = outputs.slice(count + 3 * layer, count + 3 * layer + 3) as [
      TypedArray,
      TypedArray,
      TypedArray,
    ];
    const psi = rationalQuadraticSpline({ x, y, slopes });
    const moments = normalMoments((u) => psi.evaluate(centre + sigma * u));
    const a = moments.slope / sigma;
    mean = moments.mean;
    total.forEach((value, s) => {
      total[s] = value * a;
    });
    const at = Float64Array.from({ length: 161 }, (_, i) => centre + sigma * (-4 + i / 20));
    layers.push({
      name: `ψ_${layer + 1}(x)`,
      x: at,
      learned: at.map((value) => psi.evaluate(value)),
      limit: at.map((value) => a * (value - centre) + moments.mean),
      slope: a,
      knots: Float64Array.from(x),
    });
  }
  return {
    theta,
    wavenumbers: family.wavenumbers.slice(1),
    transfer: total.slice(1),
    limit: variances.slice(1).map((variance) => 1 / Math.sqrt(variance)),
    layers,
  };
}
