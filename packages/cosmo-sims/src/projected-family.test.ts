import { expect, test } from 'vitest';
import { linearPower } from './linear-power.ts';
import { projectedFamily, QUIJOTE_FIXED } from './projected-family.ts';

const K = [0.00628, 0.02, 0.1, 0.28];

test('the family is the linear spectrum over L', () => {
  const family = projectedFamily();
  const matter = linearPower({ ...QUIJOTE_FIXED, omegaM: 0.3, sigma8: 0.8, transfer: 'eh98-nowiggle' });
  for (const k of K) expect(family.spectrum(0.3, 0.8).power(k)).toBe(matter.power(k) / 1000);
});

test.each(['eh98', 'eh98-nowiggle'] as const)(
  'derivatives of ln P of %s agree with Richardson differences',
  (transfer) => {
    const family = projectedFamily({ transfer });
    for (const omegaM of [0.12, 0.3, 0.48]) {
      const { omegaM: along, sigma8 } = family.logDerivatives(omegaM, 0.8, K);
      const central = (h: number): number[] => {
        const up = family.spectrum(omegaM + h, 0.8).powers(K);
        const down = family.spectrum(omegaM - h, 0.8).powers(K);
        return K.map((_, i) => Math.log(up[i]! / down[i]!) / (2 * h));
      };
      const coarse = central(4e-4);
      const fine = central(2e-4);
      for (let i = 0; i < K.length; i++) {
        const richardson = (4 * fine[i]! - coarse[i]!) / 3;
        expect(Math.abs(along[i]! - richardson)).toBeLessThan(1e-6 * Math.max(1, Math.abs(richardson)));
        expect(sigma8[i]).toBe(2.5);
      }
    }
  },
);

test('Fisher forecasts at the fiducial point, 64² cells: σ(Ω_m) ≈ .016, σ(σ_8) ≈ .009', () => {
  // An independent PyTorch experiment found .016 and .009, with correlation +.13.
  const n = 64;
  const family = projectedFamily();
  const k: number[] = [];
  for (let i = -n / 2; i < n / 2; i++) {
    for (let j = -n / 2; j < n / 2; j++) k.push(((2 * Math.PI) / 1000) * (Math.hypot(i, j) || 1));
  }
  const d = family.logDerivatives(0.3, 0.8, k);
  let aa = 0;
  let ab = 0;
  let bb = 0;
  for (let i = 0; i < k.length; i++) {
    aa += 0.5 * d.omegaM[i]! ** 2;
    ab += 0.5 * d.omegaM[i]! * d.sigma8[i]!;
    bb += 0.5 * d.sigma8[i]! ** 2;
  }
  const det = aa * bb - ab * ab;
  expect(Math.abs(Math.sqrt(bb / det) - 0.016)).toBeLessThan(0.0005);
  expect(Math.abs(Math.sqrt(aa / det) - 0.009)).toBeLessThan(0.0005);
});

test('nonsense is refused', () => {
  const family = projectedFamily();
  expect(() => family.spectrum(0.04, 0.8)).toThrow(/omegaB = 0.049: must be less than omegaM = 0.04/);
  expect(() => family.logDerivatives(0.3, 0.8, [0, 0.1])).toThrow(/k = 0 h\/Mpc: must be > 0/);
  expect(() => projectedFamily({ boxSize: 0 }).spectrum(0.3, 0.8)).toThrow(/boxSize = 0/);
});
