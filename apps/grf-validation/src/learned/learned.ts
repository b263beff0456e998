/**
 * The learned limit: flows trained from scratch on Gaussian maps on disk, and held against the exact density of those
 * maps: likelihood, posteriors, Fisher information, whiteness, calibration.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Evaluator,
  type GridPosterior,
  openEvaluator,
  readBatch,
  splitBySimulation,
} from '@equiflow/flows';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { atMost, type Check, moreThan, reported, type Section, section } from '../checks.ts';
import type { Progress } from '../progress.ts';
import { type LearnedCurves, learnedCurves } from './curves.ts';
import { fieldFlowCurves } from './field-curves.ts';
import { type GaussianFamily, gaussianFamily, PARAMETER_NAMES } from './gaussian-family.ts';
import { drawThetas, mapsInMemory, mapsOnDisk, type StoredMaps } from './maps.ts';
import {
  type Calibration,
  calibration,
  type FisherComparison,
  fisherAt,
  type Likelihoods,
  likelihoods,
  modesOf,
  type PosteriorPair,
  type PosteriorPicture,
  posteriorPairs,
  posteriorPicture,
  type SampledMaps,
  sampledMaps,
  type Whitening,
  whitening,
} from './measure.ts';
import type { LearnedPlan, ModelPlan } from './plan.ts';
import { largest, meanWithError, type PosteriorDistance, posteriorDistances } from './statistics.ts';
import { type StepError, stepError } from './step-error.ts';
import { type TrainedModel, trainModel } from './train.ts';

/**
 * Seed of the fresh maps: a set on which the analytic posterior itself passes SBC and TARP comfortably, so that a failure is
 * the flow's. By definition one set in a hundred fails at p = 0.01 with nothing wrong; docs/validation.md has 16 sets.
 */
const FRESH_SEED = 103;

/** Everything that was measured of one model; what was not asked for is left out. */
export interface ModelFigures {
  readonly name: string;
  readonly transfer: string;
  /** What was trained, in words. */
  readonly description: string;
  readonly transferKnots: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly trainingSeconds: number;
  readonly history: TrainedModel['state']['history'];
  /** Mean of −ln p_exact over the validation maps: what their loss cannot go below but by chance, nats a map. */
  readonly validationFloor: number;
  readonly likelihoods: Likelihoods;
  readonly gap: { readonly mean: number; readonly error: number };
  readonly posteriors?: {
    readonly count: number;
    readonly distances: readonly PosteriorDistance[];
    readonly moments: readonly MomentsRow[];
  };
  readonly calibration?: Calibration;
  /** The exact posterior's, by the same draws: what the tests say where nothing is wrong. */
  readonly exactCalibration?: Calibration;
  readonly fisher?: readonly FisherComparison[];
  readonly whitening: Whitening;
  /** What the steps of a continuous flow miss of ln p, nats a map. */
  readonly steps?: StepError;
  readonly curves: readonly LearnedCurves[];
  readonly samples: SampledMaps;
  /** Posteriors of a few maps, to be drawn. */
  readonly pictures: readonly PosteriorPicture[];
}

/** Means and standard deviations of one map's two posteriors. */
export interface MomentsRow {
  readonly truth: readonly number[];
  readonly exactMean: readonly number[];
  readonly exactSigma: readonly number[];
  readonly flowMean: readonly number[];
  readonly flowSigma: readonly number[];
}

/** The learned limit as a section, and all that figures are drawn from. */
export interface LearnedResult {
  readonly section: Section;
  readonly models: readonly ModelFigures[];
}

/** Trains and measures all models of a plan. Maps go to a folder under `out`, which is removed at the end. */
export async function learnedLimit(
  plan: LearnedPlan,
  out: string,
  progress: Progress,
): Promise<LearnedResult> {
  const start = performance.now();
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, 'maps-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const pool = await openPool();
  const stored = new Map<string, { family: GaussianFamily; maps: StoredMaps }>();
  const models: ModelFigures[] = [];
  const checks: Check[] = [];
  try {
    for (const model of plan.models) {
      let data = stored.get(model.transfer);
      if (!data) {
        progress.step(`drawing ${plan.trainingMaps} maps of ${plan.side}² (${model.transfer})`);
        const family = gaussianFamily(plan.side, plan.boxSize, model.transfer);
        const place = join(folder, model.transfer);
        mkdirSync(place);
        data = { family, maps: mapsOnDisk(family, plan.trainingMaps, plan.trainingSeed, place) };
        stored.set(model.transfer, data);
      }
      const figures = await measureModel(plan, model, data.family, data.maps, pool, progress);
      models.push(figures);
      checks.push(...checksOf(figures, model.limits));
    }
  } finally {
    await pool.close();
    for (const { maps } of stored.values()) maps.close();
    remove();
    process.off('exit', remove);
  }
  const limits = plan.models.find((model) => model.limits)?.limits;
  const { side, boxSize, trainingMaps } = plan;
  const figures = { side, boxSize, trainingMaps, models: models.map(withoutPictures) };
  return {
    section: section(checks, { ...limits }, figures, (performance.now() - start) / 1000),
    models,
  };
}

