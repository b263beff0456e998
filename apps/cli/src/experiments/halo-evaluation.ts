/** What a trained flow of halo catalogues is worth: likelihoods beside points without clustering, and pairs of its samples. */
import { type FlowField, haloBase, openContinuousFlow, type TraceMethod } from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import {
  type Catalogues,
  fromUnits,
  HALO_PRIOR,
  type HaloUnits,
  meanPairs,
  toUnits,
} from './halo-catalogues.ts';

/** Nats a catalogue, for one (Mpc/h)³ and a unit of ln M each halo; errors are standard errors over the catalogues. */
export interface HaloEvaluation {
  readonly tested: number;
  readonly nll: number;
  readonly error: number;
  /** Largest |ln p − ln p at ten times the tolerance|. */
  readonly solverError: number;
  /** −ln p of points without clustering: uniform in the box, ln M normal with a mean linear in θ. */
  readonly unclustered: number;
  /** Mean gain over these, paired. */
  readonly gain: { readonly mean: number; readonly error: number };
  /** −ln p with the θ of another catalogue. */
  readonly shuffled: number;
  readonly radii: readonly number[];
  /** Mean pairs within the radii: held-out catalogues, samples of the same θ, and points without clustering. */
  readonly pairs: {
    readonly data: readonly number[];
    readonly samples: readonly number[];
    readonly uniform: readonly number[];
  };
  /** Mean ln M of catalogues and samples. */
  readonly mass: { readonly data: number; readonly samples: number };
  readonly seconds: { readonly likelihood: number; readonly sampling: number };
}

/** How to evaluate. */
export interface HaloEvaluationOptions {
  readonly halos: number;
  /** Mpc/h */
  readonly boxSize: number;
  readonly hidden: number;
  /** Relative and absolute, of the solves. */
  readonly tolerance: number;
  readonly trace: TraceMethod;
  readonly seed: number;
}

