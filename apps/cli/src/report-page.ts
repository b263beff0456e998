/** The sections of a report about one model: its results in the order in which a reader asks. */
import type { MapModelSpec, TrainingOptions } from '@equiflow/flows';
import {
  figure,
  formatNumber,
  type KeyFigure,
  keyFigures,
  lossCurve,
  type PageSection,
  paragraph,
  row,
  table,
} from '@equiflow/report';
import type { Evaluation } from './commands/evaluate.ts';
import type { InferSummary } from './commands/infer.ts';
import { label } from './names.ts';
import { clock } from './progress.ts';
import { spectrumBlocks } from './report-spectrum.ts';

/** What a report tells of one model. */
export interface ModelReport {
  /** Heading; none where the report is about one model alone. */
  readonly heading?: string;
  readonly log: {
    readonly spec: MapModelSpec;
    readonly training: TrainingOptions;
    readonly choices: Readonly<Record<string, unknown>>;
    readonly parameters: number;
    readonly finished: boolean;
    readonly epoch: number;
    readonly bestEpoch: number;
    readonly bestValidation: number | null;
    readonly seconds: number;
    readonly history: readonly { epoch: number; train: number; validation: number }[];
  };
  readonly evaluation?: { readonly data: Evaluation; svg(file: string): string };
  readonly inferences: readonly { readonly data: InferSummary; svg(file: string): string }[];
}

/** Corner plots shown for each run of `infer`. */
const CORNERS = 4;

/** The sections about one model. */
export function modelSections(report: ModelReport): PageSection[] {
  const { heading, evaluation, inferences, log } = report;
  const title = (text: string): string =>
    heading === undefined ? `${text[0]!.toUpperCase()}${text.slice(1)}` : `${heading}: ${text}`;
  const shown = new Map(
    evaluation?.data.figures.map(({ name, file, caption }) => [
      name,
      figure(evaluation.svg(file), caption),
    ]) ?? [],
  );
  const beside = (...names: string[]): string[] => {
    const blocks = names.flatMap((name) => shown.get(name) ?? []);
    return blocks.length === 0 ? [] : [blocks.length === 1 ? blocks[0]! : row(...blocks)];
  };
  const sections: PageSection[] = [
    { title: heading ?? 'Summary', blocks: [paragraph(descriptionOf(log)), keyFigures(keysOf(report))] },
  ];
  const add = (name: string, blocks: string[]): void => {
    if (blocks.length > 0) sections.push({ title: title(name), blocks });
  };
  add('likelihood and posteriors', [...beside('likelihood', 'posteriors'), ...inferences.flatMap(cornersOf)]);
  if (evaluation) add('flow and power spectrum', spectrumBlocks(evaluation.data));
  add('what the flow has learned', beside('inside'));
  add('samples', [
    ...beside('maps'),
    ...beside('spectra', 'one-point'),
    ...beside('bispectrum-equilateral', 'bispectrum-squeezed'),
  ]);
  add('latents', beside('latent-spectrum', 'latent-one-point'));
  add('calibration', [...beside('ranks'), ...beside('coverage')]);
  add('training', trainingBlocks(report));
  return sections;
}

function descriptionOf({ spec, training, parameters, epoch, seconds, finished }: ModelReport['log']): string {
  const { shape, boxSize, logDensity, parameterNames, prior } = spec;
  const kind =
    'model' in spec ? `field-level continuous flow in ${spec.steps} steps` : `TRENF of ${spec.layers} layers`;
  const priors = parameterNames.map(
    (name, axis) => `${label(name)} from ${prior.low[axis]} to ${prior.high[axis]}`,
  );
  return `A ${kind}${logDensity ? ' after ln(1 + δ)' : ''} with ${parameters.toLocaleString('en-US')} parameters, for maps of ${shape.join(' × ')} cells and ${formatNumber(boxSize)} Mpc/h; uniform prior of ${priors.join(' and ')}. Trained with the ${training.loss} loss for ${epoch} epochs in ${clock(seconds)}${finished ? '' : ' (not finished)'}.`;
}

/** `± error `, if there is one. */
const spread = (error: number, digits: number): string =>
  Number.isFinite(error) ? `± ${error.toFixed(digits)} ` : '';

/** A typographic minus. */
const minus = (text: string): string => text.replace('-', '−');

