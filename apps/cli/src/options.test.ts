import { describe, expect, test } from 'vitest';
import { label } from './names.ts';
import { assignments, columns, integer, number, numbers, prior, requireTheta, widths } from './options.ts';
import { progressBar } from './progress.ts';
import { spectrumFamily } from './spectra.ts';

describe('values of options', () => {
  test('are read', () => {
    expect(prior('Omega_m:0.1:0.5, sigma_8:.6:1e0')).toEqual({
      names: ['Omega_m', 'sigma_8'],
      low: [0.1, 0.6],
      high: [0.5, 1],
    });
    expect(assignments('A=100,n=-1')).toEqual({ A: 100, n: -1 });
    expect(columns('--columns')('0,sigma_8')).toEqual([0, 'sigma_8']);
    expect(widths('--hidden')('none')).toEqual([]);
    expect(widths('--hidden')('64,32')).toEqual([64, 32]);
    expect(numbers('--theta')('0.3,0.8')).toEqual([0.3, 0.8]);
  });

  test.each([
    [() => prior('Omega_m'), /--prior 'Omega_m': write NAME:LOW:HIGH/],
    [() => prior('a:0:1,a:0:2'), /--prior: a is given twice/],
    [() => prior('a:0:one'), /--prior: 'one' is no number/],
    [() => assignments('A'), /--set 'A': write NAME=NUMBER/],
    [() => integer('--count', 1)('1.5'), /--count 1\.5: give a whole number of at least 1/],
    [() => number('--box', { above: 0 })('0'), /--box 0: must be above 0/],
    [() => numbers('--theta')('0.3,'), /--theta '0\.3,': an item of the list is empty/],
    [
      () => requireTheta('--theta', [0.3], prior('a:0:1,b:0:1')),
      /--theta: 1 values for the 2 parameters a, b/,
    ],
    [() => requireTheta('--theta', [2], prior('a:0:1')), /--theta: a = 2 is outside the prior from 0 to 1/],
  ])('that cannot be are refused by name (%#)', (read, expected) => {
    expect(read).toThrow(expected);
  });
});

describe('families of spectra', () => {
  const options = { set: {}, dimensions: 2, boxSize: 100 };
  test.each([
    [
      { spectrum: 'eh98', names: ['Omega_m'] },
      /needs sigma_8; vary it with --prior sigma_8:LOW:HIGH or hold it/,
    ],
    [
      { spectrum: 'eh98', names: ['Omega_m', 'A'] },
      /has no parameter A; it has Omega_m, Omega_b, h, n_s, sigma_8/,
    ],
    [{ spectrum: 'A*k^n', names: ['A'] }, /needs n; vary it with --prior/],
    [{ spectrum: 'A*k', names: ['A', 'B'] }, /--prior B: the formula 'A\*k' has no such parameter; it has A/],
    [{ spectrum: 'A*k', names: ['A'], set: { A: 1 } }, /--set A: A varies already/],
    [{ spectrum: 'A*k', names: ['A'], set: { B: 1 } }, /has no parameter B/],
  ])('name what is wrong (%#)', (given, expected) => {
    expect(() => spectrumFamily({ ...options, ...given }).at([1])).toThrow(expected);
  });

  test('maps of a cosmology are its projection P/L, cubes its P itself', () => {
    const names = ['Omega_m', 'sigma_8'];
    const flat = spectrumFamily({ ...options, spectrum: 'eh98', names });
    const cubes = spectrumFamily({ ...options, spectrum: 'eh98', names, dimensions: 3 });
    expect(cubes.at([0.3, 0.8]).power(0.2) / flat.at([0.3, 0.8]).power(0.2)).toBeCloseTo(100, 9);
  });
});

test('names become labels', () => {
  expect(['Omega_m', 'sigma_8', 'n_s', 'h', 'A_SN1'].map(label)).toEqual([
    '\\Omega_m',
    '\\sigma_8',
    'n_s',
    'h',
    'A_{SN1}',
  ]);
});

test('a bar is drawn on a terminal alone, and only after a second', () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) => ({ isTTY, columns: 60, write: (text: string) => written.push(text) });
  const quick = progressBar('quick', 10, stream(true));
  quick.to(5);
  quick.end();
  progressBar('hidden', 10, stream(false)).to(5);
  expect(written).toEqual([]);
  const realNow = performance.now;
  try {
    let now = 0;
    performance.now = () => now;
    const slow = progressBar('slow', 10, stream(true));
    now = 2000;
    slow.to(5, 'half');
    slow.end();
  } finally {
    performance.now = realNow;
  }
  expect(written[0]).toMatch(/slow █{12}░{12} 50 % 0:02 left {2}half/);
  expect(written[0]!.length).toBeLessThanOrEqual(60 + 4);
  expect(written.at(-1)).toBe('\r\x1b[K');
});
