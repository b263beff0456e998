/** What a trained flow of particles is worth: likelihoods with exact trace, and its samples reweighted and judged by energy. */
import { type BaseDensity, type FlowField, openContinuousFlow, type ParticleSystem } from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import type { Pool } from '@equiflow/tensor-wasm';
import { clock } from '../progress.ts';

/** Configurations solved together. */
const TOGETHER = 128;

/** How to evaluate. */
export interface ParticleEvaluationOptions {
  /** Test configurations whose likelihood is computed, [count, M, n]. */
  readonly test: Float32Array;
  /** Samples to draw. */
  readonly samples: number;
  /** Relative and absolute tolerance of the solver; likelihoods of test data are those at a tenth of it. */
  readonly tolerance: number;
  /** Workers for the divergences. */
  readonly pool: Pool;
  /** Steps of paths whose divergence a worker computes at a time, by the basis vectors of all coordinates. */
  readonly chunk: number;
  /** ln Z of exp(−U). */
  readonly logZ: number;
  readonly seed: number;
}

/** A mean with its standard error. */
export interface Mean {
  readonly mean: number;
  readonly error: number;
}

/** Mean and quantiles of energies. */
export interface EnergySummary extends Mean {
  /** 5, 50 and 95 %. */
  readonly quantiles: readonly [number, number, number];
}

/** All figures of an evaluation; nats, with constants, on (M − 1) n dimensions. */
export interface ParticleEvaluation {
  readonly tested: number;
  readonly sampled: number;
  /** −ln q(x), test data, exact trace. */
  readonly nll: Mean;
  /** −U − ln Z − ln q(x), test data: KL(p‖q) where they are in equilibrium. */
  readonly klOfData: Mean;
  /** ln q + U + ln Z over samples: KL(q‖p). */
  readonly klOfSamples: Mean;
  /** |ln q at a tenth of the tolerance − ln q at the tolerance|: mean and largest. */
  readonly solverError: { readonly mean: number; readonly largest: number };
  /** (Σ w)²/Σ w² of w = exp(−U)/q, as a share of the samples. */
  readonly effectiveShare: number;
  /** ln of the mean weight: the flow's own estimate of ln Z. */
  readonly logZ: Mean;
  /** ∫ |v| dt from data to latent. */
  readonly pathLength: Mean;
  /** U of the test data, of the samples, and of the samples reweighted. */
  readonly energies: { readonly data: EnergySummary; readonly samples: EnergySummary };
  /** Mean U of the samples, reweighted. */
  readonly reweightedEnergy: number;
  readonly fieldEvaluations: number;
  readonly seconds: number;
  /** For figures. */
  readonly drawn: { readonly dataEnergies: Float64Array; readonly sampleEnergies: Float64Array };
}

/** Evaluates a flow, saying first how long it takes. */
export async function evaluateParticles(
  system: ParticleSystem,
  field: FlowField,
  base: BaseDensity,
  parameters: Float32Array,
  options: ParticleEvaluationOptions,
): Promise<ParticleEvaluation> {
  const { energy } = system;
  const { test, samples, tolerance, pool, chunk, logZ, seed } = options;
  const width = energy.particles * energy.dimensions;
  const tested = test.length / width;
  const start = performance.now();
  const flow = openContinuousFlow(field, base, parameters, {
    rtol: tolerance,
    atol: tolerance,
    dtype: 'float32',
    errorNorm: 'x',
    batch: TOGETHER,
    place: pool,
    chunk,
  });
  try {
    const probed = Math.min(TOGETHER, tested);
    const probe = performance.now();
    await flow.logProb(test.slice(0, probed * width));
    const seconds = (performance.now() - probe) / 1000;
    // The density takes a second solve at a tenth of the tolerance, by a method of order 5.
    const batches = (1 + 10 ** 0.2) * Math.ceil(tested / TOGETHER) + Math.ceil(samples / TOGETHER);
    process.stderr.write(
      `${energy.name}: likelihood of ${tested} configurations and ${samples} samples with exact trace: about ${clock(seconds * batches)}\n`,
    );
    const data = await flow.density(test);
    const drawn = await flow.sample(foldIn(key(seed), 200), samples);
    const energiesOf = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: values.length / width }, (_, i) => energy.energy(values, i * width));
    const dataEnergies = energiesOf(Float64Array.from(test));
    const sampleEnergies = energiesOf(drawn.samples);
    const logWeights = sampleEnergies.map((u, i) => -u - drawn.logProb[i]!);
    const weights = weigh(logWeights);
    return {
      tested,
      sampled: samples,
      nll: meanOf(data.logProb.map((value) => -value)),
      klOfData: meanOf(data.logProb.map((value, i) => -dataEnergies[i]! - logZ - value)),
      klOfSamples: meanOf(logWeights.map((value) => logZ - value)),
      solverError: {
        mean: meanOf(data.error).mean,
        largest: data.error.reduce((most, value) => Math.max(most, value), 0),
      },
      effectiveShare: weights.effectiveShare,
      logZ: weights.logMean,
      pathLength: meanOf(data.pathLength),
      energies: { data: summarise(dataEnergies), samples: summarise(sampleEnergies) },
      reweightedEnergy: weights.shares.reduce((sum, share, i) => sum + share * sampleEnergies[i]!, 0),
      fieldEvaluations: data.statistics.evaluations + drawn.statistics.evaluations,
      seconds: (performance.now() - start) / 1000,
      drawn: { dataEnergies, sampleEnergies },
    };
  } finally {
    await flow.close();
  }
}

function meanOf(values: Float64Array): Mean {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1);
  return { mean, error: Math.sqrt(variance / count) };
}

function summarise(values: Float64Array): EnergySummary {
  const sorted = values.slice().sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return { ...meanOf(values), quantiles: [at(0.05), at(0.5), at(0.95)] };
}

/** Normalised weights, their evenness, and the logarithm of their mean with its error by the delta method. */
function weigh(logWeights: Float64Array): {
  readonly shares: Float64Array;
  readonly effectiveShare: number;
  readonly logMean: Mean;
} {
  const count = logWeights.length;
  const largest = logWeights.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const weights = logWeights.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  return {
    shares: weights.map((weight) => weight / sum),
    effectiveShare: (sum * sum) / squares / count,
    logMean: {
      mean: largest + Math.log(sum / count),
      error: Math.sqrt(Math.max(0, squares / (sum * sum) - 1 / count)),
    },
  };
}
