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
import { type DenseOutput, dop853, solveOde } from '@equiflow/ode-solvers';
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
/** D₁, D₂, D₃a, D₃b, D₃c, then the slopes of the first four. */
type Growing = [number, number, number, number, number, number, number, number, number];

/** Early on D₁ = a + 2/3 a_eq, and the higher orders are those of an Einstein-de Sitter universe. */
function early({ content: { omegaM, omegaR } }: Background): Float64Array {
  const a = Math.exp(FIRST);
  const d = a + (2 / 3) * (omegaR / omegaM);
  const factors = [d, (-3 / 7) * d * d, (-1 / 3) * d ** 3, (10 / 21) * d ** 3, (1 / 7) * d ** 3];
  return Float64Array.of(...factors, a, (-6 / 7) * d * a, -d * d * a, (10 / 7) * d * d * a);
}

/** The state at every ln a, by Dormand and Prince's method of order 8 with its dense output of order 7. */
function integrate(universe: Background): DenseOutput {
  const field = (lnA: number, y: Float64Array, slope: Float64Array): void => {
    const a = Math.exp(lnA);
    const friction = 2 + universe.expansionSlope(a);
    const pull = 1.5 * universe.matterFraction(a);
    const [d1, d2, d3a, d3b, , v1, v2, v3a, v3b] = y as unknown as Growing;
    const second = d2 - d1 * d1;
    slope[0] = v1;
    slope[1] = v2;
    slope[2] = v3a;
    slope[3] = v3b;
    slope[4] = d2 * v1 - d1 * v2;
    slope[5] = pull * d1 - friction * v1;
    slope[6] = pull * second - friction * v2;
    slope[7] = pull * (d3a - 2 * d1 ** 3) - friction * v3a;
    slope[8] = pull * (d3b - 2 * d1 * second) - friction * v3b;
  };
  // Purely relative: D₃ begins at 1e-21.
  const options = { method: dop853, rtol: 1e-12, atol: 0, dense: true, saveAt: 'ends' } as const;
  const solution = solveOde(field, [FIRST, 0], early(universe), options);
  if (solution.status !== 'finished') throw new RangeError(`growth: ${solution.message}`);
  return solution.dense!;
}

/**
 * Integrates the growth equations of an expansion, once, to 1e-12 a step; reading afterwards evaluates a polynomial.
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
  const dense = integrate(universe);
  const scale = normalisation === 'today' ? 1 / dense.evaluate(0)[0]! : 1;
  const orders = [1, 2, 3, 3, 3, 1, 2, 3, 3];
  const powers = orders.map((order) => scale ** order);
  const read = (a: number): Growing => {
    const lnA = Math.log(a);
    if (!(lnA >= FIRST - 1e-9 && lnA <= 1e-9)) {
      throw new RangeError(`growth at a = ${a}: must be between 1e-7 and 1`);
    }
    const state = dense.evaluate(Math.min(Math.max(lnA, FIRST), 0));
    return Array.from(state, (value, i) => powers[i]! * value) as Growing;
  };
  return {
    background: universe,
    normalisation,
    at: (a) => {
      const [d1, d2, d3a, d3b, d3c, v1, v2, v3a, v3b] = read(a);
      return {
        ...{ d1, d2, d3a, d3b, d3c },
        slopes: { d1: v1, d2: v2, d3a: v3a, d3b: v3b, d3c: d2 * v1 - d1 * v2 },
      };
    },
    factor: (a) => read(a)[0],
    rate: (a) => {
      const [d1, , , , , v1] = read(a);
      return v1 / d1;
    },
    secondRate: (a) => {
      const [, d2, , , , , v2] = read(a);
      return v2 / d2;
    },
  };
}
