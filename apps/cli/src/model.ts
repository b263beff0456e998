/** A trained model on disk: `model.safetensors` in the folder that `train` wrote. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyMean,
  type Checkpoint,
  decodeCheckpoint,
  drawnMean,
  type Evaluator,
  type FieldFlow,
  type MeanDraw,
  mapModel,
  meanCorrection,
  openEvaluator,
  type Trenf,
} from '@equiflow/flows';
import { FileError } from '@equiflow/io';
import { readFile } from '@equiflow/io/node';
import { InputError } from './errors.ts';
import { type MapStack, openMaps } from './maps.ts';
import type { NamedPrior } from './options.ts';
import { openPlace, type PlaceOptions } from './place.ts';

/** What `train` stores beside the flow. */
export interface ModelNotes {
  /** The maps that it was trained on. */
  readonly maps: { readonly file: string; readonly fingerprint: string };
  readonly meanDraw: MeanDraw | null;
  /** Every choice, by option. */
  readonly choices: Readonly<Record<string, unknown>>;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** What computed the steps, with the kind of executor that ran; several where a training went on elsewhere. */
  readonly computedBy?: readonly string[];
}

/** A trained model. */
export interface Model {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly notes: ModelNotes;
  readonly flow: Trenf | FieldFlow;
  readonly prior: NamedPrior;
  /** A short name of its parameters: results say which model they belong to. */
  readonly id: string;
}

/** Where a model lies in its folder. */
export function modelFile(folder: string): string {
  return join(folder, 'model.safetensors');
}

/**
 * Reads a model.
 * @param folder the folder of `train`, or the file itself
 * @throws FileError where it is missing, damaged, or of another version
 */
export function readModel(folder: string): Model {
  const isFile = existsSync(folder) && statSync(folder).isFile();
  const file = isFile ? folder : modelFile(folder);
  if (!existsSync(file)) {
    throw new FileError(file, 'no model there', 'give the folder that equiflow train wrote with --out');
  }
  const checkpoint = decodeCheckpoint(readFile(file), file);
  const { spec, state } = checkpoint;
  return {
    folder,
    checkpoint,
    notes: checkpoint.notes as unknown as ModelNotes,
    flow: mapModel(spec),
    prior: { names: spec.parameterNames, ...spec.prior },
    id: createHash('sha256').update(new Uint8Array(state.best.slice().buffer)).digest('hex').slice(0, 16),
  };
}

/** A model ready to be asked: in float64 by workers, in float32 on a GPU. */
export interface OpenModel extends Model {
  readonly evaluator: Evaluator;
  /** What computes, in words. */
  readonly backend: string;
  close(): Promise<void>;
}

/** Opens a model over a pool of workers or on a GPU. */
export async function openModel(folder: string, where: PlaceOptions): Promise<OpenModel> {
  const model = readModel(folder);
  const opened = await openPlace(where);
  const evaluator = openEvaluator(model.flow, model.checkpoint.state.best, { pool: opened.place });
  return {
    ...model,
    evaluator,
    backend: opened.name,
    async close() {
      await evaluator.close();
      await opened.close();
    },
  };
}

/** Opens maps that a model can be asked about. @throws InputError when their mesh is another one. */
export function openMapsFor(model: Model, file: string, member?: string): MapStack {
  const maps = openMaps(file, member);
  const { shape } = model.checkpoint.spec;
  if (maps.shape.join() !== shape.join()) {
    throw new InputError(
      `${file}: maps of ${maps.shape.join(' × ')}, the model in ${model.folder} was trained on ${shape.join(' × ')}; give maps of that mesh`,
    );
  }
  return maps;
}

/** One map as the flow sees it. */
export interface PreparedMap {
  /** The map with the draw of its mean, where the model has one. */
  readonly values: Float64Array;
  /** Added to the flow's ln p, nats. */
  readonly correction: number;
}

/** Reads map `index` for a model: checked, and with its mean drawn where the model wants that. */
export function prepareMap(model: Model, maps: MapStack, index: number): PreparedMap {
  const values = maps.source.readRowsSync(index, index + 1, 'float64');
  const { logDensity } = model.checkpoint.spec;
  const bad = values.findIndex((value) => !Number.isFinite(value) || (logDensity && !(value > -1)));
  if (bad >= 0) {
    const why = Number.isFinite(values[bad]!) ? 'where ln(1 + δ) does not exist' : 'which is no number';
    throw new InputError(
      `${maps.file}: map ${index} holds ${values[bad]} (cell ${bad}), ${why}; remove or repair that map`,
    );
  }
  const { meanDraw } = model.notes;
  if (!meanDraw) return { values, correction: 0 };
  const mean = drawnMean(meanDraw, index);
  applyMean(values, mean, logDensity);
  return { values, correction: meanCorrection(meanDraw, mean, values.length, logDensity) };
}

/** ln of the prior's volume. */
export function logPriorVolume({ low, high }: NamedPrior): number {
  return low.reduce((total, from, axis) => total + Math.log(high[axis]! - from), 0);
}
