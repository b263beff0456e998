/** Batches whose rows have steps of their own: the rows are those of single solves, and so are the derivatives. */
import { add, exp, multiply, sin, square, sum, type Tensor, tanh } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, it } from 'vitest';
import { compileOde, compileOdeBatch, dop853, rk4, type TensorOdeSolution, tsit5 } from '../index.ts';

/** Rows of very different stiffness, driven in time, coupled inside a row. */
const field = (t: Tensor, y: Tensor, rates: Tensor, drive: Tensor): Tensor =>
  add(
    multiply(rates, add(sin(multiply(3, t)), multiply(-1, y))),
    multiply(drive, tanh(sum(square(y), { axes: [1], keepDims: true }))),
  );
const f64 = 'float64' as const;
const types = {
  state: { shape: [3, 2], dtype: f64 },
  parameters: [
    { shape: [3, 1], dtype: f64 },
    { shape: [], dtype: f64 },
  ],
};
const y0 = Float64Array.of(1, 0.5, -0.3, 0.8, 0.2, -0.7);
const parameters = [Float64Array.of(0.3, 2, 8), Float64Array.of(0.4)];
const times = [0.1, 0.7, 2];
const weights = Float64Array.from({ length: 18 }, (_, i) => Math.sin(2 * i + 1));
const tight = { rtol: 1e-7, atol: 1e-9 };

function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, limit: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(limit * (1 + Math.abs(expected[i]!)));
  }
}

const singles = new Map<string, TensorOdeSolution>();

/** Every row alone, solved once. */
function single(row: number, method: typeof tsit5, back = false): TensorOdeSolution {
  const name = `${row} ${method.name} ${back}`;
  const known = singles.get(name);
  if (known) return known;
  const one = compileOde(field, {
    state: { shape: [1, 2], dtype: f64 },
    parameters: [
      { shape: [1, 1], dtype: f64 },
      { shape: [], dtype: f64 },
    ],
    method,
  });
  const at = back ? [...times].reverse() : times;
  const start = y0.slice(2 * row, 2 * row + 2);
  const solution = one.solve(at, start, [parameters[0]!.slice(row, row + 1), parameters[1]!], tight);
  singles.set(name, solution);
  return solution;
}
const rowOf = (values: ArrayLike<number>, row: number): number[] =>
  [0, 1, 2].flatMap((time) => [values[6 * time + 2 * row]!, values[6 * time + 2 * row + 1]!]);

describe.each([
  ['tsit5', tsit5, false],
  ['dop853', dop853, false],
  ['tsit5 backward in time', tsit5, true],
] as const)('%s', (_, method, back) => {
  const ode = compileOdeBatch(field, { ...types, method });
  const solution = ode.solve(back ? [...times].reverse() : times, y0, parameters, tight);

  it('makes the steps of single solves, each row its own', () => {
    expect(solution.success).toBe(true);
    for (const row of [0, 1, 2]) {
      const alone = single(row, method, back);
      closeTo(rowOf(solution.y, row), alone.y, 1e-12);
      expect(solution.steps[row]).toBe(alone.statistics.steps);
      expect(solution.rejected[row]).toBe(alone.statistics.rejected);
    }
    expect(solution.steps[2]).toBeGreaterThan(1.2 * solution.steps[0]!);
  });

  it('has the gradients of single solves: state, parameters by row and shared, times', () => {
    const all = solution.vjp(weights);
    let shared = 0;
    const ofTimes = [0, 0, 0];
    for (const row of [0, 1, 2]) {
      const alone = single(row, method, back).vjp(Float64Array.from(rowOf(weights, row)));
      closeTo(all.y0.subarray(2 * row, 2 * row + 2), alone.y0, 1e-11);
      closeTo([all.parameters[0]![row]!], alone.parameters[0]!, 1e-11);
      shared += alone.parameters[1]![0]!;
      alone.times.forEach((value, i) => {
        ofTimes[i]! += value;
      });
    }
    closeTo(all.parameters[1]!, [shared], 1e-11);
    closeTo(all.times, ofTimes, 1e-9);
  });

  it('does not depend on the checkpoints; forward agrees with reverse, second derivatives with single ones', () => {
    const expected = solution.vjp(weights);
    const at = back ? [...times].reverse() : times;
    for (const checkpoints of ['all', 7, 1000] as const) {
      closeTo(ode.solve(at, y0, parameters, { ...tight, checkpoints }).vjp(weights).y0, expected.y0, 1e-12);
    }
    const tangents = {
      y0: Float64Array.of(1, 2, -1, 0.5, 0.3, 1),
      parameters: [Float64Array.of(0.1, 0.2, 0.3), Float64Array.of(1)],
      times: [0.2, -0.4, 1],
    };
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Array.from(a).reduce((total, value, i) => total + value * b[i]!, 0);
    const reverse =
      dot(expected.y0, tangents.y0) +
      dot(expected.times, tangents.times) +
      expected.parameters.reduce((total, p, i) => total + dot(p, tangents.parameters[i]!), 0);
    closeTo([dot(solution.jvp(tangents), weights)], [reverse], 1e-11);
    const second = solution.vjpTangent(weights, tangents);
    for (const row of [0, 1, 2]) {
      const alone = single(row, method, back).vjpTangent(Float64Array.from(rowOf(weights, row)), {
        y0: tangents.y0.slice(2 * row, 2 * row + 2),
        parameters: [tangents.parameters[0]!.slice(row, row + 1), tangents.parameters[1]!],
        times: tangents.times,
      });
      closeTo(second.y0Tangent.subarray(2 * row, 2 * row + 2), alone.y0Tangent, 1e-9);
    }
  });

  it('is known between the steps, with gradients', () => {
    const at = [0.13, 0.7, 1.234];
    const values = solution.evaluate(at);
    const gradients = solution.evaluateVjp(at, weights);
    for (const row of [0, 1, 2]) {
      const alone = single(row, method, back);
      closeTo(rowOf(values, row), alone.evaluate(at), 1e-12);
      const own = alone.evaluateVjp(at, Float64Array.from(rowOf(weights, row)));
      closeTo(gradients.y0.subarray(2 * row, 2 * row + 2), own.y0, 1e-11);
    }
  });
});

