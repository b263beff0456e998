/**
 * A continuous flow with a fixed number of equal steps, unrolled into the graph: a bijection like any other layer, which runs
 * on every backend and over workers. Its log-determinant is the solver's ∫ div v dt, the discretisation included; to see how
 * much that is, compare with more steps or with `openContinuousFlow`.
 */
import { type Method, rk4, type UnrolledOptions } from '@equiflow/ode-solvers';
import { add, constant, type ParameterTensors, type Tensor } from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import type { Bijection } from '../bijection.ts';
import { toUnitBox } from '../conditioner.ts';
import { flow, type SpecifiedFlow } from '../flow.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { Integrals, PathEnd } from './augmented.ts';
import { requireBase } from './checks.ts';
import { integratedStep } from './integrated-step.ts';
import type { TraceMethod } from './traces.ts';
import type { FlowField } from './vector-field.ts';

/** An explicit Runge-Kutta method of `@equiflow/ode-solvers`. */
export type ExplicitMethod = NonNullable<UnrolledOptions['method']>;

/** Whether a method is an explicit one of Runge and Kutta. */
export function isExplicit(method: Method): method is Method & ExplicitMethod {
  return 'tableau' in method && 'b' in (method.tableau as object);
}

/** The steps of an unrolled flow. */
export interface UnrolledSteps {
  /** Equal steps over the unit of time. */
  readonly steps: number;
  /** Default `rk4`. */
  readonly method?: ExplicitMethod;
}

/** How paths are followed in a graph. */
export interface UnrolledPathOptions extends UnrolledSteps {
  /** Default `'exact'`. */
  readonly trace?: TraceMethod;
  /** [batch, count, dimensions]: the same over the whole path. */
  readonly probes?: Tensor;
  readonly integrals?: Integrals;
  /** [0, 1] (default) goes from data to latent, [1, 0] back. */
  readonly span?: readonly [number, number];
}

/** Follows the paths of samples x [batch, ...shape] in a graph. @throws RangeError for a number of steps that is not whole and positive. */
export function unrolledPath(
  field: FlowField,
  x: Tensor,
  context: Tensor,
  parameters: ParameterTensors,
  { steps, method = rk4, trace = 'exact', probes, integrals = {}, span = [0, 1] }: UnrolledPathOptions,
): PathEnd {
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new RangeError(`unrolledPath: ${steps} steps; give a whole number, 1 or more`);
  }
  const { divergence = true, kinetic = false, jacobian = false, length = false } = integrals;
  const along = {
    trace,
    integrals: { divergence, kinetic, jacobian, length },
    ...(probes ? { probes } : {}),
  };
  const [from, to] = span;
  const h = constant((to - from) / steps, [], x.dtype);
  let end: PathEnd = { x, divergence: null, kinetic: null, jacobian: null, length: null };
  for (let n = 0; n < steps; n++) {
    const t = constant(from + ((to - from) * n) / steps, [], x.dtype);
    const step = integratedStep(field, method.tableau, { t, h, x: end.x }, context, parameters, along);
    const total = (name: keyof Integrals): Tensor | null => {
      const [before, part] = [end[name], step[name]];
      return before && part ? add(before, part) : part;
    };
    end = {
      x: step.x,
      divergence: total('divergence'),
      kinetic: total('kinetic'),
      jacobian: total('jacobian'),
      length: total('length'),
    };
  }
  return end;
}

/**
 * The bijection x(0) → x(1) of a field, with the exact divergence. `inverse` makes the same number of steps backward, so that
 * inverse∘forward is the identity up to the method's error.
 */
export function continuousBijection(field: FlowField, steps: UnrolledSteps): Bijection {
  const along =
    (span: readonly [number, number]): Bijection['forward'] =>
    (x, context, parameters) => {
      const end = unrolledPath(field, x, context, parameters, { ...steps, span });
      return { value: end.x, logDet: end.divergence! };
    };
  return { parameters: field.parameters, forward: along([0, 1]), inverse: along([1, 0]) };
}

/** The choices of an unrolled flow beside its field. */
export interface UnrolledFlowOptions extends UnrolledSteps {
  /** Names of θ. Default: none. */
  readonly parameterNames?: readonly string[];
  /** Uniform prior of θ; the field then sees θ mapped to [−1, 1]. Left out: θ as it is. */
  readonly prior?: Box;
}

/** The flow of a field and a base density with unrolled steps; its parameters are those of the field. */
export function unrolledFlow(
  field: FlowField,
  base: BaseDensity,
  { parameterNames = [], prior, ...steps }: UnrolledFlowOptions,
): SpecifiedFlow {
  requireBase(field, base);
  const inner = flow(continuousBijection(field, steps), base);
  const scaled = (context: Tensor): Tensor => (prior ? toUnitBox(context, prior) : context);
  return {
    spec: { shape: field.shape, parameterNames },
    parameters: inner.parameters,
    base,
    logProb: (x, context, flat) => inner.logProb(x, scaled(context), flat),
    latent: (x, context, flat) => inner.latent(x, scaled(context), flat),
    generate: (z, context, flat) => inner.generate(z, scaled(context), flat),
  };
}
