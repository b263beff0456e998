/**
 * `equiflow simulate`: Gaussian or lognormal maps with parameters drawn from a prior. Map i of simulation s is a function of
 * the seed, s and i alone: the same bytes in any order and on any machine that rounds alike.
 */
import { join } from 'node:path';
import { fieldSampler } from '@equiflow/fft-mesh';
import { NpyWriter, writeJsonAtomic, writeTable } from '@equiflow/io/node';
import { foldIn, key, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from '../errors.ts';
import { type NamedPrior, requireTheta } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder, writeResults } from '../output.ts';
import { progressBar } from '../progress.ts';
import { spectrumFamily } from '../spectra.ts';

/** Choices of `simulate`. */
export interface SimulateOptions {
  readonly kind: 'grf' | 'lognormal';
  readonly spectrum: string;
  readonly set: Readonly<Record<string, number>>;
  /** Number of maps. */
  readonly count: number;
  readonly size: number;
  readonly dimensions: 2 | 3;
  /** Side of the box, Mpc/h. */
  readonly box: number;
  readonly prior: NamedPrior;
  /** One θ for all maps instead of draws from the prior. */
  readonly theta?: readonly number[];
  readonly mapsPerSimulation: number;
  readonly seed: number;
  readonly out: string;
}

/** The file that tells a folder of `simulate`. */
const MARKER = 'simulation.json';

/** Purposes of the random numbers, folded into the key of the seed. */
const [THETA, FIELD] = [1, 2];

/** Draws θ of simulation `row` from the prior. */
function drawTheta({ low, high }: NamedPrior, seed: number, row: number): number[] {
  const u = randomUniform(foldIn(foldIn(key(seed), THETA), row), [low.length], 'float64');
  return low.map((from, axis) => from + u[axis]! * (high[axis]! - from));
}

/** Runs the command. */
export async function simulate(options: SimulateOptions): Promise<Outcome> {
  const { kind, count, size, dimensions, box, prior, mapsPerSimulation, seed, out } = options;
  if (count % mapsPerSimulation !== 0) {
    throw new InputError(
      `--count ${count} is no multiple of --maps-per-simulation ${mapsPerSimulation}; give a multiple`,
    );
  }
  if (options.theta) requireTheta('--theta', options.theta, prior);
  requireOwnFolder(out, MARKER);
  const family = spectrumFamily({
    spectrum: options.spectrum,
    names: prior.names,
    set: options.set,
    dimensions,
    boxSize: box,
  });
  const mesh = Array.from({ length: dimensions }, () => size);
  const sampler = fieldSampler({ mesh, boxSize: box, backend: wasm() });
  const rows = count / mapsPerSimulation;
  const thetas = Array.from({ length: rows }, (_, row) => options.theta ?? drawTheta(prior, seed, row));
  const choices = {
    kind,
    spectrum: options.spectrum,
    set: options.set,
    count,
    size,
    dimensions,
    box,
    prior,
    theta: options.theta ?? null,
    mapsPerSimulation,
    seed,
  };
  const start = performance.now();
  await writeResults(out, MARKER, async (folder) => {
    const bar = progressBar('simulating', count);
    const writer = new NpyWriter(join(folder, 'maps.npy'), { dtype: 'f4', rowShape: mesh });
    try {
      for (const [row, theta] of thetas.entries()) {
        const spectrum = family.at(theta);
        const from = foldIn(foldIn(key(seed), FIELD), row);
        for (let map = 0; map < mapsPerSimulation; map++) {
          writer.append(
            sampler[kind === 'grf' ? 'gaussian' : 'lognormal'](spectrum.power, foldIn(from, map)),
          );
          bar.to(writer.rows);
        }
        // Lets a signal through: drawing never waits for anything.
        if (row % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
      }
      writer.close();
    } catch (error) {
      writer.abort();
      throw error;
    } finally {
      bar.end();
    }
    writeTable(join(folder, 'params.txt'), thetas.flat(), prior.names);
    writeJsonAtomic(join(folder, MARKER), choices);
  });
  const seconds = (performance.now() - start) / 1000;
  const maps = join(out, 'maps.npy');
  return {
    lines: [
      `${count} maps of ${mesh.join(' × ')} in ${maps}, their parameters in ${join(out, 'params.txt')}`,
    ],
    data: { maps, params: join(out, 'params.txt'), ...choices, seconds },
  };
}
