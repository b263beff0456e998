import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LinearPowerOptions, linearPower } from './linear-power.ts';
import { topHatVariance } from './top-hat-variance.ts';

/** k = 10^(−3 + i/4) h/Mpc. */
const K = Array.from({ length: 17 }, (_, i) => 10 ** (-3 + i / 4));
const R = [1, 2, 5, 8, 12.5, 20, 50];

/**
 * pyccl 3.3.6 from PyPI: `linear_matter_power(cosmo, k h, 1) h³` and `sigmaR(cosmo, R/h, 1)` with Neff = 0, T_CMB = 2.725,
 * m_nu = 0, Omega_g = 0, Omega_k = 0, spline_params.K_MAX_SPLINE = 200, K_MAX = 1e3, K_MIN = 1e-5, N_K = 2000.
 */
const CCL: { options: LinearPowerOptions; power: number[]; sigma: number[] }[] = [
  {
    options: { omegaM: 0.3, omegaB: 0.05, h: 0.7, ns: 0.96, sigma8: 0.8, transfer: 'eh98', variant: 'ccl' },
    power: [
      3895.00986, 6589.04828, 10738.5721, 16298.2319, 21948.4458, 24177.2916, 18450.1864, 11086.0364,
      5448.59195, 2213.46634, 766.368802, 228.918698, 63.2411877, 16.3391674, 3.9968604, 0.935216233,
      0.211104637,
    ],
    sigma: [2.37558309, 1.75427024, 1.07850083, 0.8, 0.579275379, 0.392565478, 0.154567685],
  },
  {
    options: { omegaM: 0.3, omegaB: 0.05, h: 0.7, ns: 0.96, sigma8: 0.8, transfer: 'eh98-nowiggle' },
    power: [
      3872.33004, 6552.97658, 10701.9485, 16329.6389, 22179.6304, 24380.6625, 18632.7222, 11333.0602,
      5638.0042, 2261.24765, 761.585068, 226.640074, 61.9488215, 15.9037168, 3.88117133, 0.907774567,
      0.20492068,
    ],
    sigma: [2.35719204, 1.7465362, 1.07793361, 0.8, 0.578876126, 0.391935162, 0.155867387],
  },
  {
    options: {
      omegaM: 0.3175,
      omegaB: 0.049,
      h: 0.6711,
      ns: 0.9624,
      sigma8: 0.834,
      transfer: 'eh98',
      variant: 'ccl',
    },
    power: [
      3828.06073, 6488.92492, 10604.5342, 16158.3013, 21892.3456, 24416.0972, 19198.2517, 11708.994,
      5944.09445, 2398.88519, 841.930023, 254.18812, 70.6339795, 18.3355783, 4.50335717, 1.05740393,
      0.239414747,
    ],
    sigma: [2.50521326, 1.84451332, 1.12817746, 0.834, 0.601544495, 0.405658356, 0.157861117],
  },
  {
    options: {
      omegaM: 0.3175,
      omegaB: 0.049,
      h: 0.6711,
      ns: 0.9624,
      sigma8: 0.834,
      transfer: 'eh98-nowiggle',
    },
    power: [
      3801.69755, 6446.19991, 10555.1801, 16164.3357, 22076.3173, 24597.9034, 19328.8019, 12003.432,
      6071.78919, 2469.0643, 840.352322, 251.989701, 69.2751568, 17.8696447, 4.3792922, 1.02812764,
      0.232866944,
    ],
    sigma: [2.48694648, 1.83704646, 1.12775531, 0.834, 0.601050834, 0.404922618, 0.159094223],
  },
  {
    options: {
      omegaM: 0.1,
      omegaB: 0.049,
      h: 0.6711,
      ns: 0.9624,
      sigma8: 0.6,
      transfer: 'eh98',
      variant: 'ccl',
    },
    power: [
      140746.277, 214801.25, 293263.707, 339296.882, 300563.775, 152000.004, 22201.256, 18825.035, 3773.9178,
      730.450017, 240.401339, 60.1491889, 14.3221307, 3.27583365, 0.725740594, 0.15671364, 0.0331403169,
    ],
    sigma: [1.24899165, 1.0071899, 0.725301022, 0.6, 0.493971733, 0.3954099, 0.236713754],
  },
  {
    options: { omegaM: 0.1, omegaB: 0.049, h: 0.6711, ns: 0.9624, sigma8: 0.6, transfer: 'eh98-nowiggle' },
    power: [
      150136.748, 229824.583, 314597.741, 364294.948, 325056.859, 155206.659, 37025.6661, 10830.291,
      3256.17585, 910.024867, 238.13862, 59.0686146, 14.0091831, 3.19995923, 0.708531568, 0.152922254,
      0.0323188692,
    ],
    sigma: [1.24002558, 1.00202435, 0.724082292, 0.6, 0.494902454, 0.398234538, 0.249671219],
  },
];

/**
 * P(k, z = 0) in (Mpc/h)³ at k = 10^(−3 + i/2): every fifth row of the benchmark tables model1_pk_eh.txt and
 * model1_nowig_pk_eh.txt of LSSTDESC/CCL (benchmarks/data, commit 95444b85), computed there by an independent code, CosmoMAD.
 */
const COSMOMAD = {
  eh98: [3895.01, 10738.6, 21948.4, 18450.2, 5448.59, 766.369, 63.2412, 3.99686, 0.211105],
  'eh98-nowiggle': [
    3872.33189254, 10701.9535914, 22179.6409843, 18632.7310962, 5638.00689714, 761.585431692, 61.948851138,
    3.88117318539, 0.204920777432,
  ],
};

const worst = (ours: number[], theirs: readonly number[]): number =>
  Math.max(...ours.map((value, i) => Math.abs(value / theirs[i]! - 1)));

