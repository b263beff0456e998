/**
 * `equiflow infer`: posteriors of θ for maps, as GetDist chains, a JSON summary and corner plots; with the exact posterior beside
 * where the law of the maps is known.
 */
import { join } from 'node:path';
import { sampleGrid } from '@equiflow/flows';
import { writeFileAtomic, writeGetDist, writeJsonAtomic } from '@equiflow/io/node';
import { type CornerPosterior, cornerPlot, svgToPng } from '@equiflow/report';
import { foldIn, key } from '@equiflow/tensor';
import { densityOnGrid, gridAround } from '../density-grid.ts';
import { InputError } from '../errors.ts';
import {
  type SpectrumChoice,
  type SpectrumLikelihood,
  spectrumLikelihood,
} from '../evaluation/spectrum-likelihood.ts';
import { type ExactChoice, type ExactModel, exactFor } from '../exact.ts';
import { type ColumnChoice, readParameters, simulationsOf } from '../maps.ts';
import { type OpenModel, openMapsFor, openModel, prepareMap } from '../model.ts';
import { label } from '../names.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder, writeResults } from '../output.ts';
import type { BackendName } from '../place.ts';
import { exactPosterior, gridMoments, type Moments, mapPosterior, methodFor } from '../posterior.ts';
import { progressBar } from '../progress.ts';

/** Choices of `infer`. */
export interface InferOptions extends ColumnChoice {
  readonly model: string;
  readonly maps: string;
  readonly array?: string;
  /** Table of true parameters, if they are known. */
  readonly params?: string;
  /** First map, distance to the next, and number of maps; all from the first on by default. */
  readonly first: number;
  readonly every: number;
  readonly count?: number;
  readonly method: 'auto' | 'grid' | 'sampler';
  /** Draws a map. */
  readonly samples: number;
  /** Maps to draw corner plots of. */
  readonly figures: number;
  readonly exact?: ExactChoice;
  /** Simulations for the posterior of the power spectrum, which is shown beside the flow's. */
  readonly spectrum?: SpectrumChoice;
  readonly seed: number;
  readonly workers?: number;
  readonly backend?: BackendName;
  readonly out: string;
}

/** What the summary says of one map. */
export interface MapResult extends Moments {
  readonly map: number;
  readonly truth: readonly number[] | null;
  readonly effectiveSamples: number;
  /** Root of the chain's files. */
  readonly chain: string;
  /** The corner plot, if one was drawn. */
  readonly corner: string | null;
  /** The exact posterior, if the law of the maps was given. */
  readonly exact: Moments | null;
  /** The posterior of the power spectrum alone, if simulations for it were given. */
  readonly spectrum: Moments | null;
}

/** `summary.json`. */
export interface InferSummary {
  readonly command: 'infer';
  readonly model: string;
  readonly modelId: string;
  readonly maps: string;
  readonly parameters: readonly string[];
  readonly prior: { readonly low: readonly number[]; readonly high: readonly number[] };
  readonly method: 'grid' | 'sampler';
  readonly samples: number;
  readonly exact: ExactChoice | null;
  readonly spectrum: SpectrumChoice | null;
  /** What computed, in words. */
  readonly backend: string;
  readonly seconds: number;
  readonly results: readonly MapResult[];
}

/** The file that tells a folder of results of `infer`. */
export const INFER_MARKER = 'summary.json';

/** Runs the command. */
export async function infer(options: InferOptions): Promise<Outcome> {
  requireOwnFolder(options.out, INFER_MARKER);
  const model = await openModel(options.model, options);
  try {
    return await inferWith(model, options);
  } finally {
    await model.close();
  }
}

async function inferWith(model: OpenModel, options: InferOptions): Promise<Outcome> {
  const { prior } = model;
  const maps = openMapsFor(model, options.maps, options.array);
  const truths = options.params === undefined ? null : readParameters(options.params, prior, options);
  const simulations = truths ? simulationsOf(maps, truths) : null;
  const { first, every } = options;
  const count = options.count ?? Math.ceil((maps.count - first) / every);
  if (first >= maps.count || first + (count - 1) * every >= maps.count) {
    throw new InputError(
      `--first ${first}${every === 1 ? '' : ` --every ${every}`}${options.count === undefined ? '' : ` --count ${count}`}: ${maps.file} has ${maps.count} maps, 0 to ${maps.count - 1}`,
    );
  }
  const method = methodFor(prior, options.method);
  const exact = options.exact ? exactFor(model, options.exact) : null;
  const spectrum = options.spectrum ? spectrumLikelihood(model, options.spectrum, options, maps) : null;
  const start = performance.now();
  const summary = await writeResults(options.out, INFER_MARKER, async (folder) => {
    const results: MapResult[] = [];
    const bar = progressBar('posteriors', count);
    for (let map = first; results.length < count; map += every) {
      const row = simulations?.[map];
      const truth =
        row === undefined
          ? null
          : Array.from(truths!.values.subarray(row * prior.names.length, (row + 1) * prior.names.length));
      results.push(
        await inferMap(model, options, {
          map,
          truth,
          method,
          exact,
          spectrum,
          folder,
          maps,
          draw: results.length < options.figures,
        }),
      );
      bar.to(results.length);
    }
    bar.end();
    const whole: InferSummary = {
      command: 'infer',
      model: options.model,
      modelId: model.id,
      maps: options.maps,
      parameters: prior.names,
      prior: { low: prior.low, high: prior.high },
      method,
      samples: options.samples,
      exact: options.exact ?? null,
      spectrum: options.spectrum ?? null,
      backend: model.backend,
      seconds: (performance.now() - start) / 1000,
      results,
    };
    writeJsonAtomic(join(folder, INFER_MARKER), whole);
    return whole;
  });
  return {
    lines: [...linesOf(summary, options.out), `computed by ${summary.backend}`],
    data: { ...summary, out: options.out },
  };
}

