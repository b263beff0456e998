/**
 * Growth of structure to third order in Lagrangian perturbation theory: displacements grow as D₁, D₂, D₃a, D₃b and D₃c
 * (Bouchet et al. 1995, astro-ph/9406013; for any background their equations are, with ' = d/d ln a and
 * T[D] = D'' + (2 + d ln E/d ln a) D',
 *
 *   T[D₁] = 3/2 Ω_m(a) D₁,              T[D₂] = 3/2 Ω_m(a) (D₂ − D₁²),
 *   T[D₃a] = 3/2 Ω_m(a) (D₃a − 2 D₁³),  T[D₃b] = 3/2 Ω_m(a) (D₃b − 2 D₁ (D₂ − D₁²)),
 *   D₃c' = D₂ D₁' − D₁ D₂'              (no vorticity).
 *
 * In an Einstein-de Sitter universe D₂ = −3/7 D₁², D₃a = −1/3 D₁³, D₃b = 10/21 D₁³, D₃c = 1/7 D₁³. Radiation slows
 * the expansion's matter, and does not cluster: early on D₁ ∝ a + 2/3 a_eq (Mészáros 1974).
 */
import { type Background, background } from './background.ts';
import type { Expansion } from './cosmology.ts';

/** Scale of D₁. `'today'`: D₁(a = 1) = 1. `'matter-era'`: D₁ → a early (with radiation: a + 2/3 a_eq). */
export type GrowthNormalisation = 'today' | 'matter-era';

/** Growth factors and their logarithmic derivatives at one scale factor. */
export interface GrowthState {
  readonly d1: number;
  readonly d2: number;
  readonly d3a: number;
  readonly d3b: number;
  readonly d3c: number;
  /** dD/d ln a of each. */
  readonly slopes: {
    readonly d1: number;
    readonly d2: number;
    readonly d3a: number;
    readonly d3b: number;
    readonly d3c: number;
  };
}

/** Growth as a function of the scale factor, 1e-7 ≤ a ≤ 1. */
export interface Growth {
  readonly background: Background;
  readonly normalisation: GrowthNormalisation;
  /** All factors at a. @throws RangeError outside 1e-7 ≤ a ≤ 1 */
  at(a: number): GrowthState;
  /** D₁(a). */
  factor(a: number): number;
  /** f = d ln D₁/d ln a. */
  rate(a: number): number;
  /** d ln |D₂|/d ln a. */
  secondRate(a: number): number;
}

const FIRST = Math.log(1e-7);
const STEPS = 3200;
const WIDTH = -FIRST / STEPS;
/** D₁, D₂, D₃a, D₃b, D₃c, then the slopes of the first four. */
const STATE = 9;

function derivative(universe: Background, lnA: number, y: Float64Array, out: Float64Array): void {
  const a = Math.exp(lnA);
  const friction = 2 + universe.expansionSlope(a);
  const pull = 1.5 * universe.matterFraction(a);
  const [d1, d2, d3a, d3b, , v1, v2, v3a, v3b] = y as unknown as number[];
  const second = d2! - d1! * d1!;
  out[0] = v1!;
  out[1] = v2!;
  out[2] = v3a!;
  out[3] = v3b!;
  out[4] = d2! * v1! - d1! * v2!;
  out[5] = pull * d1! - friction * v1!;
  out[6] = pull * second - friction * v2!;
  out[7] = pull * (d3a! - 2 * d1! ** 3) - friction * v3a!;
  out[8] = pull * (d3b! - 2 * d1! * second) - friction * v3b!;
}

