/** Derivatives through implicit steps: against finite differences of the same steps, the adjoint, and explicit methods. */
import { add, concatenate, multiply, sin, slice, square, subtract, type Tensor } from '@equiflow/tensor';
import { describe, expect, it } from 'vitest';
import {
  compileOde,
  dop853,
  implicitEuler,
  kvaerno3,
  kvaerno4,
  kvaerno5,
  type Method,
  radau5,
  rodas4,
  trapezoid,
  trBdf2,
} from '../index.ts';

/** Van der Pol's oscillator, stiff with the rate, driven by a sine of strength s. */
const field = (t: Tensor, y: Tensor, rate: Tensor, strength: Tensor): Tensor => {
  const x = slice(y, [[0, 1]]);
  const v = slice(y, [[1, 2]]);
  const pull = subtract(multiply(subtract(1, square(x)), v), x);
  return concatenate([v, add(multiply(rate, pull), multiply(strength, sin(multiply(2, t))))], 0);
};
const scalar = { shape: [], dtype: 'float64' } as const;
const types = { state: { shape: [2], dtype: 'float64' }, parameters: [scalar, scalar] } as const;
const methods: Method[] = [implicitEuler, trapezoid, trBdf2, kvaerno3, kvaerno4, kvaerno5, radau5, rodas4];
const weights = Float64Array.of(0, 0, 0.4, -0.3, 1.2, 0.7);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * b[i]!, 0);
const close = (actual: number, expected: number, limit: number): void => {
  expect(Math.abs(actual - expected)).toBeLessThan(limit * (1 + Math.abs(expected)));
};
const at = { y0: [1.8, -0.5], p: [8, 0.8], times: [0.1, 0.3, 0.5] };
const moved = (values: readonly number[], i: number, by: number): number[] =>
  values.map((value, j) => (i === j ? value + by : value));
const difference = (of: (by: number) => number, by = 1e-3): number =>
  (8 * (of(by) - of(-by)) - of(2 * by) + of(-2 * by)) / (12 * by);

/** By explicit steps at tight tolerances. */
const explicitGradients = compileOde(field, { ...types, method: dop853 })
  .solve(
    at.times,
    Float64Array.from(at.y0),
    at.p.map((value) => Float64Array.of(value)),
    { rtol: 1e-11, atol: 1e-12 },
  )
  .vjp(weights);

