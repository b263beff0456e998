/**
 * ∫ div v dt along paths whose steps are known: the integral that the same Runge-Kutta method would have made beside x, h Σ_j b_j div v(x_j, t_j) over the
 * stages of every step. All steps of all paths are independent of each other, so they are shared out over workers; and only the stages
 * with a weight need a divergence, which of an exact trace by basis vectors is nearly all of the work.
 */
import {
  add,
  full,
  layoutOf,
  multiply,
  type ParameterTensors,
  reshape,
  sizeOf,
  sqrt,
  square,
  stopGradient,
  type Tensor,
  type TensorType,
  type TypedArray,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { StepListener } from './steps.ts';
import { fieldValues, perSample, type TraceMethod } from './traces.ts';
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
  const { tableau } = method;
  const { size } = layoutOf(field.parameters);
  const dimension = sizeOf(field.shape);
  const type = (...shape: number[]): TensorType => ({ shape, dtype });
  const withTheta = <T>(value: T): T[] => (contextSize > 0 ? [value] : []);
  const withProbes = <T>(value: T): T[] => (probeCount > 0 ? [value] : []);
  const integrals = (
    x: Tensor,
    t: Tensor,
    h: Tensor,
    context: Tensor,
    parameters: ParameterTensors,
    probes: Tensor | undefined,
  ): [Tensor, Tensor] => {
    const lengths = reshape(h, [h.shape[0]!, ...field.shape.map(() => 1)]);
    const velocities: Tensor[] = [];
    let [divergence, speed]: (Tensor | null)[] = [null, null];
    tableau.b.forEach((weight, stage) => {
      let moved: Tensor | null = null;
      (tableau.a[stage] ?? []).forEach((factor, j) => {
        if (factor === 0) return;
        const term = multiply(velocities[j]!, factor);
        moved = moved ? add(moved, term) : term;
      });
      const at = moved ? add(x, multiply(moved, lengths)) : x;
      const time = add(t, multiply(h, tableau.c[stage]!));
      velocities.push(field.velocity(time, at, context, parameters));
      if (weight === 0) return;
      const values = fieldValues(field, time, at, context, parameters, {
        trace: traceMethod,
        ...(probes ? { probes } : {}),
      });
      const part = multiply(values.divergence, weight);
      const along = multiply(sqrt(perSample(square(velocities[stage]!))), weight);
      divergence = divergence ? add(divergence, part) : part;
      speed = speed ? add(speed, along) : along;
    });
    return [multiply(divergence!, h), multiply(speed!, h)];
  };
  const executable = await compileChunked(place, {
    chunk,
    valuesPerItem: dimension * (field.velocityAndDivergence || traceMethod !== 'exact' ? 1 : dimension),
    graph: (count) =>
      trace(
        (flat, t, h, x, ...rest) => {
          const theta = contextSize > 0 ? rest[0]! : full(0, [count, 0], dtype);
          return integrals(
            x!,
            t!,
            h!,
            prior ? toUnitBox(theta, prior) : theta,
            unpackParameters(field.parameters, flat!),
            probeCount > 0 ? stopGradient(rest.at(-1)!) : undefined,
          );
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