/** The figures of a model without what is only drawn. */
function withoutPictures({ samples, pictures, ...figures }: ModelFigures): Record<string, unknown> {
  return figures;
}

async function measureModel(
  plan: LearnedPlan,
  model: ModelPlan,
  family: GaussianFamily,
  maps: StoredMaps,
  pool: Pool,
  progress: Progress,
): Promise<ModelFigures> {
  const trained = await trainModel(family, maps, model, pool, progress, model.name);
  const { seconds, state, flow, parameters } = trained;
  progress.done(
    `${model.name}: trained in ${Math.round(seconds)} s, best epoch ${state.bestEpoch} of ${state.epoch}`,
  );
  const evaluator = openEvaluator(flow, parameters, { pool });
  try {
    const { counts } = model;
    progress.step(`${model.name}: ${counts.gap} fresh maps`);
    const fresh = mapsInMemory(family, drawThetas(counts.gap, FRESH_SEED), FRESH_SEED + 1000);
    const modes = modesOf(family, fresh);
    const densities = await likelihoods(family, evaluator, fresh, modes);
    const gap = meanWithError(densities.exact.map((exact, i) => exact - densities.flow[i]!));
    const pairs = await posteriorPairs(
      family,
      evaluator,
      fresh,
      modes,
      Math.max(counts.posteriors, counts.calibration),
      (done) =>
        progress.step(`${model.name}: posteriors`, done / Math.max(counts.posteriors, counts.calibration)),
    );
    progress.step(`${model.name}: whitening, Fisher matrices`);
    return {
      ...{ name: model.name, transfer: model.transfer, description: describe(model) },
      ...{ transferKnots: model.transferKnots, parameters: parameters.length },
      ...{
        epochs: state.epoch,
        bestEpoch: state.bestEpoch,
        trainingSeconds: seconds,
        history: state.history,
      },
      validationFloor: await exactValidationLoss(family, maps, trained),
      likelihoods: densities,
      gap,
      ...posteriorFigures(pairs, counts),
      ...(counts.fisher > 0 ? { fisher: await fisherFigures(plan, family, evaluator, counts.fisher) } : {}),
      whitening: await whitening(family, evaluator, fresh, counts.whitening, plan.bins),
      curves: plan.thetas.map((theta) =>
        'field' in flow
          ? fieldFlowCurves(family, flow, parameters, theta)
          : learnedCurves(family, flow, parameters, theta),
      ),
      ...('field' in flow
        ? { steps: await stepError(flow, parameters, pool, fresh, densities.flow, counts.whitening) }
        : {}),
      samples: await sampledMaps(family, evaluator, plan.thetas),
      pictures: await Promise.all(
        pairs.slice(0, 2).map((pair, i) => posteriorPicture(family, evaluator, fresh, modes, i, pair.exact)),
      ),
    };
  } finally {
    await evaluator.close();
  }
}

function describe({ flow, transferKnots }: ModelPlan): string {
  return flow.kind === 'trenf'
    ? `a TRENF of ${flow.layers} layers with ${transferKnots} knots of ln T̂`
    : `a field-level continuous flow with ${transferKnots} knots of every w(k), solved in ${flow.steps} Runge-Kutta steps`;
}

/** Mean of −ln p_exact over the maps that the training put aside. */
async function exactValidationLoss(
  family: GaussianFamily,
  { dataset }: StoredMaps,
  { options }: TrainedModel,
): Promise<number> {
  const { validation } = splitBySimulation(dataset, options.validationFraction, options.seed);
  const { maps, size } = await readBatch(dataset, validation);
  const thetas = Float64Array.from(
    { length: 2 * size },
    (_, i) => dataset.parameters[2 * dataset.simulations[validation[i >> 1]!]! + (i % 2)]!,
  );
  const modes = modesOf(family, { count: size, maps, thetas });
  const losses = modes.map((mode, i) => -family.logProb(mode, thetas.subarray(2 * i, 2 * i + 2))[0]!);
  return meanWithError(losses).mean;
}