/** Rows of state and slope at uniform ln a, by the classical Runge-Kutta method. */
function integrate(universe: Background): { values: Float64Array; slopes: Float64Array } {
  const values = new Float64Array((STEPS + 1) * STATE);
  const slopes = new Float64Array((STEPS + 1) * STATE);
  const a = Math.exp(FIRST);
  const { omegaM, omegaR } = universe.content;
  const d = a + (2 / 3) * (omegaR / omegaM);
  const y = Float64Array.of(d, (-3 / 7) * d * d, (-1 / 3) * d ** 3, (10 / 21) * d ** 3, (1 / 7) * d ** 3, a);
  const state = new Float64Array(STATE);
  state.set(y);
  state.set([(-6 / 7) * d * a, -d * d * a, (10 / 7) * d * d * a], 6);
  const k = [0, 1, 2, 3].map(() => new Float64Array(STATE)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const trial = new Float64Array(STATE);
  const stage = (lnA: number, from: Float64Array, step: number, out: Float64Array): void => {
    for (let i = 0; i < STATE; i++) trial[i] = state[i]! + step * from[i]!;
    derivative(universe, lnA, trial, out);
  };
  for (let row = 0; row <= STEPS; row++) {
    const lnA = FIRST + row * WIDTH;
    derivative(universe, lnA, state, k[0]);
    values.set(state, row * STATE);
    slopes.set(k[0], row * STATE);
    stage(lnA + WIDTH / 2, k[0], WIDTH / 2, k[1]);
    stage(lnA + WIDTH / 2, k[1], WIDTH / 2, k[2]);
    stage(lnA + WIDTH, k[2], WIDTH, k[3]);
    for (let i = 0; i < STATE; i++) {
      state[i]! += (WIDTH / 6) * (k[0][i]! + 2 * k[1][i]! + 2 * k[2][i]! + k[3][i]!);
    }
  }
  return { values, slopes };
}

/**
 * Integrates the growth equations of an expansion, once; reading afterwards is interpolation (cubic Hermite in
 * ln a, to 1e-9).
 *
 * @param normalisation by name, for the two are mixed up too often; see {@link GrowthNormalisation}
 * @throws RangeError on densities that make no sense
 * @example
 * ```ts
 * growth({ omegaM: 0.3 }, 'today').factor(0.5); // 0.6118
 * ```
 */
export function growth(expansion: Expansion, normalisation: GrowthNormalisation): Growth {
  if (normalisation !== 'today' && normalisation !== 'matter-era') {
    throw new RangeError(`normalisation '${String(normalisation)}': must be 'today' or 'matter-era'`);
  }
  const universe = background(expansion);
  const { values, slopes } = integrate(universe);
  const scale = normalisation === 'today' ? 1 / values[STEPS * STATE]! : 1;
  const powers = [
    scale,
    scale ** 2,
    scale ** 3,
    scale ** 3,
    scale ** 3,
    scale,
    scale ** 2,
    scale ** 3,
    scale ** 3,
  ];

  const read = (a: number, which: number): number => {
    const x = (Math.log(a) - FIRST) / WIDTH;
    if (!(x >= -1e-9 && x <= STEPS + 1e-9)) {
      throw new RangeError(`growth at a = ${a}: must be between 1e-7 and 1`);
    }
    const row = Math.min(Math.max(Math.floor(x), 0), STEPS - 1);
    const t = x - row;
    const at = row * STATE + which;
    const y0 = values[at]!;
    const y1 = values[at + STATE]!;
    const m0 = WIDTH * slopes[at]!;
    const m1 = WIDTH * slopes[at + STATE]!;
    const rise = y1 - y0;
    return powers[which]! * (y0 + t * (m0 + t * (3 * rise - 2 * m0 - m1 + t * (m0 + m1 - 2 * rise))));
  };
  return {
    background: universe,
    normalisation,
    at: (a) => {
      const [d1, d2, d3a, d3b, d3c, v1, v2, v3a, v3b] = Array.from({ length: STATE }, (_, i) =>
        read(a, i),
      ) as [number, number, number, number, number, number, number, number, number];
      return {
        ...{ d1, d2, d3a, d3b, d3c },
        slopes: { d1: v1, d2: v2, d3a: v3a, d3b: v3b, d3c: d2 * v1 - d1 * v2 },
      };
    },
    factor: (a) => read(a, 0),
    rate: (a) => read(a, 5) / read(a, 0),
    secondRate: (a) => read(a, 6) / read(a, 1),
  };
}
