import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFrame, extentOf, leftMargin, makeAxis, makeFrame, widened } from './axes.ts';
import { SIZE } from './style.ts';
import { labelWidth } from './text.ts';

const texts = (ticks: readonly { text: string }[]): string[] => ticks.map(({ text }) => text);

describe('extentOf', () => {
  it('leaves out what is not finite, and for logarithms what is not positive', () => {
    expect(extentOf('f', [[3, Number.NaN, -1], Float32Array.of(Number.POSITIVE_INFINITY, 7)])).toEqual([
      -1, 7,
    ]);
    expect(extentOf('f', [[3, 0, -1]], true)).toEqual([3, 3]);
    expect(() => extentOf('linePlot', [[], [Number.NaN]])).toThrow('linePlot: no finite data to draw');
    expect(() => extentOf('linePlot', [[0, -2]], true)).toThrow('linePlot: no positive finite data to draw');
  });

  it('a single value becomes a range around it', () => {
    expect(widened([5, 5], false)).toEqual([4.5, 5.5]);
    expect(widened([0, 0], false)).toEqual([-1, 1]);
    expect(widened([4, 4], true)).toEqual([2, 8]);
  });
});

describe('makeAxis', () => {
  it('writes ticks as people do', () => {
    expect(texts(makeAxis({}, [-0.2, 0.2], 300).ticks)).toEqual(['−0.2', '−0.1', '0', '0.1', '0.2']);
    expect(texts(makeAxis({}, [-5300, -5000], 300).ticks)).toContain('−5200');
    expect(texts(makeAxis({}, [0, 20000], 300).ticks)).toEqual(['0', '5000', '10,000', '15,000', '20,000']);
    expect(texts(makeAxis({}, [0, 3e7], 300).ticks)).toEqual(['0', '1×10⁷', '2×10⁷', '3×10⁷']);
    expect(texts(makeAxis({}, [1e-5, 3e-5], 200).ticks)).toContain('2.0×10⁻⁵');
  });

  it('logarithms: powers of ten over decades, 1 2 5 over less', () => {
    expect(texts(makeAxis({ scale: 'log' }, [1e-4, 1e4], 600).ticks)).toEqual([
      '10⁻⁴',
      '10⁻³',
      '0.01',
      '0.1',
      '1',
      '10',
      '100',
      '1000',
      '10⁴',
    ]);
    expect(texts(makeAxis({ scale: 'log' }, [0.009, 0.3], 400).ticks)).toEqual([
      '0.01',
      '0.02',
      '0.05',
      '0.1',
      '0.2',
    ]);
    const axis = makeAxis({ scale: 'log' }, [0.01, 1], 100);
    expect(axis.at(0.1)).toBeCloseTo(0.5, 12);
    expect(axis.at(0)).toBeNaN();
  });

  it('refuses what cannot be drawn', () => {
    expect(() => makeAxis({ label: 'k' }, [1, 1], 100)).toThrow('axis k: domain 1 to 1 cannot be drawn');
    expect(() => makeAxis({ scale: 'log', domain: [0, 1] }, [0.1, 1], 100)).toThrow(RangeError);
    expect(() => makeAxis({}, [Number.NaN, 1], 100)).toThrow(RangeError);
  });

  it('has at least two ticks inside its domain, whatever the domain', () => {
    const domain = fc
      .tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 1e-6, max: 1e9, noNaN: true }))
      .filter(([low, width]) => low + width > low && width > Math.abs(low) * 1e-9);
    fc.assert(
      fc.property(domain, fc.integer({ min: 100, max: 900 }), ([low, width], length) => {
        const axis = makeAxis({}, [low, low + width], length);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(new Set(texts(axis.ticks)).size).toBe(axis.ticks.length);
        for (const { value } of axis.ticks) {
          expect(axis.at(value)).toBeGreaterThanOrEqual(-1e-6);
          expect(axis.at(value)).toBeLessThanOrEqual(1 + 1e-6);
        }
      }),
    );
    const logDomain = fc.tuple(
      fc.integer({ min: -20, max: 20 }),
      fc.double({ min: 0.05, max: 20, noNaN: true }),
    );
    fc.assert(
      fc.property(logDomain, ([power, decades]) => {
        const low = 3.3 * 10 ** power;
        const axis = makeAxis({ scale: 'log' }, [low, low * 10 ** decades], 400);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(decades < 0.1 ? 1 : 2);
        expect(new Set(texts(axis.ticks)).size).toBe(axis.ticks.length);
      }),
    );
  });
});

describe('drawFrame', () => {
  it('texts of the x axis never touch', () => {
    const domain = fc.tuple(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(domain, fc.boolean(), ([low, width], log) => {
        const [from, to] = log
          ? [Math.abs(low) + 1e-4, (Math.abs(low) + 1e-4) * (1.2 + width)]
          : [low, low + width];
        const x = makeAxis({ scale: log ? 'log' : 'linear' }, [from, to], 150);
        const y = makeAxis({}, [0, 1], 100);
        const svg = drawFrame(makeFrame(x, y, leftMargin(y), 0, 150, 100), { noY: true });
        const found = [...svg.matchAll(/<text x="([-\d.]+)"[^>]*>([^<]*)</g)];
        expect(found.length).toBeGreaterThan(0);
        let end = Number.NEGATIVE_INFINITY;
        for (const [, at, text] of found) {
          const half = labelWidth(text!, SIZE.tick) / 2;
          expect(Number(at) - half).toBeGreaterThan(end);
          end = Number(at) + half;
        }
      }),
    );
  });
});
