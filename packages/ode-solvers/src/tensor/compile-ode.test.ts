import {
  add,
  compile,
  concatenate,
  cos,
  gradients,
  less,
  matmul,
  multiply,
  select,
  sin,
  slice,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, it } from 'vitest';
import {
  adamsBashforth4,
  bdf,
  bosh3,
  compileOde,
  dop853,
  dopri5,
  fehlberg5,
  heunEuler,
  leapfrog,
  odeUnrolled,
  rk4,
  solveOde,
  tsit5,
  vern7,
  yoshida4,
  yoshida6,
} from '../index.ts';

/** Lotka and Volterra with a driven prey: nonlinear, depends on t, two parameters of different shapes. */
const field = (t: Tensor, y: Tensor, rates: Tensor, drive: Tensor): Tensor =>
  add(multiply(tanh(matmul(y, rates)), add(1, multiply(0.3, sin(t)))), multiply(drive, square(y)));
const types = {
  state: { shape: [2, 2], dtype: 'float64' },
  parameters: [
    { shape: [2, 2], dtype: 'float64' },
    { shape: [], dtype: 'float64' },
  ],
} as const;
const times = [0.2, 0.9, 2];
const y0 = Float64Array.of(1, 0.5, -0.3, 0.8);
const parameters = [Float64Array.of(0.4, -0.9, 1.1, 0.2), Float64Array.of(-0.2)];
/** A loss that sees every output: its cotangents are weights that are no pattern. */
const weights = Float64Array.from({ length: 12 }, (_, i) => Math.sin(2 * i + 1));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * b[i]!, 0);

const tight = { rtol: 1e-10, atol: 1e-12 };
const ode = compileOde(field, types);

function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, limit: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(limit * (1 + Math.abs(expected[i]!)));
  }
}

describe('a solve on tensors', () => {
  it.each([heunEuler, bosh3, fehlberg5, dopri5, tsit5, vern7, dop853].map((m) => [m.name, m] as const))(
    'makes the steps of the plain solve: %s',
    (_, method) => {
      const [a, drive] = [parameters[0]!, parameters[1]![0]!];
      const plain = solveOde(
        (t, y, dydt) => {
          for (let row = 0; row < 4; row += 2) {
            for (let i = 0; i < 2; i++) {
              const inner = y[row]! * a[i]! + y[row + 1]! * a[2 + i]!;
              dydt[row + i] = Math.tanh(inner) * (1 + 0.3 * Math.sin(t)) + drive * y[row + i]! ** 2;
            }
          }
        },
        [0.2, 2],
        y0,
        { method, saveAt: times, hitTimes: [0.9] },
      );
      const solver = compileOde(field, { ...types, method });
      const solution = solver.solve(times, y0, parameters);
      closeTo(solution.y, plain.y, 1e-10);
      expect(solution.statistics.steps).toBe(plain.statistics.steps);
      expect(solution.statistics.rejected).toBe(plain.statistics.rejected);
    },
  );

  it('runs on WebAssembly in either precision', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const typedTypes = {
        state: { ...types.state, dtype },
        parameters: types.parameters.map((type) => ({ ...type, dtype })),
      };
      const make = (values: Float64Array) => (dtype === 'float32' ? Float32Array.from(values) : values);
      const onWasm = compileOde(field, { ...typedTypes, backend: wasm() });
      const loose = { rtol: 1e-4, atol: 1e-6 };
      const solution = onWasm.solve(times, make(y0), parameters.map(make), loose);
      const expected = ode.solve(times, y0, parameters, tight);
      closeTo(solution.y, expected.y, 1e-3);
      const { y0: ofState } = solution.vjp(make(weights));
      closeTo(ofState, expected.vjp(weights).y0, 5e-3);
      expect(solution.y.constructor).toBe(make(y0).constructor);
      if (dtype === 'float32') {
        expect(() => onWasm.solve(times, make(y0), parameters.map(make), { rtol: 1e-8 })).toThrow(
          /rtol = 1e-8 is below the precision of a float32 state/,
        );
      }
      onWasm.dispose();
    }
  });

  it('says what does not fit', () => {
    expect(() => ode.solve([0], y0, parameters)).toThrow(/1 times/);
    expect(() => ode.solve(times, y0.subarray(1), parameters)).toThrow(
      /y0 has 3 values, the state \[2,2\] has 4/,
    );
    expect(() => ode.solve(times, y0, [])).toThrow(/0 parameters given, 2 declared/);
    expect(() => ode.solve(times, y0, parameters).vjp(y0)).toThrow(/4 cotangents for 12 values/);
  });

  it('gives what it reached, with gradients, when the steps run out', () => {
    const solution = ode.solve([0, 0.2, 0.4, 50], y0, parameters, { maximumSteps: 60, ...tight });
    expect(solution.status).toBe('too-many-steps');
    expect([...solution.times]).toEqual([0, 0.2, 0.4]);
    const whole = ode.solve([0, 0.2, 0.4], y0, parameters, tight);
    closeTo(solution.vjp(weights).y0, whole.vjp(weights).y0, 1e-7);
  });
});

