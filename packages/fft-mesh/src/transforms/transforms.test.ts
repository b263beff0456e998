import { type Backend, compile, input, referenceBackend, type TypedArray } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { fft, ifft, irfft, rfft } from '../index.ts';
import { realTransformAxes, transformAxes } from '../plain/axes.ts';

const random = (count: number, seed: number): Float64Array => {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 1073741824 - 1;
  });
};
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Root mean square of a − b over that of b. */
function relativeError(a: TypedArray, b: TypedArray): number {
  let error = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return a.length === b.length ? Math.sqrt(error / norm) : Number.NaN;
}

const lengths = [
  ...Array.from({ length: 48 }, (_, i) => i + 1),
  53,
  64,
  97,
  105,
  121,
  128,
  210,
  256,
  289,
  1024,
];

describe('wasm kernels of one axis, against the plain transform', () => {
  test.each(['float32', 'float64'] as const)('%s', (dtype) => {
    for (const n of lengths) {
      const rows = (n % 11) + 1;
      const shape = [rows, n];
      const x = random(rows * n, n);
      const given = dtype === 'float64' ? x : Float32Array.from(x);
      const executable = compile(
        (re) => {
          const spectrum = rfft(re);
          return [spectrum.re, spectrum.im, irfft(spectrum.re, spectrum.im, { n })];
        },
        [{ shape, dtype }],
        { backend: wasm() },
      );
      const [re, im, back] = executable.run([given]);
      const want = realTransformAxes(given, shape, 1);
      const tolerance = (dtype === 'float64' ? 1.2e-16 : 6e-8) * (4 + 2 * Math.log2(n));
      expect(relativeError(re!, want.re), `re, n = ${n}`).toBeLessThan(tolerance);
      if (n > 2) expect(relativeError(im!, want.im), `im, n = ${n}`).toBeLessThan(tolerance);
      expect(relativeError(back!, given), `back, n = ${n}`).toBeLessThan(tolerance);
      executable.dispose();
    }
  });
});

describe('complex transforms over columns', () => {
  test.each([
    [5, 9, 130],
    [2, 128, 3],
    [1, 22, 66],
    [2, 64, 16],
    [1, 96, 40],
    [1, 16, 2056],
    [3, 7, 4, 10],
    [2, 32, 16, 8],
  ])('of %s', (...shape) => {
    const axes = shape.length === 4 ? 3 : 2;
    const re = random(product(shape), 1);
    const im = random(product(shape), 2);
    const run = compile(
      (a, b) => {
        const forward = fft(a, b, { axes });
        const back = ifft(forward.re, forward.im, { axes });
        return [forward.re, forward.im, back.re, back.im];
      },
      [
        { shape, dtype: 'float64' },
        { shape, dtype: 'float64' },
      ],
      { backend: wasm() },
    );
    const [fr, fi, br, bi] = run.run([re, im]);
    expect(relativeError(br!, re)).toBeLessThan(1e-15);
    expect(relativeError(bi!, im)).toBeLessThan(1e-15);
    transformAxes(re, im, shape, axes === 3 ? [1, 2, 3] : [1, 2], false);
    expect(relativeError(fr!, re)).toBeLessThan(1e-15);
    expect(relativeError(fi!, im)).toBeLessThan(1e-15);
  });
});

describe.each([
  ['reference', referenceBackend],
  ['wasm', wasm()],
] as [string, Backend][])('NumPy conventions, %s', (_, backend) => {
  test('rfft of [1, 2, 3, 4] and irfft with n = 5', () => {
    const run = compile(
      (x, re, im) => {
        const spectrum = rfft(x);
        return [spectrum.re, spectrum.im, irfft(re, im, { n: 5 })];
      },
      [4, 3, 3].map((n) => ({ shape: [n], dtype: 'float64' as const })),
      { backend },
    );
    const arrays = [
      [1, 2, 3, 4],
      [1, 2, 3],
      [9, 1, -1],
    ].map((values) => Float64Array.from(values));
    const [re, im, x] = run.run(arrays);
    expect([...re!]).toEqual([10, -2, -2]);
    expect(im![1]).toBeCloseTo(2, 15);
    // numpy.fft.irfft([1 + 9j, 2 + 1j, 3 - 1j], 5): the 9j counts for nothing.
    const want = [2.2, -0.668915303351, -0.691929909685, 0.539143505185, -0.378298292149];
    want.forEach((value, j) => {
      expect(x![j]).toBeCloseTo(value, 11);
    });
  });
});

test('errors name the operation and the shapes', () => {
  const x = input({ shape: [4, 5], dtype: 'float32' });
  expect(() => rfft(x, { axes: 3 })).toThrow(/rfft: 3 axes of float32\[4,5\]/);
  expect(() => irfft(x, x, { n: 12 })).toThrow(/irfft: n = 12/);
  expect(() => fft(x, input({ shape: [4, 6], dtype: 'float32' }))).toThrow(
    /re float32\[4,5\] and im float32\[4,6\]/,
  );
  expect(() => rfft(input({ shape: [4], dtype: 'int32' }))).toThrow(/give a float tensor/);
});
