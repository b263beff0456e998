import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation, rademacher, randomIntegers, randomNormal, randomUniform } from './draw.ts';
import { foldIn, key, normalPair, philox4x32, type RandomKey, randomBits, split } from './philox.ts';

const hex = (words: Uint32Array): string =>
  Array.from(words, (w) => w.toString(16).padStart(8, '0')).join(' ');

describe('philox4x32', () => {
  // Random123, examples/kat_vectors, lines "philox4x32 10".
  it.each<[RandomKey, [number, number, number, number], string]>([
    [[0, 0], [0, 0, 0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('gives the known answer of key %s', (from, counter, expected) => {
    const out = new Uint32Array(4);
    philox4x32(from, ...counter, out);
    expect(hex(out)).toBe(expected);
  });
});

describe('keys', () => {
  it('keeps all 64 bits of a seed and refuses fractions', () => {
    expect(key(2 ** 40 + 5)).toEqual([5, 256]);
    expect(key(-1)).toEqual([0xffffffff, 0xffffffff]);
    expect(key(0x0123456789abcdefn)).toEqual([0x89abcdef, 0x01234567]);
    expect(() => key(0.5)).toThrow(/key: the seed 0.5/);
  });

  it('derives keys that differ', () => {
    const derived = [...split(key(7), 50), foldIn(key(7), -1), foldIn(key(7), 2 ** 33), key(7)];
    expect(new Set(derived.map(String)).size).toBe(derived.length);
    expect(split(key(7), 3)[2]).toEqual(foldIn(key(7), 2));
  });
});

describe('draws', () => {
  it('do not depend on how many are asked for, nor from where', () => {
    const draws = [
      (n: number, at: number) => randomBits(key(1), n, at),
      (n: number, at: number) => randomUniform(key(1), [n], 'float64', at),
      (n: number, at: number) => randomUniform(key(1), [n], 'float32', at),
      (n: number, at: number) => randomNormal(key(1), [n], 'float64', at),
      (n: number, at: number) => randomNormal(key(1), [n], 'float32', at),
      (n: number, at: number) => rademacher(key(1), [n], 'float32', at),
      (n: number, at: number) => randomIntegers(key(1), [n], 100, at),
    ];
    const long = draws.map((draw) => draw(64, 0));
    fc.assert(
      fc.property(fc.nat(40), fc.nat(24), (at, n) => {
        draws.forEach((draw, which) => {
          expect(draw(n, at)).toEqual(long[which]!.slice(at, at + n));
        });
      }),
    );
  });

  it('are the same in float32 and float64 to rounding', () => {
    const wide = randomNormal(key(3), [999], 'float64');
    expect(randomNormal(key(3), [999], 'float32')).toEqual(Float32Array.from(wide));
    const uniform = randomUniform(key(3), [999], 'float64');
    randomUniform(key(3), [999], 'float32').forEach((u, i) => {
      expect(uniform[i]! - u).toBeGreaterThanOrEqual(0);
      expect(uniform[i]! - u).toBeLessThan(2 ** -24);
    });
  });

  it('have the moments of their distributions to 5 standard errors', () => {
    const n = 100_000;
    const mean = (values: Iterable<number>, power: number): number => {
      let sum = 0;
      for (const value of values) sum += value ** power;
      return sum / n;
    };
    const normal = randomNormal(key(11), [n], 'float64');
    const variance = [1, 2, 15, 96]; // of x, x², x³, x⁴
    [0, 1, 0, 3].forEach((expected, index) => {
      const error = Math.sqrt(variance[index]! / n);
      expect(Math.abs(mean(normal, index + 1) - expected)).toBeLessThan(5 * error);
    });
    const uniform = randomUniform(key(11), [n], 'float64');
    expect(Math.abs(mean(uniform, 1) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(mean(uniform, 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    expect(Math.abs(mean(rademacher(key(11), [n], 'float32'), 1))).toBeLessThan(5 / Math.sqrt(n));
    let product = 0;
    for (let i = 0; i < n; i += 2) product += normal[i]! * normal[i + 1]!;
    expect(Math.abs(product / (n / 2))).toBeLessThan(5 / Math.sqrt(n / 2));
  });

  it('fill a uniform evenly (chi-squared of 64 cells, 5 σ)', () => {
    const n = 64_000;
    const counts = new Array<number>(64).fill(0);
    for (const cell of randomIntegers(key(5), [n], 64)) counts[cell]!++;
    const chi2 = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(Math.abs(chi2 - 63)).toBeLessThan(5 * Math.sqrt(126));
  });

  it('at a coordinate takes signed integers and differs from neighbours', () => {
    const out = new Float64Array(8);
    [
      [1, 2, 3],
      [-1, 2, 3],
      [1, -2, 3],
      [1, 2, -3],
    ].forEach((mode, index) => {
      normalPair(key(9), mode as [number, number, number], out, 2 * index);
    });
    expect(new Set(out).size).toBe(8);
    const again = new Float64Array(2);
    normalPair(key(9), [-1, 2, 3], again);
    expect(again).toEqual(out.slice(2, 4));
  });

  it('permute every element once, and every position alike', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer(), (n, seed) => {
        expect(permutation(key(seed), n).toSorted()).toEqual(Int32Array.from({ length: n }, (_, i) => i));
      }),
    );
    const first = new Array<number>(5).fill(0);
    for (let seed = 0; seed < 5000; seed++) first[permutation(key(seed), 5)[0]!]!++;
    for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(800));
  });
});