/** Likelihoods of catalogues that were put aside, and the clustering of as many samples. */
export async function evaluateHalos(
  options: HaloEvaluationOptions,
  field: FlowField,
  units: HaloUnits,
  parameters: Float32Array,
  { values, thetas }: Catalogues,
): Promise<HaloEvaluation> {
  const { halos: count, boxSize, tolerance, seed } = options;
  const tested = thetas.length / 2;
  const tiles = options.trace === 'exact' ? 4 * count : 1;
  process.stderr.write(`likelihoods of ${tested} catalogues, and as many samples\n`);
  const flow = openContinuousFlow(field, haloBase(count, units.box), parameters, {
    contextSize: 2,
    prior: HALO_PRIOR,
    rtol: tolerance,
    atol: tolerance,
    dtype: 'float32',
    trace: options.trace,
    seed,
    // Features of the edges, of all basis vectors of an exact trace, stay in the cache.
    batch: Math.max(1, Math.min(16, Math.floor(2 ** 18 / (tiles * count * (count - 1) * options.hidden)))),
  });
  try {
    const x = toUnits(values, units);
    const start = performance.now();
    const { logProb, error } = await flow.density(x, thetas);
    const likelihood = (performance.now() - start) / 1000;
    const turned = Float64Array.from([...thetas.subarray(2), ...thetas.subarray(0, 2)]);
    const shuffled = await flow.logProb(x, turned);
    const sampleStart = performance.now();
    const { samples } = await flow.sample(foldIn(key(seed), 12), tested, thetas);
    const sampling = (performance.now() - sampleStart) / 1000;
    const drawn = fromUnits(samples, units);
    const plain = unclusteredLogProb(values, thetas, count, boxSize);
    const own = logProb.map((value) => value + units.logJacobian);
    const radii = [0.05, 0.1, 0.2, 0.3].map((share) => share * boxSize);
    const all = (count * (count - 1)) / 2;
    return {
      tested,
      nll: -mean(own),
      error: standardError(own),
      solverError: error.reduce((most, value) => Math.max(most, value), 0),
      unclustered: -mean(plain),
      gain: { mean: mean(own) - mean(plain), error: standardError(own.map((value, i) => value - plain[i]!)) },
      shuffled: -mean(shuffled) - units.logJacobian,
      radii,
      pairs: {
        data: meanPairs(values, count, boxSize, radii),
        samples: meanPairs(drawn, count, boxSize, radii),
        uniform: radii.map((radius) => (all * 4 * Math.PI * radius ** 3) / (3 * boxSize ** 3)),
      },
      mass: { data: meanMass(values), samples: meanMass(drawn) },
      seconds: { likelihood, sampling },
    };
  } finally {
    await flow.close();
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function standardError(values: Float64Array): number {
  const centre = mean(values);
  const square = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(square / values.length / Math.max(1, values.length - 1));
}

const meanMass = (values: Float64Array): number => mean(values.filter((_, i) => i % 4 === 3));

/**
 * ln p of catalogues without clustering: uniform positions, ln M normal about a plane in θ with one deviation, both fitted to these very
 * catalogues, which favours it.
 */
function unclusteredLogProb(
  values: Float64Array,
  thetas: Float64Array,
  halos: number,
  boxSize: number,
): Float64Array {
  const masses = values.filter((_, i) => i % 4 === 3);
  const centre = [0, 1].map((axis) => mean(thetas.filter((_, i) => i % 2 === axis)));
  const level = mean(masses);
  const total = [0, 0, 0, 0, 0];
  masses.forEach((mass, i) => {
    const box = Math.floor(i / halos);
    const [a, b] = [thetas[2 * box]! - centre[0]!, thetas[2 * box + 1]! - centre[1]!];
    [a * a, a * b, b * b, a * (mass - level), b * (mass - level)].forEach((value, which) => {
      total[which]! += value;
    });
  });
  const [aa, ab, bb, am, bm] = total as [number, number, number, number, number];
  const determinant = aa * bb - ab * ab;
  const slope = [(bb * am - ab * bm) / determinant, (aa * bm - ab * am) / determinant];
  const rest = masses.map((mass, i) => {
    const box = Math.floor(i / halos);
    const along =
      slope[0]! * (thetas[2 * box]! - centre[0]!) + slope[1]! * (thetas[2 * box + 1]! - centre[1]!);
    return mass - level - along;
  });
  const variance = mean(rest.map((value) => value * value));
  const result = new Float64Array(thetas.length / 2).fill(
    -halos * (3 * Math.log(boxSize) + 0.5 * Math.log(2 * Math.PI * variance)),
  );
  rest.forEach((value, i) => {
    result[Math.floor(i / halos)]! -= value ** 2 / (2 * variance);
  });
  return result;
}

/** The figures in words. */
export function haloEvaluationLines(
  { halos: count, trace }: HaloEvaluationOptions,
  evaluation: HaloEvaluation,
): string[] {
  const { tested, nll, error, unclustered, gain, shuffled, radii, pairs, mass, seconds } = evaluation;
  const row = (name: string, numbers: readonly number[], digits = 2): string =>
    `${name.padEnd(34)}${numbers.map((value) => value.toFixed(digits).padStart(9)).join('')}`;
  return [
    `-ln p of ${tested} catalogues          ${nll.toFixed(2)} ± ${error.toFixed(2)} nats (${trace} trace; the solver's error is at most ${evaluation.solverError.toExponential(1)})`,
    `without clustering                 ${unclustered.toFixed(2)}; the flow gains ${gain.mean.toFixed(2)} ± ${gain.error.toFixed(2)} nats a catalogue of ${count}`,
    `with the theta of another box      ${shuffled.toFixed(2)}`,
    row('pairs within, Mpc/h', radii, 1),
    row('  catalogues put aside', pairs.data),
    row('  samples of the same theta', pairs.samples),
    row('  without clustering', pairs.uniform),
    `mean ln M: catalogues ${mass.data.toFixed(3)}, samples ${mass.samples.toFixed(3)}`,
    `likelihoods took ${seconds.likelihood.toFixed(1)} s, samples ${seconds.sampling.toFixed(1)} s`,
  ];
}
