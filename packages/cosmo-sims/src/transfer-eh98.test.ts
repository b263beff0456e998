import { expect, test } from 'vitest';
import { transferEh98 } from './transfer-eh98.ts';
import { transferEh98NoWiggle } from './transfer-eh98-nowiggle.ts';

const K = [1e-3, 1e-2, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 5, 20];

/** modelEisenstein98 of Colossus 1.4.0 (which follows the paper as printed) at K. */
const COLOSSUS = [
  {
    content: { h: 0.7, omegaM: 0.3, omegaB: 0.05, tCmb: 2.725 },
    transfer: [
      0.992258265081, 0.77995018321, 0.431162077233, 0.22933781325, 0.128660437738, 0.0541308631392,
      0.0138255640976, 0.00459060916556, 0.000299495080883, 2.52158438405e-5,
    ],
  },
  {
    content: { h: 0.6711, omegaM: 0.3175, omegaB: 0.049 },
    transfer: [
      0.992458246217, 0.783653858902, 0.441112219938, 0.236421293733, 0.134778621982, 0.0566719538192,
      0.0145697351637, 0.00485146557883, 0.000317720416296, 2.67983592466e-5,
    ],
  },
  {
    content: { h: 0.6711, omegaM: 0.1, omegaB: 0.049 },
    transfer: [
      0.949310528414, 0.4579688859, 0.0823169271909, 0.047285209049, 0.0169718406675, 0.00549096389054,
      0.0011384874637, 0.00034460959412, 1.94472609546e-5, 1.5214821698e-6,
    ],
  },
];

/** modelEisenstein98ZeroBaryon of Colossus 1.4.0 at K: T_0 of eqs. 28-31 with Ω_b. */
const COLOSSUS_SMOOTH = [
  [
    0.992078798263, 0.786207419412, 0.433259370298, 0.229906541142, 0.131257063308, 0.0536675066492,
    0.0138090169642, 0.00455592441403, 0.000295879350014, 2.49093562275e-5,
  ],
  [
    0.992273801419, 0.789523080448, 0.442995243344, 0.237827476101, 0.136683816772, 0.0562900375245,
    0.0145709450558, 0.00482029347078, 0.00031430967269, 2.65175632049e-5,
  ],
  [
    0.949804836689, 0.461400328237, 0.097710682603, 0.0332693426256, 0.0152443897969, 0.00504721374465,
    0.00109321507151, 0.000330164877851, 1.86107770584e-5, 1.45487689611e-6,
  ],
];

test.each([0, 1, 2])('EH98 as printed agrees with Colossus, cosmology %i', (i) => {
  const { content, transfer } = COLOSSUS[i]!;
  const ours = transferEh98(content);
  const smooth = transferEh98NoWiggle(content);
  for (const [j, k] of K.entries()) {
    expect(Math.abs(ours.transfer(k) / transfer[j]! - 1)).toBeLessThan(1e-9);
    expect(Math.abs(smooth.transfer(k) / COLOSSUS_SMOOTH[i]![j]! - 1)).toBeLessThan(1e-9);
  }
});

test('T tends to 1 at large scales', () => {
  const content = { omegaM: 0.3, omegaB: 0.05, h: 0.7 };
  for (const { transfer } of [
    transferEh98(content),
    transferEh98(content, 'ccl'),
    transferEh98NoWiggle(content),
  ]) {
    expect(transfer(0)).toBe(1);
    expect(Math.abs(transfer(1e-7) - 1)).toBeLessThan(1e-6);
  }
});

test('the two readings of the paper differ, by less than 0.2 % where T is smooth', () => {
  const content = { omegaM: 0.3, omegaB: 0.05, h: 0.7 };
  const paper = transferEh98(content, 'paper');
  const ccl = transferEh98(content, 'ccl');
  const ratios = K.map((k) => Math.abs(paper.transfer(k) / ccl.transfer(k) - 1));
  expect(Math.max(...ratios)).toBeGreaterThan(1e-5);
  expect(Math.max(...ratios)).toBeLessThan(2e-3);
});

test('with few baryons the oscillating and the smooth fit agree to the few per cent of their T_0 formulae', () => {
  const content = { omegaM: 0.3, omegaB: 1e-5, h: 0.7 };
  const wiggles = transferEh98(content);
  const smooth = transferEh98NoWiggle(content);
  for (const k of K) expect(Math.abs(wiggles.transfer(k) / smooth.transfer(k) - 1)).toBeLessThan(0.03);
});

test('the sound horizon of the Quijote cosmology is about 100 Mpc/h', () => {
  const { oscillationScale } = transferEh98({ omegaM: 0.3175, omegaB: 0.049, h: 0.6711 });
  expect(oscillationScale).toBeGreaterThan(98);
  expect(oscillationScale).toBeLessThan(103);
});

test('densities that make no sense are refused by name', () => {
  const good = { omegaM: 0.3, omegaB: 0.05, h: 0.7 };
  expect(() => transferEh98({ ...good, omegaB: 0.3 })).toThrow(
    /omegaB = 0.3: must be less than omegaM = 0.3/,
  );
  expect(() => transferEh98({ ...good, omegaB: -0.1 })).toThrow(/omegaB = -0.1/);
  expect(() => transferEh98({ ...good, omegaB: Number.NaN })).toThrow(/omegaB = NaN/);
  expect(() => transferEh98({ ...good, omegaB: 0 })).toThrow(/eh98-nowiggle/);
  expect(() => transferEh98({ ...good, omegaM: -1 })).toThrow(/omegaM = -1/);
  expect(() => transferEh98({ ...good, h: Infinity })).toThrow(/h = Infinity/);
  expect(() => transferEh98({ ...good, tCmb: 0 })).toThrow(/tCmb = 0/);
  expect(() => transferEh98(good, 'class' as 'ccl')).toThrow(/variant 'class'/);
  expect(() => transferEh98NoWiggle({ omegaM: 0.05, omegaB: 0.0499, h: 0.5 })).toThrow(/outside the fit/);
});
