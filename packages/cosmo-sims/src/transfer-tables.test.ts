import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearPower } from './linear-power.ts';
import { primordialOfSigma8, sigma8OfPrimordial } from './primordial.ts';
import { parsePowerTable, parseTransferTable } from './tables.ts';
import { transferBbks } from './transfer-bbks.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const relative = (got: number, wanted: number): number => Math.abs(got / wanted - 1);

test('BBKS: P(k) of pyccl 3.3.6, the cosmology of its benchmarks (T_CMB = 2.7, no radiation)', () => {
  const power = linearPower({
    ...{ omegaM: 0.3, omegaB: 0.05, h: 0.7, ns: 0.96, sigma8: 0.8, tCmb: 2.7 },
    transfer: 'bbks',
  });
  const pyccl = [3534.056481967, 19292.59245609, 5731.903448851, 59.77545395462, 0.1824428606715];
  for (const [i, value] of pyccl.entries()) {
    expect(relative(power.power(10 ** (i - 3)), value)).toBeLessThan(1e-5);
  }
  expect(transferBbks({ omegaM: 0.3, omegaB: 0, h: 0.7 }).transfer(0)).toBe(1);
});

describe('tables of CAMB 2.0.5', () => {
  test('σ(R) of its matter power', () => {
    const power = parsePowerTable(fixture('camb-matterpower.txt'));
    const camb = { 5: 1.08700766, 8: 0.80068239, 12.5: 0.57589911, 20: 0.38798968, 50: 0.15216971 };
    // The table has 180 rows of six digits to k = 20 h/Mpc; σ(1) would need more.
    for (const [radius, sigma] of Object.entries(camb)) {
      expect(relative(power.sigmaR(Number(radius)), sigma)).toBeLessThan(6e-4);
    }
    expect(relative(power.sigmaR(8), 0.80059983)).toBeLessThan(2e-4);
    expect(power.withSigma8(0.9).sigmaR(8)).toBeCloseTo(0.9, 10);
  });

  test('σ_8 with massive neutrinos, A_s = 2e-9: that of CAMB 2.0.5, 0.800611, and of its own test suite, 0.80044', () => {
    const power = parsePowerTable(fixture('camb-neutrinos-matterpower.txt'));
    expect(relative(power.sigmaR(8), 0.800611)).toBeLessThan(3e-4);
    expect(relative(power.sigmaR(8), 0.80044)).toBeLessThan(5e-4);
  });

  const shape = { omegaM: 0.3175, omegaB: 0.049, h: 0.6711, ns: 0.9624 };
  const transfer = parseTransferTable(fixture('camb-transfer.txt'));

  test('A_s = 2.1e-9 gives its σ_8 with its transfer function', () => {
    // Radiation as in CAMB, so that the growth since T was taken at z = 0 is the whole amplitude.
    const sigma8 = sigma8OfPrimordial(2.1e-9, { ...shape, transfer });
    expect(relative(sigma8, 0.8270952)).toBeLessThan(2e-3);
    expect(relative(sigma8OfPrimordial(2.1e-9, { ...shape, transfer: 'eh98' }), 0.8270952)).toBeLessThan(
      0.02,
    );
  });

  test('A_s and σ_8 are inverse to each other', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-10, max: 1e-8, noNaN: true }), (as) => {
        const options = { ...shape, transfer: 'bbks', w0: -0.9 } as const;
        expect(relative(primordialOfSigma8(sigma8OfPrimordial(as, options), options), as)).toBeLessThan(
          1e-12,
        );
      }),
      { numRuns: 5 },
    );
  });

  test('EH98 has its shape within 3 % where baryons allow', () => {
    const table = linearPower({ ...shape, sigma8: 0.8, transfer });
    const fit = linearPower({ ...shape, sigma8: 0.8, transfer: 'eh98' });
    for (const k of [1e-3, 0.01, 0.05, 0.1, 0.3, 1])
      expect(relative(fit.power(k), table.power(k))).toBeLessThan(0.06);
  });
});

test('σ(R) and P(k) of Colossus 1.4.0, planck15, eisenstein98, interpolation=False', () => {
  const matter = linearPower({
    ...{ omegaM: 0.3089, omegaB: 0.0486, h: 0.6774, ns: 0.9667, sigma8: 0.8159 },
    transfer: 'eh98',
  });
  const sigma = { 5: 1.1024197051, 8: 0.8159, 12.5: 0.5893704899, 20: 0.3982716917, 50: 0.1557459451 };
  for (const [radius, value] of Object.entries(sigma)) {
    expect(relative(matter.sigmaR(Number(radius)), value)).toBeLessThan(3e-5);
  }
  const power = { 0.01: 21718.85042463, 0.1: 5671.36660777, 1: 67.13451554 };
  for (const [k, value] of Object.entries(power)) {
    expect(relative(matter.power(Number(k)), value)).toBeLessThan(2e-5);
  }
});

test('a table is continued by powers, and what is not a table is refused', () => {
  const k = Array.from({ length: 50 }, (_, i) => 1e-3 * 2 ** (i / 3));
  const power = parsePowerTable(k.map((at) => `${at} ${at ** -1.5}`).join('\n'));
  for (const at of [1e-5, 0.02, 3, 1e4]) expect(relative(power.power(at), at ** -1.5)).toBeLessThan(1e-9);
  expect(() => parsePowerTable('# nothing\n')).toThrow(/power table: 0 rows/);
  expect(() => parsePowerTable('1 2\n2 x\n', 'pk.dat')).toThrow(
    /pk.dat, line 2: '2 x' is not a row of numbers/,
  );
  expect(() => parsePowerTable('1 2\n2 3 4\n')).toThrow(/line 2: 3 columns/);
  expect(() => parsePowerTable('1 2\n2 1\n3 1\n2.5 1\n')).toThrow(/row 4: k must rise/);
  expect(() => parsePowerTable('.1 2\n.2 1\n.3 1\n1 1\n')).toThrow(/ends at k = 1 h\/Mpc/);
  expect(() => parseTransferTable('1 2\n2 1\n3 1\n20 1\n', { column: 3 })).toThrow(/columns of T are 2 to 2/);
});
