import { powerSpectrum } from '@equiflow/fft-mesh';
import { key, randomUniform } from '@equiflow/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addNoise, discMask, maskField, smoothField } from './observe.ts';
import { overdensity, resampleField, slabMean, slabOverdensity } from './overdensity.ts';

const boxSize = 10;
const uniform = (count: number, seed: number): Float64Array =>
  randomUniform(key(seed), [count], 'float64').map((u) => u * boxSize);

test('an overdensity sums to 0, whatever the window, the masses, or how positions are wrapped', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('ngp', 'cic', 'tsc', 'pcs'),
      fc.integer({ min: 0, max: 99 }),
      (window, seed) => {
        const positions = uniform(90, seed);
        const masses = uniform(30, seed + 1);
        const options = { mesh: [4, 5, 6], boxSize, window, masses } as const;
        const delta = overdensity(positions, options);
        expect(delta.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
        const moved = overdensity(
          positions.map((x) => x - 3 * boxSize),
          options,
        );
        delta.forEach((value, i) => {
          expect(moved[i]).toBeCloseTo(value, 9);
        });
        expect(
          overdensity(positions, { ...options, compensated: true }).reduce((a, b) => a + b, 0),
        ).toBeCloseTo(0, 8);
      },
    ),
    { numRuns: 8 },
  );
});

test('slabs that fill the box add up to the projection of the box', () => {
  const positions = uniform(600, 3);
  const whole = slabOverdensity(positions, { mesh: [4, 4], boxSize, axis: 1 });
  const parts = [0, 2.5, 6].map((from, i) =>
    slabOverdensity(positions, { mesh: [4, 4], boxSize, axis: 1, from, depth: [2.5, 3.5, 4][i]! }),
  );
  whole.forEach((value, i) => {
    const sum = parts.reduce((total, map, j) => total + (1 + map[i]!) * ([2.5, 3.5, 4][j]! / boxSize), 0);
    expect(sum - 1).toBeCloseTo(value, 12);
  });
  // The projection of the box is the mean of its cells along the axis.
  const cube = overdensity(positions, { mesh: [4, 4, 4], boxSize });
  slabMean(cube, { mesh: [4, 4, 4], boxSize, axis: 1 }).forEach((value, i) => {
    expect(value).toBeCloseTo(whole[i]!, 12);
  });
  // A slab wraps around the box.
  const wrapped = slabOverdensity(positions, { mesh: [4, 4], boxSize, axis: 0, from: 9, depth: 2 });
  const shifted = slabOverdensity(
    positions.map((x, i) => (i % 3 === 0 ? x + 1 : x)),
    { mesh: [4, 4], boxSize, axis: 0, from: 0, depth: 2 },
  );
  expect([...wrapped]).toEqual([...shifted]);
});

test('the mean over a slab counts cells on its faces in part', () => {
  const field = Float64Array.from({ length: 64 }, (_, i) => i % 4);
  // Cells of 2.5 Mpc/h around 0, 2.5, 5, 7.5: from 1.25 to 3.75 is the cell of 2.5; half a cell more takes half of the next.
  const options = { mesh: [4, 4, 4], boxSize };
  expect(slabMean(field, { ...options, from: 1.25, depth: 2.5 })[5]).toBeCloseTo(1, 12);
  expect(slabMean(field, { ...options, from: 1.25, depth: 3.75 })[5]).toBeCloseTo((1 + 0.5 * 2) / 1.5, 12);
  expect(slabMean(field, { ...options, from: 8.75, depth: 2.5 })[0]).toBeCloseTo(0, 12);
});

test('resampling keeps the modes that both meshes hold', () => {
  const wave = (n: number): Float64Array =>
    Float64Array.from({ length: n * n }, (_, i) => {
      const [x, y] = [Math.floor(i / n) / n, (i % n) / n];
      return 1 + Math.cos(2 * Math.PI * (x - 2 * y)) + Math.sin(6 * Math.PI * x);
    });
  for (const [a, b] of [
    [8, 12],
    [12, 8],
    [9, 8],
  ] as const) {
    const resampled = resampleField(wave(a), { mesh: [a, a], to: [b, b] });
    wave(b).forEach((value, i) => {
      expect(resampled[i]).toBeCloseTo(value, 12);
    });
  }
});

test('smoothing multiplies modes: a Gaussian, a sphere and a disc', () => {
  const n = 16;
  const k = (2 * Math.PI) / boxSize;
  const wave = (d: number) =>
    Float64Array.from({ length: n ** d }, (_, i) => Math.cos((2 * Math.PI * (i % n)) / n));
  const at = (d: number, kernel: 'gaussian' | 'top-hat', radius: number): number =>
    smoothField(wave(d), { mesh: new Array<number>(d).fill(n), boxSize, radius, kernel })[0]!;
  expect(at(2, 'gaussian', 2)).toBeCloseTo(Math.exp(-0.5 * (2 * k) ** 2), 12);
  const x = 2 * k;
  expect(at(3, 'top-hat', 2)).toBeCloseTo((3 * (Math.sin(x) - x * Math.cos(x))) / x ** 3, 12);
  // 2 J₁(x)/x at x = 2 × 2π/10: Abramowitz & Stegun's series.
  let j1 = 0;
  for (let m = 0, term = x / 2; m < 20; m++) {
    j1 += term;
    term *= -((x / 2) ** 2) / ((m + 1) * (m + 2));
  }
  expect(at(2, 'top-hat', 2)).toBeCloseTo((2 * j1) / x, 12);
});

test('noise has its variance, masks cut', () => {
  const noisy = addNoise(new Float64Array(4096), 3, key(1));
  const power = powerSpectrum(noisy, { mesh: [64, 64], boxSize, edges: [0.5, 40] }).power[0]!;
  expect(power / (9 * (boxSize / 64) ** 2)).toBeCloseTo(1, 1);
  const mask = discMask([4, 4], boxSize, [{ x: 9.9, y: 0, radius: 1 }]);
  expect(mask.reduce((a, b) => a + b, 0)).toBe(15);
  expect([...maskField([1, Number.NaN, 4], [1, 0, 0.5])]).toEqual([1, 0, 2]);
});

test('nonsense is refused', () => {
  expect(() => overdensity(new Float64Array(0), { mesh: [2, 2], boxSize })).toThrow(/0 particles/);
  expect(() => slabOverdensity(uniform(9, 1), { mesh: [2, 2, 2], boxSize })).toThrow(/two axes/);
  expect(() => slabOverdensity(uniform(9, 1), { mesh: [2, 2], boxSize, depth: 11 })).toThrow(/depth 11/);
  expect(() => slabOverdensity(uniform(9, 1), { mesh: [2, 2], boxSize, from: 10 })).toThrow(/from 10/);
  expect(() => slabMean([1], { mesh: [2, 2, 2], boxSize })).toThrow(/1 values/);
  expect(() => addNoise([1], -1, key(1))).toThrow(/sigma = -1/);
  expect(() => maskField([1], [1, 2])).toThrow(/mask of 2 cells/);
  expect(() => smoothField([1], { mesh: [1], boxSize, radius: 0 })).toThrow(/radius = 0/);
});