function keysOf({ log, evaluation }: ModelReport): KeyFigure[] {
  const keys: KeyFigure[] = [];
  if (evaluation) {
    const { likelihood, calibration, count, parameters } = evaluation.data;
    const { nll, gap } = likelihood;
    if (gap) {
      keys.push({
        label: 'exact − flow',
        value: minus(gap.mean.toFixed(3)),
        note: `${spread(gap.error, 3)}nats a map, ${count} maps`,
      });
    }
    if (calibration?.exact) {
      const { widthError, meanShift } = calibration.exact;
      parameters.forEach((name, axis) => {
        keys.push({
          label: `posteriors of ${label(name)}`,
          value: `${(100 * widthError[axis]!).toFixed(1)} %`,
          note: `rms error of their width; means off by ${meanShift[axis]!.toFixed(2)} σ`,
        });
      });
    }
    if (calibration) {
      keys.push({
        label: 'calibration',
        value: `p = ${Math.min(calibration.sbcPValue, calibration.tarpPValue).toPrecision(2)}`,
        note: `smaller of SBC and TARP, ${calibration.maps} maps`,
        passed: calibration.sbcPValue > 0.01 && calibration.tarpPValue > 0.01,
      });
    }
    if (calibration?.spectrum) {
      const { mean, error } = calibration.spectrum.information;
      keys.push({
        label: 'flow − power spectrum',
        value: minus(mean.toFixed(2)),
        note: `${spread(error, 2)}nats of ln p(truth | map), ${calibration.maps} maps`,
      });
    }
    keys.push({
      label: '−ln p(x|θ)',
      value: minus(nll.mean.toFixed(1)),
      note: `${spread(nll.error, 1)}nats a map, mean over the prior`,
    });
  } else if (log.bestValidation !== null) {
    keys.push({ label: 'validation loss', value: log.bestValidation, note: 'nats a map' });
  }
  return keys.length > 0 ? keys : [{ label: 'epochs', value: log.epoch }];
}

function cornersOf({ data, svg }: ModelReport['inferences'][number]): string[] {
  const { results, parameters, maps } = data;
  const drawn = results.filter(({ corner }) => corner !== null).slice(0, CORNERS);
  const figures = drawn.map(({ map, corner }) =>
    figure(svg(`${corner}.svg`), `Posterior of map ${map}: 68 and 95 % regions.`),
  );
  const known = results.some(({ exact }) => exact !== null);
  const withSpectrum = results.some(({ spectrum }) => spectrum !== null);
  const rows = results
    .slice(0, 12)
    .map(({ map, mean, std, truth, exact, spectrum, logEvidence }) => [
      `${map}`,
      ...parameters.flatMap((_, axis) => [
        ...(truth ? [truth[axis]!.toFixed(4)] : []),
        `${mean[axis]!.toFixed(4)} ± ${std[axis]!.toFixed(4)}`,
        ...[exact, spectrum].flatMap((other) =>
          other ? [`${other.mean[axis]!.toFixed(4)} ± ${other.std[axis]!.toFixed(4)}`] : [],
        ),
      ]),
      logEvidence === undefined ? '' : logEvidence.toFixed(2),
      ...(known ? [exact?.logEvidence?.toFixed(2) ?? ''] : []),
    ]);
  const hasTruth = results[0]!.truth !== null;
  const columns = [
    'map',
    ...parameters.flatMap((name) => [
      ...(hasTruth ? [`${label(name)} true`] : []),
      `${label(name)} flow`,
      ...(known ? [`${label(name)} exact`] : []),
      ...(withSpectrum ? [`${label(name)} power spectrum`] : []),
    ]),
    'ln evidence',
    ...(known ? ['exact'] : []),
  ];
  const pairs: string[] = [];
  for (let i = 0; i < figures.length; i += 2) pairs.push(row(...figures.slice(i, i + 2)));
  return [
    ...pairs,
    table({
      columns,
      rows,
      caption: `Posteriors of maps of ${maps}: mean ± standard deviation; ln evidence in nats.`,
    }),
  ];
}

function trainingBlocks({ log }: ModelReport): string[] {
  const { history, bestEpoch, choices } = log;
  const blocks: string[] = [];
  if (history.length > 0) {
    const step = history.map(({ epoch }) => epoch);
    blocks.push(
      figure(
        lossCurve({
          train: { step, loss: history.map(({ train }) => train) },
          validation: { step, loss: history.map(({ validation }) => validation) },
          best: bestEpoch,
          xLabel: 'epoch',
          title: 'Loss',
        }),
        'Mean loss over the training maps of each epoch, and over the simulations put aside, which have other θ: the two need not meet. The marked epoch was kept.',
      ),
    );
  }
  blocks.push(
    table({
      columns: ['option', 'choice'],
      rows: Object.entries(choices).map(([option, choice]) => [option, String(choice)]),
      caption: 'Every choice of the training.',
    }),
  );
  return blocks;
}
