/**
 * Parallel tempering (Swendsen & Wang 1986; Geyer 1991): walkers on all rungs of a ladder move by Hamiltonian Monte Carlo and
 * exchange places with their neighbours, so that the walker at the target keeps getting configurations that have been
 * through the Gaussian. Groups of walkers are independent of each other; all draws are functions of the key.
 */
import { foldIn, type RandomKey } from '@equiflow/tensor';
import type { ParticleEnergy } from './energy.ts';
import { adaptStepSize, hamiltonianMoves, type Walker } from './hamiltonian.ts';
import { type Ladder, rungEnergy } from './ladder.ts';
import { type RandomStream, randomStream } from './random-stream.ts';

/** What to sample and for how long. */
export interface TemperingOptions {
  readonly energy: ParticleEnergy;
  readonly ladder: Ladder;
  readonly key: RandomKey;
  /** Independent groups, each with one walker a rung. */
  readonly groups: number;
  /** Sweeps that are kept: a trajectory of every walker, then exchanges. */
  readonly sweeps: number;
  /** Sweeps before, in which step sizes are found. */
  readonly burnIn: number;
  /** Sweeps between two that are kept, plus one. Default 1. */
  readonly thin?: number;
  /** Mean number of leapfrog steps of a trajectory. Default 8. */
  readonly leapfrogSteps?: number;
  /** Told the share of the work done. */
  readonly onProgress?: (share: number) => void;
}

/** Chains, and how well they moved. */
export interface TemperingResult {
  readonly groups: number;
  readonly sweeps: number;
  /** Configurations of the last rung, [sweeps, groups, M, n]. */
  readonly samples: Float64Array;
  /** ½ |x|² of all walkers, [rungs][sweeps · groups]. */
  readonly halfSquares: readonly Float64Array[];
  /** U of all walkers, [rungs][sweeps · groups]. */
  readonly energies: readonly Float64Array[];
  /** Mean probability of acceptance of a trajectory, by rung. */
  readonly acceptance: Float64Array;
  /** Share of the exchanges accepted between rungs k and k + 1. */
  readonly exchanges: Float64Array;
  /** Step sizes found, by rung. */
  readonly stepSizes: Float64Array;
}

/** Samples all rungs of a ladder. */
export function parallelTempering(options: TemperingOptions): TemperingResult {
  const { energy, ladder, key, groups, sweeps, burnIn, thin = 1, leapfrogSteps = 8, onProgress } = options;
  for (const [name, value, least] of [
    ['groups', groups, 1],
    ['sweeps', sweeps, 1],
    ['burnIn', burnIn, 0],
    ['thin', thin, 1],
    ['leapfrogSteps', leapfrogSteps, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`parallelTempering: ${name} = ${value} must be a whole number, ${least} or more`);
    }
  }
  const rungs = ladder.length;
  const width = energy.particles * energy.dimensions;
  const moves = hamiltonianMoves(energy);
  const streams = Array.from({ length: groups }, (_, group) => randomStream(foldIn(key, group)));
  const walkers = streams.map((random) =>
    ladder.map((rung) => {
      const walker = moves.walker(new Float64Array(width));
      const spread = { stiffness: Math.max(ladder[0]!.stiffness, 0.25), weight: 0 };
      moves.drawGaussian(walker, rung.weight === 0 ? rung : spread, random);
      if (rung.weight > 0) moves.relax(walker, 300);
      return walker;
    }),
  );
  const stepSizes = new Float64Array(rungs).fill(0.05);
  const accepted = new Float64Array(rungs);
  const exchanged = new Float64Array(rungs - 1);
  const tried = new Float64Array(rungs - 1);

  const sweep = (round: number): void => {
    accepted.fill(0);
    walkers.forEach((group, g) => {
      const random = streams[g]!;
      ladder.forEach((rung, k) => {
        if (rung.weight === 0) {
          moves.drawGaussian(group[k]!, rung, random);
          accepted[k]! += 1 / groups;
        } else {
          accepted[k]! += moves.move(group[k]!, rung, stepSizes[k]!, leapfrogSteps, random) / groups;
        }
      });
      for (let k = round % 2; k + 1 < rungs; k += 2) {
        tried[k]!++;
        if (exchange(group, k, ladder, random)) exchanged[k]!++;
      }
    });
  };
  const total = burnIn + sweeps * thin;
  for (let round = 0; round < burnIn; round++) {
    sweep(round);
    for (let k = 0; k < rungs; k++) stepSizes[k] = adaptStepSize(stepSizes[k]!, accepted[k]!, round);
    onProgress?.((round + 1) / total);
  }
  exchanged.fill(0);
  tried.fill(0);
  const acceptance = new Float64Array(rungs);
  const samples = new Float64Array(sweeps * groups * width);
  const halfSquares = ladder.map(() => new Float64Array(sweeps * groups));
  const energies = ladder.map(() => new Float64Array(sweeps * groups));
  for (let kept = 0; kept < sweeps; kept++) {
    for (let step = 0; step < thin; step++) {
      sweep(kept * thin + step);
      for (let k = 0; k < rungs; k++) acceptance[k]! += accepted[k]! / (sweeps * thin);
    }
    walkers.forEach((group, g) => {
      const row = kept * groups + g;
      samples.set(group[rungs - 1]!.x, row * width);
      group.forEach((walker, k) => {
        halfSquares[k]![row] = walker.halfSquare;
        energies[k]![row] = walker.energy;
      });
    });
    onProgress?.((burnIn + (kept + 1) * thin) / total);
  }
  const exchanges = exchanged.map((count, k) => count / Math.max(1, tried[k]!));
  return { groups, sweeps, samples, halfSquares, energies, acceptance, exchanges, stepSizes };
}

/** Tries to exchange the walkers of rungs k and k + 1. */
function exchange(group: Walker[], k: number, ladder: Ladder, random: RandomStream): boolean {
  const [low, high] = [group[k]!, group[k + 1]!];
  const at = (rung: number, walker: Walker): number =>
    rungEnergy(ladder[rung]!, walker.halfSquare, walker.energy);
  const change = at(k, low) + at(k + 1, high) - at(k, high) - at(k + 1, low);
  if (!(Math.log(1 - random.uniform()) < change)) return false;
  group[k] = high;
  group[k + 1] = low;
  return true;
}
