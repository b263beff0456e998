import {
  add,
  compile,
  gradients,
  jacobian,
  key,
  layoutOf,
  randomNormal,
  slice,
  sum,
  type Tensor,
  type TensorType,
  unpackParameters,
} from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { perceptronField } from './perceptron-field.ts';
import { drawProbes, fieldValues, type ProbeNoise, type TraceOptions } from './traces.ts';
import type { FlowField } from './vector-field.ts';

const float64 = (...shape: number[]): TensorType => ({ shape, dtype: 'float64' });
const dimension = 3;

/** A field with a context, all of whose parameters are drawn. */
function prepare(hidden: readonly number[], batch: number) {
  const field = perceptronField({ dimension, contextSize: 2, hidden });
  const { size } = layoutOf(field.parameters);
  return {
    field,
    flat: randomNormal(key(1), [size], 'float64').map((z) => 0.5 * z),
    t: Float64Array.from({ length: batch }, (_, i) => i / batch),
    x: randomNormal(key(2), [batch, dimension], 'float64'),
    theta: randomNormal(key(3), [batch, 2], 'float64'),
    specs: [float64(size), float64(batch), float64(batch, dimension), float64(batch, 2)],
  };
}

/** The same field with its divergence unknown. */
const withoutDivergence = ({ shape, parameters, velocity }: FlowField): FlowField => ({
  shape,
  parameters,
  velocity,
});

const values =
  (field: FlowField, options: TraceOptions) => (flat: Tensor, t: Tensor, x: Tensor, theta: Tensor) =>
    fieldValues(field, t, x, theta, unpackParameters(field.parameters, flat), options);

test.each([[[5]], [[5, 6]], [[5, 6, 4]]])(
  'hidden layers %j: closed form, basis vectors, and the Jacobian itself agree',
  (hidden) => {
    const { field, flat, t, x, theta, specs } = prepare(hidden, 4);
    const [velocity, closed, tiled, rows, norm, whole] = compile((p, times, points, context) => {
      const open = withoutDivergence(field);
      const exact = values(field, { trace: 'exact' })(p!, times!, points!, context!);
      const byTrace = values(open, { trace: 'exact' })(p!, times!, points!, context!);
      const byRows = values(open, { trace: 'exact', jacobianNorm: true })(p!, times!, points!, context!);
      return [
        exact.velocity,
        exact.divergence,
        byTrace.divergence,
        byRows.divergence,
        byRows.jacobianNorm!,
        jacobian(add(byRows.velocity, byTrace.velocity), points!),
      ];
    }, specs).run([flat, t, x, theta]);
    expect(velocity!.some((v) => Math.abs(v) > 0.1)).toBe(true);
    for (let row = 0; row < 4; row++) {
      let [trace, squares] = [0, 0];
      for (let i = 0; i < dimension; i++) {
        for (let j = 0; j < dimension; j++) {
          const entry = whole![((row * dimension + i) * 4 + row) * dimension + j]! / 2;
          squares += entry ** 2;
          if (i === j) trace += entry;
        }
      }
      expect(closed![row]).toBeCloseTo(trace, 12);
      expect(tiled![row]).toBeCloseTo(trace, 12);
      expect(rows![row]).toBeCloseTo(trace, 12);
      expect(norm![row]).toBeCloseTo(squares, 12);
    }
  },
);

