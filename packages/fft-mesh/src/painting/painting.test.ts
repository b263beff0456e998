import {
  type Backend,
  compile,
  gradients,
  key,
  multiply,
  randomUniform,
  referenceBackend,
  sum,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halfLength, signedIndex } from '../shells.ts';
import { paint, paintSpectrum, readout } from './paint.ts';
import { type PaintWindow, windowPoints, windowSupport } from './window.ts';

const windows: readonly PaintWindow[] = ['ngp', 'cic', 'tsc', 'pcs'];
const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe.each(windows)('the window %s', (window) => {
  const support = windowSupport(window);

  test('has weights that sum to 1 and derivatives that sum to 0, at any position of any mesh', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(3),
        (u, n, order) => {
          const { points, weights } = windowPoints(u, n, support, order);
          expect(total(weights)).toBeCloseTo(order === 0 ? 1 : 0, 12);
          expect(points.every((point) => Number.isInteger(point) && point >= 0 && point < n)).toBe(true);
        },
      ),
    );
  });

  test('keeps the mass, on both backends, and readout is the adjoint of painting', () => {
    for (const backend of [referenceBackend, wasm()] as Backend[]) {
      const options = { mesh: [5, 6, 4], boxSize: 10, window };
      const count = 40;
      const run = compile(
        (x, w, m) => [paint(x, w, options), readout(x, m, options), sum(paint(x, undefined, options))],
        [
          { shape: [count, 3], dtype: 'float64' },
          { shape: [count], dtype: 'float64' },
          { shape: [5, 6, 4], dtype: 'float64' },
        ],
        { backend },
      );
      const positions = randomUniform(key(1), [count, 3], 'float64').map((u) => 30 * u - 10);
      const weights = randomUniform(key(2), [count], 'float64');
      const values = randomUniform(key(3), [120], 'float64');
      const [mesh, read, particles] = run.run([positions, weights, values]);
      expect(total(mesh!)).toBeCloseTo(total(weights), 12);
      expect(particles![0]).toBeCloseTo(count, 11);
      const left = total(Array.from(mesh!, (value, cell) => value * values[cell]!));
      const right = total(Array.from(read!, (value, particle) => value * weights[particle]!));
      expect(left).toBeCloseTo(right, 11);
    }
  });
});

test('a particle on a mesh point and half way between: CIC by hand', () => {
  const run = compile(
    (x) => paint(x, undefined, { mesh: [4], boxSize: 4, window: 'cic' }),
    [{ shape: [2, 1], dtype: 'float64' }],
  );
  expect([...run.run([Float64Array.of(3.5, 1)])[0]!]).toEqual([0.5, 1, 0, 0.5]);
});

test('windows of higher order reproduce a straight line away from the edge', () => {
  const options = { mesh: [16], boxSize: 16 } as const;
  for (const window of ['cic', 'tsc', 'pcs'] as const) {
    const run = compile(
      (x, m) => readout(x, m, { ...options, window }),
      [
        { shape: [3, 1], dtype: 'float64' },
        { shape: [16], dtype: 'float64' },
      ],
    );
    const line = Float64Array.from({ length: 16 }, (_, i) => 2 * i + 1);
    const x = Float64Array.of(4.3, 7, 9.81);
    run.run([x, line])[0]!.forEach((value, particle) => {
      expect(value).toBeCloseTo(2 * x[particle]! + 1, 12);
    });
  }
});

describe('the spectrum of particles', () => {
  const mesh = [16, 16];
  const boxSize = 100;
  const count = 300;
  const positions = randomUniform(key(9), [count, 2], 'float64').map((u) => boxSize * u);

  /** Mean of |error|²/|exact|² over modes with lower ≤ |n_i|max < upper, against the direct sum over particles. */
  function aliasError(window: PaintWindow, interlaced: boolean, lower: number, upper: number): number {
    const run = compile(
      (x) => {
        const { re, im } = paintSpectrum(x, undefined, { mesh, boxSize, window, interlaced });
        return [re, im];
      },
      [{ shape: [count, 2], dtype: 'float64' }],
      { backend: wasm() },
    );
    const [re, im] = run.run([positions]);
    let error = 0;
    let norm = 0;
    for (let i = 0; i < 16; i++) {
      for (let j = 0; j < halfLength(16); j++) {
        const [n0, n1] = [signedIndex(i, 16), j];
        const size = Math.max(Math.abs(n0), n1);
        if (size < lower || size >= upper) continue;
        let exactRe = 0;
        let exactIm = 0;
        for (let p = 0; p < count; p++) {
          const phase = (-2 * Math.PI * (n0 * positions[2 * p]! + n1 * positions[2 * p + 1]!)) / boxSize;
          exactRe += Math.cos(phase);
          exactIm += Math.sin(phase);
        }
        const at = i * halfLength(16) + j;
        error += (re![at]! - exactRe) ** 2 + (im![at]! - exactIm) ** 2;
        norm += exactRe ** 2 + exactIm ** 2;
      }
    }
    return error / norm;
  }

  test('aliases are strong without interlacing and small with it', () => {
    const plain = aliasError('tsc', false, 5, 8);
    const interlaced = aliasError('tsc', true, 5, 8);
    expect(plain).toBeGreaterThan(0.1);
    expect(interlaced).toBeLessThan(0.05 * plain);
    expect(aliasError('tsc', true, 1, 5)).toBeLessThan(5e-3);
  });

  test('higher orders of the window alias less', () => {
    const errors = windows.map((window) => aliasError(window, true, 1, 6));
    for (let order = 1; order < 4; order++) expect(errors[order]).toBeLessThan(errors[order - 1]! / 2);
    expect(errors[3]).toBeLessThan(1e-3);
  });
});

test('the gradient of Σ paint² in positions points down the density', () => {
  const options = { mesh: [8], boxSize: 8, window: 'pcs' } as const;
  const run = compile(
    (x) => {
      const mesh = paint(x, undefined, options);
      return gradients(sum(multiply(mesh, mesh)), [x]);
    },
    [{ shape: [2, 1], dtype: 'float64' }],
  );
  const [gradient] = run.run([Float64Array.of(3, 3.6)]);
  // Moving the two towards each other raises the overlap.
  expect(gradient![0]).toBeGreaterThan(0);
  expect(gradient![1]).toBeLessThan(0);
});

test('errors name the operation and the shapes', () => {
  const options = { mesh: [4, 4], boxSize: 1, window: 'cic' } as const;
  const positions = { shape: [5, 3], dtype: 'float32' } as const;
  expect(() => compile((x) => paint(x, undefined, options), [positions])).toThrow(
    /paint: positions float32\[5,3\] for the mesh \[4,4\]; give \[P, 2\]/,
  );
  expect(() =>
    compile((x) => paint(x, undefined, { ...options, window: 'sic' as PaintWindow }), [positions]),
  ).toThrow(/window 'sic'; give 'ngp', 'cic', 'tsc' or 'pcs'/);
});
