/**
 * Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011, arXiv:1206.1901) on a rung of a ladder, in the subspace without centre
 * of mass: momenta are normals without their mean, forces have none, so no trajectory leaves it.
 */
import { removeCentreOfMass } from './centre-of-mass.ts';
import type { ParticleEnergy } from './energy.ts';
import { type Rung, rungEnergy } from './ladder.ts';
import type { RandomStream } from './random-stream.ts';

/** A walker: its configuration, and what its energies are made of. */
export interface Walker {
  /** [M, n], centre of mass at 0. */
  readonly x: Float64Array;
  /** ½ |x|² */
  halfSquare: number;
  /** U(x) */
  energy: number;
}

/** Moves walkers of one energy. */
export interface HamiltonianMoves {
  /** A walker at a configuration, whose centre of mass is removed. */
  walker(x: Float64Array): Walker;
  /** Puts a walker at an independent draw of a Gaussian rung. */
  drawGaussian(walker: Walker, rung: Rung, random: RandomStream): void;
  /** Lets a walker slide down U by steps of at most 0.05 a coordinate: out of overlaps, before a first move. */
  relax(walker: Walker, steps: number): void;
  /**
   * One trajectory of 1 to 2 `steps` − 1 leapfrog steps, whose length is scaled by a factor of 0.8 to 1.2, and the test of
   * Metropolis.
   * @returns the probability with which it was accepted.
   */
  move(walker: Walker, rung: Rung, stepSize: number, steps: number, random: RandomStream): number;
}

/** Makes the moves for an energy; holds scratch memory, so that walkers move one after the other. */
export function hamiltonianMoves(system: ParticleEnergy): HamiltonianMoves {
  const { particles, dimensions } = system;
  const width = particles * dimensions;
  const momentum = new Float64Array(width);
  const forces = new Float64Array(width);
  const trial = new Float64Array(width);
  const halfSquare = (values: Float64Array): number => {
    let total = 0;
    for (let i = 0; i < width; i++) total += values[i]! * values[i]!;
    return total / 2;
  };
  const drawMomentum = (target: Float64Array, random: RandomStream): void => {
    for (let i = 0; i < width; i++) target[i] = random.normal();
    removeCentreOfMass(target, particles, dimensions);
  };
  const settle = (walker: Walker): void => {
    removeCentreOfMass(walker.x, particles, dimensions);
    walker.halfSquare = halfSquare(walker.x);
    walker.energy = system.energy(walker.x);
  };
  /** momentum += factor · force of the rung at `trial`; gives U there. */
  const kick = ({ stiffness, weight }: Rung, factor: number): number => {
    const energy = weight === 0 ? 0 : system.energy(trial, 0, forces);
    const [own, spring] = [factor * weight, factor * stiffness];
    for (let i = 0; i < width; i++) {
      momentum[i]! += (weight === 0 ? 0 : own * forces[i]!) - spring * trial[i]!;
    }
    return energy;
  };
  return {
    walker(x) {
      const walker: Walker = { x, halfSquare: 0, energy: 0 };
      settle(walker);
      return walker;
    },
    drawGaussian(walker, { stiffness }, random) {
      drawMomentum(walker.x, random);
      const deviation = 1 / Math.sqrt(stiffness);
      for (let i = 0; i < width; i++) walker.x[i]! *= deviation;
      settle(walker);
    },
    relax(walker, steps) {
      for (let step = 0; step < steps; step++) {
        system.energy(walker.x, 0, forces);
        for (let i = 0; i < width; i++) {
          walker.x[i]! += Math.max(-0.05, Math.min(0.05, 0.005 * forces[i]!));
        }
      }
      settle(walker);
    },
    move(walker, rung, stepSize, steps, random) {
      const count = 1 + Math.floor(random.uniform() * (2 * steps - 1));
      const epsilon = stepSize * (0.8 + 0.4 * random.uniform());
      drawMomentum(momentum, random);
      trial.set(walker.x);
      const before = rungEnergy(rung, walker.halfSquare, walker.energy) + halfSquare(momentum);
      let energy = kick(rung, epsilon / 2);
      for (let step = 1; step <= count; step++) {
        for (let i = 0; i < width; i++) trial[i]! += epsilon * momentum[i]!;
        energy = kick(rung, step === count ? epsilon / 2 : epsilon);
      }
      const half = halfSquare(trial);
      const after = rungEnergy(rung, half, energy) + halfSquare(momentum);
      const change = before - after;
      // NaN: the trajectory flew apart.
      const probability = Number.isNaN(change) ? 0 : Math.min(1, Math.exp(change));
      if (random.uniform() < probability) {
        walker.x.set(trial);
        removeCentreOfMass(walker.x, particles, dimensions);
        walker.halfSquare = half;
        walker.energy = rung.weight === 0 ? system.energy(walker.x) : energy;
      }
      return probability;
    },
  };
}

/** Changes step sizes until trajectories are accepted with a probability of 0.8 (Robbins & Monro 1951). */
export function adaptStepSize(stepSize: number, accepted: number, round: number): number {
  return stepSize * Math.exp((accepted - 0.8) * Math.max(0.02, 2 / (1 + round) ** 0.6));
}