describe('gradients', () => {
  // With steps of one length the discretised loss is a smooth function of everything: differences are exact checks.
  const fixed = { step: 0.12 };
  const loss = (at: { y0?: Float64Array; p?: Float64Array[]; times?: number[] }): number =>
    dot(ode.solve(at.times ?? times, at.y0 ?? y0, at.p ?? parameters, fixed).y, weights);
  const nudged = (values: Float64Array, i: number, by: number): Float64Array =>
    values.map((value, j) => (i === j ? value + by : value));
  const difference = (of: (by: number) => number, by = 1e-4): number =>
    (8 * (of(by) - of(-by)) - (of(2 * by) - of(-2 * by))) / (12 * by);

  it('through the recorded steps are those of finite differences: state, parameters, times', () => {
    const solution = ode.solve(times, y0, parameters, fixed);
    const { y0: ofState, parameters: ofParameters, times: ofTimes } = solution.vjp(weights);
    closeTo(
      ofState,
      y0.map((_, i) => difference((by) => loss({ y0: nudged(y0, i, by) }))),
      1e-9,
    );
    parameters.forEach((values, which) => {
      const expected = values.map((_, i) =>
        difference((by) => loss({ p: parameters.map((p, j) => (j === which ? nudged(p, i, by) : p)) })),
      );
      closeTo(ofParameters[which]!, expected, 1e-9);
    });
    const expected = times.map((_, i) =>
      difference((by) => loss({ times: times.map((t, j) => (i === j ? t + by : t)) })),
    );
    closeTo(ofTimes, expected, 1e-9);
  });

  it('by the adjoint agree with those through the steps, with and without seminorm', () => {
    const solution = ode.solve(times, y0, parameters, tight);
    const steps = solution.vjp(weights);
    for (const seminorm of [true, false]) {
      const adjoint = solution.adjoint(weights, { seminorm });
      closeTo(adjoint.y0, steps.y0, 1e-7);
      closeTo(adjoint.parameters[0]!, steps.parameters[0]!, 1e-7);
      closeTo(adjoint.parameters[1]!, steps.parameters[1]!, 1e-7);
      closeTo(adjoint.times, steps.times, 1e-6);
    }
    const other = solution.adjoint(weights, { method: dop853 });
    closeTo(other.y0, steps.y0, 1e-7);
  });

  it('by the adjoint where a method has no derivatives through its steps', () => {
    const expected = ode.solve(times, y0, parameters, tight);
    for (const method of [bdf, adamsBashforth4]) {
      const other = compileOde(field, { ...types, method });
      const options = method === bdf ? { rtol: 1e-8, atol: 1e-10 } : { step: 0.005 };
      const solution = other.solve(times, y0, parameters, options);
      expect(() => solution.vjp(weights)).toThrow(/depends on more than the state before it.*use adjoint/);
      if (method === bdf) expect(solution.statistics.jacobians).toBeGreaterThan(0);
      closeTo(solution.y, expected.y, 1e-6);
      closeTo(
        solution.adjoint(weights, { method: dopri5, rtol: 1e-8, atol: 1e-9 }).y0,
        expected.vjp(weights).y0,
        1e-5,
      );
    }
  });

  it.each([leapfrog, yoshida4, yoshida6].map((method) => [method.name, method] as const))(
    'through symplectic steps are those of finite differences: %s',
    (_, method) => {
      // A driven pendulum [q, p]: q' = p, p' = −k sin q + cos t / 4.
      const pendulum = compileOde(
        (t, y, k) => {
          const [q, p] = [slice(y, [[0, 1]]), slice(y, [[1, 2]])];
          return concatenate(
            [p, subtract(multiply(0.25, cos(add(t, multiply(q, 0)))), multiply(k!, sin(q)))],
            0,
          );
        },
        {
          state: { shape: [2], dtype: 'float64' },
          parameters: [{ shape: [], dtype: 'float64' }],
          method,
        },
      );
      const cotangents = Float64Array.of(0, 0, 0.4, -0.7, 1.1, 0.3);
      const at = { y0: [1, 0.3], k: 1.3, times: [0, 0.8, 1.7] };
      const solve = (from: typeof at) =>
        pendulum.solve(from.times, Float64Array.from(from.y0), [Float64Array.of(from.k)], { step: 0.13 });
      const solution = solve(at);
      const { y0: ofState, parameters: ofParameters, times: ofTimes } = solution.vjp(cotangents);
      const plus = (values: number[], i: number, by: number) => values.map((v, j) => (i === j ? v + by : v));
      const along = (from: (by: number) => typeof at): number =>
        difference((by) => dot(solve(from(by)).y, cotangents));
      closeTo(
        ofState,
        [0, 1].map((i) => along((by) => ({ ...at, y0: plus(at.y0, i, by) }))),
        1e-9,
      );
      closeTo(ofParameters[0]!, [along((by) => ({ ...at, k: at.k + by }))], 1e-9);
      closeTo(
        ofTimes,
        [0, 1, 2].map((i) => along((by) => ({ ...at, times: plus(at.times, i, by) }))),
        1e-9,
      );
      closeTo(solution.evaluate([0, 0.8, 1.7]), solution.y, 1e-12);
      // A symplectic step keeps areas: the determinant of ∂y(T)/∂y(0) is 1.
      const row = (i: number) =>
        solution.vjp(Float64Array.from({ length: 6 }, (__, j) => (j === 4 + i ? 1 : 0))).y0;
      const [a, b] = [row(0), row(1)];
      expect(a[0]! * b[1]! - a[1]! * b[0]!).toBeCloseTo(1, 12);
    },
  );

  it('by the adjoint of a solve with steps of one length', () => {
    const fixedSteps = compileOde(field, { ...types, method: rk4 });
    const solution = fixedSteps.solve(times, y0, parameters, { step: 0.01 });
    closeTo(solution.adjoint(weights, { rtol: 1e-9, atol: 1e-11 }).y0, solution.vjp(weights).y0, 1e-6);
  });

  it('go backward in time, and do not depend on the checkpoints', () => {
    const back = [2, 1.1, 0.2];
    const all = ode.solve(back, y0, parameters, { ...tight, checkpoints: 'all' });
    const expected = all.vjp(weights);
    closeTo(all.adjoint(weights).y0, expected.y0, 1e-7);
    for (const checkpoints of ['sqrt', 1, 5, 1000] as const) {
      const solution = ode.solve(back, y0, parameters, { ...tight, checkpoints });
      const { y0: ofState, parameters: ofParameters } = solution.vjp(weights);
      closeTo(ofState, expected.y0, 1e-12);
      closeTo(ofParameters[0]!, expected.parameters[0]!, 1e-12);
      if (checkpoints === 'sqrt') {
        expect(solution.recorded.steps).toBeGreaterThan(50);
        expect(solution.recorded.checkpoints).toBeLessThanOrEqual(2 * Math.sqrt(solution.recorded.steps) + 1);
      }
      if (checkpoints === 1000) expect(solution.recorded.checkpoints).toBe(1);
    }
  });

  it('forward agree with reverse, and second derivatives with differences of first ones', () => {
    const solution = ode.solve(times, y0, parameters, fixed);
    const tangents = {
      y0: Float64Array.of(0.3, -0.2, 0.5, 1),
      parameters: [Float64Array.of(1, 0.1, -0.4, 0.6), Float64Array.of(0.7)],
      times: [0.4, -0.3, 0.9],
    };
    const { y0: ofState, parameters: ofParameters, times: ofTimes } = solution.vjp(weights);
    const reverse =
      dot(ofState, tangents.y0) +
      dot(ofTimes, tangents.times) +
      ofParameters.reduce((total, p, i) => total + dot(p, tangents.parameters[i]!), 0);
    expect(dot(solution.jvp(tangents), weights)).toBeCloseTo(reverse, 11);
    const moved = (by: number) => {
      const shift = (values: Float64Array, along: Float64Array) =>
        values.map((value, i) => value + by * along[i]!);
      return ode.solve(
        times.map((t, i) => t + by * tangents.times[i]!),
        shift(y0, tangents.y0),
        parameters.map((p, i) => shift(p, tangents.parameters[i]!)),
        fixed,
      );
    };
    // L = ½ Σ w y²: cotangents w y, their tangents w ẏ.
    const cotangents = (s: typeof solution) => s.y.map((value, i) => value * weights[i]!) as Float64Array;
    const second = solution.vjpTangent(
      cotangents(solution),
      tangents,
      solution.jvp(tangents).map((value, i) => value * weights[i]!) as Float64Array,
    );
    const first = (by: number) => {
      const there = moved(by);
      return there.vjp(cotangents(there));
    };
    closeTo(second.y0, solution.vjp(cotangents(solution)).y0, 1e-12);
    closeTo(second.times, solution.vjp(cotangents(solution)).times, 1e-12);
    closeTo(
      second.timesTangent,
      times.map((_, i) => difference((by) => first(by).times[i]!)),
      1e-8,
    );
    closeTo(
      second.y0Tangent,
      y0.map((_, i) => difference((by) => first(by).y0[i]!)),
      1e-8,
    );
    closeTo(
      second.parameterTangents[0]!,
      parameters[0]!.map((_, i) => difference((by) => first(by).parameters[0]![i]!)),
      1e-8,
    );
    closeTo(second.parameterTangents[1]!, [difference((by) => first(by).parameters[1]![0]!)], 1e-8);
  });
});

