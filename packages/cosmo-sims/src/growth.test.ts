import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { background } from './background.ts';
import { type Expansion, radiationDensity } from './cosmology.ts';
import { growth } from './growth.ts';

/** The cosmologies of CCL's benchmarks: curvature, w0, wa; Ω_m = 0.3, no radiation. */
const MODELS: Expansion[] = [
  { omegaM: 0.3 },
  { omegaM: 0.3, w0: -0.9 },
  { omegaM: 0.3, w0: -0.9, wa: 0.1 },
  { omegaM: 0.3, omegaK: 0.05, w0: -0.9, wa: 0.1 },
  { omegaM: 0.3, omegaK: -0.05, w0: -0.9, wa: 0.1 },
];

/** benchmarks/data/chi_model1-5.txt of LSSTDESC/CCL: comoving distance in Mpc/h at z = 1 … 5, one row a redshift. */
const CCL_DISTANCE = [
  [2312.68, 2265.688, 2256.882, 2229.515, 2285.537],
  [3625.903, 3552.025, 3533.01, 3479.886, 3589.083],
  [4448.98, 4365.27, 4341.011, 4273.092, 4412.74],
  [5019.256, 4931.431, 4904.493, 4827.755, 4985.477],
  [5442.759, 5352.957, 5324.543, 5242.161, 5411.408],
];
/** benchmarks/data/growth_model1-5.txt of LSSTDESC/CCL: D₁ of the matter era at z = 0 … 5. */
const CCL_GROWTH = [
  [0.778981, 0.7567071, 0.7479643, 0.7157714, 0.7831042],
  [0.4765851, 0.468737, 0.4645434, 0.4480479, 0.4823812],
  [0.3282982, 0.3256412, 0.3238049, 0.3149879, 0.3331885],
  [0.2483706, 0.2472678, 0.2463657, 0.2410459, 0.2519587],
  [0.1993271, 0.1987894, 0.1982932, 0.1947702, 0.2019652],
  [0.166341, 0.1660466, 0.1657487, 0.1632542, 0.1683326],
];
/** benchmarks/data/chi_hiz_model1-3.txt of LSSTDESC/CCL: comoving distance in Mpc/h. */
const CCL_EARLY_DISTANCE = [
  [10, 6608.175, 6515.912, 6485.281],
  [20, 7519.608, 7426.905, 7395.739],
  [50, 8375.501, 8282.729, 8251.451],
  [100, 8819.114, 8726.337, 8695.049],
  [200, 9136.235, 9043.459, 9012.169],
  [500, 9419.298, 9326.521, 9295.232],
  [1000, 9562.371, 9469.594, 9438.305],
] as const;
/** pyccl 3.3.6, growth_factor_unnorm at the same redshifts (Neff = 0, Omega_g = 0). */
const PYCCL_EARLY_GROWTH = [
  [10, 0.09087978003, 0.09084242692, 0.09079260267],
  [20, 0.04761669014, 0.04761280243, 0.04760607292],
  [50, 0.01960771401, 0.01960754899, 0.01960715349],
  [100, 0.00990095483, 0.009900940732, 0.009900897975],
  [200, 0.004975109623, 0.004975108458, 0.004975104018],
  [500, 0.001996002793, 0.00199600275, 0.001996002536],
  [1000, 0.0009989986394, 0.0009989986361, 0.0009989986149],
] as const;
/** pyccl 3.3.6 at z = 0, 1, 2, 5 (Neff = 0, Omega_g = 0): E, luminosity distance × h, growth rate. */
const PYCCL = [
  {
    e: [1, 1.760681501152, 2.966479046683, 8.093220858911],
    luminosity: [0, 4625.360281011698, 10877.710293748078, 32656.557207327656],
    rate: [0.512796212396, 0.869285167739, 0.955747329026, 0.994155718418],
  },
  {
    e: [1, 1.806045521721, 3.012186966914, 8.12394384661],
    luminosity: [0, 4531.376885052038, 10656.0755751451, 32117.744436287332],
    rate: [0.510725456933, 0.844587991983, 0.939609222859, 0.990005602091],
  },
  {
    e: [1, 1.820223028281, 3.034456591771, 8.148474141639],
    luminosity: [0, 4513.763164181023, 10599.030013583439, 31947.256156187585],
    rate: [0.51025003791, 0.836823962405, 0.931769452781, 0.98667643213],
  },
  {
    e: [1, 1.856874360093, 3.094961870152, 8.251274672003],
    luminosity: [0, 4479.609313521311, 10557.272396688464, 32260.53436266771],
    rate: [0.508770034055, 0.817122662638, 0.91061753247, 0.972576334225],
  },
  {
    e: [1, 1.78281837439, 2.97272007381, 8.044360007888],
    luminosity: [0, 4548.966316678036, 10639.105996753337, 31594.0265404417],
    rate: [0.511759523618, 0.857802616549, 0.954266402317, 1.00133333908],
  },
];

