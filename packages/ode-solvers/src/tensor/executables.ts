/** The executables of a solve on tensors: each is compiled when it is first needed, and kept. */
import {
  add,
  type Backend,
  compile,
  type DType,
  type Executable,
  full,
  gradients,
  jacobian,
  jvp,
  multiply,
  referenceBackend,
  reshape,
  type Shape,
  type Tensor,
  type TensorType,
  type TypedArray,
  vjp,
} from '@equiflow/tensor';
import type { ExplicitTableau } from '../runge-kutta/tableau.ts';
import type { SymplecticTableau } from '../symplectic/symplectic.ts';
import { type Method, OdeError } from '../types.ts';
import { type StepGraph, stepGraph, type TensorEvent, type TensorField } from './step-graph.ts';
import { symplecticStepGraph } from './symplectic-graph.ts';

type StepArguments = [t: Tensor, h: Tensor, y: Tensor, parameters: readonly Tensor[], slope?: Tensor];

/** What the solver of one field is made of. */
export interface FieldDescription {
  readonly field: TensorField;
  readonly state: TensorType;
  readonly parameters: readonly TensorType[];
  /** Absent for methods that are not explicit: then the steps are made on the host, out of `slope` and `jacobian`. */
  readonly tableau: ExplicitTableau | undefined;
  /** Of a symplectic method, whose steps are made on the host and differentiated as a graph. */
  readonly symplectic?: SymplecticTableau | undefined;
  readonly event: TensorEvent | undefined;
  /** Shape of t and h: [] for one step of the whole state, [rows, 1, …] where every row has its own. */
  readonly timeShape?: Shape;
  readonly backend?: Backend<Executable>;
}

/** A compiled step, or one on the host that looks like it. Results are valid until the next run. */
export type StepFunction = Pick<Executable, 'run'>;

/** Executables; t, h and θ are arrays of the state's dtype with one value, or one a row. `p…` stands for all parameters. */
export interface OdeExecutables {
  /** (t, y, p…) → f */
  readonly slope: () => Executable;
  /** (t, h, y, f, p…) → yNext, slopeNext, and the errors that the method has */
  readonly step: () => Executable;
  /** (t, h, y, f, p…) → q_1 … q_d */
  readonly interpolant: () => Executable;
  /** (t, h, y, p…) → yNext */
  readonly plainStep: () => StepFunction;
  /** (t, h, y, λ, p…) → cotangents of t, h, y, p… */
  readonly stepVjp: () => StepFunction;
  /** (t, h, y, ṫ, ḣ, ẏ, p…, ṗ…) → the tangent of yNext */
  readonly stepJvp: () => StepFunction;
  /** (t, h, y, λ, ṫ, ḣ, ẏ, λ̇, p…, ṗ…) → cotangents of t, h, y, p…, then their tangents */
  readonly stepVjpTangent: () => StepFunction;
  /** (t, h, y, θ, p…) → the state at t + θ h */
  readonly point: () => StepFunction;
  /** (t, h, y, θ, λ, p…) → cotangents of t, h, y, θ, p… */
  readonly pointVjp: () => StepFunction;
  /** (t, y, a, p…) → f, aᵀ∂f/∂y, aᵀ∂f/∂p … */
  readonly fieldVjp: () => Executable;
  /** (t, y, p…) → ∂f/∂y, [n, n] */
  readonly jacobian: () => Executable;
  /** (t, y, v, p…) → cotangents of t, y, p… under f */
  readonly slopeVjp: () => Executable;
  /** (t, y, ṫ, ẏ, p…, ṗ…) → the tangent of f */
  readonly slopeJvp: () => Executable;
  /** (t, y, v, ṫ, ẏ, p…, ṗ…) → the tangents of `slopeVjp`, with v fixed */
  readonly slopeVjpJvp: () => Executable;
  /** (t, y, τ, u, q, ṫ, ẏ, τ̇, u̇, p…, ṗ…) → the tangents of `curvatureVjp`, with q fixed */
  readonly curvatureVjpJvp: () => Executable;
  /** (t, y, τ, u, q, p…) → cotangents of t, y, τ, p… under ⟨q, τ ∂f/∂t + J u⟩ */
  readonly curvatureVjp: () => Executable;
  /** (t, y, τ, u, ṫ, ẏ, p…, ṗ…) → the tangent of τ ∂f/∂t + J u, with τ and u fixed */
  readonly curvatureJvp: () => Executable;
  /** (t, y, p…) → g */
  readonly event: () => Executable;
  /** (t, y, p…) → g, then its gradients in t, y, p… */
  readonly eventGradients: () => Executable;
  /** (t, h, y, p…) → φ = g(t + h, yNext), then its gradients in t, h, y, p… */
  readonly eventStepGradients: () => StepFunction;
  dispose(): void;
}