describe.each(methods.map((method) => [method.name, method] as const))('%s', (_, method) => {
  const ode = compileOde(field, { ...types, method });
  const solve = (from: typeof at, options = {}) =>
    ode.solve(
      from.times,
      Float64Array.from(from.y0),
      from.p.map((value) => Float64Array.of(value)),
      { step: 0.045, ...options },
    );
  const loss = (from: typeof at): number => dot(solve(from).y, weights);

  it('has the gradients of its steps: state, parameters, times', () => {
    const gradients = solve(at).vjp(weights);
    at.y0.forEach((__, i) => {
      close(
        gradients.y0[i]!,
        difference((by) => loss({ ...at, y0: moved(at.y0, i, by) })),
        2e-7,
      );
    });
    at.p.forEach((__, i) => {
      close(
        gradients.parameters[i]![0]!,
        difference((by) => loss({ ...at, p: moved(at.p, i, by) }), i === 0 ? 0.02 : 1e-3),
        2e-7,
      );
    });
    at.times.forEach((__, i) => {
      close(
        gradients.times[i]!,
        difference((by) => loss({ ...at, times: moved(at.times, i, by) })),
        1e-6,
      );
    });
  });

  it('forward agrees with reverse', () => {
    const solution = solve(at);
    const tangents = {
      y0: Float64Array.of(0.4, -1),
      parameters: [Float64Array.of(2), Float64Array.of(0.6)],
      times: [0.3, -0.2, 0.7],
    };
    const gradients = solution.vjp(weights);
    const reverse =
      dot(gradients.y0, tangents.y0) +
      dot(gradients.times, tangents.times) +
      gradients.parameters.reduce((sum, p, i) => sum + p[0]! * tangents.parameters[i]![0]!, 0);
    close(dot(solution.jvp(tangents), weights), reverse, 1e-11);
  });

  it('has second derivatives: the tangents of gradients are differences of gradients', () => {
    const along = {
      y0: Float64Array.of(0.4, -1),
      parameters: [Float64Array.of(2), Float64Array.of(0.6)],
      times: [0.3, -0.2, 0.7],
    };
    const there = (by: number) =>
      solve({
        y0: at.y0.map((value, i) => value + by * along.y0[i]!),
        p: at.p.map((value, i) => value + by * along.parameters[i]![0]!),
        times: at.times.map((value, i) => value + by * along.times[i]!),
      });
    // L = ½ Σ w y²: cotangents w y, their tangents w ẏ.
    const weighted = (values: ArrayLike<number>) => weights.map((w, i) => w * values[i]!);
    const solution = solve(at);
    const second = solution.vjpTangent(weighted(solution.y), along, weighted(solution.jvp(along)));
    const first = (by: number) => {
      const moved = there(by);
      return moved.vjp(weighted(moved.y));
    };
    const unmoved = first(0);
    const flat = (gradients: Pick<typeof unmoved, 'y0' | 'parameters' | 'times'>): number[] => [
      ...gradients.y0,
      ...gradients.parameters.flatMap((values) => [...values]),
      ...gradients.times,
    ];
    const tangents = flat({
      y0: second.y0Tangent,
      parameters: second.parameterTangents,
      times: second.timesTangent,
    });
    flat(unmoved).forEach((value, i) => {
      close(flat(second)[i]!, value, 1e-12);
      close(
        tangents[i]!,
        difference((by) => flat(first(by))[i]!),
        1e-6,
      );
    });
  });

  it('is known between its steps, with gradients', () => {
    const between = [0.13, 0.27, 0.47];
    const solution = solve(at);
    const gradients = solution.evaluateVjp(between, weights);
    const value = (from: typeof at, moment = between): number => dot(solve(from).evaluate(moment), weights);
    at.y0.forEach((__, i) => {
      close(
        gradients.y0[i]!,
        difference((by) => value({ ...at, y0: moved(at.y0, i, by) })),
        2e-7,
      );
    });
    between.forEach((__, i) => {
      close(
        gradients.at[i]!,
        difference((by) => value(at, moved(between, i, by)), 1e-4),
        1e-6,
      );
    });
    [0, 1, 2].forEach((i) => {
      close(
        gradients.times[i]!,
        difference((by) => value({ ...at, times: moved(at.times, i, by) }), 1e-4),
        1e-6,
      );
    });
  });

  it('agrees with the adjoint and with explicit steps at tight tolerances, whatever the checkpoints', () => {
    const order = method.order;
    const tolerance = order <= 1 ? 1e-4 : order === 2 ? 1e-6 : order === 3 ? 1e-7 : 1e-9;
    const solution = solve(at, { step: undefined, rtol: tolerance, atol: tolerance, checkpoints: 4 });
    const gradients = solution.vjp(weights);
    const adjoint = solution.adjoint(weights, { method: dop853, rtol: 1e-9, atol: 1e-10 });
    const limit = order <= 2 ? 2e-2 : 1e-4;
    for (const other of [explicitGradients, adjoint]) {
      close(gradients.y0[0]!, other.y0[0]!, limit);
      close(gradients.y0[1]!, other.y0[1]!, limit);
      close(gradients.parameters[0]![0]!, other.parameters[0]![0]!, limit);
      close(gradients.parameters[1]![0]!, other.parameters[1]![0]!, limit);
    }
    const all = solve(at, { step: undefined, rtol: tolerance, atol: tolerance, checkpoints: 'all' });
    close(all.vjp(weights).y0[0]!, gradients.y0[0]!, 1e-4);
  });
});

it('goes through a stiff problem that explicit steps cannot follow: Van der Pol with a rate of 1e5', () => {
  const solve = (method: Method, y0: number[], rate: number) =>
    compileOde(field, { ...types, method }).solve(
      [0, 0.5],
      Float64Array.from(y0),
      [Float64Array.of(rate), Float64Array.of(0)],
      { rtol: 1e-8, atol: 1e-10 },
    );
  const cotangents = Float64Array.of(0, 0, 1, 0);
  const ofY = (method: Method): number => solve(method, [2, 0], 1e5).vjp(cotangents).y0[0]!;
  // On the slow manifold, x − ln x ... : (1 − x²) x' = x, so that dx(t)/dx(0) = [x/(1 − x²)]_t / [x/(1 − x²)]_0.
  const end = solve(radau5, [2, 0], 1e5).y[2]!;
  const expected = end / (1 - end ** 2) / (2 / (1 - 4));
  for (const method of [kvaerno5, radau5, rodas4]) close(ofY(method), expected, 1e-4);
});
