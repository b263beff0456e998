import {
  compile,
  constant,
  key,
  layoutOf,
  randomNormal,
  reshape,
  slice,
  type Tensor,
  unpackParameters,
  vjp,
} from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { type Bijection, compose } from './bijection.ts';
import { logarithm, logDensity } from './layers/log-density.ts';
import { pixelSpline } from './layers/pixel-spline.ts';
import { radialTransfer } from './layers/radial-transfer.ts';
import { standardise } from './layers/standardise.ts';
import { logAbsDeterminant } from './testing/log-abs-determinant.ts';

const transfer = radialTransfer({
  shape: [4, 4],
  boxSize: 10,
  knots: 4,
  spacing: 'log',
  contextSize: 2,
  hidden: [5],
});
const spline = pixelSpline({ knots: 5, contextSize: 2, hidden: [5], halfWidth: 1.5 });

/** Every bijection of the package; `positive` data where it needs them. */
const bijections: [string, Bijection, 'any' | 'positive'][] = [
  ['standardise', standardise(0.3, 2.5), 'any'],
  ['ln(1 + x)', logDensity(), 'positive'],
  ['ln x', logarithm(), 'positive'],
  ['radial transfer', transfer, 'any'],
  ['pixel spline', spline, 'any'],
  [
    'composition',
    compose([logarithm(), standardise(0.1, 0.7), compose([transfer, spline]), transfer]),
    'positive',
  ],
];

const float64 = (...shape: number[]) => ({ shape, dtype: 'float64' as const });
const theta = Float64Array.of(0.4, -0.9, -0.2, 0.8);

function prepare(bijection: Bijection, domain: 'any' | 'positive', batch: number) {
  const { size } = layoutOf(bijection.parameters);
  const flat = randomNormal(key(3), [size], 'float64').map((value) => 0.4 * value);
  const x = randomNormal(key(4), [batch, 4, 4], 'float64').map((value) =>
    domain === 'positive' ? Math.exp(0.6 * value) : value,
  );
  return { flat, x, specs: [float64(batch, 4, 4), float64(batch, 2), float64(size)] };
}

test.each(bijections)('%s: inverse ∘ forward is the identity', (_, bijection, domain) => {
  const { flat, x, specs } = prepare(bijection, domain, 2);
  const [back] = compile((field, context, parameters) => {
    const tensors = unpackParameters(bijection.parameters, parameters!);
    const there = bijection.forward(field!, context!, tensors);
    return bijection.inverse(there.value, context!, tensors).value;
  }, specs).run([x, theta, flat]);
  x.forEach((value, i) => {
    expect(back![i]).toBeCloseTo(value, 11);
  });
});

test.each(bijections)('%s: forward and inverse log-determinants are opposite', (_, bijection, domain) => {
  const { flat, x, specs } = prepare(bijection, domain, 2);
  const [there, home] = compile((field, context, parameters) => {
    const tensors = unpackParameters(bijection.parameters, parameters!);
    const forward = bijection.forward(field!, context!, tensors);
    return [forward.logDet, bijection.inverse(forward.value, context!, tensors).logDet];
  }, specs).run([x, theta, flat]);
  there!.forEach((value, i) => {
    expect(home![i]).toBeCloseTo(-value, 10);
  });
});

test.each(bijections)(
  '%s: the log-determinant is that of the Jacobian by autodiff',
  (_, bijection, domain) => {
    const { flat, x, specs } = prepare(bijection, domain, 1);
    const rows = compile((field, context, parameters) => {
      const { value, logDet } = bijection.forward(
        field!,
        context!,
        unpackParameters(bijection.parameters, parameters!),
      );
      const y = reshape(value, [16]);
      const row = (i: number): Tensor =>
        vjp([slice(y, [[i, i + 1]])], [constant([1], [1], 'float64')], [field!])[0]!;
      return [logDet, ...Array.from({ length: 16 }, (_, i) => row(i))];
    }, specs).run([x, theta.subarray(0, 2), flat]);
    const [logDet, ...jacobian] = rows.map((row) => Float64Array.from(row));
    expect(logDet![0]).toBeCloseTo(logAbsDeterminant(jacobian), 10);
  },
);