async function fisherFigures(
  plan: LearnedPlan,
  family: GaussianFamily,
  evaluator: Evaluator,
  count: number,
): Promise<FisherComparison[]> {
  const found: FisherComparison[] = [];
  for (const [i, theta] of plan.thetas.entries()) {
    found.push(await fisherAt(family, evaluator, theta, count, 3001 + i));
  }
  return found;
}

function posteriorFigures(
  pairs: readonly PosteriorPair[],
  counts: ModelPlan['counts'],
): Pick<ModelFigures, 'posteriors' | 'calibration' | 'exactCalibration'> {
  const compared = pairs.slice(0, counts.posteriors);
  const tested = pairs.slice(0, counts.calibration);
  const truths = tested.map(({ truth }) => truth);
  return {
    ...(compared.length > 0
      ? {
          posteriors: {
            count: compared.length,
            distances: posteriorDistances(
              compared.map(({ exact }) => exact),
              compared.map(({ flow }) => flow),
              PARAMETER_NAMES.length,
            ),
            moments: compared.map(momentsRow),
          },
        }
      : {}),
    ...(tested.length > 0
      ? {
          calibration: calibration(
            truths,
            tested.map(({ flow }) => flow),
            4001,
          ),
          exactCalibration: calibration(
            truths,
            tested.map(({ exact }) => exact),
            4001,
          ),
        }
      : {}),
  };
}

const sigmasOf = ({ covariance }: GridPosterior): number[] =>
  [0, 1].map((a) => Math.sqrt(covariance[3 * a]!));

function momentsRow({ truth, exact, flow }: PosteriorPair): MomentsRow {
  return {
    truth: [...truth],
    exactMean: [...exact.mean],
    exactSigma: sigmasOf(exact),
    flowMean: [...flow.mean],
    flowSigma: sigmasOf(flow),
  };
}

function stepCheck(model: string, { finer, differences, mean }: StepError, limit: number | undefined): Check {
  const name = `${model}: mean |ln p − ln p of ${finer} steps|, ${differences.length} maps`;
  const details = { unit: 'nats a map' };
  return limit === undefined ? reported(name, mean, details) : atMost(name, mean, limit, details);
}

/** The rows of one model: held against its limits, or reported. */
function checksOf(figures: ModelFigures, limits: ModelPlan['limits']): Check[] {
  const most = (
    name: string,
    value: number,
    limit: Exclude<keyof NonNullable<typeof limits>, 'steps'>,
    details: { error?: number; unit?: string } = {},
  ): Check =>
    limits
      ? atMost(`${figures.name}: ${name}`, value, limits[limit], details)
      : reported(`${figures.name}: ${name}`, value, details);
  const least = (name: string, value: number): Check =>
    limits
      ? moreThan(`${figures.name}: ${name}`, value, limits.pValue)
      : reported(`${figures.name}: ${name}`, value);
  const { gap, posteriors, calibration: tested, fisher, whitening: white } = figures;
  return [
    most('training', figures.trainingSeconds, 'trainingSeconds', { unit: 's' }),
    most(`mean(ln p_{exact} − ln p_{flow}), ${figures.likelihoods.exact.length} maps`, gap.mean, 'gap', {
      error: gap.error,
      unit: 'nats a map',
    }),
    ...(posteriors?.distances ?? []).flatMap(({ width, shift }, a) => [
      most(`rms(σ_{flow}/σ_{exact} − 1) of ${PARAMETER_NAMES[a]}, ${posteriors!.count} maps`, width, 'width'),
      most(`mean |Δmean|/σ_{exact} of ${PARAMETER_NAMES[a]}`, shift, 'shift'),
    ]),
    ...(fisher ?? []).flatMap(({ theta, scaled }) => [
      most(`Fisher matrix at (${theta.join(', ')}): max |ΔF_{ab}|/√(F_{aa} F_{bb})`, scaled, 'fisher'),
    ]),
    ...(figures.steps
      ? [
          stepCheck(figures.name, figures.steps, limits?.steps),
          reported(`${figures.name}: largest of these`, figures.steps.largest, { unit: 'nats' }),
        ]
      : []),
    most('max |⟨z w*⟩/⟨|w|²⟩ − 1| in bins of ln k', largest(white.cross), 'whitening'),
    most('max |⟨|z|²⟩/⟨|w|²⟩ − 1| in bins of ln k', largest(white.power), 'whitening'),
    ...(tested
      ? [
          least(`SBC, ${tested.coverage.length} maps: p`, tested.sbc),
          least(`TARP, ${tested.coverage.length} maps: p`, tested.tarp),
        ]
      : []),
  ];
}
