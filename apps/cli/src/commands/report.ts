/** `equiflow report`: one self-contained HTML page about one or several models, out of what train, infer and evaluate wrote. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileFormatError } from '@equiflow/io';
import { readFile, readJson, writeFileAtomic } from '@equiflow/io/node';
import { htmlPage } from '@equiflow/report';
import { InputError } from '../errors.ts';
import { type Model, readModel } from '../model.ts';
import type { Outcome } from '../outcome.ts';
import { type ModelReport, modelSections } from '../report-page.ts';
import { EVALUATE_MARKER, type Evaluation } from './evaluate.ts';
import { INFER_MARKER, type InferSummary } from './infer.ts';

/** Choices of `report`. */
export interface ReportOptions {
  /** Folders of models, each with a heading before it if wanted: `Gaussian maps=models/grf`. */
  readonly model: readonly string[];
  /** Folders that infer and evaluate wrote. */
  readonly results: readonly string[];
  readonly title: string;
  readonly out: string;
}

type Results = { folder: string; modelId: string } & (
  | { kind: 'infer'; data: InferSummary }
  | { kind: 'evaluate'; data: Evaluation }
);

/** Runs the command. */
export async function report({ model, results, title, out }: ReportOptions): Promise<Outcome> {
  if (!/\.html?$/.test(out)) throw new InputError(`--out ${out}: give a name that ends in .html`);
  const models = model.map((text) => {
    const [, heading, folder = text] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    return { heading, model: readModel(folder) };
  });
  const found = results.map(readResults);
  for (const { folder, modelId } of found) {
    if (!models.some(({ model: { id } }) => id === modelId)) {
      throw new InputError(
        `--results ${folder}: made with another model than ${model.join(', ')}; name that model too, or make the results again`,
      );
    }
  }
  const sections = models.flatMap(({ heading, model: one }) => modelSections(reportOf(heading, one, found)));
  const html = htmlPage({
    title,
    subtitle: 'Field-level inference with a translation- and rotation-equivariant normalizing flow (TRENF)',
    sections,
    footer: `Written by equiflow from ${[...models.map(({ model: { folder } }) => folder), ...results].join(', ')}.`,
  });
  writeFileAtomic(out, html);
  return { lines: [`report in ${out}`], data: { report: out, models: model, results } };
}

function reportOf(heading: string | undefined, model: Model, all: readonly Results[]): ModelReport {
  const log = readJson(join(model.folder, 'log.json')) as ModelReport['log'];
  const own = all.filter(({ modelId }) => modelId === model.id);
  const evaluation = own.findLast((result) => result.kind === 'evaluate');
  const svgOf =
    (folder: string) =>
    (file: string): string =>
      new TextDecoder().decode(readFile(join(folder, file)));
  return {
    ...(heading === undefined ? {} : { heading }),
    log,
    ...(evaluation ? { evaluation: { data: evaluation.data, svg: svgOf(evaluation.folder) } } : {}),
    inferences: own.flatMap((result) =>
      result.kind === 'infer' ? [{ data: result.data, svg: svgOf(result.folder) }] : [],
    ),
  };
}

function readResults(folder: string): Results {
  for (const [kind, marker] of [
    ['infer', INFER_MARKER],
    ['evaluate', EVALUATE_MARKER],
  ] as const) {
    const file = join(folder, marker);
    if (!existsSync(file)) continue;
    const data = readJson(file) as InferSummary | Evaluation;
    if (data.command !== kind) {
      throw new FileFormatError(file, `not written by equiflow ${kind}`, 'make the results again');
    }
    return { kind, folder, data, modelId: data.modelId } as Results;
  }
  throw new InputError(
    `--results ${folder}: neither ${INFER_MARKER} nor ${EVALUATE_MARKER} there; give a folder that infer or evaluate wrote`,
  );
}
