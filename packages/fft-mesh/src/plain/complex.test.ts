import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fftPlan } from './complex.ts';
import { inverseRealFft, realFft } from './real.ts';
import { unitRoot } from './twiddles.ts';

/** X_k = Σ_j x_j e^(−2πi jk/n), summed as it is written. */
function direct(re: Float64Array, im: Float64Array): [Float64Array, Float64Array] {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      outRe[k]! += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      outIm[k]! += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
  }
  return [outRe, outIm];
}

const norm = (...parts: Float64Array[]): number =>
  Math.sqrt(parts.reduce((total, part) => part.reduce((s, v) => s + v * v, total), 0));
const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);
const signal = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, j) => Math.sin(1.7 * j + seed) + Math.cos(j * j * 0.31 + seed));

describe('fftPlan', () => {
  const lengths = [
    ...Array.from({ length: 64 }, (_, i) => i + 1),
    97,
    101,
    105,
    120,
    121,
    127,
    128,
    169,
    210,
  ];
  test.each([...lengths, 343, 360, 509])('of length %i agrees with the direct sum', (n) => {
    const re = signal(n, 1);
    const im = signal(n, 2);
    const [wantRe, wantIm] = direct(re, im);
    fftPlan(n).forward(re, im);
    const error = norm(difference(re, wantRe), difference(im, wantIm));
    // The direct sum itself is good to about n rounding errors of its angles.
    expect(error / norm(wantRe, wantIm)).toBeLessThan(n > 64 ? 1e-13 : 2e-14);
  });

  const arrays = fc
    .integer({ min: 1, max: 300 })
    .chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2 * n, maxLength: 2 * n }),
        fc.nat(n - 1),
      ),
    );

  test('inverse after forward gives the array back, and Parseval holds', () => {
    fc.assert(
      fc.property(arrays, ([n, values]) => {
        const re = Float64Array.from(values.slice(0, n));
        const im = Float64Array.from(values.slice(n));
        const [r, i] = [re.slice(), im.slice()];
        fftPlan(n).forward(r, i);
        expect(norm(r, i)).toBeCloseTo(Math.sqrt(n) * norm(re, im), 10);
        fftPlan(n).inverse(r, i);
        expect(norm(difference(r, re), difference(i, im))).toBeLessThanOrEqual(1e-14 * (1 + norm(re, im)));
      }),
    );
  });

  test('a shift by s turns mode k by e^(−2πi ks/n)', () => {
    fc.assert(
      fc.property(arrays, ([n, values, shift]) => {
        const re = Float64Array.from(values.slice(0, n));
        const im = Float64Array.from(values.slice(n));
        const movedRe = re.map((_, j) => re[(j - shift + n) % n]!);
        const movedIm = im.map((_, j) => im[(j - shift + n) % n]!);
        fftPlan(n).forward(re, im);
        fftPlan(n).forward(movedRe, movedIm);
        for (let k = 0; k < n; k++) {
          const [cos, sin] = unitRoot(k * shift, n);
          expect(movedRe[k]).toBeCloseTo(re[k]! * cos - im[k]! * sin, 11);
          expect(movedIm[k]).toBeCloseTo(re[k]! * sin + im[k]! * cos, 11);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('refuses lengths and arrays that do not fit', () => {
    expect(() => fftPlan(0)).toThrow(/fftPlan: length 0/);
    expect(() => fftPlan(2.5)).toThrow(/give an integer/);
    expect(() => fftPlan(4).forward(new Float64Array(4), new Float64Array(3))).toThrow(/arrays of 4 and 3/);
  });
});

test('unitRoot is e^(−2πi k/n), exact where it can be', () => {
  expect(unitRoot(1, 4).map(Math.abs)).toEqual([0, 1]);
  for (let k = -20; k < 40; k++) {
    const [cos, sin] = unitRoot(k, 13);
    expect(cos).toBeCloseTo(Math.cos((2 * Math.PI * k) / 13), 14);
    expect(sin).toBeCloseTo(-Math.sin((2 * Math.PI * k) / 13), 14);
  }
});

describe('realFft', () => {
  test.each([1, 2, 7, 12, 22])('and back, %i values', (n) => {
    const x = signal(n, 3);
    const spectrum = realFft(x);
    expect(spectrum.re.length).toBe(Math.floor(n / 2) + 1);
    const back = inverseRealFft(spectrum, n);
    expect(norm(difference(back, x))).toBeLessThan(1e-14 * n);
  });

  test('refuses a spectrum of another length', () => {
    const half = new Float64Array(3);
    expect(() => inverseRealFft({ re: half, im: half }, 8)).toThrow(/3 and 3 modes for 8 values; give 5/);
  });
});