/** Compiles on demand. */
export function odeExecutables({
  field: given,
  state,
  parameters,
  tableau: explicitTableau,
  symplectic,
  event,
  timeShape = [],
  backend,
}: FieldDescription): OdeExecutables {
  const field: TensorField = (...inputs) => {
    const slope = given(...inputs);
    if (!sameType(slope, state)) {
      throw new OdeError(
        `compileOde: the field gives ${slope.dtype}[${slope.shape}], the state is ${state.dtype}[${state.shape}]; they must be the same`,
      );
    }
    return slope;
  };
  const stepOf = (...step: StepArguments): StepGraph => {
    if (symplectic) {
      const [t, h, y, p] = step;
      return symplecticStepGraph(symplectic, field, t, h, y, p);
    }
    if (!explicitTableau) {
      throw new OdeError(
        'compileOde: a step of this method depends on more than the state before it, which derivatives through the steps need; use adjoint, or another method',
      );
    }
    return stepGraph(explicitTableau, field, ...step);
  };
  const scalar: TensorType = { shape: timeShape, dtype: state.dtype };
  const count = parameters.length;
  const made: Executable[] = [];
  const lazily = (
    specs: readonly TensorType[],
    fn: (...inputs: Tensor[]) => readonly Tensor[],
  ): (() => Executable) => {
    let executable: Executable | undefined;
    return () => {
      if (!executable) {
        executable = compile(fn, specs, { backend: backend ?? referenceBackend });
        made.push(executable);
      }
      return executable;
    };
  };
  const eventOf: TensorEvent = (...inputs) => {
    if (!event) throw new OdeError('compileOde: no event was given');
    const value = event(...inputs);
    if (value.shape.length !== 0) {
      throw new OdeError(
        `compileOde: the event gives a tensor of shape [${value.shape}]; it must be a scalar`,
      );
    }
    return value;
  };
  // An argument that is differentiated gets a node of its own.
  const own = (x: Tensor): Tensor => reshape(x, x.shape);
  const orZero = (gradient: Tensor | null, like: Tensor): Tensor =>
    gradient ?? full(0, like.shape, like.dtype);
  const pullBack = (output: Tensor, cotangent: Tensor, wrt: readonly Tensor[]): Tensor[] =>
    vjp([output], [cotangent], wrt).map((gradient, i) => orZero(gradient, wrt[i]!));
  const pushForward = (
    outputs: readonly Tensor[],
    wrt: readonly Tensor[],
    dots: readonly Tensor[],
  ): Tensor[] => jvp(outputs, wrt, dots).map((tangent, i) => orZero(tangent, outputs[i]!));
  const pointOf = (t: Tensor, h: Tensor, y: Tensor, theta: Tensor, p: readonly Tensor[]): Tensor => {
    const { coefficients } = stepOf(t, h, y, p);
    const inner = coefficients.reduceRight((sum, q) => add(multiply(sum, theta), q));
    return add(y, multiply(inner, theta));
  };
  /** τ ∂f/∂t + J u. */
  const curvature = (t: Tensor, y: Tensor, tau: Tensor, u: Tensor, p: readonly Tensor[]): Tensor => {
    const [at, state0] = [own(t), own(y)];
    const f = field(at, state0, ...p);
    return orZero(jvp([f], [at, state0], [tau, u])[0]!, f);
  };
  return {
    slope: lazily([scalar, state, ...parameters], (t, y, ...p) => [field(t!, y!, ...p)]),
    step: lazily([scalar, scalar, state, state, ...parameters], (t, h, y, f, ...p) => {
      const { yNext, slopeNext, error, secondError } = stepOf(t!, h!, y!, p, f);
      return [yNext, slopeNext, error, secondError].filter((output) => output !== null);
    }),
    interpolant: lazily(
      [scalar, scalar, state, state, ...parameters],
      (t, h, y, f, ...p) => stepOf(t!, h!, y!, p, f).coefficients,
    ),
    plainStep: lazily([scalar, scalar, state, ...parameters], (t, h, y, ...p) => [
      stepOf(t!, h!, y!, p).yNext,
    ]),
    stepVjp: lazily([scalar, scalar, state, state, ...parameters], (t, h, y, lambda, ...p) => {
      const wrt = [t!, h!, y!, ...p].map(own);
      const { yNext } = stepOf(wrt[0]!, wrt[1]!, wrt[2]!, wrt.slice(3));
      return pullBack(yNext, lambda!, wrt);
    }),
    stepJvp: lazily(
      [scalar, scalar, state, scalar, scalar, state, ...parameters, ...parameters],
      (t, h, y, tDot, hDot, yDot, ...rest) => {
        const wrt = [t!, h!, y!, ...rest.slice(0, count)].map(own);
        const { yNext } = stepOf(wrt[0]!, wrt[1]!, wrt[2]!, wrt.slice(3));
        const [tangent] = jvp([yNext], wrt, [tDot!, hDot!, yDot!, ...rest.slice(count)]);
        return [orZero(tangent!, yNext)];
      },
    ),
    stepVjpTangent: lazily(
      [scalar, scalar, state, state, scalar, scalar, state, state, ...parameters, ...parameters],
      (t, h, y, lambda, tDot, hDot, yDot, lambdaDot, ...rest) => {
        const wrt = [t!, h!, y!, ...rest.slice(0, count)].map(own);
        const cotangent = own(lambda!);
        const { yNext } = stepOf(wrt[0]!, wrt[1]!, wrt[2]!, wrt.slice(3));
        const pulled = pullBack(yNext, cotangent, wrt);
        const dots = [tDot!, hDot!, yDot!, ...rest.slice(count), lambdaDot!];
        return [...pulled, ...pushForward(pulled, [...wrt, cotangent], dots)];
      },
    ),
    point: lazily([scalar, scalar, state, scalar, ...parameters], (t, h, y, theta, ...p) => [
      pointOf(t!, h!, y!, theta!, p),
    ]),
    pointVjp: lazily(
      [scalar, scalar, state, scalar, state, ...parameters],
      (t, h, y, theta, lambda, ...p) => {
        const wrt = [t!, h!, y!, theta!, ...p].map(own);
        return pullBack(pointOf(wrt[0]!, wrt[1]!, wrt[2]!, wrt[3]!, wrt.slice(4)), lambda!, wrt);
      },
    ),
    fieldVjp: lazily([scalar, state, state, ...parameters], (t, y, a, ...p) => {
      const wrt = [y!, ...p].map(own);
      const f = field(t!, wrt[0]!, ...wrt.slice(1));
      return [f, ...pullBack(f, a!, wrt)];
    }),
    jacobian: lazily([scalar, state, ...parameters], (t, y, ...p) => {
      const at = own(y!);
      return [jacobian(field(t!, at, ...p), at)];
    }),
    slopeVjp: lazily([scalar, state, state, ...parameters], (t, y, v, ...p) => {
      const wrt = [t!, y!, ...p].map(own);
      return pullBack(field(wrt[0]!, wrt[1]!, ...wrt.slice(2)), v!, wrt);
    }),
    slopeJvp: lazily(
      [scalar, state, scalar, state, ...parameters, ...parameters],
      (t, y, tDot, yDot, ...rest) => {
        const wrt = [t!, y!, ...rest.slice(0, count)].map(own);
        const f = field(wrt[0]!, wrt[1]!, ...wrt.slice(2));
        return [orZero(jvp([f], wrt, [tDot!, yDot!, ...rest.slice(count)])[0]!, f)];
      },
    ),
    slopeVjpJvp: lazily(
      [scalar, state, state, scalar, state, ...parameters, ...parameters],
      (t, y, v, tDot, yDot, ...rest) => {
        const wrt = [t!, y!, ...rest.slice(0, count)].map(own);
        const pulled = pullBack(field(wrt[0]!, wrt[1]!, ...wrt.slice(2)), v!, wrt);
        return pushForward(pulled, wrt, [tDot!, yDot!, ...rest.slice(count)]);
      },
    ),
    curvatureVjpJvp: lazily(
      [scalar, state, scalar, state, state, scalar, state, scalar, state, ...parameters, ...parameters],
      (t, y, tau, u, q, tDot, yDot, tauDot, uDot, ...rest) => {
        const wrt = [t!, y!, tau!, ...rest.slice(0, count)].map(own);
        const along = own(u!);
        const pulled = pullBack(curvature(wrt[0]!, wrt[1]!, wrt[2]!, along, wrt.slice(3)), q!, wrt);
        const dots = [tDot!, yDot!, tauDot!, ...rest.slice(count), uDot!];
        return pushForward(pulled, [...wrt, along], dots);
      },
    ),
    curvatureVjp: lazily([scalar, state, scalar, state, state, ...parameters], (t, y, tau, u, q, ...p) => {
      const wrt = [t!, y!, tau!, ...p].map(own);
      const inner = curvature(wrt[0]!, wrt[1]!, wrt[2]!, u!, wrt.slice(3));
      return pullBack(inner, q!, wrt);
    }),
    curvatureJvp: lazily(
      [scalar, state, scalar, state, scalar, state, ...parameters, ...parameters],
      (t, y, tau, u, tDot, yDot, ...rest) => {
        const wrt = [t!, y!, ...rest.slice(0, count)].map(own);
        const inner = curvature(wrt[0]!, wrt[1]!, tau!, u!, wrt.slice(2));
        return [orZero(jvp([inner], wrt, [tDot!, yDot!, ...rest.slice(count)])[0]!, inner)];
      },
    ),
    event: lazily([scalar, state, ...parameters], (t, y, ...p) => [eventOf(t!, y!, ...p)]),
    eventGradients: lazily([scalar, state, ...parameters], (t, y, ...p) => {
      const wrt = [t!, y!, ...p].map(own);
      const value = eventOf(wrt[0]!, wrt[1]!, ...wrt.slice(2));
      return [value, ...gradients(value, wrt)];
    }),
    eventStepGradients: lazily([scalar, scalar, state, ...parameters], (t, h, y, ...p) => {
      const wrt = [t!, h!, y!, ...p].map(own);
      const { yNext } = stepOf(wrt[0]!, wrt[1]!, wrt[2]!, wrt.slice(3));
      const value = eventOf(add(wrt[0]!, wrt[1]!), yNext, ...wrt.slice(3));
      return [value, ...gradients(value, wrt)];
    }),
    dispose() {
      for (const executable of made) executable.dispose();
    },
  };
}

/** A copy of values in a dtype. */
export function typed(dtype: DType, values: ArrayLike<number>): TypedArray {
  return dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

/** The tableau of an explicit Runge-Kutta method; undefined for any other. */
export function explicitTableau(method: Method): ExplicitTableau | undefined {
  const { tableau } = method as Method & { tableau?: ExplicitTableau };
  return tableau && 'b' in tableau ? tableau : undefined;
}

function sameType(a: TensorType, b: TensorType): boolean {
  return (
    a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i])
  );
}