const relative = (got: number, wanted: number): number => (wanted === 0 ? got : Math.abs(got / wanted - 1));

describe.each([0, 1, 2, 3, 4])('CCL model %i', (model) => {
  const universe = background(MODELS[model]!);
  const structure = growth(MODELS[model]!, 'matter-era');

  test('comoving distances of the benchmark, to its six digits', () => {
    for (let z = 1; z <= 5; z++) {
      expect(relative(universe.comovingDistance(z), CCL_DISTANCE[z - 1]![model]!)).toBeLessThan(3e-7);
    }
  });
  test('growth of the benchmark', () => {
    // CCL asks 1e-4 of itself; the file has seven digits, and its own integrator 3e-6.
    for (let z = 0; z <= 5; z++) {
      expect(relative(structure.factor(1 / (1 + z)), CCL_GROWTH[z]![model]!)).toBeLessThan(1e-5);
    }
  });
  // pyccl interpolates E in a table: its own is off by 1.7e-6 at z = 5.
  test('E, luminosity distance and growth rate of pyccl', () => {
    for (const [i, z] of [0, 1, 2, 5].entries()) {
      expect(relative(universe.expansionRate(1 / (1 + z)), PYCCL[model]!.e[i]!)).toBeLessThan(3e-6);
      expect(relative(universe.luminosityDistance(z), PYCCL[model]!.luminosity[i]!)).toBeLessThan(3e-6);
      expect(relative(structure.rate(1 / (1 + z)), PYCCL[model]!.rate[i]!)).toBeLessThan(2e-5);
    }
  });
  test('the derivatives are those of what they derive', () => {
    for (const a of [0.01, 0.3, 0.99]) {
      const step = 1e-3;
      const ln = (f: (a: number) => number) =>
        Math.log(f(a * Math.exp(step)) / f(a * Math.exp(-step))) / (2 * step);
      expect(universe.expansionSlope(a)).toBeCloseTo(ln(universe.expansionRate), 5);
      expect(structure.rate(a)).toBeCloseTo(ln(structure.factor), 5);
      expect(structure.secondRate(a)).toBeCloseTo(
        ln((at) => -structure.at(at).d2),
        5,
      );
      expect(structure.at(a).slopes.d3c / structure.at(a).d3c).toBeCloseTo(
        ln((at) => structure.at(at).d3c),
        5,
      );
    }
  });
});

test.each([1, 2, 3] as const)(
  'CCL model %i to z = 1000: distances to 3e-7, growth to the 6e-6 that CCL asks of itself',
  (m) => {
    const universe = background(MODELS[m - 1]!);
    const structure = growth(MODELS[m - 1]!, 'matter-era');
    for (const row of CCL_EARLY_DISTANCE)
      expect(relative(universe.comovingDistance(row[0]), row[m])).toBeLessThan(3e-7);
    for (const row of PYCCL_EARLY_GROWTH)
      expect(relative(structure.factor(1 / (1 + row[0])), row[m])).toBeLessThan(6e-6);
  },
);

