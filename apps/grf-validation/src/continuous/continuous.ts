/**
 * The field-level continuous flow in the same limits as a TRENF: the exact density where it is linear, by its own steps and by an adaptive
 * solver of the equation as it stands; the symmetries; and trained from scratch on Gaussian maps.
 */
import { setImmediate } from 'node:timers/promises';
import { openContinuousFlow } from '@equiflow/flows';
import { type Comparison, compareOn, fieldFlowField, machines } from '../analytic/compare.ts';
import { gaussianFieldFlow, TRENF_STANDARDISE } from '../analytic/flows.ts';
import { powerLaw } from '../analytic/spectra.ts';
import { atMost, type Check, section } from '../checks.ts';
import {
  EQUIVARIANCE_LIMIT,
  equivarianceChecks,
  equivarianceFigures,
  randomFieldFlow,
} from '../equivariance.ts';
import { EXACT_LIMITS, type ExactPlan } from '../exact.ts';
import { type LearnedResult, learnedLimit } from '../learned/learned.ts';
import type { Progress } from '../progress.ts';
import type { ContinuousPlan } from './plan.ts';

/** Tolerances of the adaptive solver, relative and absolute, of every cell and of ln p. */
const TOLERANCE = 1e-10;

/** Largest |ln p − exact| a cell of the adaptive solve, nats. */
const ADAPTIVE_LIMIT = 1e-10;

/** An adaptive solve on one mesh. */
export interface AdaptiveFigures {
  readonly side: number;
  readonly dimensions: number;
  /** |ln p_flow − ln p_exact|/N^d, nats. */
  readonly perCell: number;
  /** The solver's own word for it: the difference to ten times its tolerances, over N^d. */
  readonly told: number;
  readonly evaluations: number;
}

const spectrumOf = (dimensions: number) => powerLaw(dimensions === 2 ? -1.5 : -2);

const meshesOf = ({ sides2, sides3 }: ExactPlan): { side: number; dimensions: number }[] => [
  ...sides2.map((side) => ({ side, dimensions: 2 })),
  ...sides3.map((side) => ({ side, dimensions: 3 })),
];

/** All parts, as one section, and the models for the figures. */
export async function continuousLimit(
  plan: ContinuousPlan,
  out: string,
  progress: Progress,
): Promise<LearnedResult> {
  const start = performance.now();
  const comparisons: Comparison[] = [];
  for (const { side, dimensions } of meshesOf(plan.exact)) {
    progress.step(`continuous flow: exact limit, N = ${side}`);
    await setImmediate();
    const field = fieldFlowField(spectrumOf(dimensions), side, dimensions, 15);
    for (const machine of machines()) comparisons.push(...compareOn(field, machine));
  }
  const adaptive: AdaptiveFigures[] = [];
  for (const { side, dimensions } of meshesOf(plan.adaptive)) {
    progress.step(`continuous flow: adaptive solve, N = ${side}`);
    await setImmediate();
    adaptive.push(await adaptiveSolve(side, dimensions));
  }
  const symmetries = await equivarianceFigures(plan.equivariance, randomFieldFlow, progress);
  const learned = await learnedLimit(plan.learned, out, progress);
  const checks = [
    ...exactChecks(comparisons),
    ...adaptiveChecks(adaptive),
    ...equivarianceChecks(symmetries),
    ...learned.section.checks,
  ];
  return {
    section: section(
      checks,
      {
        ...learned.section.limits,
        ...EXACT_LIMITS,
        adaptive: ADAPTIVE_LIMIT,
        equivariance: EQUIVARIANCE_LIMIT,
      },
      { ...learned.section.figures, comparisons, adaptive, flows: symmetries },
      (performance.now() - start) / 1000,
    ),
    models: learned.models,
  };
}

/** dx/dt = w_0 * x with no use made of its being linear. */
async function adaptiveSolve(side: number, dimensions: number): Promise<AdaptiveFigures> {
  const spectrum = spectrumOf(dimensions);
  const { values, exact } = fieldFlowField(spectrum, side, dimensions, 16);
  const { flow, flat } = gaussianFieldFlow(spectrum, side, dimensions);
  const { mean, deviation } = TRENF_STANDARDISE;
  const solved = openContinuousFlow(flow.field, flow.base, flat, {
    ...{ contextSize: 1, rtol: TOLERANCE, atol: TOLERANCE },
  });
  try {
    const start = Float64Array.from(values, (value) => (value - mean) / deviation);
    const { logProb, error, statistics } = await solved.density(start, Float64Array.of(0.4));
    const found = logProb[0]! - values.length * Math.log(deviation);
    return {
      ...{ side, dimensions },
      perCell: Math.abs(found - exact) / values.length,
      told: error[0]! / values.length,
      evaluations: statistics.evaluations,
    };
  } finally {
    await solved.close();
  }
}

function exactChecks(comparisons: readonly Comparison[]): Check[] {
  return (['float64', 'float32'] as const).map((dtype) => {
    const worst = comparisons
      .filter((one) => one.dtype === dtype)
      .reduce((a, b) => (b.perCell > a.perCell || Number.isNaN(b.perCell) ? b : a));
    return atMost(
      `linear field, ${dtype}: max |ln p_{flow} − ln p_{exact}|/N^d (worst: ${worst.side}^${worst.dimensions}, ${worst.backend})`,
      worst.perCell,
      EXACT_LIMITS[dtype],
      { unit: 'nats' },
    );
  });
}

function adaptiveChecks(figures: readonly AdaptiveFigures[]): Check[] {
  const worst = figures.reduce((a, b) => (b.perCell > a.perCell || Number.isNaN(b.perCell) ? b : a));
  return [
    atMost(
      `linear field, dopri5 at ${TOLERANCE.toExponential()}: max |ln p_{flow} − ln p_{exact}|/N^d (worst: ${worst.side}^${worst.dimensions})`,
      worst.perCell,
      ADAPTIVE_LIMIT,
      { unit: 'nats' },
    ),
  ];
}