test.each<ProbeNoise>(['rademacher', 'gaussian'])(
  '%s probes: trace and Jacobian norm are right in mean, for a field with and without closed form',
  (noise) => {
    const batch = 4000;
    const { field, flat, theta, specs } = prepare([6, 6], batch);
    // One point many times, two probes each.
    const x = new Float64Array(batch * dimension).map((_, i) => [0.3, -0.8, 1.1][i % dimension]!);
    const t = new Float64Array(batch).fill(0.4);
    theta.fill(0.2);
    const probes = drawProbes(key(7), noise, [batch, 2, dimension], 'float64');
    const [exact, norm, estimates, norms, normsBesideClosed, closed] = compile(
      (p, times, points, context, epsilon) => {
        const open = withoutDivergence(field);
        const first = values(open, { trace: 'exact', jacobianNorm: true })(p!, times!, points!, context!);
        const options = { probes: epsilon!, jacobianNorm: true };
        const estimated = values(open, { trace: 'hutchinson', ...options })(p!, times!, points!, context!);
        const beside = values(field, { trace: 'exact', ...options })(p!, times!, points!, context!);
        return [
          slice(first.divergence, [[0, 1]]),
          slice(first.jacobianNorm!, [[0, 1]]),
          estimated.divergence,
          estimated.jacobianNorm!,
          beside.jacobianNorm!,
          beside.divergence,
        ];
      },
      [...specs, float64(batch, 2, dimension)],
    ).run([flat, t, x, theta, probes]);
    const near = (given: ArrayLike<number>, expected: number): void => {
      const list = Array.from(given);
      const mean = list.reduce((a, b) => a + b) / batch;
      const error = Math.sqrt(list.reduce((total, v) => total + (v - mean) ** 2, 0) / batch ** 2);
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.05 * Math.max(1, Math.abs(expected)));
    };
    near(estimates!, exact![0]!);
    near(norms!, norm![0]!);
    near(normsBesideClosed!, norm![0]!);
    expect(closed![0]).toBeCloseTo(exact![0]!, 12);
  },
);

test('the gradient of a divergence is that of differences, in closed form, by basis vectors and by probes', () => {
  const { field, flat, t, x, theta, specs } = prepare([4, 4], 2);
  const probes = drawProbes(key(8), 'rademacher', [2, 1, dimension], 'float64');
  const cases: [FlowField, TraceOptions['trace']][] = [
    [field, 'exact'],
    [withoutDivergence(field), 'exact'],
    [withoutDivergence(field), 'hutchinson'],
  ];
  for (const [given, trace] of cases) {
    const executable = compile(
      (p, times, points, context, epsilon) => {
        const { divergence } = values(given, { trace, probes: epsilon! })(p!, times!, points!, context!);
        const total = sum(divergence);
        return [total, ...gradients(total, [p!, points!])];
      },
      [...specs, float64(2, 1, dimension)],
    );
    const run = (parameters: Float64Array, points: Float64Array) =>
      executable.run([parameters, t, points, theta, probes]).map((values) => values.slice());
    const [, ofFlat, ofX] = run(flat, x);
    const step = 1e-5;
    const differences = (
      values: Float64Array,
      at: (moved: Float64Array) => number,
      index: number,
    ): number => {
      const moved = values.slice();
      moved[index] = values[index]! + step;
      const above = at(moved);
      moved[index] = values[index]! - step;
      return (above - at(moved)) / (2 * step);
    };
    for (const index of [0, 7, 30, flat.length - 4]) {
      expect(ofFlat![index]).toBeCloseTo(
        differences(flat, (moved) => run(moved, x)[0]![0]!, index),
        7,
      );
    }
    for (let index = 0; index < x.length; index++) {
      expect(ofX![index]).toBeCloseTo(
        differences(x, (moved) => run(flat, moved)[0]![0]!, index),
        7,
      );
    }
  }
});

test('probes that are missing or of another shape are refused', () => {
  const { field, specs } = prepare([4], 2);
  const of = (options: TraceOptions) => () =>
    compile((p, t, x, theta) => values(field, options)(p!, t!, x!, theta!).divergence, specs);
  expect(of({ trace: 'hutchinson' })).toThrow(/needs probes \[2, count, 3\]/);
  const wrong = compile.bind(
    null,
    (p, t, x, theta) => {
      return values(field, { trace: 'hutchinson', probes: x! })(p!, t!, x!, theta!).divergence;
    },
    specs,
  );
  expect(wrong).toThrow(/probes \[2,3\] for samples \[2,3\]/);
});

test('a perceptron without hidden layers is refused', () => {
  expect(() => perceptronField({ dimension: 2, hidden: [] })).toThrow(/at least one hidden layer/);
});
