/** Samples of the flow at the θ of the maps, against the maps: spectra, bispectra and one-point functions, paired in θ. */
import { foldIn, key } from '@equiflow/tensor';
import { generateAt } from '../commands/sample.ts';
import type { MapStack } from '../maps.ts';
import type { OpenModel } from '../model.ts';
import { binned, type MeshModes, shellBinning } from '../modes.ts';
import { Histogram, type HistogramData } from './histogram.ts';
import { type ReducedBispectrum, type Triangles, triangleComparison } from './triangles.ts';

/** Mean spectra, bispectra and one-point functions of maps and samples. */
export interface SampleComparison {
  readonly maps: number;
  /** h/Mpc */
  readonly k: Float64Array;
  /** Mean spectrum over the maps, (Mpc/h)^d. */
  readonly data: Float64Array;
  readonly samples: Float64Array;
  /** Mean over pairs of ln(P_sample/P_data), and its standard error. */
  readonly logRatio: Float64Array;
  readonly logRatioError: Float64Array;
  readonly bispectra: readonly ReducedBispectrum[];
  readonly dataOnePoint: HistogramData;
  readonly samplesOnePoint: HistogramData;
  readonly dataMoments: ReturnType<Histogram['moments']>;
  readonly samplesMoments: ReturnType<Histogram['moments']>;
  /** Mean and standard deviation of the sampled cells of the data, and percentiles 0.05 and 99.95 as range. */
  readonly range: readonly [number, number];
}

/** Some of the maps and samples themselves, for a picture. */
export interface Examples {
  readonly data: Float64Array[];
  readonly samples: Float64Array[];
}

/** Compares `chosen` maps with one sample each. */
export async function compareSamples(
  model: OpenModel,
  maps: MapStack,
  chosen: Int32Array,
  thetas: Float64Array,
  modes: MeshModes,
  seed: number,
  pictured: number,
): Promise<{ comparison: SampleComparison; examples: Examples }> {
  const { pixels } = maps;
  const { boxSize, shape } = model.checkpoint.spec;
  const bins = shellBinning(modes, boxSize, 24);
  const norm = boxSize ** shape.length / pixels;
  const data = Array.from(chosen, (map) => maps.source.readRowsSync(map, map + 1, 'float64'));
  const generated = await generateAt(model, thetas, foldIn(key(seed), 6));
  const samples = data.map((_, i) => generated.slice(i * pixels, (i + 1) * pixels));
  const spectrum = (field: Float64Array): Float64Array => {
    const own = modes.modes(field);
    return binned(modes.cross(own, own), bins).map((sum, bin) => (norm * sum) / bins.modes[bin]!);
  };
  const [low, high] = extremes(data);
  const [dataHistogram, samplesHistogram] = [new Histogram(low, high, 80), new Histogram(low, high, 80)];
  const count = data.length;
  const triangles = triangleComparison(shape, boxSize, modes);
  const measured: { data: Triangles[]; samples: Triangles[] } = { data: [], samples: [] };
  const total = { data: new Float64Array(bins.count), samples: new Float64Array(bins.count) };
  const ratio = { sum: new Float64Array(bins.count), squares: new Float64Array(bins.count) };
  for (let i = 0; i < count; i++) {
    const [p, q] = [spectrum(data[i]!), spectrum(samples[i]!)];
    dataHistogram.add(data[i]!);
    samplesHistogram.add(samples[i]!);
    measured.data.push(triangles.measure(data[i]!));
    measured.samples.push(triangles.measure(samples[i]!));
    for (let bin = 0; bin < bins.count; bin++) {
      total.data[bin]! += p[bin]! / count;
      total.samples[bin]! += q[bin]! / count;
      const log = Math.log(q[bin]! / p[bin]!);
      ratio.sum[bin]! += log;
      ratio.squares[bin]! += log * log;
    }
  }
  const mean = ratio.sum.map((sum) => sum / count);
  return {
    comparison: {
      maps: count,
      k: bins.k,
      data: total.data,
      samples: total.samples,
      logRatio: mean,
      logRatioError: ratio.squares.map((square, bin) =>
        Math.sqrt(Math.max(0, square / count - mean[bin]! ** 2) / Math.max(1, count - 1)),
      ),
      bispectra: triangles.join(measured.data, measured.samples, simulationsOf(thetas, count)),
      dataOnePoint: dataHistogram.data(),
      samplesOnePoint: samplesHistogram.data(),
      dataMoments: dataHistogram.moments(),
      samplesMoments: samplesHistogram.moments(),
      range: [low, high],
    },
    examples: { data: data.slice(0, pictured), samples: samples.slice(0, pictured) },
  };
}

/** A number for each run of maps with the same θ. */
function simulationsOf(thetas: Float64Array, count: number): Int32Array {
  const width = thetas.length / count;
  const numbers = new Int32Array(count);
  for (let map = 1; map < count; map++) {
    const same = Array.from({ length: width }, (_, axis) => axis).every(
      (axis) => thetas[map * width + axis] === thetas[(map - 1) * width + axis],
    );
    numbers[map] = numbers[map - 1]! + (same ? 0 : 1);
  }
  return numbers;
}

/** Percentiles 0.05 and 99.95 of the cells, a little widened. */
function extremes(fields: readonly Float64Array[]): [number, number] {
  const stride = Math.max(1, Math.floor((fields.length * fields[0]!.length) / 200_000));
  const values: number[] = [];
  for (const field of fields) for (let i = 0; i < field.length; i += stride) values.push(field[i]!);
  values.sort((a, b) => a - b);
  const low = values[Math.floor(0.0005 * (values.length - 1))]!;
  const high = values[Math.ceil(0.9995 * (values.length - 1))]!;
  const pad = 0.05 * (high - low);
  return [low - pad, high + pad];
}