test.each(CCL)(
  'agrees with pyccl to 1e-5: $options.transfer, omegaM $options.omegaM',
  ({ options, power, sigma }) => {
    const ours = linearPower({ ...options, tCmb: 2.725 });
    expect(worst([...ours.powers(K)], power)).toBeLessThan(1e-5);
    expect(worst(R.map(ours.sigmaR), sigma)).toBeLessThan(1e-5);
  },
);

test("agrees with CCL's own benchmark tables to the 1e-5 that CCL asks of itself", () => {
  const k = Array.from({ length: 9 }, (_, i) => 10 ** (-3 + i / 2));
  const model1 = { omegaM: 0.3, omegaB: 0.05, h: 0.7, ns: 0.96, sigma8: 0.8, tCmb: 2.725 };
  const wiggles = linearPower({ ...model1, transfer: 'eh98', variant: 'ccl' });
  const smooth = linearPower({ ...model1, transfer: 'eh98-nowiggle' });
  expect(worst([...wiggles.powers(k)], COSMOMAD.eh98)).toBeLessThan(1e-5);
  expect(worst([...smooth.powers(k)], COSMOMAD['eh98-nowiggle'])).toBeLessThan(1e-5);
});

const anyCosmology = fc.record({
  omegaM: fc.double({ min: 0.1, max: 0.5, noNaN: true }),
  omegaB: fc.double({ min: 0.01, max: 0.09, noNaN: true }),
  h: fc.double({ min: 0.5, max: 0.9, noNaN: true }),
  ns: fc.double({ min: 0.8, max: 1.2, noNaN: true }),
  sigma8: fc.double({ min: 0.6, max: 1, noNaN: true }),
  transfer: fc.constantFrom('eh98' as const, 'eh98-nowiggle' as const),
});

describe('what always holds', () => {
  test('sigmaR(8) is σ_8', () => {
    fc.assert(
      fc.property(anyCosmology, (c) => {
        expect(Math.abs(linearPower(c).sigmaR(8) / c.sigma8 - 1)).toBeLessThan(1e-10);
      }),
      { numRuns: 30 },
    );
  });

  test('P ∝ σ_8², and P ≥ 0 everywhere', () => {
    fc.assert(
      fc.property(anyCosmology, fc.double({ min: 1e-4, max: 50, noNaN: true }), (c, k) => {
        const one = linearPower({ ...c, sigma8: 1 }).power(k);
        expect(linearPower(c).power(k)).toBeCloseTo(one * c.sigma8 ** 2, 8);
        expect(one).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 30 },
    );
  });

  test('σ(R) falls with R and grows with σ_8', () => {
    fc.assert(
      fc.property(anyCosmology, (c) => {
        const matter = linearPower(c);
        const sigmas = [0.5, 1, 4, 8, 16, 40, 100].map(matter.sigmaR);
        for (let i = 1; i < sigmas.length; i++) expect(sigmas[i]!).toBeLessThan(sigmas[i - 1]!);
        expect(linearPower({ ...c, sigma8: c.sigma8 * 1.1 }).sigmaR(20)).toBeGreaterThan(matter.sigmaR(20));
      }),
      { numRuns: 15 },
    );
  });

  test('the slope at large scales is n_s', () => {
    fc.assert(
      fc.property(anyCosmology, (c) => {
        const { power } = linearPower(c);
        expect(Math.log(power(1.01e-7) / power(1e-7)) / Math.log(1.01)).toBeCloseTo(c.ns, 4);
      }),
      { numRuns: 30 },
    );
  });
});

test('σ(R) is converged to 1e-10: panels three times finer and a tail three times later change nothing', () => {
  for (const { options } of CCL.slice(2)) {
    const { power, transferFunction } = linearPower(options);
    const s = transferFunction.oscillationScale;
    for (const radius of [1, 8, 50]) {
      const usual = topHatVariance(power, options.ns, radius, s);
      const fine = topHatVariance(power, options.ns, radius, s, {
        panelPhase: 1.7,
        panelLog: 0.2,
        tailStart: 60 * Math.PI,
      });
      expect(Math.abs(usual / fine - 1)).toBeLessThan(1e-10);
    }
  }
});

test('σ²(R) of a power law is the analytic one', () => {
  // ∫ k² k^n W²(kR) dk for n = −2: 9 R⁻¹ ∫ x⁻⁶ (sin x − x cos x)² dx = 9 π/15 R⁻¹  →  σ² = 3 / (10 π R).
  for (const radius of [0.3, 1, 8, 60]) {
    const variance = topHatVariance((k) => k ** -2, -2, radius, 0);
    expect(Math.abs((variance * 10 * Math.PI * radius) / 3 - 1)).toBeLessThan(1e-9);
  }
});

test('k = 0 has no power, and wavenumbers and parameters that make no sense are refused', () => {
  const good = { omegaM: 0.3, omegaB: 0.05, h: 0.7, ns: 0.96, sigma8: 0.8, transfer: 'eh98' as const };
  const matter = linearPower(good);
  expect(matter.power(0)).toBe(0);
  expect(() => matter.power(-1)).toThrow(/k = -1/);
  expect(() => matter.powers([0.1, Number.NaN])).toThrow(/k = NaN/);
  expect(() => matter.sigmaR(0)).toThrow(/R = 0/);
  expect(() => linearPower({ ...good, sigma8: 0 })).toThrow(/sigma8 = 0/);
  expect(() => linearPower({ ...good, ns: 3 })).toThrow(/ns = 3/);
  expect(() => linearPower({ ...good, omegaB: 0.4 })).toThrow(/omegaB = 0.4/);
  expect(() => linearPower({ ...good, transfer: 'eh99' as 'eh98' })).toThrow(/transfer 'eh99'/);
});
