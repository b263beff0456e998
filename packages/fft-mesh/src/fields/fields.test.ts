import { foldIn, key, type Shape } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { realTransformAxes } from '../plain/axes.ts';
import { halfLength, shells, signedIndex } from '../shells.ts';
import { shellEdges } from '../spectra/bins.ts';
import { powerSpectrum, shellPower } from '../spectra/power.ts';
import {
  fieldSampler,
  gaussianCounterpart,
  gaussianField,
  lognormalField,
  shellSpectrum,
} from './gaussian.ts';
import { whiteModes } from './white-noise.ts';

const power = (k: number): number => (40 * k) / (1 + (k / 0.05) ** 2.5);
const steep = (k: number): number => 2e3 * Math.exp(-((k * 20) ** 2));

/** The modes of a mesh by their signed vector. */
function modeMap(mesh: Shape, seed: number): Map<string, [number, number]> {
  const { re, im } = whiteModes(mesh, key(seed));
  const modes = new Map<string, [number, number]>();
  const lengths = mesh.map((n, axis) => (axis === mesh.length - 1 ? halfLength(n) : n));
  for (let at = 0; at < re.length; at++) {
    let rest = at;
    const vector: number[] = [];
    for (let axis = mesh.length - 1; axis >= 0; axis--) {
      vector.unshift(signedIndex(rest % lengths[axis]!, mesh[axis]!));
      rest = Math.floor(rest / lengths[axis]!);
    }
    modes.set(vector.join(), [re[at]!, im[at]!]);
  }
  return modes;
}

