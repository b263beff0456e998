/**
 * The physics of a particle-mesh simulation as two graphs, the initial conditions and one stage (drift, force, kick),
 * and their vector-Jacobian products. Around them a run is a loop of the host.
 *
 * COLA (Tassev, Zaldarriaga & Eisenstein 2013, arXiv:1301.0322): momenta are what is left over the trajectories of second-order
 * perturbation theory, x = D₁ ψ₁ + D₂ ψ₂ + residual; a stage moves both, and its force is what is left over theirs.
 */
import { radialFilter, shells } from '@equiflow/fft-mesh';
import {
  add,
  constant,
  multiply,
  reshape,
  type Shape,
  slice,
  subtract,
  type Tensor,
  type TensorType,
  vjp,
} from '@equiflow/tensor';
import { displacements, LPT_TERMS, latticePositions } from '../initial-conditions/displacement.ts';
import { meshForce } from './force.ts';
import type { Floats, ParticleMeshOptions } from './particle-mesh-options.ts';

/** A function of tensors, and the types of its inputs. */
export interface Traceable {
  readonly inputs: readonly TensorType[];
  readonly outputs: (...inputs: Tensor[]) => Tensor[];
}

/** The graphs of one simulation. */
export interface SimulationGraphs {
  /** (noise, amplitudes, growth and momentum factors) → positions, momenta, linear overdensity; of COLA ψ₁, ψ₂ too. */
  readonly begin: Traceable;
  /** (positions, momenta, numbers; of COLA ψ₁, ψ₂) → positions, momenta. */
  readonly stage: Traceable;
}

/** Builds the graphs of checked options. */
export function simulationGraphs(options: Required<ParticleMeshOptions>): SimulationGraphs {
  const { particles, dimensions: d, boxSize, meshFactor, order, scheme, dtype } = options;
  const { window, gradient, compensated, dealiased } = options;
  const lattice: Shape = new Array<number>(d).fill(particles);
  const mesh = lattice.map((n) => n * meshFactor);
  // On a finer mesh the images of modes below 2/3 of the lattice's Nyquist frequency lie above 4/3 of it.
  const cutoff = compensated && meshFactor > 1 ? 4 / 3 / meshFactor : undefined;
  const forceMesh = { mesh, boxSize, window, gradient, compensated, ...(cutoff && { cutoff }) };
  const count = particles ** d;
  const terms = LPT_TERMS[order];
  const cola = scheme === 'cola';
  const shellCount = shells(lattice).squares.length;
  const type = (...shape: number[]): TensorType => ({ shape, dtype });
  const state = type(count, d);
  return {
    begin: {
      inputs: [type(...lattice), type(shellCount), type(2 * terms)],
      outputs: (noise, amplitudes, factors) => {
        const filtered = radialFilter(
          reshape(noise!, [1, ...lattice]),
          reshape(amplitudes!, [1, shellCount]),
        );
        const delta = reshape(filtered, lattice);
        const psi = displacements(delta, { boxSize, order, gradient, dealiased });
        const q = constant(inDtype(latticePositions(lattice, boxSize), dtype), [count, d]);
        const positions = add(q, combination(psi, factors!, 0));
        // Nothing is left over second order at the start.
        const momenta = cola ? multiply(q, 0) : combination(psi, factors!, terms);
        return [positions, momenta, delta, ...(cola ? psi : [])];
      },
    },
    stage: {
      inputs: [state, state, type(cola ? 6 : 2), ...(cola ? [state, state] : [])],
      outputs: (x, p, numbers, ...psi) => {
        let moved = add(x!, multiply(p!, scalar(numbers!, 0)));
        if (cola) moved = add(moved, combination(psi, numbers!, 2));
        let force = meshForce(moved, forceMesh);
        if (cola) force = subtract(force, combination(psi, numbers!, 4));
        return [moved, add(p!, multiply(force, scalar(numbers!, 1)))];
      },
    },
  };
}

/** (inputs, then a cotangent of every output) → cotangents of the inputs. */
export function pullbackGraph({ inputs, outputs }: Traceable, outputTypes: readonly TensorType[]): Traceable {
  return {
    inputs: [...inputs, ...outputTypes],
    outputs: (...all) => {
      const wrt = all.slice(0, inputs.length);
      const pulled = vjp(outputs(...wrt), all.slice(inputs.length), wrt);
      return pulled.map((gradient, i) => gradient ?? multiply(wrt[i]!, 0));
    },
  };
}

/** Values in a simulation's dtype, a copy. */
export function inDtype(values: ArrayLike<number>, dtype: 'float32' | 'float64'): Floats {
  return dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
}

/** Σ factor_t · term_t, the factors taken from places of a vector. */
function combination(terms: readonly Tensor[], factors: Tensor, first: number): Tensor {
  return terms
    .map((term, t) => multiply(term, scalar(factors, first + t)))
    .reduce((total, term) => add(total, term));
}

function scalar(vector: Tensor, at: number): Tensor {
  return reshape(slice(vector, [[at, at + 1]]), []);
}