it('goes over a discontinuity, and so do its gradients', () => {
  // y' = k y before t = 1 and −2 k y after it: y(2) = y(0) exp(−k).
  const jump = compileOde((t, y, k) => multiply(multiply(k!, y), select(less(t, 1), 1, -2)), {
    state: { shape: [1], dtype: 'float64' },
    parameters: [{ shape: [], dtype: 'float64' }],
  });
  const solution = jump.solve([0, 0.5, 2], Float64Array.of(3), [Float64Array.of(0.7)], {
    discontinuities: [1],
    ...tight,
  });
  expect(solution.y[2]).toBeCloseTo(3 * Math.exp(-0.7), 9);
  const { y0: ofState, parameters: ofParameters } = solution.vjp(Float64Array.of(0, 0, 1));
  expect(ofState[0]).toBeCloseTo(Math.exp(-0.7), 9);
  expect(ofParameters[0]![0]).toBeCloseTo(-3 * Math.exp(-0.7), 8);
  expect(solution.evaluate([1.5])[0]).toBeCloseTo(3, 8);
});

describe('between the steps', () => {
  const at = [0.2, 0.31, 0.9, 1.3, 1.35, 2];
  const cotangents = Float64Array.from({ length: 24 }, (_, i) => Math.cos(3 * i + 1));

  it.each([bosh3, dopri5, tsit5, vern7, dop853].map((m) => [m.name, m] as const))(
    '%s: states at any times, and their gradients',
    (_, method) => {
      const solver = compileOde(field, { ...types, method });
      const accurate = compileOde(field, { ...types, method: dop853 }).solve(at, y0, parameters, tight);
      const adaptive = solver.solve([0.2, 0.9, 2], y0, parameters, { rtol: 1e-8, atol: 1e-9 });
      closeTo(adaptive.evaluate(at), accurate.y, method === bosh3 ? 1e-5 : 3e-7);
      closeTo(adaptive.evaluate([0.2, 0.9, 2]), adaptive.y, 1e-12);
      closeTo(adaptive.evaluateVjp(at, cotangents).y0, accurate.vjp(cotangents).y0, 1e-4);
      // With steps of one length everything is smooth, and differences are exact checks.
      const value = (moved: { y0?: Float64Array; p?: number; times?: number[]; at?: number[] }): number => {
        const p = [parameters[0]!, Float64Array.of(parameters[1]![0]! + (moved.p ?? 0))];
        const solution = solver.solve(moved.times ?? times, moved.y0 ?? y0, p, { step: 0.23 });
        return dot(solution.evaluate(moved.at ?? at), cotangents);
      };
      const shifted = (values: readonly number[], i: number, by: number): number[] =>
        values.map((v, j) => (i === j ? v + by : v));
      const inner = at.slice(1, -1);
      const difference = (of: (by: number) => number): number =>
        (8 * (of(1e-4) - of(-1e-4)) - (of(2e-4) - of(-2e-4))) / 12e-4;
      const gradients = solver.solve(times, y0, parameters, { step: 0.23 }).evaluateVjp(at, cotangents);
      closeTo(
        gradients.y0,
        y0.map((__, i) => difference((by) => value({ y0: Float64Array.from(shifted([...y0], i, by)) }))),
        1e-8,
      );
      closeTo(gradients.parameters[1]!, [difference((by) => value({ p: by }))], 1e-8);
      // Not where a time is an end of a step: there the polynomials of both sides meet.
      [1, 3, 4].forEach((i) => {
        expect(gradients.at[i]).toBeCloseTo(
          difference((by) => value({ at: shifted(at, i, by) })),
          6,
        );
      });
      const middle = (moved: number[]): number => {
        const solution = solver.solve(moved, y0, parameters, { step: 0.23 });
        return dot(solution.evaluate(inner), cotangents.subarray(4, 20));
      };
      const ofTimes = solver
        .solve([0.2, 0.87, 2], y0, parameters, { step: 0.23 })
        .evaluateVjp(inner, cotangents.subarray(4, 20)).times;
      [0, 1, 2].forEach((i) => {
        expect(ofTimes[i]).toBeCloseTo(
          difference((by) => middle(shifted([0.2, 0.87, 2], i, by))),
          6,
        );
      });
    },
  );

  it('not outside', () => {
    const solution = ode.solve(times, y0, parameters);
    expect(() => solution.evaluate([2.1])).toThrow(
      /t = 2.1 is outside the solution, which goes from 0.2 to 2/,
    );
    expect(() => solution.evaluateVjp([1], y0.subarray(1))).toThrow(/3 cotangents for 1 states of 4/);
    const partial = ode.solve([0, 0.2, 50], y0, parameters, { maximumSteps: 40, ...tight });
    expect(partial.evaluate([0.21]).length).toBe(4);
    expect(() => partial.evaluateVjp([0.21], y0)).toThrow(/t = 0.21 is after 0.2, the last time/);
    expect(() => compileOde((t) => t, types).solve(times, y0, parameters)).toThrow(
      /the field gives float64\[\], the state is float64\[2,2\]/,
    );
  });
});

it('unrolled in the graph, is the solve with fixed steps, and so are its gradients', () => {
  const unrolled = compile(
    (y, rates, drive, t1, w) => {
      const end = odeUnrolled(field, [0.2, t1!], y!, { steps: 6, parameters: [rates!, drive!], method: rk4 });
      return [end, ...gradients(sum(multiply(end, w!)), [y!, rates!, drive!, t1!])];
    },
    [types.state, ...types.parameters, { shape: [], dtype: 'float64' }, types.state],
  );
  const w = weights.slice(0, 4);
  const [end, ...ofAll] = unrolled.run([y0, ...parameters, Float64Array.of(2), w]);
  const hosted = compileOde(field, { ...types, method: rk4 }).solve([0.2, 2], y0, parameters, { step: 0.3 });
  closeTo(end!, hosted.y.slice(4), 1e-13);
  const expected = hosted.vjp(Float64Array.of(0, 0, 0, 0, ...w));
  [expected.y0, ...expected.parameters, expected.times.slice(1)].forEach((values, i) => {
    closeTo(ofAll[i]!, values, 1e-12);
  });
});
