/** Banded linear algebra against the dense one, and stiff solves with a band against those without. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bdf, kvaerno5, radau5, rodas4, solveOde, type VectorField } from '../index.ts';
import { complexShiftedJacobian, jacobianSize, shiftedJacobian } from './shifted-jacobian.ts';

/** Numbers that look random, of no sign or order. */
const noise = (seed: number): number => Math.sin(1e3 * seed + 1) ** 3 * 4;

describe('a banded matrix', () => {
  it('is solved as a dense one: real and complex, any band, pivots exchanged', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 1000 }),
        (n, lower, upper, seed) => {
          const band = { lower, upper };
          const width = lower + upper + 1;
          const compact = new Float64Array(jacobianSize(n, band));
          const dense = new Float64Array(jacobianSize(n, undefined));
          for (let i = 0; i < n; i++) {
            for (let j = Math.max(0, i - lower); j <= Math.min(n - 1, i + upper); j++) {
              const value = noise(seed + i * n + j);
              compact[i * width + j - i + lower] = value;
              dense[i * n + j] = value;
            }
          }
          const right = (k: number): Float64Array => Float64Array.from({ length: n }, (_, i) => noise(i + k));
          const [a, b] = [shiftedJacobian(n, band), shiftedJacobian(n)];
          expect(a.factor(compact, 0.3, -1)).toBe(true);
          expect(b.factor(dense, 0.3, -1)).toBe(true);
          const [x, y] = [right(1), right(1)];
          a.solve(x);
          b.solve(y);
          const size = 1 + Math.max(...y.map(Math.abs));
          x.forEach((value, i) => {
            expect(Math.abs(value - y[i]!) / size).toBeLessThan(1e-8);
          });
          const [c, d] = [complexShiftedJacobian(n, band), complexShiftedJacobian(n)];
          c.factor(compact, [0.2, 1.5], -1);
          d.factor(dense, [0.2, 1.5], -1);
          const [xr, xi, yr, yi] = [right(1), right(5), right(1), right(5)];
          c.solve(xr, xi);
          d.solve(yr, yi);
          xr.forEach((value, i) => {
            expect(Math.hypot(value - yr[i]!, xi[i]! - yi[i]!)).toBeLessThan(
              1e-9 * (1 + Math.hypot(yr[i]!, yi[i]!)),
            );
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});

const cells = 60;
/** Diffusion with a reaction, on a line. */
const diffusion: VectorField = (_, y, dydt) => {
  for (let i = 0; i < cells; i++) {
    const left = i === 0 ? 1 : y[i - 1]!;
    const right = i === cells - 1 ? y[i]! : y[i + 1]!;
    dydt[i] = cells ** 2 * (left - 2 * y[i]! + right) - y[i]! ** 2;
  }
};

it.each([bdf, radau5, rodas4, kvaerno5].map((method) => [method.name, method] as const))(
  '%s takes the same way with a band, for few evaluations, its own Jacobian or the user’s',
  (_, method) => {
    const options = { method, rtol: 1e-6, atol: 1e-8, saveAt: 'ends' } as const;
    const y0 = new Float64Array(cells);
    const dense = solveOde(diffusion, [0, 0.5], y0, options);
    const jacobianBandwidth = { lower: 1, upper: 1 };
    const banded = solveOde(diffusion, [0, 0.5], y0, { ...options, jacobianBandwidth });
    const given = solveOde(diffusion, [0, 0.5], y0, {
      ...options,
      jacobianBandwidth,
      jacobian(__, y, j) {
        for (let i = 0; i < cells; i++) {
          if (i > 0) j[3 * i] = cells ** 2;
          j[3 * i + 1] = -(i === cells - 1 ? 1 : 2) * cells ** 2 - 2 * y[i]!;
          if (i < cells - 1) j[3 * i + 2] = cells ** 2;
        }
      },
    });
    for (const { end, status, statistics } of [banded, given]) {
      expect(status).toBe('finished');
      end.y.forEach((value, i) => {
        expect(Math.abs(value - dense.end.y[i]!)).toBeLessThan(2e-5);
      });
      const { jacobians, evaluations } = dense.statistics;
      expect(statistics.evaluations).toBeLessThan(evaluations - 50 * jacobians + 200);
    }
  },
);

it('refuses a band that is none', () => {
  expect(() =>
    solveOde(diffusion, [0, 1], new Float64Array(cells), { jacobianBandwidth: { lower: -1, upper: 1 } }),
  ).toThrow(/jacobianBandwidth is -1 below and 1 above; give whole numbers/);
});
