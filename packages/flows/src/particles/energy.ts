/**
 * Energies of particles, in units of the temperature: the densities p(x) ∝ exp(−U(x)) that equivariant flows are tried on
 * (Köhler, Klein & Noé 2020, arXiv:2006.02425; Satorras et al. 2021, arXiv:2105.09016). U does not change under rotations,
 * reflections, translations and permutations, so p is a density on configurations whose centre of mass is at 0: a
 * subspace of (M − 1) n dimensions, with volumes measured in orthonormal coordinates of it.
 */
import {
  add,
  concatenate,
  divide,
  multiply,
  reshape,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
} from '@equiflow/tensor';

/** An energy of M particles in n dimensions. */
export interface ParticleEnergy {
  readonly name: string;
  /** M */
  readonly particles: number;
  /** n */
  readonly dimensions: number;
  /**
   * U of the configuration at `values[offset …]`, row-major [M, n]. Fills `forces` [M, n] with −∇U where given.
   * Infinite where particles coincide and repel.
   */
  energy(values: Float64Array, offset?: number, forces?: Float64Array): number;
  /** U as a graph: [batch, M, n] → [batch]. */
  graph(x: Tensor): Tensor;
}

/** A pair's energy as a function of the squared distance. */
interface PairEnergy {
  /** Writes u and du/d(d²) into `out[0]` and `out[1]`. */
  at(squaredDistance: number, out: Float64Array): void;
  /** u of squared distances. */
  graph(squaredDistance: Tensor): Tensor;
}

/** Dimensions of the subspace without the centre of mass, (M − 1) n. */
export function degreesOfFreedom(energy: {
  readonly particles: number;
  readonly dimensions: number;
}): number {
  return (energy.particles - 1) * energy.dimensions;
}

/** U = Σ over unique pairs of u(d²) + ½ trap Σ |x_i − x_com|². */
function pairwise(
  name: string,
  particles: number,
  dimensions: number,
  pair: PairEnergy,
  trap: number,
): ParticleEnergy {
  const scratch = new Float64Array(2);
  const centre = new Float64Array(dimensions);
  return {
    name,
    particles,
    dimensions,
    energy(values, offset = 0, forces) {
      let total = 0;
      forces?.fill(0);
      for (let i = 1; i < particles; i++) {
        const first = offset + i * dimensions;
        for (let j = 0; j < i; j++) {
          const second = offset + j * dimensions;
          let squared = 0;
          for (let a = 0; a < dimensions; a++) squared += (values[first + a]! - values[second + a]!) ** 2;
          pair.at(squared, scratch);
          total += scratch[0]!;
          if (!forces) continue;
          for (let a = 0; a < dimensions; a++) {
            const force = -2 * scratch[1]! * (values[first + a]! - values[second + a]!);
            forces[i * dimensions + a]! += force;
            forces[j * dimensions + a]! -= force;
          }
        }
      }
      if (trap === 0) return total;
      centre.fill(0);
      for (let i = 0; i < particles; i++) {
        for (let a = 0; a < dimensions; a++) centre[a]! += values[offset + i * dimensions + a]! / particles;
      }
      for (let i = 0; i < particles; i++) {
        for (let a = 0; a < dimensions; a++) {
          const distance = values[offset + i * dimensions + a]! - centre[a]!;
          total += 0.5 * trap * distance ** 2;
          if (forces) forces[i * dimensions + a]! -= trap * distance;
        }
      }
      return total;
    },
    graph(x) {
      const batch = x.shape[0]!;
      const axes = [1, 2];
      // Differences to the particle k places on, for all k: every ordered pair once, and no particle with itself.
      const differences = Array.from({ length: particles - 1 }, (_, index) => {
        const k = index + 1;
        const shifted = concatenate([slice(x, [null, [k, particles]]), slice(x, [null, [0, k]])], 1);
        return subtract(x, shifted);
      });
      const squared = sum(square(concatenate(differences, 1)), { axes: [2] });
      const pairs = multiply(sum(pair.graph(squared), { axes: [1] }), 0.5);
      if (trap === 0) return pairs;
      const mean = divide(sum(x, { axes: [1], keepDims: true }), particles);
      const spread = sum(square(subtract(x, mean)), { axes });
      return add(pairs, reshape(multiply(spread, 0.5 * trap), [batch]));
    },
  };
}

/**
 * DW4: 4 particles in 2 dimensions, every pair in a double well of its distance,
 * U = Σ_{i<j} 0.9 (d_ij − 4)⁴ − 4 (d_ij − 4)².
 */
export function doubleWell4(): ParticleEnergy {
  const pair: PairEnergy = {
    at(squared, out) {
      const distance = Math.sqrt(squared);
      const s = distance - 4;
      out[0] = 0.9 * s ** 4 - 4 * s ** 2;
      // At distance 0 the direction of the force is undefined; 0 is the mean over directions.
      out[1] = distance === 0 ? 0 : (3.6 * s ** 3 - 8 * s) / (2 * distance);
    },
    graph(squared) {
      const s2 = square(subtract(sqrt(squared), 4));
      return multiply(s2, subtract(multiply(s2, 0.9), 4));
    },
  };
  return pairwise('dw4', 4, 2, pair, 0);
}

/**
 * LJ13: 13 particles in 3 dimensions in a harmonic trap, U = Σ_{i≠j} (d_ij⁻¹² − 2 d_ij⁻⁶) + ½ Σ |x_i − x_com|². The sum is
 * over ordered pairs: each pair counts twice.
 */
export function lennardJones13(): ParticleEnergy {
  const pair: PairEnergy = {
    at(squared, out) {
      const inverse = 1 / squared;
      const s = inverse * inverse * inverse;
      out[0] = 2 * s * (s - 2);
      out[1] = -12 * s * (s - 1) * inverse;
    },
    graph(squared) {
      const s = divide(1, multiply(squared, square(squared)));
      return multiply(multiply(s, subtract(s, 2)), 2);
    },
  };
  return pairwise('lj13', 13, 3, pair, 1);
}
