import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suiteCost, suiteSeconds } from './suite-cost.ts';

test('what two suites took gives the time of each of them, and of any other', () => {
  const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
  const whole = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(positive, positive, whole, whole, (startUp, each, workers, rounds) => {
      const truth = { startUp, each, workers };
      const count = workers * (rounds + 1);
      const cost = suiteCost(suiteSeconds(truth, workers), suiteSeconds(truth, count), count, workers);
      expect(cost.each).toBeCloseTo(each, 9);
      expect(suiteSeconds(cost, 1000)).toBeCloseTo(suiteSeconds(truth, 1000), 6);
    }),
  );
});

test('machines share the rows; one simulation a process cannot tell start from work', () => {
  expect(suiteSeconds({ workers: 2, startUp: 3, each: 1 }, 1000, 4)).toBe(128);
  expect(() => suiteCost(1, 2, 2, 2)).toThrow(/two or more each/);
});
