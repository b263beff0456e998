/**
 * `equiflow evaluate`: how good a model is. Likelihood and latents of maps with known θ, samples against data, calibration of the
 * posteriors; against the exact law of the maps where the user names it.
 */
import { join } from 'node:path';
import { splitBySimulation } from '@equiflow/flows';
import { writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { InputError } from '../errors.ts';
import { type Calibration, calibrate, posteriorQuality } from '../evaluation/calibrate.ts';
import * as figures from '../evaluation/figures.ts';
import { type Inside, lookInside } from '../evaluation/inside.ts';
import { type Likelihoods, likelihoods, whiteness, withError } from '../evaluation/likelihood.ts';
import { compareSamples, type SampleComparison } from '../evaluation/samples.ts';
import { type SpectrumChoice, spectrumLikelihood } from '../evaluation/spectrum-likelihood.ts';
import { type ExactChoice, exactFor } from '../exact.ts';
import {
  type ColumnChoice,
  fingerprint,
  type MapStack,
  type ParameterTable,
  readParameters,
  simulationsOf,
} from '../maps.ts';
import { type Model, type OpenModel, openMapsFor, openModel } from '../model.ts';
import { meshModes } from '../modes.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder, writeResults } from '../output.ts';

/** Choices of `evaluate`. */
export interface EvaluateOptions extends ColumnChoice {
  readonly model: string;
  readonly maps: string;
  readonly array?: string;
  readonly params: string;
  /** Maps to use at most; all by default. */
  readonly count?: number;
  /** Maps to compare with samples. */
  readonly samples: number;
  /** Maps to calibrate with; 0: none. */
  readonly calibration: number;
  readonly exact?: ExactChoice;
  /** Simulations for the posterior of the power spectrum, which is shown beside the flow's. */
  readonly spectrum?: SpectrumChoice;
  readonly seed: number;
  readonly workers?: number;
  readonly out: string;
}

/** `evaluation.json`. */
export interface Evaluation {
  readonly command: 'evaluate';
  readonly model: string;
  readonly modelId: string;
  readonly maps: string;
  /** Maps evaluated, and which of the file they are. */
  readonly count: number;
  readonly heldOut: 'another file' | 'the validation maps of the training';
  readonly exact: ExactChoice | null;
  readonly parameters: readonly string[];
  readonly likelihood: Likelihoods;
  readonly inside: Inside;
  readonly samples: SampleComparison;
  readonly calibration: Calibration | null;
  readonly figures: readonly { readonly file: string; readonly name: string; readonly caption: string }[];
  readonly seconds: number;
}

/** The file that tells a folder of results of `evaluate`. */
export const EVALUATE_MARKER = 'evaluation.json';

/** Fewest maps that calibration can be tested with. */
const FEWEST = 20;
const PICTURED = 4;

/** Runs the command. */
export async function evaluate(options: EvaluateOptions): Promise<Outcome> {
  requireOwnFolder(options.out, EVALUATE_MARKER);
  if (options.calibration !== 0 && options.calibration < FEWEST) {
    throw new InputError(
      `--calibration ${options.calibration}: give at least ${FEWEST} maps, or 0 to leave it out`,
    );
  }
  const model = await openModel(options.model, options);
  try {
    return await evaluateWith(model, options);
  } finally {
    await model.close();
  }
}

async function evaluateWith(model: OpenModel, options: EvaluateOptions): Promise<Outcome> {
  const start = performance.now();
  const { prior } = model;
  const { spec } = model.checkpoint;
  const maps = openMapsFor(model, options.maps, options.array);
  const table = readParameters(options.params, prior, options);
  const simulations = simulationsOf(maps, table);
  const { chosen, heldOut } = heldOutMaps(model, maps, table, simulations, options.count);
  if (options.calibration > chosen.length) {
    throw new InputError(
      `--calibration ${options.calibration}: there are ${chosen.length} maps to evaluate; ask for fewer, or for 0`,
    );
  }
  const width = prior.names.length;
  const thetasOf = (numbers: Int32Array): Float64Array =>
    Float64Array.from(
      { length: numbers.length * width },
      (_, i) => table.values[simulations[numbers[Math.floor(i / width)]!]! * width + (i % width)]!,
    );
  const exact = options.exact ? exactFor(model, options.exact) : null;
  if (options.spectrum && options.calibration === 0) {
    throw new InputError('--spectrum-maps compares posteriors; ask for them with --calibration NUMBER');
  }
  const spectrum = options.spectrum ? spectrumLikelihood(model, options.spectrum, options, maps) : null;
  const modes = meshModes(spec.shape);
  const likelihood = await likelihoods(model, maps, chosen, thetasOf(chosen), modes, exact);
  const inside = await lookInside(model, modes, exact, options.seed);
  const compared = chosen.subarray(0, options.samples);
  const { comparison, examples } = await compareSamples(
    model,
    maps,
    compared,
    thetasOf(compared),
    modes,
    options.seed,
    PICTURED,
  );
  const calibrated = chosen.subarray(0, options.calibration);
  const calibration =
    calibrated.length === 0
      ? null
      : await calibrate(model, maps, calibrated, thetasOf(calibrated), { exact, spectrum }, options.seed);
  const drawn = [
    figures.likelihoodFigure(likelihood),
    calibration ? figures.posteriorFigures(calibration, prior.names) : null,
    figures.insideFigure(inside, prior.names),
    spec.shape.length === 2 ? figures.mapsFigure(examples, spec.shape[0]!, spec.logDensity) : null,
    figures.spectraFigure(comparison),
    figures.onePointFigure(comparison),
    ...figures.bispectrumFigures(comparison),
    figures.latentSpectrumFigure(likelihood),
    figures.latentOnePointFigure(likelihood),
    calibration ? figures.ranksFigure(calibration, prior.names) : null,
    calibration ? figures.coverageFigure(calibration) : null,
  ].filter((figure) => figure !== null);
  const evaluation: Evaluation = {
    command: 'evaluate',
    model: options.model,
    modelId: model.id,
    maps: options.maps,
    count: chosen.length,
    heldOut,
    exact: options.exact ?? null,
    parameters: prior.names,
    likelihood,
    inside,
    samples: comparison,
    calibration,
    figures: drawn.map(({ name, caption }) => ({ file: `${name}.svg`, name, caption })),
    seconds: (performance.now() - start) / 1000,
  };
  await writeResults(options.out, EVALUATE_MARKER, (folder) => {
    for (const { name, svg } of drawn) writeFileAtomic(join(folder, `${name}.svg`), svg);
    writeJsonAtomic(join(folder, EVALUATE_MARKER), evaluation);
  });
  return { lines: linesOf(evaluation, options.out), data: { ...summaryOf(evaluation), out: options.out } };
}

/** The maps of a file that the model has not been trained on. */
function heldOutMaps(
  { notes, checkpoint }: Model,
  maps: MapStack,
  table: ParameterTable,
  simulations: Int32Array,
  most: number | undefined,
): { chosen: Int32Array; heldOut: Evaluation['heldOut'] } {
  const same = fingerprint(maps) === notes.maps.fingerprint;
  const all = same
    ? splitBySimulation(
        {
          count: maps.count,
          shape: maps.shape,
          parameterNames: checkpoint.spec.parameterNames,
          parameters: table.values,
          simulations,
          read() {},
        },
        checkpoint.training.validationFraction,
        checkpoint.training.seed,
      ).validation
    : Int32Array.from({ length: maps.count }, (_, map) => map);
  return {
    chosen: most === undefined ? all : all.subarray(0, most),
    heldOut: same ? 'the validation maps of the training' : 'another file',
  };
}

/** The figures of an evaluation without the arrays behind them. */
export function summaryOf({
  command,
  model,
  modelId,
  maps,
  count,
  heldOut,
  exact,
  likelihood,
  calibration,
  seconds,
}: Evaluation): Record<string, unknown> {
  const { nll, gap, latent } = likelihood;
  const { mean, variance, skewness, excessKurtosis } = latent;
  return {
    command,
    model,
    modelId,
    maps,
    count,
    heldOut,
    exact,
    negativeLogLikelihood: nll,
    gapToExact: gap,
    latent: {
      mean,
      variance,
      skewness,
      excessKurtosis,
      ...whiteness(latent),
    },
    calibration: calibration && {
      maps: calibration.maps,
      sbcPValue: calibration.sbcPValue,
      tarpPValue: calibration.tarpPValue,
      exact: calibration.exact && {
        widthError: calibration.exact.widthError,
        meanShift: calibration.exact.meanShift,
      },
      quality: posteriorQuality(calibration.posteriors, calibration.truths),
      spectrum: calibration.spectrum && {
        bins: calibration.spectrum.bins,
        sbcPValue: calibration.spectrum.sbcPValue,
        tarpPValue: calibration.spectrum.tarpPValue,
        quality: posteriorQuality(calibration.spectrum.posteriors, calibration.truths),
        information: calibration.spectrum.information,
      },
    },
    seconds,
  };
}

function linesOf({ likelihood, calibration, count, heldOut, parameters }: Evaluation, out: string): string[] {
  const { nll, gap, latent } = likelihood;
  const { worstInErrors, worstPaired } = whiteness(latent);
  const lines = [`${count} maps (${heldOut}): −ln p(x|θ) = ${withError(nll, 2)} nats a map`];
  if (gap) lines.push(`exact − flow: ${withError(gap, 3)} nats a map`);
  lines.push(
    worstPaired === null
      ? `latents: power within ${worstInErrors.toFixed(1)} standard errors of white noise in every bin`
      : `latents: within ${(100 * worstPaired).toFixed(1)} % of the exact whitening in every bin`,
  );
  if (calibration) {
    lines.push(
      `calibration over ${calibration.maps} maps: p = ${calibration.sbcPValue.toPrecision(2)} (SBC), ${calibration.tarpPValue.toPrecision(2)} (TARP)`,
    );
    parameters.forEach((name, axis) => {
      if (!calibration.exact) return;
      lines.push(
        `${name}: widths agree with the exact ones to ${(100 * calibration.exact.widthError[axis]!).toFixed(1)} %, means to ${calibration.exact.meanShift[axis]!.toFixed(3)} σ`,
      );
    });
  }
  if (calibration?.spectrum) {
    const { spectrum, posteriors, truths } = calibration;
    const [own, other] = [posteriors, spectrum.posteriors].map((all) => posteriorQuality(all, truths));
    lines.push(
      `power spectrum in ${spectrum.bins} bins, same maps: p = ${spectrum.sbcPValue.toPrecision(2)} (SBC), ${spectrum.tarpPValue.toPrecision(2)} (TARP)`,
      ...parameters.map(
        (name, axis) =>
          `${name}: median σ ${own!.sigma[axis]!.toPrecision(3)} (flow), ${other!.sigma[axis]!.toPrecision(3)} (power spectrum); rms of (mean − truth)/σ ${own!.pull[axis]!.toFixed(2)}, ${other!.pull[axis]!.toFixed(2)}`,
      ),
      `ln p(truth | map), flow − power spectrum: ${withError(spectrum.information, 2)} nats`,
    );
  }
  return [...lines, `${EVALUATE_MARKER} and figures in ${out}`];
}
