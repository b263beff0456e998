/**
 * ∫ div v dt along paths whose steps are known: the integral that the same Runge-Kutta method would have made beside x, h Σ_j b_j div v(x_j, t_j) over the
 * stages of every step. All steps of all paths are independent of each other, so they are shared out over workers; and only the stages
 * with a weight need a divergence, which of an exact trace by basis vectors is nearly all of the work.
 */
import {
  full,
  layoutOf,
  sizeOf,
  type TensorType,
  type TypedArray,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import { integratedStep } from './integrated-step.ts';
import type { StepListener } from './steps.ts';
import type { TraceMethod } from './traces.ts';
import type { ExplicitMethod } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

type Floats = Float32Array | Float64Array;

/** What is compiled. */
export interface QuadratureOptions {
  readonly contextSize: number;
  readonly prior: Box | undefined;
  readonly method: ExplicitMethod;
  readonly trace: TraceMethod;
  /** 0 where the field needs no probes. */
  readonly probeCount: number;
  readonly dtype: 'float32' | 'float64';
  readonly place: Placement;
  /** Steps that a worker takes at a time. */
  readonly chunk: number;
}

/** Steps of any paths: where each begins, and what belongs to its path. */
export interface PathSteps {
  /** [count] */
  readonly t: Floats;
  /** Signed lengths, [count]. */
  readonly h: Floats;
  /** [count, ...shape] */
  readonly x: Floats;
  /** [count, P] */
  readonly theta: Floats;
  /** [count, probes, dimensions], where the field needs probes. */
  readonly probes: Floats | undefined;
}

/** Integrates over steps. */
export interface PathQuadrature {
  /** ∫ div v dt and ∫ |v| |dt| over every step, [count] each. */
  run(
    flat: Floats,
    steps: PathSteps,
  ): Promise<{ readonly divergence: TypedArray; readonly length: TypedArray }>;
  dispose(): Promise<void>;
}

/** Compiles the quadrature of a field. */
export async function pathQuadrature(field: FlowField, options: QuadratureOptions): Promise<PathQuadrature> {
  const { contextSize, prior, method, trace: traceMethod, probeCount, dtype, place, chunk } = options;
  const { size } = layoutOf(field.parameters);
  const dimension = sizeOf(field.shape);
  const type = (...shape: number[]): TensorType => ({ shape, dtype });
  const withTheta = <T>(value: T): T[] => (contextSize > 0 ? [value] : []);
  const withProbes = <T>(value: T): T[] => (probeCount > 0 ? [value] : []);
  const executable = await compileChunked(place, {
    chunk,
    valuesPerItem: dimension * (field.velocityAndDivergence || traceMethod !== 'exact' ? 1 : dimension),
    graph: (count) =>
      trace(
        (flat, t, h, x, ...rest) => {
          const theta = contextSize > 0 ? rest[0]! : full(0, [count, 0], dtype);
          const step = integratedStep(
            field,
            method.tableau,
            { t: t!, h: h!, x: x! },
            prior ? toUnitBox(theta, prior) : theta,
            unpackParameters(field.parameters, flat!),
            {
              trace: traceMethod,
              integrals: { divergence: true, length: true, kinetic: false, jacobian: false },
              ...(probeCount > 0 ? { probes: rest.at(-1)! } : {}),
            },
          );
          return [step.divergence!, step.length!];
        },
        [
          type(size),
          type(count),
          type(count),
          type(count, ...field.shape),
          ...withTheta(type(count, contextSize)),
          ...withProbes(type(count, probeCount, dimension)),
        ],
      ),
    inputs: [
      'shared',
      ...(['batch', 'batch', 'batch'] as const),
      ...withTheta('batch' as const),
      ...withProbes('batch' as const),
    ],
    outputs: ['concat', 'concat'],
  });
  return {
    async run(flat, { t, h, x, theta, probes }) {
      const [divergence, length] = await executable.run([
        flat,
        t,
        h,
        x,
        ...withTheta(theta),
        ...withProbes(probes!),
      ] as TypedArray[]);
      return { divergence: divergence!.slice(), length: length!.slice() };
    },
    dispose: () => executable.dispose(),
  };
}

/** Collects the steps of the first `rows` samples of a batch. */
export interface StepCollector {
  readonly add: StepListener;
  /** The sample of every step. */
  readonly rows: readonly number[];
  /** The steps, with what belongs to their samples. */
  finish(
    typed: (values: ArrayLike<number>) => Floats,
    given: { readonly theta: Floats; readonly probes: Floats | undefined },
    widths: { readonly dimension: number; readonly contextSize: number; readonly probeLength: number },
  ): PathSteps;
}

/** An empty collection. */
export function stepCollector(count: number): StepCollector {
  const rows: number[] = [];
  const [t, h, x]: [number[], number[], TypedArray[]] = [[], [], []];
  return {
    rows,
    add(row, time, length, at) {
      if (row >= count) return;
      rows.push(row);
      t.push(time);
      h.push(length);
      x.push(at.slice());
    },
    finish(typed, { theta, probes }, { dimension, contextSize, probeLength }) {
      const gathered = (width: number, of: (step: number) => ArrayLike<number>): Floats => {
        const out = typed({ length: rows.length * width });
        rows.forEach((_, step) => {
          out.set(of(step), step * width);
        });
        return out;
      };
      const rowOf = (values: Floats, width: number) =>
        gathered(width, (step) => values.subarray(rows[step]! * width, (rows[step]! + 1) * width));
      return {
        t: typed(t),
        h: typed(h),
        x: gathered(dimension, (step) => x[step]!),
        theta: rowOf(theta, contextSize),
        probes: probes && rowOf(probes, probeLength),
      };
    },
  };
}
