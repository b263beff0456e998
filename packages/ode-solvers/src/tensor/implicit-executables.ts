/**
 * What implicit methods put in place of the compiled steps: the field and its derivatives are compiled, the equations of
 * the stages are solved on the host, and the results look like those of executables.
 */
import { sizeOf, type TensorType, type TypedArray } from '@equiflow/tensor';
import { hermiteWeights } from '../runge-kutta/tableau.ts';
import type { DiagonallyImplicitTableau } from '../stiff/diagonally-implicit.ts';
import type { CollocationTableau } from '../stiff/radau.ts';
import type { RosenbrockTableau } from '../stiff/rosenbrock.ts';
import type { Method } from '../types.ts';
import { type OdeExecutables, type StepFunction, typed } from './executables.ts';
import type { FieldCotangents, FieldFunctions, StepDerivatives, StepInput } from './host-steps.ts';
import { implicitSteps } from './implicit-runge-kutta.ts';
import type { ImplicitTableau } from './implicit-stages.ts';
import { rosenbrockSteps } from './rosenbrock-steps.ts';

function ofDiagonallyImplicit(tableau: DiagonallyImplicitTableau): ImplicitTableau {
  const { name, c, gamma } = tableau;
  const count = c.length;
  const a = tableau.a.map((row, i) =>
    c.map((_, j) => (j < i ? (row[j] ?? 0) : j === i && i > 0 ? gamma : 0)),
  );
  const b = a[count - 1]!;
  // The cubic through both ends; the slope at the end is the last stage.
  const rows = hermiteWeights(b);
  const interpolant = rows.slice(0, count);
  interpolant[count - 1] = interpolant[count - 1]!.map((value, j) => value + rows[count]![j]!);
  return { name, c, a, b, interpolant, blocks: c.map((_, i) => [i]) };
}

function ofCollocation(name: string, { c, a, powers }: CollocationTableau): ImplicitTableau {
  const interpolant = c.map((_, k) =>
    powers.map((row) => row.reduce((sum, value, i) => sum + value * a[i]![k]!, 0)),
  );
  return { name, c, a, b: a[c.length - 1]!, interpolant, blocks: [c.map((_, i) => i)] };
}

/** The derivatives of a method's steps; undefined for methods whose steps depend on earlier ones. */
export function implicitDerivatives(method: Method, f: FieldFunctions): StepDerivatives | undefined {
  const { tableau, collocation } = method as Method & {
    tableau?: DiagonallyImplicitTableau | RosenbrockTableau;
    collocation?: CollocationTableau;
  };
  if (collocation) return implicitSteps(ofCollocation(method.name, collocation), f);
  if (tableau && 'alpha' in tableau) return rosenbrockSteps(tableau, f);
  if (tableau && 'gamma' in tableau) return implicitSteps(ofDiagonallyImplicit(tableau), f);
  return undefined;
}

/** Copies of an executable's cotangents of t, y and p. */
function cotangents([t, y, ...parameters]: readonly TypedArray[]): FieldCotangents {
  return { t: t![0]!, y: y!.slice(), parameters: parameters.map((values) => values.slice()) };
}

/** Copies of those of t, y, τ and p. */
function curvatureCotangents([t, y, tau, ...parameters]: readonly TypedArray[]) {
  return { ...cotangents([t!, y!, ...parameters]), along: tau![0]! };
}

/** The field of executables as functions of numbers. */
function fieldFunctions(
  executables: OdeExecutables,
  state: TensorType,
  parameterTypes: readonly TensorType[],
): FieldFunctions {
  const { dtype } = state;
  const one = (value: number): TypedArray => typed(dtype, [value]);
  const vector = (values: ArrayLike<number>): TypedArray => typed(dtype, values);
  const cast = (p: readonly ArrayLike<number>[]): TypedArray[] =>
    p.map((values, i) => typed(parameterTypes[i]!.dtype, values));
  return {
    size: sizeOf(state.shape),
    resolution: dtype === 'float32' ? 2 ** -23 : Number.EPSILON,
    zeroParameters: () => parameterTypes.map((type) => new Float64Array(sizeOf(type.shape))),
    slope: (t, y, p) => Float64Array.from(executables.slope().run([one(t), vector(y), ...p])[0]!),
    jacobian: (t, y, p) =>
      executables
        .jacobian()
        .run([one(t), vector(y), ...p])[0]!
        .slice(),
    slopeVjp(t, y, v, p) {
      return cotangents(executables.slopeVjp().run([one(t), vector(y), vector(v), ...p]));
    },
    slopeVjpJvp(t, y, v, tDot, yDot, p, pDot) {
      const inputs = [one(t), vector(y), vector(v), one(tDot), vector(yDot), ...p, ...cast(pDot)];
      return cotangents(executables.slopeVjpJvp().run(inputs));
    },
    slopeJvp(t, y, tDot, yDot, p, pDot) {
      const inputs = [one(t), vector(y), one(tDot), vector(yDot), ...p, ...cast(pDot)];
      return Float64Array.from(executables.slopeJvp().run(inputs)[0]!);
    },
    curvatureVjp(t, y, tau, u, q, p) {
      const inputs = [one(t), vector(y), one(tau), vector(u), vector(q), ...p];
      return curvatureCotangents(executables.curvatureVjp().run(inputs));
    },
    curvatureVjpJvp(t, y, tau, u, q, dots, p) {
      const along = [one(dots.t), vector(dots.y), one(dots.tau), vector(dots.u)];
      const inputs = [one(t), vector(y), one(tau), vector(u), vector(q), ...along, ...p, ...cast(dots.p)];
      return curvatureCotangents(executables.curvatureVjpJvp().run(inputs));
    },
    curvatureJvp(t, y, tau, u, tDot, yDot, p, pDot) {
      const inputs = [one(t), vector(y), one(tau), vector(u), one(tDot), vector(yDot), ...p, ...cast(pDot)];
      return Float64Array.from(executables.curvatureJvp().run(inputs)[0]!);
    },
  };
}

