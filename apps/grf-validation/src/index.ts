/** The analytic limits that prove the machinery, as functions; `main.ts` is the command. */
export { atMost, type Check, limitText, moreThan, reported, type Section, section } from './checks.ts';
export { chiSquare, exactLogProb, type ModePower, modePower } from './direct/mode-power.ts';
export {
  EQUIVARIANCE_LIMIT,
  type EquivarianceFigures,
  type EquivariancePlan,
  equivariance,
  equivarianceOf,
} from './equivariance.ts';
export { EXACT_LIMITS, type ExactPlan, exactLimit, lognormalLimit } from './exact.ts';
export { type LearnedResult, learnedLimit } from './learned/learned.ts';
export type { LearnedPlan, ModelPlan } from './learned/plan.ts';
