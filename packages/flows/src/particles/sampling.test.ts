import { key, randomNormal } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { annealedLogZ } from './annealed-importance.ts';
import { acceptanceRatio, bridgeLogZ } from './bridge-sampling.ts';
import { removeCentreOfMass } from './centre-of-mass.ts';
import { reportChains, splitRHat } from './diagnostics.ts';
import { doubleWellLogZ, doubleWellMoments } from './double-well-quadrature.ts';
import { gaussianLadder } from './ladder.ts';
import { parallelTempering } from './parallel-tempering.ts';
import { dw4System, lj13System } from './systems.ts';

/** ln Z, ⟨U⟩ and entropy of DW4 by quadrature at a spacing of 0.2. */
const exact = { logZ: 29.66723, meanEnergy: -22.5413, entropy: 7.1259 };

describe('quadrature of DW4', () => {
  test('converges, and its derivative is the mean energy', () => {
    expect(doubleWellLogZ({ spacing: 0.25 })).toBeCloseTo(exact.logZ, 3);
    expect(doubleWellLogZ({ spacing: 0.3 })).toBeCloseTo(exact.logZ, 2);
    const moments = doubleWellMoments(0.25);
    expect(moments.meanEnergy).toBeCloseTo(exact.meanEnergy, 3);
    expect(moments.entropy).toBeCloseTo(exact.entropy, 3);
  });
});

describe('parallel tempering', () => {
  const { energy, temperingLadder } = dw4System();
  const ladder = temperingLadder();
  const options = { energy, ladder, key: key(1), groups: 8, sweeps: 600, burnIn: 150 };
  const chains = parallelTempering(options);

  test('has the moments and the ln Z of DW4, within 4 standard errors', () => {
    const report = reportChains(energy, chains.samples, chains.groups);
    expect(report.degreesOfFreedom).toBe(6);
    expect(Math.abs(report.virial.value - 6)).toBeLessThan(4 * report.virial.error);
    expect(Math.abs(report.energy.value - exact.meanEnergy)).toBeLessThan(4 * report.energy.error);
    expect(report.energy.error).toBeLessThan(0.2);
    expect(report.rHat).toBeLessThan(1.05);
    const logZ = bridgeLogZ(energy, ladder, chains);
    expect(logZ.error).toBeLessThan(0.12);
    expect(Math.abs(logZ.value - exact.logZ)).toBeLessThan(4 * logZ.error);
    for (const rate of chains.exchanges) expect(rate).toBeGreaterThan(0.2);
  });

  test('draws the same for a key, stays at the centre, and keeps the energies of what it holds', () => {
    const short = { ...options, sweeps: 5, burnIn: 10 };
    const [one, two] = [parallelTempering(short), parallelTempering(short)];
    expect(one.samples).toEqual(two.samples);
    expect(parallelTempering({ ...short, key: key(2) }).samples).not.toEqual(one.samples);
    const centred = one.samples.slice();
    removeCentreOfMass(centred, 4, 2);
    centred.forEach((value, i) => {
      expect(Math.abs(value - one.samples[i]!)).toBeLessThan(1e-12);
    });
    one.energies.at(-1)!.forEach((value, row) => {
      expect(Math.abs(energy.energy(one.samples, row * 8) - value)).toBeLessThan(1e-9);
    });
  });

  test('LJ13 in equilibrium: the virial is 36 within 4 standard errors', () => {
    const system = lj13System();
    const result = parallelTempering({
      energy: system.energy,
      ladder: system.samplingLadder(),
      key: key(3),
      groups: 8,
      sweeps: 150,
      burnIn: 150,
    });
    const report = reportChains(system.energy, result.samples, 8);
    expect(Math.abs(report.virial.value - 36)).toBeLessThan(4 * report.virial.error);
    expect(report.energy.value).toBeGreaterThan(-46);
    expect(report.energy.value).toBeLessThan(-40);
  });

  test('refuses no groups', () => {
    expect(() => parallelTempering({ ...options, groups: 0 })).toThrow('groups = 0 must be a whole number');
  });
});

describe('annealed importance sampling', () => {
  test('has the ln Z of DW4, within 4 standard errors', () => {
    const { energy, annealingLadder } = dw4System();
    const result = annealedLogZ({ energy, ladder: annealingLadder(200), key: key(4), walkers: 200 });
    expect(result.error).toBeLessThan(0.12);
    expect(Math.abs(result.value - exact.logZ)).toBeLessThan(4 * result.error);
    expect(result.effectiveWalkers).toBeGreaterThan(50);
  });

  test('needs a Gaussian to begin with', () => {
    const { energy, samplingLadder } = dw4System();
    expect(() => annealedLogZ({ energy, ladder: samplingLadder(), key: key(1), walkers: 2 })).toThrow(
      'must begin with a Gaussian',
    );
  });
});

describe('parts', () => {
  test("Bennett's ratio of two Gaussians", () => {
    // E_0 = x²/2, E_1 = (x − 1)²/2/s² with s = ½: ln Z_1/Z_0 = ln ½.
    const z = randomNormal(key(5), [40_000], 'float64');
    const work = (x: number): number => 2 * (x - 1) ** 2 - x ** 2 / 2;
    const delta = acceptanceRatio(
      z.subarray(0, 20_000).map(work),
      z.subarray(20_000).map((value) => work(1 + value / 2)),
    );
    expect(delta).toBeCloseTo(Math.LN2, 1);
    expect(Math.abs(delta - Math.LN2)).toBeLessThan(0.03);
    expect(() => acceptanceRatio(z.subarray(0, 2), z.subarray(0, 3))).toThrow('give as many of both');
  });

  test('split R̂ sees chains that disagree, and chains that drift', () => {
    const z = randomNormal(key(6), [4000], 'float64');
    expect(splitRHat(z, 4)).toBeLessThan(1.01);
    expect(
      splitRHat(
        z.map((value, i) => value + (i % 4)),
        4,
      ),
    ).toBeGreaterThan(1.3);
    expect(
      splitRHat(
        z.map((value, i) => value + i / 1000),
        4,
      ),
    ).toBeGreaterThan(1.3);
  });

  test('a ladder rises from a Gaussian to the target', () => {
    const ladder = gaussianLadder({ count: 5, variance: 2, lowest: 1e-3, power: 1 });
    expect(ladder[0]).toEqual({ stiffness: 0.5, weight: 0 });
    expect(ladder[4]!.stiffness).toBeCloseTo(0, 15);
    expect(ladder[4]!.weight).toBe(1);
    expect(() => gaussianLadder({ count: 2, variance: 2, lowest: 1e-3, power: 1 })).toThrow('2 rungs');
  });
});
