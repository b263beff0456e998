import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { compile } from '../compile.ts';
import { add, multiply, square, subtract, sum } from '../primitives/index.ts';
import { slice } from '../primitives/slice.ts';
import {
  adam,
  adamW,
  clipByGlobalNorm,
  clipByValue,
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  type Optimiser,
  oneCycleSchedule,
  stepSchedule,
} from './index.ts';
import { torchParameters, torchRates } from './torch-figures.ts';

/** Gradient of Σ sin(j pⱼ) + 0.1 pⱼ². */
const slope = (p: Float64Array): Float64Array =>
  p.map((value, j) => (j + 1) * Math.cos((j + 1) * value) + 0.2 * value);

describe('against PyTorch', () => {
  const figures: [string, Optimiser, number[][]][] = [
    ['adam', adam(4, { learningRate: 0.05 }), torchParameters.adam],
    [
      'adam with its own betas',
      adam(4, { learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
      torchParameters.adamWithItsOwnBetas,
    ],
    [
      'amsgrad',
      adam(4, { learningRate: 0.3, beta1: 0.5, beta2: 0.6, amsgrad: true }),
      torchParameters.amsgrad,
    ],
    ['adamW', adamW(4, { learningRate: 0.05 }), torchParameters.adamW],
    [
      'adamW with amsgrad',
      adamW(4, { learningRate: 0.3, beta1: 0.5, beta2: 0.6, weightDecay: 0.2, amsgrad: true }),
      torchParameters.adamWithDecayAndAmsgrad,
    ],
  ];
  it.each(figures)('%s', (_, optimiser, expected) => {
    const p = Float64Array.of(1, -2, 0.5, 3);
    const seen: number[][] = [];
    for (let step = 1; step <= 12; step++) {
      optimiser.step(p, slope(p));
      if ([1, 2, 6, 12].includes(step)) seen.push([...p]);
    }
    seen.flat().forEach((value, i) => {
      expect(Math.abs(value - expected.flat()[i]!)).toBeLessThan(1e-13);
    });
  });

  it.each([
    ['cosine', cosineSchedule({ peak: 0.1, totalSteps: 9, final: 0.001 }), torchRates.cosine],
    ['exponential', exponentialSchedule({ initial: 0.1, decay: 0.9 }), torchRates.exponential],
    ['step', stepSchedule({ initial: 0.1, factor: 0.5, every: 3 }), torchRates.step],
    ['one-cycle', oneCycleSchedule({ peak: 0.1, totalSteps: 10 }), torchRates.oneCycle],
  ] as const)('%s schedule', (_, schedule, expected) => {
    expected.forEach((rate, step) => {
      expect(Math.abs(schedule(step) - rate)).toBeLessThan(1e-16);
    });
  });
});

test('warm-up rises to the peak; every schedule stays at its end', () => {
  const cosine = cosineSchedule({ peak: 1, totalSteps: 10, warmUpSteps: 4, final: 0.1 });
  expect([0, 1, 3, 4, 10, 99].map(cosine)).toEqual([0.25, 0.5, 1, 1, 0.1, 0.1]);
  expect(oneCycleSchedule({ peak: 1, totalSteps: 10 })(99)).toBeCloseTo(4e-6, 15);
  expect(constantSchedule(0.3)(7)).toBe(0.3);
  expect(() => cosineSchedule({ peak: 1, totalSteps: 0 })).toThrow(/cosineSchedule: totalSteps = 0/);
  expect(() => cosineSchedule({ peak: 1, totalSteps: 5, warmUpSteps: 5 })).toThrow(/warmUpSteps = 5/);
  expect(() => oneCycleSchedule({ peak: 1, totalSteps: 3 })).toThrow(/oneCycleSchedule: a rise of 0.3/);
});

test('adam finds the minimum of the Rosenbrock function', () => {
  const slopes = compile(
    (p) => {
      const [x, y] = [slice(p, [[0, 1]]), slice(p, [[1, 2]])];
      const loss = sum(add(square(subtract(1, x)), multiply(square(subtract(y, square(x))), 100)));
      return gradients(loss, [p]);
    },
    [{ shape: [2], dtype: 'float64' }],
  );
  const p = Float64Array.of(-1.2, 1);
  const steps = 8000;
  const optimiser = adam(2, { learningRate: cosineSchedule({ peak: 0.05, totalSteps: steps }) });
  for (let step = 0; step < steps; step++) optimiser.step(p, slopes.run([p])[0] as Float64Array);
  expect(Math.hypot(p[0]! - 1, p[1]! - 1)).toBeLessThan(1e-4);
});

test('a saved state goes on bit for bit', () => {
  const options = { learningRate: exponentialSchedule({ initial: 0.1, decay: 0.99 }), amsgrad: true };
  fc.assert(
    fc.property(fc.nat(20), (cut) => {
      const whole = Float32Array.of(1, -2, 0.5, 3);
      const resumed = whole.slice();
      const first = adamW(4, options);
      const go = (optimiser: Optimiser, p: Float32Array): void =>
        optimiser.step(p, slope(Float64Array.from(p)));
      for (let step = 0; step < cut; step++) {
        go(first, whole);
      }
      resumed.set(whole);
      const saved = Object.fromEntries(Object.entries(first.state).map(([name, a]) => [name, a.slice()]));
      for (let step = cut; step < 20; step++) go(first, whole);
      const second = adamW(4, options);
      second.restore(saved);
      for (let step = cut; step < 20; step++) go(second, resumed);
      expect(resumed).toEqual(whole);
    }),
  );
});

test('bad gradients and states are refused, and change nothing', () => {
  const optimiser = adam(2);
  const p = Float64Array.of(1, 2);
  expect(() => optimiser.step(p, Float64Array.of(1, Number.NaN))).toThrow(/adam: gradient 1 is NaN/);
  expect(() => optimiser.step(p, Float64Array.of(1))).toThrow(/adam: 2 parameters and 1 gradients/);
  expect([...p, ...optimiser.state.first!, ...optimiser.state.step!]).toEqual([1, 2, 0, 0, 0]);
  expect(() => optimiser.restore(adam(2, { amsgrad: true }).state)).toThrow(
    /adam: a saved state of first\[2\], largestSecond\[2\], second\[2\], step\[1\] does not fit first\[2\]/,
  );
});

test('clipping by the joint norm keeps the direction, and by value the signs', () => {
  const [a, b] = [Float64Array.of(3, 0), Float32Array.of(4)];
  expect(clipByGlobalNorm([a, b], 10)).toBe(5);
  expect([...a, ...b]).toEqual([3, 0, 4]);
  expect(clipByGlobalNorm([a, b], 2.5)).toBe(5);
  expect([...a, ...b]).toEqual([1.5, 0, 2]);
  const broken = Float64Array.of(Number.POSITIVE_INFINITY, 1);
  expect(clipByGlobalNorm([broken], 1)).toBe(Number.POSITIVE_INFINITY);
  expect(broken[1]).toBe(1);
  const c = Float64Array.of(-3, 0.5, 9);
  clipByValue([c], 1);
  expect([...c]).toEqual([-1, 0.5, 1]);
});
