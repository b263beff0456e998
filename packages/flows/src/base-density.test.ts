import { compile, key } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { type BaseDensity, standardNormal, studentT } from './base-density.ts';

const densities: [string, (shape: number[]) => BaseDensity][] = [
  ['standard normal', (shape) => standardNormal(shape)],
  ['Student t, 3 degrees', (shape) => studentT(shape, 3)],
  ['Student t, 30 degrees', (shape) => studentT(shape, 30)],
];

const logProb = (density: BaseDensity, values: Float64Array): Float64Array => {
  const count = values.length / density.shape.reduce((a, b) => a * b, 1);
  const run = compile((z) => density.logProb(z), [{ shape: [count, ...density.shape], dtype: 'float64' }]);
  return Float64Array.from(run.run([values])[0]!);
};

test.each(densities)('%s: integrates to one and its samples have its distribution', (_, make) => {
  const density = make([1]);
  // Midpoints in u of z = tan u, which reaches the tails.
  const n = 20_000;
  const u = Float64Array.from({ length: n }, (_, i) => Math.PI * ((i + 0.5) / n - 0.5));
  const mass = logProb(density, u.map(Math.tan)).map(
    (value, i) => (Math.exp(value) * Math.PI) / n / Math.cos(u[i]!) ** 2,
  );
  expect(mass.reduce((a, b) => a + b)).toBeCloseTo(1, 8);
  const samples = density.sample(key(5), 20_000).sort();
  let [cumulative, worst, at] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    cumulative += mass[i]!;
    while (at < samples.length && samples[at]! <= Math.tan(u[i]! + Math.PI / (2 * n))) at++;
    worst = Math.max(worst, Math.abs(at / samples.length - cumulative));
  }
  expect(worst).toBeLessThan(1.95 / Math.sqrt(samples.length));
});

test.each(densities)('%s: a product over the cells, with its constants', (_, make) => {
  const values = Float64Array.of(0.3, -1.2, 2.5, 0, 1, -0.4);
  const joint = logProb(make([3]), values);
  const single = logProb(make([1]), values);
  for (let row = 0; row < 2; row++) {
    expect(joint[row]).toBeCloseTo(single[3 * row]! + single[3 * row + 1]! + single[3 * row + 2]!, 12);
  }
});

test('no degrees of freedom are refused', () => {
  expect(() => studentT([4], 0)).toThrow(/0 degrees/);
});
