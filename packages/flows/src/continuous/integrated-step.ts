/**
 * One Runge-Kutta step of a path with what is integrated along it, as a graph. The integrals do not act back on x: they are h Σ_j b_j g(x_j, t_j) over the
 * stages, and a stage without weight (the first of the midpoint rule, the second of `dopri5`) needs no divergence.
 */
import type { ExplicitTableau } from '@equiflow/ode-solvers';
import {
  add,
  broadcastTo,
  multiply,
  type ParameterTensors,
  reshape,
  sqrt,
  square,
  type Tensor,
} from '@equiflow/tensor';
import type { Integrals, PathEnd } from './augmented.ts';
import { type FieldValues, fieldValues, perSample, type TraceMethod } from './traces.ts';
import type { FlowField } from './vector-field.ts';

/** Where a step begins, and how far it goes. */
export interface StepStart {
  /** One time for all, [], or a time a sample, [batch]. */
  readonly t: Tensor;
  /** Signed length, [] or [batch]. */
  readonly h: Tensor;
  /** [batch, ...shape] */
  readonly x: Tensor;
}

/** What is integrated, and how. */
export interface StepIntegrals {
  readonly trace: TraceMethod;
  readonly probes?: Tensor;
  readonly integrals: Required<Integrals>;
}

/** x after the step, and the integrals over it. */
export function integratedStep(
  field: FlowField,
  { a, b, c }: ExplicitTableau,
  { t, h, x }: StepStart,
  context: Tensor,
  parameters: ParameterTensors,
  { trace, probes, integrals }: StepIntegrals,
): PathEnd {
  const batch = x.shape[0]!;
  const lengths = h.shape.length === 0 ? h : reshape(h, [batch, ...field.shape.map(() => 1)]);
  const [times, perRow] = [broadcastTo(t, [batch]), broadcastTo(h, [batch])];
  const velocities: Tensor[] = [];
  const moved = (weights: readonly number[]): Tensor => {
    let sum: Tensor | null = null;
    weights.forEach((weight, stage) => {
      if (weight === 0) return;
      const term = weight === 1 ? velocities[stage]! : multiply(velocities[stage]!, weight);
      sum = sum ? add(sum, term) : term;
    });
    return sum ? add(x, multiply(sum, lengths)) : x;
  };
  const totals: Record<keyof Integrals, Tensor | null> = {
    divergence: null,
    kinetic: null,
    jacobian: null,
    length: null,
  };
  b.forEach((weight, stage) => {
    const at = moved(a[stage] ?? []);
    const time = c[stage] === 0 ? times : add(times, multiply(perRow, c[stage]!));
    const values: Partial<FieldValues> & Pick<FieldValues, 'velocity'> =
      weight !== 0 && (integrals.divergence || integrals.jacobian)
        ? fieldValues(field, time, at, context, parameters, {
            trace,
            jacobianNorm: integrals.jacobian,
            ...(probes ? { probes } : {}),
          })
        : { velocity: field.velocity(time, at, context, parameters) };
    velocities.push(values.velocity);
    if (weight === 0) return;
    const collect = (name: keyof Integrals, value: () => Tensor): void => {
      if (!integrals[name]) return;
      const part = multiply(multiply(value(), weight), perRow);
      const total = totals[name];
      totals[name] = total ? add(total, part) : part;
    };
    const squared = (): Tensor => perSample(square(values.velocity));
    collect('divergence', () => values.divergence!);
    collect('kinetic', squared);
    collect('jacobian', () => values.jacobianNorm!);
    collect('length', () => sqrt(squared()));
  });
  return { x: moved(b), ...totals };
}
