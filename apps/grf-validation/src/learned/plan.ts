/** What the learned limit trains and measures, and the limits it must keep, as data. */
import type { GaussianFamily } from './gaussian-family.ts';
import type { FlowChoice, ModelChoice } from './train.ts';

/** Limits of the learned flow. */
export interface LearnedLimits {
  /** Wall-clock of the training, seconds. */
  readonly trainingSeconds: number;
  /** mean(ln p_exact − ln p_flow), nats a map. */
  readonly gap: number;
  /** rms(σ_flow/σ_exact − 1), per parameter. */
  readonly width: number;
  /** mean |Δmean|/σ_exact, per parameter. */
  readonly shift: number;
  /** |F_ab − F_ab,analytic|/√(F_aa F_bb)_analytic. */
  readonly fisher: number;
  /** |⟨z w*⟩/⟨|w|²⟩ − 1| and |⟨|z|²⟩/⟨|w|²⟩ − 1| in every bin. */
  readonly whitening: number;
  /** Mean |error of ln p| by the steps of a continuous flow, nats a map. */
  readonly steps?: number;
  /** p-values of SBC and TARP. */
  readonly pValue: number;
}

/** How many maps each measurement takes; 0 leaves it out. */
export interface MapCounts {
  readonly gap: number;
  readonly posteriors: number;
  readonly calibration: number;
  /** Maps at each of the θ. */
  readonly fisher: number;
  readonly whitening: number;
}

/** A model with what it is measured by. */
export interface ModelPlan extends ModelChoice {
  readonly name: string;
  readonly transfer: GaussianFamily['transfer'];
  readonly counts: MapCounts;
  /** Left out for a model that is only reported. */
  readonly limits?: LearnedLimits;
}

/** The whole learned limit. */
export interface LearnedPlan {
  readonly side: number;
  readonly boxSize: number;
  readonly trainingMaps: number;
  readonly trainingSeed: number;
  readonly bins: number;
  /** θ of the Fisher matrices and of the figures. */
  readonly thetas: readonly (readonly [number, number])[];
  readonly models: readonly ModelPlan[];
}

const thetas: LearnedPlan['thetas'] = [
  [0.3175, 0.834],
  [0.25, 0.75],
  [0.38, 0.9],
];

const hidden = [64, 64];

const trenf = (layers: number): FlowChoice => ({ kind: 'trenf', layers });

/** The continuous flow: on Gaussian maps its nonlinear part has little to do. */
const continuous: FlowChoice = { kind: 'continuous', units: 4, timeFunctions: 3, bound: 1, steps: 3 };

const few: MapCounts = { gap: 1000, posteriors: 60, calibration: 0, fisher: 100, whitening: 200 };

/** What a TRENF of 2 layers must keep. */
const fullLimits: LearnedLimits = {
  ...{ trainingSeconds: 600, gap: 0.1, width: 0.05, shift: 0.15 },
  ...{ fisher: 0.05, whitening: 0.02, pValue: 0.01 },
};

/** The same from half the maps. */
const reducedLimits: LearnedLimits = {
  ...{ trainingSeconds: 120, gap: 0.3, width: 0.1, shift: 0.25 },
  ...{ fisher: 0.15, whitening: 0.05, pValue: 0.01 },
};

/** The full form, on 64² from 4,096 maps, with every limit. */
export const fullPlan: LearnedPlan = {
  side: 64,
  boxSize: 1000,
  trainingMaps: 4096,
  trainingSeed: 3,
  bins: 12,
  thetas,
  models: [
    {
      ...{ name: '2 layers', transfer: 'eh98-nowiggle', flow: trenf(2), transferKnots: 8, hidden },
      ...{ epochs: 40, learningRate: 1e-2 },
      counts: { gap: 1000, posteriors: 200, calibration: 500, fisher: 200, whitening: 200 },
      limits: fullLimits,
    },
    {
      ...{ name: '5 layers', transfer: 'eh98-nowiggle', flow: trenf(5), transferKnots: 8, hidden },
      ...{ epochs: 40, learningRate: 1e-2 },
      counts: few,
    },
    {
      ...{ name: 'full EH98, 8 knots', transfer: 'eh98', flow: trenf(2), transferKnots: 8, hidden },
      ...{ epochs: 30, learningRate: 1e-2 },
      counts: few,
    },
    {
      ...{ name: 'full EH98, 24 knots', transfer: 'eh98', flow: trenf(2), transferKnots: 24, hidden },
      ...{ epochs: 30, learningRate: 1e-2 },
      counts: few,
    },
  ],
};

/** A small form for every commit: the same checks on half the maps, with limits that these allow. */
export const reducedPlan: LearnedPlan = {
  side: 64,
  boxSize: 1000,
  trainingMaps: 2048,
  trainingSeed: 3,
  bins: 12,
  thetas,
  models: [
    {
      ...{ name: '2 layers', transfer: 'eh98-nowiggle', flow: trenf(2), transferKnots: 8, hidden },
      ...{ epochs: 20, learningRate: 1e-2 },
      counts: { gap: 400, posteriors: 50, calibration: 100, fisher: 40, whitening: 100 },
      limits: reducedLimits,
    },
  ],
};

/** The continuous flow in the full form, with the limits of the TRENF and one more; fewer posteriors, for each takes ten times the work. */
export const fullContinuousPlan: LearnedPlan = {
  ...fullPlan,
  models: [
    {
      ...{ name: 'continuous', transfer: 'eh98-nowiggle', flow: continuous, transferKnots: 8, hidden },
      ...{ epochs: 40, learningRate: 5e-3 },
      counts: { gap: 1000, posteriors: 100, calibration: 100, fisher: 100, whitening: 200 },
      limits: { ...fullLimits, steps: 0.02 },
    },
  ],
};

/** The continuous flow for every commit: on a quarter of the cells, without posteriors. */
export const reducedContinuousPlan: LearnedPlan = {
  ...reducedPlan,
  ...{ side: 32, boxSize: 500 },
  models: [
    {
      ...{ name: 'continuous', transfer: 'eh98-nowiggle', flow: continuous, transferKnots: 8, hidden },
      ...{ epochs: 10, learningRate: 1e-2 },
      counts: { gap: 400, posteriors: 20, calibration: 0, fisher: 40, whitening: 100 },
      limits: { ...reducedLimits, steps: 0.02 },
    },
  ],
};
