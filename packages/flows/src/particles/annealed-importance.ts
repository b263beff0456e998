/**
 * ln Z by annealed importance sampling (Neal 2001, arXiv:physics/9803008; Jarzynski 1997): independent walkers start at draws of
 * the Gaussian and are led through a ladder of many rungs, one trajectory each; the mean of exp(−work) is Z/Z_0, without
 * bias. Nothing is shared with parallel tempering but the trajectories: no chain has to come to equilibrium.
 */
import { foldIn, type RandomKey } from '@equiflow/tensor';
import type { Estimate } from './bridge-sampling.ts';
import type { ParticleEnergy } from './energy.ts';
import { hamiltonianMoves } from './hamiltonian.ts';
import { gaussianLogZ, type Ladder, rungEnergy } from './ladder.ts';
import { randomStream } from './random-stream.ts';

/** How to anneal. */
export interface AnnealingOptions {
  readonly energy: ParticleEnergy;
  /** Finely spaced: as many rungs as trajectories. */
  readonly ladder: Ladder;
  readonly key: RandomKey;
  /** Independent walkers. */
  readonly walkers: number;
  /** Mean number of leapfrog steps of a trajectory. Default 4. */
  readonly leapfrogSteps?: number;
  /** Told the share of the work done. */
  readonly onProgress?: (share: number) => void;
}

/** ln Z, and how even the weights are. */
export interface AnnealedLogZ extends Estimate {
  /** (Σ w)² / Σ w², of the walkers. */
  readonly effectiveWalkers: number;
}

/** Walkers of the run that finds the step sizes. */
const PILOTS = 24;

/**
 * ln Z of the last rung; the error is that of the logarithm of the mean weight, by the delta method.
 * @throws RangeError for a ladder that does not begin with a Gaussian.
 */
export function annealedLogZ(options: AnnealingOptions): AnnealedLogZ {
  const { energy, ladder, key, walkers, leapfrogSteps = 4, onProgress } = options;
  const start = gaussianLogZ(energy, ladder[0]!);
  const moves = hamiltonianMoves(energy);
  const width = energy.particles * energy.dimensions;

  /** Leads walkers along the ladder; `stepSizes` are used, or found. */
  const anneal = (from: RandomKey, count: number, stepSizes: Float64Array, find: boolean): Float64Array => {
    const streams = Array.from({ length: count }, (_, index) => randomStream(foldIn(from, index)));
    const logWeights = new Float64Array(count);
    const group = streams.map((random) => {
      const walker = moves.walker(new Float64Array(width));
      moves.drawGaussian(walker, ladder[0]!, random);
      // Pilots that started in an overlap would move by no step at all.
      if (find) moves.relax(walker, 300);
      return walker;
    });
    let stepSize = 0.1;
    for (let k = 1; k < ladder.length; k++) {
      const rung = ladder[k]!;
      let accepted = 0;
      group.forEach((walker, index) => {
        const { halfSquare, energy: u } = walker;
        logWeights[index]! += rungEnergy(ladder[k - 1]!, halfSquare, u) - rungEnergy(rung, halfSquare, u);
        const length = find ? stepSize : stepSizes[k]!;
        // A walker without weight starts in an overlap: nothing that it meets counts.
        if (!find && logWeights[index] === Number.NEGATIVE_INFINITY) return;
        accepted += moves.move(walker, rung, length, leapfrogSteps, streams[index]!) / count;
      });
      if (find) {
        stepSizes[k] = stepSize;
        stepSize *= Math.exp(0.2 * (accepted - 0.8));
      }
      onProgress?.(k / ladder.length);
    }
    return logWeights;
  };
  const stepSizes = new Float64Array(ladder.length);
  anneal(foldIn(key, 0), PILOTS, stepSizes, true);
  const logWeights = anneal(foldIn(key, 1), walkers, stepSizes, false);

  const largest = logWeights.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const weights = logWeights.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  const relativeVariance = squares / (sum * sum) - 1 / walkers;
  return {
    value: start + largest + Math.log(sum / walkers),
    error: Math.sqrt(relativeVariance),
    effectiveWalkers: (sum * sum) / squares,
  };
}
