/** The diagonally implicit methods, as tableaus. */
import { diagonallyImplicitMethod } from './diagonally-implicit.ts';

type DiagonallyImplicitMethod = ReturnType<typeof diagonallyImplicitMethod>;

/** Implicit Euler, order 1, L-stable; error from the trapezoid. */
export const implicitEuler: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'implicitEuler',
  order: 1,
  gamma: 1,
  c: [0, 1],
  a: [[], [0]],
  error: [-1 / 2, 1 / 2],
  errorExponent: 2,
  filterError: true,
});

/** The implicit trapezoid, order 2, A-stable; its error is taken to be the distance to implicit Euler, which is cautious. */
export const trapezoid: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'trapezoid',
  order: 2,
  gamma: 1 / 2,
  c: [0, 1],
  a: [[], [1 / 2]],
  error: [1 / 2, -1 / 2],
  errorExponent: 2,
  filterError: true,
});

const d = 1 - Math.SQRT1_2;
const w = Math.SQRT2 / 4;

/** TR-BDF2, order 2, L-stable (Hosea & Shampine 1996, Appl. Numer. Math. 20, 21). */
export const trBdf2: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'trBdf2',
  order: 2,
  gamma: d,
  c: [0, 2 * d, 1],
  a: [[], [d], [w, w]],
  error: [w - (1 - w) / 3, w - (3 * w + 1) / 3, d - d / 3],
  errorExponent: 3,
  filterError: true,
});

/** γ of Kværnø's 3(2) pair: γ³ − 3γ² + 3γ/2 − 1/6 = 0. */
const g3 = 0.435866521508459;
const a3 = (-4 * g3 ** 2 + 6 * g3 - 1) / (4 * g3);
const kvaerno3Weights = [
  (6 * g3 - 1) / (12 * g3),
  -1 / ((24 * g3 - 12) * g3),
  (-6 * g3 ** 2 + 6 * g3 - 1) / (6 * g3 - 3),
];

/** Kværnø 3(2), L-stable (BIT 44, 489, 2004). */
export const kvaerno3: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'kvaerno3',
  order: 3,
  gamma: g3,
  c: [0, 2 * g3, 1, 1],
  a: [[], [g3], [a3, (1 - 2 * g3) / (4 * g3)], kvaerno3Weights],
  error: [
    kvaerno3Weights[0]! - a3,
    kvaerno3Weights[1]! - (1 - 2 * g3) / (4 * g3),
    kvaerno3Weights[2]! - g3,
    g3,
  ],
  errorExponent: 3,
});

/** γ of Kværnø's 4(3) pair: γ⁴ − 4γ³ + 3γ² − 2γ/3 + 1/24 = 0. */
const g4 = 0.5728160624821349;
const horner = (...coefficients: number[]): number =>
  coefficients.reduce((sum, value) => sum * g4 + value, 0);
const third4 = [
  (horner(144, -180, 81, -15, 1) * g4) / horner(12, -6, 1) ** 2,
  (horner(-36, 39, -15, 2) * g4) / horner(12, -6, 1) ** 2,
];
const fourth4 = [
  horner(-144, 396, -330, 117, -18, 1) / (12 * g4 ** 2 * horner(12, -9, 2)),
  horner(72, -126, 69, -15, 1) / (12 * g4 ** 2 * horner(3, -1)),
  (horner(-6, 6, -1) * horner(12, -6, 1) ** 2) / (12 * g4 ** 2 * horner(12, -9, 2) * horner(3, -1)),
];
const fifth4 = [
  horner(288, -312, 120, -18, 1) / (48 * g4 ** 2 * horner(12, -9, 2)),
  horner(24, -12, 1) / (48 * g4 ** 2 * horner(3, -1)),
  -(horner(12, -6, 1) ** 3) / (48 * g4 ** 2 * horner(3, -1) * horner(12, -9, 2) * horner(6, -6, 1)),
  horner(-24, 36, -12, 1) / horner(24, -24, 4),
];

/** Kværnø 4(3), L-stable (BIT 44, 489, 2004). */
export const kvaerno4: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'kvaerno4',
  order: 4,
  gamma: g4,
  c: [0, 2 * g4, g4 + third4[0]! + third4[1]!, 1, 1],
  a: [[], [g4], third4, fourth4, fifth4],
  error: [fifth4[0]! - fourth4[0]!, fifth4[1]! - fourth4[1]!, fifth4[2]! - fourth4[2]!, fifth4[3]! - g4, g4],
  errorExponent: 4,
});

const sixth5 = [0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.6194303907248068];
const seventh5 = [
  0.13659751177640292, 0, -0.05496908796538376, -0.04118626728321046, 0.629933048990164, 0.06962479448202728,
];

/** Kværnø 5(4), L-stable (BIT 44, 489, 2004). */
export const kvaerno5: DiagonallyImplicitMethod = diagonallyImplicitMethod({
  name: 'kvaerno5',
  order: 5,
  gamma: 0.26,
  c: [0, 0.52, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1],
  a: [
    [],
    [0.26],
    [0.13, 0.8403332099679081],
    [0.22371961478320504, 0.476755323197997, -0.06470895363112615],
    [0.16648564323248322, 0.1045001884159172, 0.03631482272098715, -0.13090704451073998],
    sixth5,
    seventh5,
  ],
  error: [...seventh5.map((weight, i) => weight - (sixth5[i] ?? 0.26)), 0.26],
  errorExponent: 5,
});
