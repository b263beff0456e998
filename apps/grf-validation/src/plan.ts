/** What a full and a reduced validation try, as data. */
import type { ContinuousPlan } from './continuous/plan.ts';
import type { EquivariancePlan } from './equivariance.ts';
import type { ExactPlan } from './exact.ts';
import {
  fullContinuousPlan,
  fullPlan,
  type LearnedPlan,
  reducedContinuousPlan,
  reducedPlan,
} from './learned/plan.ts';

/** A whole validation. */
export interface Plan {
  readonly exact: ExactPlan;
  readonly lognormal: ExactPlan;
  readonly equivariance: EquivariancePlan;
  readonly learned: LearnedPlan;
  readonly continuous: ContinuousPlan;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Sides with every kind of factor: powers of 2, 3 and 5, products of them, and primes, which the transform treats apart. */
const mixed2 = [5, 6, 7, 8, 9, 11, 16, 27, 31, 32, 45, 64, 97, 100, 101, 125, 128, 243, 251, 255, 256];
const mixed3 = [5, 6, 7, 8, 11, 15, 16, 17, 25, 32];

/** Every side from 5 to 256 in two dimensions; to 40, and some beyond up to 256, in three. */
export const full: Plan = {
  exact: { sides2: range(5, 256), sides3: [...range(5, 40), 45, 48, 64, 81, 101, 128, 256] },
  lognormal: {
    sides2: [...range(5, 128), ...mixed2.filter((n) => n > 128)],
    sides3: [...range(5, 32), 45, 64, 81, 101, 128],
  },
  equivariance: { sides2: [5, 6, 7, 8, 15, 16, 32, 33, 63, 64, 101, 128], sides3: [5, 6, 8, 9, 16, 17, 32] },
  learned: fullPlan,
  continuous: {
    exact: { sides2: [...range(5, 64), 100, 101, 128, 256], sides3: [...range(5, 16), 32, 45, 64] },
    adaptive: { sides2: [5, 8, 16, 33, 64], sides3: [5, 8, 16] },
    equivariance: { sides2: [5, 8, 16, 33], sides3: [6, 8, 9] },
    learned: fullContinuousPlan,
  },
};

/** For every commit: about a minute. */
export const reduced: Plan = {
  exact: { sides2: mixed2, sides3: mixed3 },
  lognormal: { sides2: mixed2, sides3: mixed3 },
  equivariance: { sides2: [5, 8, 32, 33], sides3: [5, 8, 9] },
  learned: reducedPlan,
  continuous: {
    exact: { sides2: [5, 8, 31, 64], sides3: [5, 8, 16] },
    adaptive: { sides2: [5, 16], sides3: [5] },
    equivariance: { sides2: [5, 16], sides3: [6] },
    learned: reducedContinuousPlan,
  },
};
