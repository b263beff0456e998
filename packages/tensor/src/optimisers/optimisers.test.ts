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

/**
 * Figures of PyTorch 2.13.0 (float64, one thread): torch.optim.Adam and AdamW from p = (1, −2, 0.5, 3) on
 * Σ sin(j pⱼ) + 0.1 pⱼ², j = 1 … 4, after 1, 2, 6 and 12 steps; torch.optim.lr_scheduler from a rate of 0.1.
 */

/** Parameters after 1, 2, 6 and 12 steps. */
const torchParameters = {
  /** Adam(lr=0.05) */
  adam: [
    [0.9500000006753998, -1.9500000002928624, 0.4500000016014779, 2.950000000125773],
    [0.8999566802980283, -1.8999371417942337, 0.4027544087460632, 2.9002898771424594],
    [0.6988966956212825, -1.6984891972501752, 0.21120982923610326, 2.716854189103371],
    [0.39318257759530295, -1.3927880504749792, -0.09444660861847604, 2.6039615496427557],
  ],
  /** Adam(lr=0.1, betas=(0.8, 0.95), eps=1e-3) */
  adamWithItsOwnBetas: [
    [0.900134897732286, -1.9000585381647521, 0.4003192729720184, 2.900025148275269],
    [0.8000042899924278, -1.7997612864730417, 0.30926686238794815, 2.8027776724133378],
    [0.39497444392005293, -1.3940977882051002, -0.08355289951438956, 2.598514540914246],
    [-0.2220041268311573, -0.8301414593062543, -0.623955404609068, 2.766759855768141],
  ],
  /** Adam(lr=0.3, betas=(0.5, 0.6), amsgrad=True) */
  amsgrad: [
    [0.7000000040523986, -1.7000000017571735, 0.20000000960886738, 2.700000000754638],
    [0.3989014257172811, -1.3992147232657395, -0.0674458715642986, 2.5886111238885934],
    [-0.7824465539851289, -0.6230929434280932, -0.6052300949114955, 2.7276467043333326],
    [-1.3653032499585838, -0.7674249514923412, -0.5251660960856873, 2.7134011859114318],
  ],
  /** AdamW(lr=0.05) */
  adamW: [
    [0.9495000006753999, -1.9490000002928625, 0.44975000160147793, 2.948500000125773],
    [0.8989816199927085, -1.8979621642197775, 0.4022964435153894, 2.8973302977137365],
    [0.6962693267845923, -1.6928628215564072, 0.21011669799539798, 2.7094458169486013],
    [0.3888322613626387, -1.382538425028678, -0.09578628574840312, 2.5990495866026135],
  ],
  /** AdamW(lr=0.3, betas=(0.5, 0.6), weight_decay=0.2, amsgrad=True) */
  adamWithDecayAndAmsgrad: [
    [0.6400000040523985, -1.5800000017571734, 0.17000000960886735, 2.5200000007546377],
    [0.3005555488304388, -1.1845349022113165, -0.10696560160485555, 2.41102065999291],
    [-0.8264914198567623, -0.5605715701473887, -0.5461495326841728, 2.6546556345096515],
    [-1.1642463779631098, -0.6999487297893233, -0.49748457862441015, 2.614491880350464],
  ],
};

/** Learning rates of the first steps. */
const torchRates = {
  /** CosineAnnealingLR(T_max=9, eta_min=0.001) */
  cosine: [
    0.1, 0.09701478472890247, 0.0884191999343894, 0.07525, 0.05909558479451306, 0.04190441520548695,
    0.02575000000000001, 0.012580800065610593, 0.003985215271097539, 0.001,
  ],
  /** ExponentialLR(0.9) */
  exponential: [
    0.1, 0.09000000000000001, 0.08100000000000002, 0.07290000000000002, 0.06561000000000002,
    0.05904900000000002, 0.05314410000000002, 0.04782969000000002, 0.043046721000000024, 0.03874204890000002,
  ],
  /** StepLR(3, 0.5) */
  step: [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125],
  /** OneCycleLR(max_lr=0.1, total_steps=10) */
  oneCycle: [
    0.0040000000000000036, 0.052000000000000005, 0.1, 0.09504846320134738, 0.0811745653949763,
    0.06112620219362893, 0.03887419780637107, 0.0188258346050237, 0.004951936798652629,
  ],
};

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