it('runs on WebAssembly in float32', () => {
  const f32 = 'float32' as const;
  const ode = compileOdeBatch(field, {
    state: { shape: [3, 2], dtype: f32 },
    parameters: types.parameters.map(({ shape }) => ({ shape, dtype: f32 })),
    backend: wasm(),
  });
  const solution = ode.solve(
    times,
    Float32Array.from(y0),
    parameters.map((p) => Float32Array.from(p)),
    { rtol: 1e-4, atol: 1e-5 },
  );
  closeTo(solution.y, compileOdeBatch(field, types).solve(times, y0, parameters, tight).y, 1e-3);
  const values = parameters.map((p) => Float32Array.from(p));
  expect(() => ode.solve(times, Float32Array.from(y0), values, { rtol: 1e-8 })).toThrow(/float32 state/);
  expect(() => ode.solve(times, Float32Array.from(y0), values, { rtol: 0, atol: 0 })).toThrow(
    /compileOdeBatch: component 0 has rtol = 0 and atol = 0/,
  );
  ode.dispose();
});

it('a row that fails does not stop the others, and has no part in gradients', () => {
  const blowUp = compileOdeBatch((_, y) => square(y), { state: { shape: [2, 1], dtype: f64 } });
  const solution = blowUp.solve([0, 0.5, 2], Float64Array.of(1, 0.2));
  expect(solution.success).toBe(false);
  expect(solution.status[0]).toMatch(/step-too-small|not-finite/);
  expect(solution.status[1]).toBe('finished');
  expect(solution.message).toMatch(/^dopri5: row 0: .* t = (0\.99999|1\.00000)/);
  expect(solution.y[2]).toBeCloseTo(2, 5);
  expect(solution.y[4]).toBeNaN();
  expect(solution.y[5]).toBeCloseTo(1 / 3, 6);
  // dy(t)/dy0 = 1/(1 − y0 t)².
  closeTo(solution.vjp(Float64Array.of(0, 0, 1, 0, 0, 1)).y0, [4, 1 / 0.36], 1e-4);
  expect(() => solution.evaluate([0.9])).toThrow(/outside the solution of row 0, which goes from 0 to 0.5/);
  // Where the field overflows beyond, the parameters that rows share still have gradients.
  const overflow = compileOdeBatch((_, y, k) => multiply(k!, exp(y)), {
    state: { shape: [2, 1], dtype: f64 },
    parameters: [{ shape: [], dtype: f64 }],
  });
  const partial = overflow.solve([0, 0.1, 3], Float64Array.of(1, -4), [Float64Array.of(1)], tight);
  expect(partial.success).toBe(false);
  // y = −ln(e^−y0 − k t), so that dy/dk = t e^y.
  const shared = partial.vjp(Float64Array.of(0, 0, 1, 0, 0, 1)).parameters[0]![0]!;
  expect(shared).toBeCloseTo(0.1 * Math.exp(partial.y[2]!) + 3 * Math.exp(partial.y[5]!), 6);
  const slow = blowUp.solve([0, 0.5], Float64Array.of(1, 0.2), [], { maximumSteps: 2, ...tight });
  expect(slow.status).toEqual(['too-many-steps', 'too-many-steps']);
  const broken = compileOdeBatch(
    (t, y) => multiply(y, multiply(0, add(1, multiply(-1e308, multiply(t, 1e308))))),
    {
      state: { shape: [1, 2], dtype: f64 },
    },
  );
  expect(broken.solve([0, 1], Float64Array.of(1, 1), [], { firstStep: 0.1 }).message).toMatch(
    /row 0: component 0 stops being finite after t = 0/,
  );
});

it('says what does not fit', () => {
  const scalar = { shape: [], dtype: f64 };
  expect(() => compileOdeBatch((_, y) => y, { state: scalar })).toThrow(/is no batch/);
  expect(() => compileOdeBatch(field, { ...types, method: rk4 })).toThrow(
    /rk4 is not an explicit method with an error estimate/,
  );
  const ode = compileOdeBatch(field, types);
  expect(() => ode.solve([0], y0, parameters)).toThrow(/1 times/);
  expect(() => ode.solve([0, 2, 1], y0, parameters)).toThrow(/times\[1\] = 2 is outside|not monotonic/);
  expect(() => ode.solve(times, y0, parameters, { rtol: 1e-17 })).toThrow(/compileOdeBatch: rtol/);
  expect(() => ode.solve(times, y0, parameters).evaluate([3])).toThrow(/of row 0, which goes from 0.1 to 2/);
});