describe('with radiation', () => {
  // Colossus 1.3.x, setCosmology('planck15').
  const h = 0.6774;
  const planck: Expansion = { omegaM: 0.3089, omegaR: 9.117075465277797e-5 };
  const universe = background(planck);

  test('the density of radiation is that of Colossus', () => {
    expect(relative(radiationDensity({ h }), 9.117075465277797e-5)).toBeLessThan(5e-5);
  });
  test('distances and ages of Colossus', () => {
    for (const [z, e, chi, luminosity, age] of [
      [0.5, 1.3168173302287516, 1317.9196136062642, 1976.876956747836, 8.603660836226],
      [1.283, 2.0902507483881787, 2740.51277568305, 6256.576391132386, 4.869502168011],
      [5, 8.217759191365694, 5388.738449804165, 32332.422390500287, 1.173072732459],
      [20, 53.657663836258024, 7432.211484620771, 156076.44126177725, 0.178399356818],
    ] as const) {
      expect(relative(universe.expansionRate(1 / (1 + z)), e)).toBeLessThan(1e-12);
      expect(relative(universe.comovingDistance(z), chi)).toBeLessThan(1e-6);
      expect(relative(universe.luminosityDistance(z), luminosity)).toBeLessThan(1e-5);
      expect(relative(universe.age(z, h), age)).toBeLessThan(1e-4);
    }
    expect(universe.age(0, h)).toBeCloseTo(13.7974, 3);
    expect(
      relative(universe.angularDiameterDistance(1.283) * 2.283 ** 2, universe.luminosityDistance(1.283)),
    ).toBeLessThan(1e-14);
  });
  test('growth of Colossus, which neglects radiation at low z', () => {
    const structure = growth(planck, 'today');
    expect(relative(structure.factor(1 / 2.283), 0.54093)).toBeLessThan(5e-4);
    expect(relative(structure.factor(1 / 21), 0.0609686)).toBeLessThan(1e-3);
  });
  test('deep in the radiation era growth is that of Mészáros', () => {
    const structure = growth(planck, 'matter-era');
    const aEq = 9.117075465277797e-5 / 0.3089;
    for (const a of [1e-6, 1e-4, 1e-2]) {
      expect(relative(structure.factor(a), a + (2 / 3) * aEq)).toBeLessThan(2e-6);
    }
  });
});

test('Einstein-de Sitter: powers of a with the numbers of Lagrangian perturbation theory', () => {
  const structure = growth({ omegaM: 1 }, 'today');
  for (const a of [1e-6, 1e-3, 0.1, 1]) {
    const { d1, d2, d3a, d3b, d3c, slopes } = structure.at(a);
    expect(relative(d1, a)).toBeLessThan(1e-12);
    expect(relative(d2, (-3 / 7) * a ** 2)).toBeLessThan(1e-12);
    expect(relative(d3a, (-1 / 3) * a ** 3)).toBeLessThan(1e-11);
    expect(relative(d3b, (10 / 21) * a ** 3)).toBeLessThan(1e-11);
    expect(relative(d3c, (1 / 7) * a ** 3)).toBeLessThan(1e-11);
    expect(relative(slopes.d3b, 3 * d3b)).toBeLessThan(1e-11);
  }
  expect(background({ omegaM: 1 }).age(0, 1)).toBeCloseTo((2 / 3) * 9.7779222, 6);
});

test('a flat ΛCDM universe grows as the integral of Heath 1977', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 1, noNaN: true }), (omegaM) => {
      const universe = background({ omegaM });
      // In a = t², by Simpson's rule: the integrand is smooth there.
      let integral = 0;
      const n = 1000;
      for (let i = 1; i <= n; i++) {
        const t = i / n;
        const weight = i === n ? 1 : i % 2 === 0 ? 2 : 4;
        integral += (weight * 2 * t) / (3 * n) / (t * t * universe.expansionRate(t * t)) ** 3;
      }
      expect(relative(growth({ omegaM }, 'matter-era').factor(1), 2.5 * omegaM * integral)).toBeLessThan(
        1e-9,
      );
    }),
    { numRuns: 10 },
  );
});

test('nonsense is refused', () => {
  expect(() => background({ omegaM: -1 })).toThrow(/omegaM = -1/);
  expect(() => background({ omegaM: 0.3, w0: -0.5, wa: 0.75 })).toThrow(/w0 \+ wa = 0.25/);
  expect(() => background({ omegaM: 0.01, omegaK: -0.9 }).expansionRate(0.3)).toThrow(/no such universe/);
  expect(() => background({ omegaM: 0.3 }).comovingDistance(-0.1)).toThrow(/redshift z = -0.1/);
  expect(() => growth({ omegaM: 0.3 }, 'today').factor(1.1)).toThrow(/a = 1.1/);
  expect(() => growth({ omegaM: 0.3 }, 'now' as 'today')).toThrow(/'today' or 'matter-era'/);
});