interface OneMap {
  readonly map: number;
  readonly truth: readonly number[] | null;
  readonly method: 'grid' | 'sampler';
  readonly exact: ExactModel | null;
  readonly spectrum: SpectrumLikelihood | null;
  readonly folder: string;
  readonly maps: ReturnType<typeof openMapsFor>;
  readonly draw: boolean;
}

async function inferMap(
  model: OpenModel,
  { samples, seed }: InferOptions,
  { map, truth, method, exact, spectrum, folder, maps, draw }: OneMap,
): Promise<MapResult> {
  const { prior, evaluator } = model;
  const prepared = prepareMap(model, maps, map);
  const posterior = await mapPosterior(evaluator, prepared, prior, {
    method,
    samples,
    seed: seed + map,
  });
  const chain = `map-${map}`;
  writeGetDist(join(folder, chain), {
    parameters: prior.names.map((name, axis) => ({
      name,
      label: label(name),
      lower: prior.low[axis]!,
      upper: prior.high[axis]!,
    })),
    weights: new Float64Array(posterior.logLikelihoods.length).fill(1),
    minusLogPosterior: posterior.logLikelihoods.map((value) => -value),
    samples: posterior.draws,
  });
  const others = await Promise.all(
    [
      { name: 'exact', logProb: exact?.of(prepared.values) },
      {
        name: 'power spectrum',
        logProb: spectrum?.of(maps.source.readRowsSync(map, map + 1, 'float64')),
      },
    ].map(async ({ name, logProb }) => {
      if (!logProb) return null;
      const grid = await exactPosterior(logProb, prior);
      return { name, logProb, grid, moments: gridMoments(grid, prior) };
    }),
  );
  const known = others.filter((other) => other !== null);
  let corner: string | null = null;
  if (draw) {
    corner = `corner-${map}`;
    const posteriors: CornerPosterior[] = [];
    if (prior.names.length <= 2) {
      const axes = gridAround(prior, [posterior, ...known.map(({ moments }) => moments)], 64);
      const flowGrid = await densityOnGrid(axes, (points) => evaluator.logProbOfMap(prepared.values, points));
      posteriors.push({ name: 'flow', grid: flowGrid });
      for (const { name, logProb } of known) {
        posteriors.push({ name, grid: await densityOnGrid(axes, logProb), linesOnly: true });
      }
    } else {
      posteriors.push({ name: 'flow', samples: { values: posterior.draws } });
      for (const { name, grid } of known) {
        const values = sampleGrid(grid, foldIn(key(seed + map), 2), samples);
        posteriors.push({ name, samples: { values }, linesOnly: true });
      }
    }
    const svg = cornerPlot({
      labels: prior.names.map(label),
      posteriors,
      title: `map ${map}`,
      ...(truth ? { truth } : {}),
    });
    writeFileAtomic(join(folder, `${corner}.svg`), svg);
    writeFileAtomic(join(folder, `${corner}.png`), svgToPng(svg));
  }
  const { mean, std, covariance, logEvidence, effectiveSamples } = posterior;
  return {
    map,
    truth,
    mean,
    std,
    covariance,
    ...(logEvidence === undefined ? {} : { logEvidence }),
    effectiveSamples,
    chain,
    corner,
    exact: others[0]?.moments ?? null,
    spectrum: others[1]?.moments ?? null,
  };
}

function linesOf({ parameters, results }: InferSummary, out: string): string[] {
  const shown = results.slice(0, 5).map(({ map, mean, std, truth }) => {
    const parts = parameters.map(
      (name, axis) =>
        `${name} = ${mean[axis]!.toFixed(4)} ± ${std[axis]!.toFixed(4)}${truth ? ` (true ${truth[axis]!.toFixed(4)})` : ''}`,
    );
    return `map ${map}: ${parts.join(', ')}`;
  });
  if (results.length > shown.length) shown.push(`… and ${results.length - shown.length} more`);
  return [...shown, `chains, ${INFER_MARKER} and corner plots in ${out}`];
}
