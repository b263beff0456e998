/** Whether chains have come to rest: split R̂, autocorrelation, and the virial theorem. */
import { autocorrelationTime } from '../calibration/autocorrelation.ts';
import type { Estimate } from './bridge-sampling.ts';
import { degreesOfFreedom, type ParticleEnergy } from './energy.ts';

/**
 * Split R̂ (Gelman et al. 2013, Bayesian Data Analysis, section 11.4): √ of the variance of halves of chains taken together over
 * their mean variance; 1 where all halves agree.
 * @param values value of chain c at step t is `values[t · chains + c]`.
 * @throws RangeError for fewer than 4 steps.
 */
export function splitRHat(values: ArrayLike<number>, chains: number): number {
  const steps = Math.floor(values.length / chains / 2);
  if (steps < 2)
    throw new RangeError(`splitRHat: ${values.length} values of ${chains} chains; give 4 steps or more`);
  const halves: { mean: number; variance: number }[] = [];
  for (let half = 0; half < 2; half++) {
    for (let chain = 0; chain < chains; chain++) {
      const at = (t: number): number => values[(half * steps + t) * chains + chain]!;
      let mean = 0;
      for (let t = 0; t < steps; t++) mean += at(t) / steps;
      let variance = 0;
      for (let t = 0; t < steps; t++) variance += (at(t) - mean) ** 2 / (steps - 1);
      halves.push({ mean, variance });
    }
  }
  const grand = halves.reduce((sum, { mean }) => sum + mean, 0) / halves.length;
  const between = halves.reduce((sum, { mean }) => sum + (mean - grand) ** 2, 0) / (halves.length - 1);
  const within = halves.reduce((sum, { variance }) => sum + variance, 0) / halves.length;
  return Math.sqrt((steps - 1) / steps + between / within);
}

/** What is known of a set of chains. */
export interface ChainReport {
  /** ⟨U⟩ */
  readonly energy: Estimate;
  /** ⟨x · ∇U⟩, which is (M − 1) n in equilibrium. */
  readonly virial: Estimate;
  /** (M − 1) n */
  readonly degreesOfFreedom: number;
  /** Of U, in kept steps. */
  readonly autocorrelation: number;
  /** Of U. */
  readonly rHat: number;
  /** Independent draws that the chains are worth, by U. */
  readonly effectiveSamples: number;
}

/**
 * Judges samples [steps, chains, M, n] by their energies. Errors are those of means of autocorrelated values.
 * @throws RangeError for fewer than 4 steps.
 */
export function reportChains(energy: ParticleEnergy, samples: Float64Array, chains: number): ChainReport {
  const width = energy.particles * energy.dimensions;
  const count = samples.length / width;
  const forces = new Float64Array(width);
  const energies = new Float64Array(count);
  const virials = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    energies[i] = energy.energy(samples, i * width, forces);
    let virial = 0;
    for (let a = 0; a < width; a++) virial -= samples[i * width + a]! * forces[a]!;
    virials[i] = virial;
  }
  const timeOf = (values: Float64Array): number =>
    Math.max(1, autocorrelationTime({ values, walkers: chains, dimension: 1 })[0]!);
  const estimate = (values: Float64Array): Estimate => {
    const mean = values.reduce((sum, value) => sum + value / count, 0);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0);
    return { value: mean, error: Math.sqrt((variance * timeOf(values)) / count) };
  };
  const autocorrelation = timeOf(energies);
  return {
    energy: estimate(energies),
    virial: estimate(virials),
    degreesOfFreedom: degreesOfFreedom(energy),
    autocorrelation,
    rHat: splitRHat(energies, chains),
    effectiveSamples: count / autocorrelation,
  };
}
