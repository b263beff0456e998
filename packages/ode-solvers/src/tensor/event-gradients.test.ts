import { add, multiply, negate, reshape, slice, stack, subtract, type Tensor } from '@equiflow/tensor';
import { expect, it } from 'vitest';
import { bdf, compileOde, dop853, kvaerno5, radau5, rodas4, tsit5 } from '../index.ts';

const component = (y: Tensor, i: number): Tensor => reshape(slice(y, [[i, i + 1]]), []);
/** A ball [height, speed] that falls through air of friction c under gravity g. */
const fall = (_: Tensor, y: Tensor, g: Tensor, c: Tensor): Tensor =>
  stack([component(y, 1), negate(add(g, multiply(c, component(y, 1))))]);
const scalar = { shape: [], dtype: 'float64' } as const;
const types = { state: { shape: [2], dtype: 'float64' }, parameters: [scalar, scalar] } as const;

it.each([tsit5, dop853, kvaerno5, radau5, rodas4].map((method) => [method.name, method] as const))(
  'of %s: time and state of an event have gradients',
  (_, method) => {
    // It lands on a floor that rises with time.
    const event = (t: Tensor, y: Tensor): Tensor => subtract(component(y, 0), multiply(0.1, t));
    const ode = compileOde(fall, { ...types, method, event, eventDirection: 'falling' });
    const y0 = [3, 4];
    const p = [9.81, 0.3];
    const options = { rtol: 1e-11, atol: 1e-12, firstStep: 0.02, maximumStep: 0.1 };
    const land = (at: number[], q: number[], t0 = 0.5) =>
      ode.solve(
        [t0, 20],
        Float64Array.from(at),
        q.map((value) => Float64Array.of(value)),
        options,
      );
    const solution = land(y0, p);
    expect(solution.status).toBe('event');
    const { t, y } = solution.event!;
    expect(Math.abs(y[0]! - 0.1 * t)).toBeLessThan(1e-13);
    const value = (s: typeof solution): number =>
      0.7 * s.event!.y[0]! - 1.3 * s.event!.y[1]! + 2.1 * s.event!.t;
    const gradients = solution.eventVjp(Float64Array.of(0.7, -1.3), 2.1);
    const difference = (of: (by: number) => number): number => (of(1e-5) - of(-1e-5)) / 2e-5;
    const nudged = (values: number[], i: number, by: number): number[] =>
      values.map((v, j) => (i === j ? v + by : v));
    y0.forEach((__, i) => {
      expect(gradients.y0[i]).toBeCloseTo(
        difference((by) => value(land(nudged(y0, i, by), p))),
        7,
      );
    });
    p.forEach((__, i) => {
      expect(gradients.parameters[i]![0]).toBeCloseTo(
        difference((by) => value(land(y0, nudged(p, i, by)))),
        7,
      );
    });
    expect(gradients.times[0]).toBeCloseTo(
      difference((by) => value(land(y0, p, 0.5 + by))),
      7,
    );
  },
);

it('says where there is none', () => {
  const event = (_: Tensor, y: Tensor): Tensor => component(y, 0);
  const ode = compileOde(fall, { ...types, event });
  const p = [Float64Array.of(9.81), Float64Array.of(0)];
  const early = ode.solve([0, 0.1], Float64Array.of(3, 4), p);
  expect(early.status).toBe('finished');
  expect(early.event).toBeUndefined();
  expect(() => early.eventVjp(Float64Array.of(1, 0))).toThrow(/no event ended this solve/);
  expect(() => ode.solve([0, 1, 2], Float64Array.of(3, 4), p)).toThrow(/with an event give two times/);
  expect(() => compileOde(fall, { ...types, event, method: bdf })).toThrow(
    /an event needs a method whose steps depend on the state alone/,
  );
});
