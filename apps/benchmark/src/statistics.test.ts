import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitExponent, judge, median, summarise } from './statistics.ts';

const time = fc.double({ min: 1e-3, max: 1e4, noNaN: true });

describe('summarise', () => {
  it('takes the minimum, the median, and the spread of the process minima', () => {
    const summary = summarise([
      [3, 2, 9],
      [2.5, 4],
      [2.2, 8, 7],
    ]);
    expect(summary).toEqual({
      minimum: 2,
      median: 3.5,
      spread: 1.25,
      processes: 3,
      repeats: 8,
      measurable: true,
    });
  });

  it('concludes nothing from minima that differ by more than 1.5', () => {
    expect(summarise([[1], [1.2], [1.5]]).measurable).toBe(true);
    expect(summarise([[1], [1.2], [1.51]]).measurable).toBe(false);
  });

  it('concludes nothing from fewer than three processes', () => {
    expect(summarise([[1], [1]]).measurable).toBe(false);
  });

  it('has minimum ≤ median and spread ≥ 1, in any order of processes', () => {
    fc.assert(
      fc.property(fc.array(fc.array(time, { minLength: 1 }), { minLength: 1 }), (processes) => {
        const summary = summarise(processes);
        expect(summary.minimum).toBeLessThanOrEqual(summary.median);
        expect(summary.spread).toBeGreaterThanOrEqual(1);
        expect(summarise([...processes].reverse())).toEqual(summary);
      }),
    );
  });

  it('refuses a process without times', () => {
    expect(() => summarise([[1], []])).toThrow('at least one time');
  });
});

describe('median', () => {
  it('splits a list in half', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), (values) => {
        const middle = median(values);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('judge', () => {
  const target = { atLeast: 5, goal: 10 };
  it('compares with the limit and the goal', () => {
    expect(judge(4.9, target, true)).toBe('missed');
    expect(judge(5, target, true)).toBe('met');
    expect(judge(10, target, true)).toBe('goal');
    expect(judge(10, { atLeast: 5 }, true)).toBe('met');
    expect(judge(0.8, { goal: 1 }, true)).toBe('short of the goal');
  });
  it('never calls a row a win, or a loss, that is not measurable', () => {
    expect(judge(100, target, false)).toBe('not measurable');
    expect(judge(0.1, target, false)).toBe('not measurable');
  });
});

describe('fitExponent', () => {
  it('finds the exponent of a power law', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 4, noNaN: true }), time, (exponent, factor) => {
        const sizes = [16, 32, 64, 128];
        const costs = sizes.map((size) => factor * size ** exponent);
        expect(fitExponent(sizes, costs)).toBeCloseTo(exponent, 9);
      }),
    );
  });
  it('refuses one size and costs that are not positive', () => {
    expect(() => fitExponent([4, 4], [1, 2])).toThrow('two different sizes');
    expect(() => fitExponent([4, 8], [0, 2])).toThrow('positive');
  });
});