describe('white noise', () => {
  test.each([
    [
      [8, 8],
      [12, 12],
    ],
    [
      [7, 7],
      [16, 16],
    ],
    [[9], [32]],
    [
      [6, 6, 6],
      [10, 10, 10],
    ],
    [
      [5, 5, 5],
      [6, 6, 6],
    ],
  ])('modes with |n_i| < N/2 of %s and %s are the same', (small, large) => {
    const fine = modeMap(large, 3);
    let compared = 0;
    for (const [name, mode] of modeMap(small, 3)) {
      if (name.split(',').some((n, axis) => 2 * Math.abs(Number(n)) >= small[axis]!)) continue;
      expect(fine.get(name)).toEqual(mode);
      compared++;
    }
    expect(compared).toBeGreaterThan(4);
  });

  test('belongs to a real field: its transform back and forth is itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.nat(),
        (mesh, seed) => {
          const flat = (k: number): number => k * 0 + 1;
          const field = gaussianField({ mesh, boxSize: 1, power: flat, key: key(seed) });
          const cells = mesh.reduce((a, b) => a * b, 1);
          const { re, im } = realTransformAxes(field, mesh, mesh.length);
          const white = whiteModes(mesh, key(seed));
          for (let mode = 0; mode < re.length; mode++) {
            expect(re[mode]! / cells).toBeCloseTo(white.re[mode]!, 12);
            expect(im[mode]! / cells).toBeCloseTo(white.im[mode]!, 12);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('Gaussian fields', () => {
  test.each([
    ['2-D', [48, 48], 500],
    ['3-D', [24, 24, 24], 500],
    ['odd', [45, 45], 300],
  ] as [string, number[], number][])('%s: reduced χ² of the spectrum below 1.5', (_, mesh, boxSize) => {
    const field = gaussianField({ mesh, boxSize, power, key: key(11) });
    const box = { mesh, boxSize };
    const { k, power: measured, modes } = powerSpectrum(field, { ...box, edges: shellEdges(box) });
    let chi2 = 0;
    k.forEach((value, bin) => {
      chi2 += (measured[bin]! / power(value) - 1) ** 2 / (2 / modes[bin]!);
    });
    expect(chi2 / k.length).toBeLessThan(1.5);
    expect(chi2 / k.length).toBeGreaterThan(0.5);
  });

  test('the mean spectrum over seeds has no bias, k = 0 with P(k_f) included', () => {
    const mesh = [16, 16];
    const boxSize = 200;
    const sampler = fieldSampler({ mesh, boxSize });
    const draws = 400;
    const total = new Float64Array(shells(mesh).squares.length);
    for (let draw = 0; draw < draws; draw++) {
      const field = sampler.gaussian(power, foldIn(key(5), draw));
      shellPower(field, mesh).power.forEach((value, shell) => {
        total[shell]! += value;
      });
    }
    const expected = shellSpectrum(power, mesh, boxSize);
    expect(expected[0]).toBe(power((2 * Math.PI) / boxSize));
    const { multiplicity } = shells(mesh);
    let chi2 = 0;
    total.forEach((value, shell) => {
      const modes = multiplicity[shell]! * draws;
      const mean = ((value / modes) * boxSize ** 2) / 256;
      const pull = (mean / expected[shell]! - 1) / Math.sqrt(2 / modes);
      expect(Math.abs(pull)).toBeLessThan(4.5);
      chi2 += pull ** 2;
    });
    expect(chi2 / total.length).toBeLessThan(1.5);
  });

  test('a backend draws the same field', () => {
    const options = { mesh: [6, 10, 8], boxSize: 100, power, key: key(2) };
    const plain = gaussianField(options);
    const fast = gaussianField({ ...options, backend: wasm() });
    const scale = Math.max(...plain.map(Math.abs));
    plain.forEach((value, cell) => {
      expect(Math.abs(fast[cell]! - value)).toBeLessThan(1e-14 * scale);
    });
  });

  test('refuses negative power, empty boxes and meshes', () => {
    const box = { mesh: [8, 8], boxSize: 100, key: key(1) };
    expect(() => gaussianField({ ...box, power: (k) => 0.3 - k })).toThrow(/P\(k = 0\.3.* h\/Mpc\) = -/);
    expect(() => gaussianField({ ...box, power, boxSize: 0 })).toThrow(/box of side 0/);
    expect(() => gaussianField({ ...box, power, mesh: [8, 0] })).toThrow(/mesh \[8,0\]/);
  });
});

describe('lognormal fields', () => {
  const mesh = [16, 16];
  const boxSize = 100;

  test('ξ = exp ξ_G − 1 on the mesh: the target spectrum exactly', () => {
    const target = shellSpectrum(power, mesh, boxSize);
    const { spectrum, variance } = gaussianCounterpart(target, mesh, boxSize);
    // Correlation functions as direct sums over the modes of the full mesh.
    const half = halfLength(16);
    const cosineSum = (value: (mode: number) => number, x: number, y: number): number => {
      let total = 0;
      for (let i = 0; i < 16; i++) {
        for (let j = 0; j < 16; j++) {
          const mode = j < half ? i * half + j : ((16 - i) % 16) * half + 16 - j;
          total += value(mode) * Math.cos((2 * Math.PI * (i * x + j * y)) / 16);
        }
      }
      return total / boxSize ** 2;
    };
    const { index } = shells(mesh);
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [3, 5],
      [8, 8],
      [2, 15],
    ] as const) {
      const xi = cosineSum((mode) => target[index[mode]!]!, x, y);
      const xiG = cosineSum((mode) => spectrum[mode]!, x, y);
      expect(Math.expm1(xiG)).toBeCloseTo(xi, 12);
      if (x === 0 && y === 0) expect(xiG).toBeCloseTo(variance, 12);
    }
  });

  test('mean 0, spectrum unbiased, never below −1', () => {
    const sampler = fieldSampler({ mesh, boxSize });
    const draws = 300;
    const low = { mesh, boxSize, edges: [0.05, 0.2, 0.35, 0.5] };
    const total = new Float64Array(3);
    const squares = new Float64Array(3);
    let mean = 0;
    for (let draw = 0; draw < draws; draw++) {
      const field = sampler.lognormal(power, foldIn(key(8), draw));
      expect(Math.min(...field)).toBeGreaterThan(-1);
      mean += field.reduce((a, b) => a + b, 0) / field.length / draws;
      powerSpectrum(field, low).power.forEach((value, bin) => {
        total[bin]! += value / draws;
        squares[bin]! += value ** 2 / draws;
      });
    }
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(power((2 * Math.PI) / boxSize) / boxSize ** 2 / draws));
    const { squares: shellsOf, multiplicity } = shells(mesh);
    total.forEach((value, bin) => {
      let expected = 0;
      let modes = 0;
      shellsOf.forEach((square, shell) => {
        const k = (2 * Math.PI * Math.sqrt(square)) / boxSize;
        if (k < low.edges[bin]! || k >= low.edges[bin + 1]!) return;
        expected += multiplicity[shell]! * power(k);
        modes += multiplicity[shell]!;
      });
      const error = Math.sqrt((squares[bin]! - value ** 2) / draws);
      expect(Math.abs(value - expected / modes)).toBeLessThan(4 * error);
    });
  });

  test('an impossible spectrum is an error that names the k and the value', () => {
    const box = { mesh: [32, 32], boxSize: 500, key: key(1) };
    // ln(1 + ξ) of a Gaussian ξ has a broader, negative term −ξ²/2, which wins at large k however small ξ is.
    expect(() => lognormalField({ ...box, power: steep })).toThrow(/Gaussian counterpart/);
    expect(() => lognormalField({ ...box, power })).not.toThrow();
    expect(() => lognormalField({ ...box, power: (k) => 1e5 * k * Math.exp(-((k * 40) ** 2)) })).toThrow(
      /Gaussian counterpart would have P\(k = .* h\/Mpc\) = -.* < 0/,
    );
    expect(() => lognormalField({ ...box, power: (k) => (k < 0.05 ? 1e6 : 0) })).toThrow(
      /correlation function is -.* at cell/,
    );
  });
});
