/** `equiflow sample`: new maps from p(x|θ), with a picture of them. */

import { existsSync, statSync } from 'node:fs';
import { removeMean } from '@equiflow/flows';
import { NpyWriter, writeFileAtomic } from '@equiflow/io/node';
import { mapPanel, svgToPng } from '@equiflow/report';
import { foldIn, key } from '@equiflow/tensor';
import { InputError } from '../errors.ts';
import { type OpenModel, openModel } from '../model.ts';
import { label } from '../names.ts';
import { requireTheta } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import type { BackendName } from '../place.ts';
import { progressBar } from '../progress.ts';

/** Choices of `sample`. */
export interface SampleOptions {
  readonly model: string;
  readonly theta: readonly number[];
  readonly count: number;
  readonly seed: number;
  /** The .npy file to write. */
  readonly out: string;
  /** True: a picture beside `out`; a name: there. */
  readonly png?: string | true;
  readonly workers?: number;
  readonly backend?: BackendName;
}

/** Maps in the picture. */
const PICTURED = 16;
/** Cells generated at once. */
const BLOCK_VALUES = 1 << 20;

/** Runs the command. */
export async function sample(options: SampleOptions): Promise<Outcome> {
  const { out } = options;
  if (!out.endsWith('.npy')) throw new InputError(`--out ${out}: give a name that ends in .npy`);
  if (existsSync(out) && statSync(out).isDirectory())
    throw new InputError(`--out ${out} is a folder; name a file`);
  const model = await openModel(options.model, options);
  try {
    requireTheta('--theta', options.theta, model.prior);
    return await sampleWith(model, options);
  } finally {
    await model.close();
  }
}

async function sampleWith(
  model: OpenModel,
  { theta, count, seed, out, png }: SampleOptions,
): Promise<Outcome> {
  const { shape } = model.checkpoint.spec;
  const pixels = shape.reduce((product, length) => product * length, 1);
  const picture = png === true ? out.replace(/\.npy$/, '.png') : png;
  if (picture !== undefined && shape.length !== 2) {
    throw new InputError(`--png: maps of ${shape.length} dimensions cannot be pictured; leave it out`);
  }
  const block = Math.max(1, Math.floor(BLOCK_VALUES / pixels));
  const writer = new NpyWriter(out, { dtype: 'f4', rowShape: shape });
  const pictured: Float64Array[] = [];
  const bar = progressBar('sampling', count);
  try {
    for (let first = 0; first < count; first += block) {
      const maps = await generateMaps(model, { theta, first, count: Math.min(block, count - first), seed });
      writer.append(maps);
      for (let at = 0; at < maps.length && pictured.length < PICTURED; at += pixels) {
        pictured.push(maps.slice(at, at + pixels));
      }
      bar.to(writer.rows);
    }
    writer.close();
  } catch (error) {
    writer.abort();
    throw error;
  } finally {
    bar.end();
  }
  const point = theta.map((value, axis) => `${model.prior.names[axis]} = ${value}`).join(', ');
  if (picture !== undefined) {
    const svg = mapPanel({
      maps: pictured.map((values) => ({ values, rows: shape[0]!, columns: shape[1]! })),
      title: `Samples at ${theta.map((value, axis) => `${label(model.prior.names[axis]!)} = ${value}`).join(', ')}`,
    });
    writeFileAtomic(picture, svgToPng(svg));
  }
  return {
    lines: [
      `${count} maps at ${point} in ${out}`,
      ...(picture === undefined ? [] : [`picture in ${picture}`]),
      `computed by ${model.backend}`,
    ],
    data: {
      backend: model.backend,
      maps: out,
      picture: picture ?? null,
      count,
      theta,
      seed,
      model: model.folder,
      modelId: model.id,
    },
  };
}

/** Draws maps number `first` to `first + count − 1` of a seed at one θ, [count, …shape]; each is a function of seed and number. */
export async function generateMaps(
  model: OpenModel,
  given: {
    readonly theta: readonly number[];
    readonly first: number;
    readonly count: number;
    readonly seed: number;
  },
): Promise<Float64Array> {
  const { first, count, seed } = given;
  const thetas = Float64Array.from(
    { length: count * given.theta.length },
    (_, i) => given.theta[i % given.theta.length]!,
  );
  return generateAt(model, thetas, foldIn(key(seed), 5), first);
}

/** Draws one map for each row of θ [count, P]. */
export async function generateAt(
  { flow, evaluator, checkpoint, notes, prior }: OpenModel,
  thetas: Float64Array,
  from: ReturnType<typeof key>,
  first = 0,
): Promise<Float64Array> {
  const count = thetas.length / prior.names.length;
  const { shape, logDensity } = checkpoint.spec;
  const pixels = shape.reduce((product, length) => product * length, 1);
  const latents = new Float64Array(count * pixels);
  for (let map = 0; map < count; map++) {
    latents.set(flow.base.sample(foldIn(from, first + map), 1), map * pixels);
  }
  const maps = await evaluator.generate(latents, thetas);
  if (notes.meanDraw) {
    for (let map = 0; map < count; map++) {
      removeMean(maps.subarray(map * pixels, (map + 1) * pixels), logDensity);
    }
  }
  return maps;
}
