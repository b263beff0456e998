/**
 * A particle-mesh simulation: initial conditions from Lagrangian perturbation theory, then kick-drift-kick steps with
 * FastPM's factors or around COLA's trajectories, in three dimensions or two.
 *
 * Two executables hold all of the physics, one for the initial conditions and one for a stage (drift, force, kick), and both
 * are graphs: compiled for a fast backend they are the simulator, and their vector-Jacobian products, run backwards over
 * the recorded stages, are the exact gradient of any function of its particles (`runWithPullback`).
 *
 * Two-dimensional gravity is that of matter which does not vary along the third dimension: ∇²φ = 3/2 Ω_m δ/a with δ on the
 * plane, and the growth factors are those of three dimensions, for they follow from that equation alone.
 */
import { shells } from '@equiflow/fft-mesh';
import { compile, type Executable, type Shape, type TensorType } from '@equiflow/tensor';
import { LPT_TERMS } from '../initial-conditions/displacement.ts';
import { shellAmplitudes } from '../initial-conditions/white-noise.ts';
import {
  checkedParticleMesh,
  type Floats,
  type ParticleMeshOptions,
  type RunGradient,
  type RunNumbers,
  type RunOptions,
  type Snapshot,
} from './particle-mesh-options.ts';
import { inDtype, pullbackGraph, simulationGraphs, type Traceable } from './simulation-graphs.ts';
import { momentumFactor, type Stage, type StepOptions, stages } from './time-steps.ts';

export type {
  Floats,
  ParticleMeshOptions,
  RunGradient,
  RunNumbers,
  RunOptions,
  Snapshot,
} from './particle-mesh-options.ts';

/** A compiled simulation. */
export interface ParticleMesh {
  readonly options: Required<ParticleMeshOptions>;
  /** Lattice of particles and of the linear field. */
  readonly lattice: Shape;
  /** Bytes that the executables hold between runs. */
  readonly memoryBytes: number;
  /** What a cosmology means for a run. */
  numbers(options: Pick<RunOptions, 'power' | 'growth' | keyof StepOptions>): RunNumbers;
  /** @throws RangeError or TensorError on options that make no sense */
  run(options: RunOptions): Snapshot;
  /** The run, and the pull-back of its results. Keeps every stage: (steps + 1) × 2 × P × d numbers. */
  runWithPullback(options: RunOptions): {
    readonly snapshot: Snapshot;
    /** Cotangents of positions, momenta and the linear field; 0 where left out. */
    pullback(positions: Floats, momenta?: Floats, linear?: Floats): RunGradient;
  };
  dispose(): void;
}

/** Positions in [0, L), a copy. */
export function wrapPositions<T extends Floats>(positions: T, boxSize: number): T {
  const wrapped = positions.slice() as T;
  for (let i = 0; i < wrapped.length; i++) {
    wrapped[i] = wrapped[i]! - Math.floor(wrapped[i]! / boxSize) * boxSize;
    // Rounding can give L itself.
    if (wrapped[i]! >= boxSize) wrapped[i] = 0;
  }
  return wrapped;
}

/**
 * Compiles a simulation.
 *
 * @throws RangeError on options that make no sense; TensorError when the backend refuses the plan
 * @example
 * ```ts
 * const simulation = particleMesh({ particles: 32, boxSize: 256, backend: wasm() });
 * const { positions } = simulation.run({ noise: whiteNoise({ mesh: simulation.lattice, key: key(1) }),
 *   power: matter.power, growth: growth({ omegaM: 0.3 }, 'today'), start: 0.1, end: 1, steps: 10 });
 * ```
 */
