import { foldIn, key } from '@equiflow/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brownianPath, eulerMaruyama, milstein, type StochasticField, solveSde } from '../index.ts';

const at = (path: ReturnType<typeof brownianPath>, t: number): number[] => [
  ...path.evaluate(t, new Float64Array(path.dimension)),
];

describe('the Brownian tree', () => {
  it('gives one path whatever is asked, in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 3, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (times) => {
          const path = brownianPath(key(3), [-1, 3], 3);
          const there = times.map((t) => at(path, t));
          const back = [...times].reverse().map((t) => at(path, t));
          expect(back.reverse()).toEqual(there);
          times.forEach((t, i) => {
            expect(at(brownianPath(key(3), [-1, 3], 3), t)).toEqual(there[i]);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('starts at zero and has independent increments of variance Δt', () => {
    const paths = 1500;
    const [a, b] = [0.37, 1.21];
    let [first, second, cross, other] = [0, 0, 0, 0];
    for (let i = 0; i < paths; i++) {
      const path = brownianPath(foldIn(key(7), i), [0, 2], 2);
      expect(at(path, 0)).toEqual([0, 0]);
      const [wa, wb] = [at(path, a), at(path, b)];
      first += wa[0]! ** 2;
      second += (wb[0]! - wa[0]!) ** 2;
      cross += wa[0]! * (wb[0]! - wa[0]!);
      other += wa[0]! * wa[1]!;
    }
    // Five standard errors, √(2/1500) for a variance.
    expect(Math.abs(first / paths / a - 1)).toBeLessThan(0.18);
    expect(Math.abs(second / paths / (b - a) - 1)).toBeLessThan(0.18);
    expect(Math.abs(cross / paths / Math.sqrt(a * (b - a)))).toBeLessThan(0.13);
    expect(Math.abs(other / paths / a)).toBeLessThan(0.13);
  });

  it('starts at zero backward in time too, and says what is wrong', () => {
    expect(at(brownianPath(key(1), [2, 0], 1), 2)).toEqual([0]);
    expect(() => brownianPath(key(1), [0, 0], 1)).toThrow(/has no length/);
    expect(() => at(brownianPath(key(1), [0, 1], 1), 1.5)).toThrow(/outside the span/);
  });
});

/** Geometric Brownian motion, dy = μ y dt + σ y dW, whose solution is known on every path. */
const [mu, sigma] = [0.3, 0.8];
const geometric: StochasticField = {
  drift: (_, y, out) => {
    out[0] = mu * y[0]!;
  },
  diffusion: (_, y, out) => {
    out[0] = sigma * y[0]!;
  },
};
const paths = Array.from({ length: 60 }, (_, i) => brownianPath(foldIn(key(11), i), [0, 1], 1));
const exact = paths.map((path) => Math.exp((mu - sigma ** 2 / 2) * 1 + sigma * at(path, 1)[0]!));
const strongError = (options: Parameters<typeof solveSde>[4]): number =>
  paths.reduce(
    (sum, path, i) => sum + Math.abs(solveSde(geometric, [0, 1], [1], path, options).end.y[0]! - exact[i]!),
    0,
  ) / paths.length;

it.each([eulerMaruyama, milstein].map((method) => [method.name, method] as const))(
  '%s converges strongly with its order',
  (_, method) => {
    const steps = [1 / 32, 1 / 128, 1 / 512];
    const errors = steps.map((step) => strongError({ method, step }));
    const slope = Math.log(errors[0]! / errors[2]!) / Math.log(steps[0]! / steps[2]!);
    expect(Math.abs(slope - method.strongOrder)).toBeLessThan(0.15);
  },
);

it.each([eulerMaruyama, milstein].map((method) => [method.name, method] as const))(
  '%s adapts its steps to the tolerance and converges to the solution of that path',
  (_, method) => {
    const errors = [1e-1, 1e-2, 1e-3].map((rtol) => strongError({ method, rtol, atol: rtol }));
    expect(errors[1]).toBeLessThan(errors[0]!);
    expect(errors[2]).toBeLessThan(errors[1]! / 2);
    expect(errors[2]).toBeLessThan(method === milstein ? 2e-2 : 4e-2);
  },
);

it('adapts its steps to noise of any shape', () => {
  // Two motions that drive two components together: y_i = y_i(0) exp((μ − |σ_i|²/2) t + σ_i · W).
  const sigmas = [
    [0.5, 0.3],
    [-0.2, 0.6],
  ] as const;
  const together: StochasticField = {
    drift: (_, y, out) => {
      out[0] = mu * y[0]!;
      out[1] = mu * y[1]!;
    },
    diffusion: (_, y, out) => {
      for (let i = 0; i < 2; i++) for (let j = 0; j < 2; j++) out[2 * i + j] = sigmas[i]![j]! * y[i]!;
    },
    noise: 'general',
  };
  const errorAt = (rtol: number): { error: number; steps: number } => {
    let [error, steps] = [0, 0];
    for (let i = 0; i < 40; i++) {
      const path = brownianPath(foldIn(key(23), i), [0, 1], 2);
      const solution = solveSde(together, [0, 1], [1, 1], path, { rtol, atol: rtol });
      expect(solution.success).toBe(true);
      const w = at(path, 1);
      sigmas.forEach(([a, b], k) => {
        const end = Math.exp(mu - (a * a + b * b) / 2 + a * w[0]! + b * w[1]!);
        error += Math.abs(solution.end.y[k]! - end) / 80;
      });
      steps += solution.statistics.steps / 40;
    }
    return { error, steps };
  };
  const [loose, tight] = [errorAt(1e-1), errorAt(2e-3)];
  expect(tight.error).toBeLessThan(loose.error / 3);
  expect(tight.error).toBeLessThan(3e-2);
  expect(tight.steps).toBeGreaterThan(5 * loose.steps);
});

it('lands on times to keep', () => {
  const saved = solveSde(geometric, [0, 1], [1], paths[0]!, { rtol: 1e-3, atol: 1e-3, saveAt: [0, 0.25, 1] });
  expect([...saved.t]).toEqual([0, 0.25, 1]);
  expect(Math.abs(saved.y[2]! - exact[0]!)).toBeLessThan(0.05);
});

it('takes noise of any shape, has the right spread, and refuses what does not fit', () => {
  // An Ornstein-Uhlenbeck process driven by two motions: variance (a² + b²)/2 (1 − e^−2) at t = 1.
  const ou: StochasticField = {
    drift: (_, y, out) => {
      out[0] = -y[0]!;
    },
    diffusion: (_, __, out) => {
      out[0] = 0.6;
      out[1] = 0.8;
    },
    noise: 'general',
  };
  let variance = 0;
  const count = 600;
  for (let i = 0; i < count; i++) {
    const path = brownianPath(foldIn(key(5), i), [0, 1], 2);
    variance += solveSde(ou, [0, 1], [0], path, { step: 0.05 }).end.y[0]! ** 2 / count;
  }
  expect(Math.abs(variance / (0.5 * (1 - Math.exp(-2))) - 1)).toBeLessThan(0.29);
  const path = brownianPath(key(1), [0, 1], 2);
  expect(() => solveSde(ou, [0, 1], [0], path, { method: milstein })).toThrow(/for diagonal noise/);
  expect(() => solveSde(geometric, [0, 1], [1], path)).toThrow(/needs a path of dimension 1, not 2/);
  const limited = solveSde(geometric, [0, 1], [1], paths[0]!, { step: 1e-3, maximumSteps: 10 });
  expect(limited.status).toBe('too-many-steps');
  expect(limited.end.t).toBeCloseTo(0.01, 10);
});