/** Executables of an implicit method: those of the field, and its steps on the host. */
export function withImplicitSteps(
  executables: OdeExecutables,
  method: Method,
  state: TensorType,
  parameterTypes: readonly TensorType[],
): OdeExecutables {
  const found = implicitDerivatives(method, fieldFunctions(executables, state, parameterTypes));
  if (!found) return executables;
  const steps = found;
  const count = parameterTypes.length;
  const vector = (values: ArrayLike<number>): TypedArray => typed(state.dtype, values);
  const cast = (p: readonly ArrayLike<number>[]): TypedArray[] =>
    p.map((values, i) => typed(parameterTypes[i]!.dtype, values));
  const at = (inputs: readonly TypedArray[], from: number): StepInput => ({
    t: inputs[0]![0]!,
    h: inputs[1]![0]!,
    y: inputs[2]!,
    p: inputs.slice(from, from + count),
  });
  const always = (run: (inputs: readonly TypedArray[]) => TypedArray[]): (() => StepFunction) => {
    const made = { run };
    return () => made;
  };
  return {
    ...executables,
    plainStep: always((inputs) => [vector(steps.next(at(inputs, 3)))]),
    point: always((inputs) => [vector(steps.point(at(inputs, 4), inputs[3]![0]!))]),
    stepVjp: always((inputs) => {
      const { t, h, y, parameters } = steps.pull(at(inputs, 4), Float64Array.from(inputs[3]!));
      return [vector([t]), vector([h]), vector(y), ...cast(parameters)];
    }),
    pointVjp: always((inputs) => {
      const lambda = Float64Array.from(inputs[4]!);
      const { t, h, y, theta, parameters } = steps.pull(at(inputs, 5), lambda, inputs[3]![0]!);
      return [vector([t]), vector([h]), vector(y), vector([theta]), ...cast(parameters)];
    }),
    stepJvp: always((inputs) => {
      const [t, h, y] = [inputs[3]![0]!, inputs[4]![0]!, inputs[5]!];
      return [vector(steps.push(at(inputs, 6), { t, h, y, p: inputs.slice(6 + count) }))];
    }),
    stepVjpTangent: always((inputs) => {
      const lambda = Float64Array.from(inputs[3]!);
      const dots = { t: inputs[4]![0]!, h: inputs[5]![0]!, y: inputs[6]!, p: inputs.slice(8 + count) };
      const { value, tangent } = steps.pullTangent(
        at(inputs, 8),
        lambda,
        dots,
        Float64Array.from(inputs[7]!),
      );
      return [value, tangent].flatMap(({ t, h, y, parameters }) => [
        vector([t]),
        vector([h]),
        vector(y),
        ...cast(parameters),
      ]);
    }),
    eventStepGradients: always((inputs) => {
      const step = at(inputs, 3);
      const end = steps.next(step);
      const [value, ofT, ofY, ...ofP] = executables
        .eventGradients()
        .run([vector([step.t + step.h]), vector(end), ...step.p])
        .map((values) => values.slice() as TypedArray);
      const pulled = steps.pull(step, Float64Array.from(ofY!));
      return [
        value!,
        vector([pulled.t + ofT![0]!]),
        vector([pulled.h + ofT![0]!]),
        vector(pulled.y),
        ...cast(pulled.parameters.map((values, i) => values.map((v, j) => v + ofP[i]![j]!))),
      ];
    }),
  };
}