export function particleMesh(given: ParticleMeshOptions): ParticleMesh {
  const options = checkedParticleMesh(given);
  const { particles, dimensions: d, boxSize, order, scheme, dtype, backend } = options;
  const lattice: Shape = new Array<number>(d).fill(particles);
  const count = particles ** d;
  const terms = LPT_TERMS[order];
  const cola = scheme === 'cola';
  const { squares } = shells(lattice);
  const graphs = simulationGraphs(options);
  const state: TensorType = { shape: [count, d], dtype };
  const psiTypes = cola ? [state, state] : [];
  const typed = (values: ArrayLike<number>): Floats => inDtype(values, dtype);
  const zeros = (): Floats => typed(new Float64Array(count * d));

  const compiled = new Map<string, Executable>();
  const executable = (name: string, traceable: () => Traceable): Executable => {
    let found = compiled.get(name);
    if (!found) {
      const { inputs, outputs } = traceable();
      found = compile(outputs, inputs, { backend });
      compiled.set(name, found);
    }
    return found;
  };

  const numbers: ParticleMesh['numbers'] = ({ power, growth, ...steps }) => {
    const at = growth.at(steps.start);
    const factors = [at.d1, at.d2, at.d3a, at.d3b, at.d3c].slice(0, terms);
    const { slopes } = at;
    const rates = [slopes.d1, slopes.d2, slopes.d3a, slopes.d3b, slopes.d3c].slice(0, terms);
    const last = growth.at(steps.end).slopes;
    return {
      amplitudes: shellAmplitudes(power, squares, lattice, boxSize),
      initial: Float64Array.from([
        ...factors,
        ...rates.map((rate) => momentumFactor(growth, steps.start, rate)),
      ]),
      stages: stages(growth, steps, scheme).map(stageNumbers),
      final: Float64Array.from(cola ? [last.d1, last.d2] : [], (rate) =>
        momentumFactor(growth, steps.end, rate),
      ),
    };
  };

  /** Runs forward; `visit` sees the state before every stage. */
  const forward = (
    run: RunOptions,
    visit?: (x: Floats, p: Floats) => void,
  ): { snapshot: Snapshot; psi: Floats[]; all: RunNumbers } => {
    if (run.noise.length !== count) {
      throw new RangeError(
        `noise: ${run.noise.length} values for ${particles}^${d} particles; give ${count}`,
      );
    }
    const beginRun = executable('begin', () => graphs.begin);
    const stageRun = executable('stage', () => graphs.stage);
    const all = numbers(run);
    const started = beginRun.run([run.noise, all.amplitudes, all.initial].map(typed)) as Floats[];
    let [x, p] = started as [Floats, Floats];
    const linear = started[2]!.slice();
    const psi = started.slice(3);
    all.stages.forEach((values, i) => {
      visit?.(x, p);
      [x, p] = stageRun.run([x, p, typed(values), ...psi]) as [Floats, Floats];
      run.onStep?.(i + 1, all.stages.length);
    });
    let momenta = p.slice();
    if (cola) {
      const [first, second] = all.final as unknown as [number, number];
      momenta = momenta.map((value, i) => value + first * psi[0]![i]! + second * psi[1]![i]!);
    }
    return { snapshot: { scaleFactor: run.end, positions: x.slice(), momenta, linear }, psi, all };
  };

  const runWithPullback: ParticleMesh['runWithPullback'] = (run) => {
    const states: [Floats, Floats][] = [];
    const forwards = forward(run, (x, p) => {
      states.push([x.slice(), p.slice()]);
    });
    const { snapshot, all } = forwards;
    const psi = forwards.psi.map((field) => field.slice());
    const pullback = (positions: Floats, momenta?: Floats, linear?: Floats): RunGradient => {
      const stagePull = executable('stagePull', () => pullbackGraph(graphs.stage, [state, state]));
      const beginPull = executable('beginPull', () =>
        pullbackGraph(graphs.begin, [state, state, { shape: lattice, dtype }, ...psiTypes]),
      );
      let [cx, cp] = [typed(positions), momenta ? typed(momenta) : zeros()];
      // At the end of a COLA run p = residual + Σ final_t ψ_t.
      const cpsi = psi.map((_, t) => cp.map((value) => all.final[t]! * value));
      const final = Float64Array.from(psi, (field) => dot(field, cp));
      const stageCotangents: Float64Array[] = [];
      for (let i = states.length - 1; i >= 0; i--) {
        const inputs = [...states[i]!, typed(all.stages[i]!), ...psi, cx, cp];
        const [ofX, ofP, ofNumbers, ...ofPsi] = stagePull.run(inputs) as [
          Floats,
          Floats,
          Floats,
          ...Floats[],
        ];
        stageCotangents.unshift(Float64Array.from(ofNumbers));
        for (const [t, added] of ofPsi.entries()) {
          const total = cpsi[t]!;
          for (let at = 0; at < total.length; at++) total[at]! += added[at]!;
        }
        [cx, cp] = [ofX.slice(), ofP.slice()];
      }
      const [noise, amplitudes, initial] = beginPull.run([
        ...[run.noise, all.amplitudes, all.initial].map(typed),
        ...[cx, cp, linear ? typed(linear) : typed(new Float64Array(count)), ...cpsi],
      ]) as [Floats, Floats, Floats];
      return {
        noise: noise.slice(),
        numbers: {
          amplitudes: Float64Array.from(amplitudes),
          initial: Float64Array.from(initial),
          stages: stageCotangents,
          final,
        },
      };
    };
    return { snapshot, pullback };
  };

  return {
    options,
    lattice,
    get memoryBytes() {
      return [...compiled.values()].reduce((sum, one) => sum + (one.memoryBytes ?? 0), 0);
    },
    numbers,
    run: (run) => forward(run).snapshot,
    runWithPullback,
    dispose: () => {
      for (const one of compiled.values()) one.dispose();
      compiled.clear();
    },
  };
}

function stageNumbers({ drift, kick, cola }: Stage): Float64Array {
  return Float64Array.from(cola ? [drift, kick, cola.d1, cola.d2, cola.force1, cola.force2] : [drift, kick]);
}

function dot(a: Floats, b: Floats): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
