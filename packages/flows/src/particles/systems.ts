/** DW4 and LJ13 with what is known of them, and the ladders that their sampler climbs. */
import type { Estimate } from './bridge-sampling.ts';
import { doubleWell4, lennardJones13, type ParticleEnergy } from './energy.ts';
import { gaussianLadder, type Ladder } from './ladder.ts';

/** A benchmark of the literature. */
export interface ParticleSystem {
  readonly energy: ParticleEnergy;
  /** ln Z of exp(−U) on the subspace without centre of mass, as the methods of this folder give it. */
  readonly logZ: Estimate;
  /** Rungs for parallel tempering: neighbours exchange in a third of the trials or more. */
  temperingLadder(): Ladder;
  /** The upper rungs of that ladder: as far down as walkers have to go to forget where they were. */
  samplingLadder(): Ladder;
  /** `count` rungs for annealing. */
  annealingLadder(count: number): Ladder;
}

/** DW4. */
export function dw4System(): ParticleSystem {
  const ladder = (count: number): Ladder => gaussianLadder({ count, variance: 4, lowest: 3e-3, power: 1 });
  return {
    energy: doubleWell4(),
    // By quadrature.
    logZ: { value: 29.66723, error: 1e-5 },
    temperingLadder: () => ladder(10),
    samplingLadder: () => ladder(10).slice(4),
    annealingLadder: ladder,
  };
}

/** LJ13. */
export function lj13System(): ParticleSystem {
  const ladder = (): Ladder => gaussianLadder({ count: 18, variance: 1, lowest: 3e-5, power: 1.9 });
  return {
    energy: lennardJones13(),
    // By tempering and bridges (docs/particles.md).
    logZ: { value: 59.815, error: 0.022 },
    temperingLadder: ladder,
    samplingLadder: () => ladder().slice(11),
    annealingLadder: (count) => gaussianLadder({ count, variance: 1, lowest: 1e-6, power: 5 }),
  };
}
