import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSpectrumFormula } from './formula.ts';

test('the formula of the command line is what it says', () => {
  const formula = parseSpectrumFormula('A*k^n*exp(-(k*R)^2)');
  expect(formula.parameters).toEqual(['A', 'R', 'n']);
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1e4, noNaN: true }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.array(fc.double({ min: 1e-3, max: 5, noNaN: true })),
      (A, n, R, k) => {
        const powers = formula.bind({ A, n, R }).powers(k);
        expect(powers.length).toBe(k.length);
        for (const [i, ki] of k.entries()) expect(powers[i]).toBe(A * ki ** n * Math.exp(-((ki * R) ** 2)));
      },
    ),
  );
});

test('products without a sign, constants, conditions and comparisons', () => {
  expect(parseSpectrumFormula('A k^n exp(-(k R)^2)').bind({ A: 2, n: 1, R: 3 }).power(0.5)).toBeCloseTo(
    Math.exp(-2.25),
    14,
  );
  expect(parseSpectrumFormula('2 pi e').bind({}).power(1)).toBeCloseTo(2 * Math.PI * Math.E, 12);
  const step = parseSpectrumFormula('0.1 < k < 1 ? A : A/2').bind({ A: 4 });
  expect([...step.powers([0.05, 0.5, 2])]).toEqual([2, 4, 2]);
  expect(parseSpectrumFormula('max(k, 1) + 1e-3').bind({}).power(0)).toBeCloseTo(1.001, 12);
});

test('two sets of values of one formula do not disturb each other', () => {
  const formula = parseSpectrumFormula('A*k');
  const one = formula.bind({ A: 1 });
  const two = formula.bind({ A: 2 });
  expect([one.power(3), two.power(3), one.power(4)]).toEqual([3, 6, 4]);
});

describe('one clear line for what is refused', () => {
  test.each([
    ['', /is empty/],
    ['A*k^', /spectrum formula 'A\*k\^': Unexpected end/],
    ['foo(k)', /unknown function foo\(…\)/],
    ['k(1+k)', /unknown function k\(…\)/],
    ['import("fs")', /unknown function import/],
    ['evaluate("1")', /unknown function evaluate/],
    ['exp()', /exp\(\) has no argument/],
    ['A=1', /assigning A is not allowed/],
    ['f(x)=x', /assigning f is not allowed/],
    ['[k, 1]', /array is not allowed/],
    ['k; 1', /block is not allowed/],
    ['"text"', /"text" is not a number/],
    ['A.constructor', /accessor is not allowed/],
    ['{a: 1}', /object is not allowed/],
    ['k!', /operator ! is not allowed/],
    ['k to A', /operator to is not allowed/],
    ['1:3', /range is not allowed/],
  ])('%s', (text, message) => {
    let caught: unknown;
    try {
      parseSpectrumFormula(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SyntaxError);
    expect((caught as Error).message).toMatch(message);
    expect((caught as Error).message).not.toContain('\n');
  });

  test('parameters: missing, unknown, not finite', () => {
    const formula = parseSpectrumFormula('A*k^n');
    expect(() => formula.bind({ A: 1 })).toThrow(/parameter n has no value; give n=NUMBER/);
    expect(() => formula.bind({ A: 1, n: 1, B: 2 })).toThrow(/has no parameter B \(it has A, n\)/);
    expect(() => formula.bind({ A: 1, n: Infinity })).toThrow(/parameter n = Infinity is not finite/);
    expect(() => parseSpectrumFormula('toString*k').bind({})).toThrow(/parameter toString has no value/);
  });

  test('values: negative, infinite, not a number, each with its k', () => {
    expect(() => parseSpectrumFormula('1 - k').bind({}).powers([0.5, 2])).toThrow(
      /P = -1 at k = 2 h\/Mpc is negative/,
    );
    expect(() => parseSpectrumFormula('1/k').bind({}).power(0)).toThrow(
      /P = Infinity at k = 0 h\/Mpc is not finite/,
    );
    expect(() => parseSpectrumFormula('sqrt(k-1)').bind({}).power(0.5)).toThrow(/P = NaN at k = 0.5/);
    expect(() => parseSpectrumFormula('k > 1').bind({}).power(2)).toThrow(/is not a number/);
  });
});
