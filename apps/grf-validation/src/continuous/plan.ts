/** What a validation of the field-level continuous flow tries, as data. */
import type { EquivariancePlan } from '../equivariance.ts';
import type { ExactPlan } from '../exact.ts';
import type { LearnedPlan } from '../learned/plan.ts';

/** The parts of it. */
export interface ContinuousPlan {
  /** Meshes on which the flow with w_0 = −½ ln P_k is held against the exact density. */
  readonly exact: ExactPlan;
  /** Meshes on which the equation is solved as it stands, by an adaptive method. */
  readonly adaptive: ExactPlan;
  readonly equivariance: EquivariancePlan;
  readonly learned: LearnedPlan;
}
