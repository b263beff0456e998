import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquare, directTransform, exactLogProb, modePower, visitModes } from './mode-power.ts';

const noise = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + seed) * 1.7 + Math.cos(i * i));

describe('directTransform', () => {
  it.each([
    [4, 2],
    [5, 2],
    [6, 3],
    [5, 3],
  ])('is the sum over all cells, side %i in %i dimensions', (side, dimensions) => {
    const x = noise(side ** dimensions, 1);
    const { re, im, half } = directTransform(x, side, dimensions);
    const digits = (index: number, base: number, count: number): number[] =>
      Array.from({ length: count }, (_, axis) => Math.floor(index / base ** (count - 1 - axis)) % base);
    for (let row = 0; row < side ** (dimensions - 1); row++) {
      for (let last = 0; last < half; last++) {
        const mode = [...digits(row, side, dimensions - 1), last];
        let [a, b] = [0, 0];
        x.forEach((value, cell) => {
          const phase =
            (-2 *
              Math.PI *
              digits(cell, side, dimensions).reduce((sum, n, axis) => sum + n * mode[axis]!, 0)) /
            side;
          a += value * Math.cos(phase);
          b += value * Math.sin(phase);
        });
        expect(re[row * half + last]).toBeCloseTo(a, 10);
        expect(im[row * half + last]).toBeCloseTo(b, 10);
      }
    }
  });
  it('refuses a field of another size', () => {
    expect(() => directTransform([1, 2, 3], 2, 2)).toThrow('3 values for a mesh of 2^2');
  });
});

describe('modePower', () => {
  it('counts every mode and keeps Parseval, any side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 14 }), fc.integer({ min: 1, max: 3 }), (side, dimensions) => {
        const x = noise(side ** dimensions, side);
        const { multiplicity, power } = modePower(x, side, dimensions);
        const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
        expect(total(multiplicity)).toBe(side ** dimensions);
        expect(total(power)).toBeCloseTo(total(x.map((value) => value * value)), 8);
      }),
      { numRuns: 40 },
    );
  });
  it('gives a wave its own |n|²', () => {
    const side = 8;
    const wave = Float64Array.from({ length: 64 }, (_, i) =>
      Math.cos((2 * Math.PI * (3 * Math.floor(i / side) + 2 * (i % side))) / side),
    );
    const { squares, power } = modePower(wave, side, 2);
    for (const [i, value] of power.entries()) expect(value).toBeCloseTo(squares[i] === 13 ? 32 : 0, 10);
  });
  it('knows the white field: ln p from its cells', () => {
    const x = noise(49, 3);
    const modes = modePower(x, 7, 2);
    const variances = modes.squares.map(() => 2.5);
    const direct = x.reduce((sum, value) => sum - (value * value) / 5 - 0.5 * Math.log(5 * Math.PI), 0);
    expect(
      exactLogProb(
        modes,
        Float64Array.from(modes.squares, () => 2.5),
      ),
    ).toBeCloseTo(direct, 9);
    expect(
      chiSquare(
        modes,
        variances.map(() => 1),
      ),
    ).toBeCloseTo(
      x.reduce((s, v) => s + v * v, 0),
      9,
    );
  });
  it('visits the self-conjugate columns once', () => {
    const weights = new Map<number, number>();
    visitModes(6, 1, (place, _, weight) => weights.set(place, weight));
    expect([...weights.values()]).toEqual([1, 2, 2, 1]);
  });
});
