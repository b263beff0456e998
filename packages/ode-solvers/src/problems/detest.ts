/**
 * The non-stiff DETEST problems A to E (Hull, Enright, Fellen & Sedgwick 1972, SIAM J. Numer. Anal. 9, 603), all from
 * t = 0 to 20: single equations, small systems, moderate systems, orbits, equations of higher order.
 */
import type { VectorField } from '../types.ts';

/** An initial-value problem. */
export interface InitialValueProblem {
  readonly name: string;
  readonly field: VectorField;
  readonly span: readonly [number, number];
  readonly y0: readonly number[];
  /** Times where f jumps. */
  readonly discontinuities?: readonly number[];
}

const scalar =
  (f: (t: number, y: number) => number): VectorField =>
  (t, y, dydt) => {
    dydt[0] = f(t, y[0]!);
  };

/** y'' = f(t, y, y') as a system of two. */
const second =
  (f: (t: number, y: number, slope: number) => number): VectorField =>
  (t, y, dydt) => {
    dydt[0] = y[1]!;
    dydt[1] = f(t, y[0]!, y[1]!);
  };

const unit = (n: number): number[] => Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0));

/** A chain of decays; the last member is stable. */
const decayChain =
  (rate: (i: number) => number): VectorField =>
  (_, y, dydt) => {
    const last = y.length - 1;
    let arriving = 0;
    for (let i = 0; i < last; i++) {
      const leaving = rate(i) * y[i]!;
      dydt[i] = arriving - leaving;
      arriving = leaving;
    }
    dydt[last] = arriving;
  };

const secondDifferences: VectorField = (_, y, dydt) => {
  const n = y.length;
  for (let i = 0; i < n; i++) dydt[i] = (y[i - 1] ?? 0) - 2 * y[i]! + (y[i + 1] ?? 0);
};

const sun = 1.00000597682;
const planets = [
  0.000954786104043, 0.000285583733151, 0.0000437273164546, 0.0000517759138449, 0.00000277777777778,
];
const gravity = 2.95912208286;

/** Sun and five outer planets, positions and velocities relative to the sun. */
const fiveBodies: VectorField = (_, y, dydt) => {
  const cubes = planets.map((__, j) => {
    const [a, b, c] = [y[3 * j]!, y[3 * j + 1]!, y[3 * j + 2]!];
    return (a * a + b * b + c * c) ** 1.5;
  });
  for (let j = 0; j < 5; j++) {
    for (let i = 0; i < 3; i++) {
      dydt[3 * j + i] = y[15 + 3 * j + i]!;
      dydt[15 + 3 * j + i] = (-gravity * (sun + planets[j]!) * y[3 * j + i]!) / cubes[j]!;
    }
    for (let k = 0; k < 5; k++) {
      if (k === j) continue;
      let square = 0;
      for (let i = 0; i < 3; i++) square += (y[3 * k + i]! - y[3 * j + i]!) ** 2;
      const cube = square ** 1.5;
      for (let i = 0; i < 3; i++) {
        const pull = (y[3 * k + i]! - y[3 * j + i]!) / cube - y[3 * k + i]! / cubes[k]!;
        dydt[15 + 3 * j + i]! += gravity * planets[k]! * pull;
      }
    }
  }
};

const outerPlanets = [
  3.42947415189, 3.35386959711, 1.35494901715, 6.6414554255, 5.97156957878, 2.18231499728, 11.2630437207,
  14.6952576794, 6.27960525067, -30.1552268759, 1.65699966404, 1.43785752721, -21.123835338, 28.4465098142,
  15.3882659679, -0.557160570446, 0.505696783289, 0.230578543901, -0.415570776342, 0.365682722812,
  0.169143213293, -0.325325669158, 0.189706021964, 0.087726532278, -0.024047625417, -0.287659532608,
  -0.117219543175, -0.176860753121, -0.216393453025, -0.014864789309,
];

/** A body in the field of a fixed one, [x, y, vx, vy]. */
export const kepler: VectorField = (_, y, dydt) => {
  const r2 = y[0]! * y[0]! + y[1]! * y[1]!;
  const r3 = r2 * Math.sqrt(r2);
  dydt[0] = y[2]!;
  dydt[1] = y[3]!;
  dydt[2] = -y[0]! / r3;
  dydt[3] = -y[1]! / r3;
};

const fields: readonly (readonly [name: string, field: VectorField, y0: readonly number[]])[] = [
  ['A1', scalar((_, y) => -y), [1]],
  ['A2', scalar((_, y) => -(y ** 3) / 2), [1]],
  ['A3', scalar((t, y) => y * Math.cos(t)), [1]],
  ['A4', scalar((_, y) => (y / 4) * (1 - y / 20)), [1]],
  ['A5', scalar((t, y) => (y - t) / (y + t)), [4]],
  [
    'B1',
    (_, y, dydt) => {
      dydt[0] = 2 * (y[0]! - y[0]! * y[1]!);
      dydt[1] = -(y[1]! - y[0]! * y[1]!);
    },
    [1, 3],
  ],
  [
    'B2',
    (_, y, dydt) => {
      dydt[0] = -y[0]! + y[1]!;
      dydt[1] = y[0]! - 2 * y[1]! + y[2]!;
      dydt[2] = y[1]! - y[2]!;
    },
    [2, 0, 1],
  ],
  [
    'B3',
    (_, y, dydt) => {
      dydt[0] = -y[0]!;
      dydt[1] = y[0]! - y[1]! ** 2;
      dydt[2] = y[1]! ** 2;
    },
    [1, 0, 0],
  ],
  [
    'B4',
    (_, y, dydt) => {
      const r = Math.hypot(y[0]!, y[1]!);
      dydt[0] = -y[1]! - (y[0]! * y[2]!) / r;
      dydt[1] = y[0]! - (y[1]! * y[2]!) / r;
      dydt[2] = y[0]! / r;
    },
    [3, 0, 0],
  ],
  [
    'B5',
    (_, y, dydt) => {
      dydt[0] = y[1]! * y[2]!;
      dydt[1] = -y[0]! * y[2]!;
      dydt[2] = -0.51 * y[0]! * y[1]!;
    },
    [0, 1, 1],
  ],
  ['C1', decayChain(() => 1), unit(10)],
  ['C2', decayChain((i) => i + 1), unit(10)],
  ['C3', secondDifferences, unit(10)],
  ['C4', secondDifferences, unit(51)],
  ['C5', fiveBodies, outerPlanets],
  ...[0.1, 0.3, 0.5, 0.7, 0.9].map(
    (e, i) => [`D${i + 1}`, kepler, [1 - e, 0, 0, Math.sqrt((1 + e) / (1 - e))]] as const,
  ),
  [
    'E1',
    second((t, y, slope) => -(slope / (t + 1) + (1 - 0.25 / (t + 1) ** 2) * y)),
    [0.671396707141803, 0.09540051444747447],
  ],
  ['E2', second((_, y, slope) => (1 - y * y) * slope - y), [2, 0]],
  ['E3', second((t, y) => y ** 3 / 6 - y + 2 * Math.sin(2.78535 * t)), [0, 0]],
  ['E4', second((_, __, slope) => 0.032 - 0.4 * slope ** 2), [30, 0]],
  ['E5', second((t, _, slope) => Math.sqrt(1 + slope ** 2) / (25 - t)), [0, 0]],
];

/** The 25 problems. */
export const detest: readonly InitialValueProblem[] = fields.map(([name, field, y0]) => ({
  name,
  field,
  span: [0, 20],
  y0,
}));
