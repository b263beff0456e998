/**
 * What the flow has learned: its linear response T(k), to be held against 1/√P_k, and the nonlinearities ψ of its layers, which
 * are straight lines for Gaussian maps.
 */
import { layoutOf, type Trenf, transferKnots } from '@equiflow/flows';
import { rationalQuadraticSpline } from '@equiflow/splines';
import { compile, foldIn, key } from '@equiflow/tensor';
import { generateAt } from '../commands/sample.ts';
import type { ExactModel } from '../exact.ts';
import type { OpenModel } from '../model.ts';
import type { MeshModes } from '../modes.ts';
import { fieldNonlinearities } from './field-inside.ts';

/** The response at one θ. */
export interface Response {
  readonly theta: readonly number[];
  /** h/Mpc, the shells without k = 0. */
  readonly k: Float64Array;
  /** ⟨z_k x_k*⟩/⟨|x_k|²⟩ over samples x of the flow (of ln(1 + δ) where the flow takes the logarithm). */
  readonly transfer: Float64Array;
  /** 1/√P_k, if the law of the maps is known. */
  readonly limit: Float64Array | null;
}

/** A function of the cells at the middle of the prior, scaled: input by its standard deviation, output so that a line has the slope 1. */
export interface Nonlinearity {
  /** ψ of a layer, or x + v(x) of a continuous flow at a time. */
  readonly name: string;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Standard deviation of the input. */
  readonly deviation: number;
}

/** What is shown of a flow. */
export interface Inside {
  readonly responses: readonly Response[];
  readonly nonlinearities: readonly Nonlinearity[];
  /** Wavenumbers of the knots of ln T̂, h/Mpc. */
  readonly knots: Float64Array;
}

const SAMPLES = 8;
const PLACES = [0.15, 0.5, 0.85];

/** Looks inside, at three θ along the diagonal of the prior. */
export async function lookInside(
  model: OpenModel,
  modes: MeshModes,
  exact: ExactModel | null,
  seed: number,
): Promise<Inside> {
  const { prior, evaluator, checkpoint, flow } = model;
  const { spec } = checkpoint;
  const { pixels } = modes;
  const responses: Response[] = [];
  let middle: Float64Array | undefined;
  for (const [index, place] of PLACES.entries()) {
    const theta = prior.low.map((low, axis) => low + place * (prior.high[axis]! - low));
    const thetas = Float64Array.from({ length: SAMPLES * theta.length }, (_, i) => theta[i % theta.length]!);
    const maps = await generateAt(model, thetas, foldIn(foldIn(key(seed), 10), index));
    const latents = await evaluator.latent(maps, thetas);
    if (place === 0.5) middle = maps;
    const sums = { cross: new Float64Array(modes.radii.length), power: new Float64Array(modes.radii.length) };
    for (let i = 0; i < SAMPLES; i++) {
      const map = maps.slice(i * pixels, (i + 1) * pixels);
      const x = modes.modes(spec.logDensity ? map.map(Math.log1p) : map);
      const z = modes.modes(latents.subarray(i * pixels, (i + 1) * pixels));
      modes.cross(z, x).forEach((value, shell) => {
        sums.cross[shell]! += value;
      });
      modes.cross(x, x).forEach((value, shell) => {
        sums.power[shell]! += value;
      });
    }
    responses.push({
      theta,
      k: modes.radii.subarray(1).map((radius) => (2 * Math.PI * radius) / spec.boxSize),
      transfer: sums.cross.subarray(1).map((value, shell) => value / sums.power[shell + 1]!),
      limit: exact
        ? exact
            .variances(theta)
            .subarray(1)
            .map((variance) => 1 / Math.sqrt(variance))
        : null,
    });
  }
  return {
    responses,
    nonlinearities:
      'field' in flow
        ? fieldNonlinearities(flow, checkpoint.state.best, responses[1]!.theta, middle!)
        : nonlinearities(flow, checkpoint.state.best, responses[1]!.theta, middle!, modes),
    knots: transferKnots({ ...spec, knots: spec.transferKnots, spacing: spec.transferSpacing }),
  };
}

/** Follows samples through the layers, to know what each ψ is given. */
function nonlinearities(
  flow: Trenf,
  parameters: Float32Array,
  theta: readonly number[],
  maps: Float64Array,
  modes: MeshModes,
): Nonlinearity[] {
  const { spec } = flow;
  const [transfers, splines] = layersAt(flow, parameters, theta);
  const count = maps.length / modes.pixels;
  let fields: Float64Array[] = Array.from({ length: count }, (_, i) =>
    maps
      .slice(i * modes.pixels, (i + 1) * modes.pixels)
      .map((value) => ((spec.logDensity ? Math.log1p(value) : value) - spec.mean) / spec.deviation),
  );
  return splines.map((psi, layer) => {
    fields = fields.map((field) => {
      const { re, im } = modes.modes(field);
      for (let mode = 0; mode < re.length; mode++) {
        const factor = Math.exp(transfers[layer]![modes.shellOf[mode]!]!);
        re[mode]! *= factor;
        im[mode]! *= factor;
      }
      return modes.field({ re, im });
    });
    const before = deviationOf(fields);
    fields = fields.map((field) => field.map((value) => psi.evaluate(value)));
    const after = deviationOf(fields);
    const x = Float64Array.from({ length: 121 }, (_, i) => -4 + i / 15);
    const centre = psi.evaluate(before.mean);
    return {
      name: `ψ_${layer + 1}`,
      x,
      y: x.map((value) => (psi.evaluate(before.mean + value * before.deviation) - centre) / after.deviation),
      deviation: before.deviation,
    };
  });
}

/** ln T̂ at the shells and ψ of every layer at one θ. */
function layersAt(
  flow: Trenf,
  parameters: Float32Array,
  theta: readonly number[],
): [Float64Array[], ReturnType<typeof rationalQuadraticSpline>[]] {
  const { size } = layoutOf(flow.parameters);
  const run = compile(
    (context, flat) => [
      ...flow.logTransfers(context!, flat!),
      ...flow.splines(context!, flat!).flatMap(({ x, y, slopes }) => [x, y, slopes]),
    ],
    [
      { shape: [1, theta.length], dtype: 'float64' },
      { shape: [size], dtype: 'float64' },
    ],
  );
  const results = run
    .run([Float64Array.from(theta), Float64Array.from(parameters)])
    .map((r) => Float64Array.from(r));
  const { layers } = flow.spec;
  const knots = Array.from({ length: layers }, (_, layer) => {
    const [x, y, slopes] = results.slice(layers + 3 * layer, layers + 3 * layer + 3);
    return rationalQuadraticSpline({ x: x!, y: y!, slopes: slopes! });
  });
  return [results.slice(0, layers), knots];
}

/** Mean and standard deviation of all cells. */
export function deviationOf(fields: readonly Float64Array[]): { mean: number; deviation: number } {
  let [n, sum, squares] = [0, 0, 0];
  for (const field of fields) {
    for (const value of field) {
      n++;
      sum += value;
      squares += value * value;
    }
  }
  return { mean: sum / n, deviation: Math.sqrt(squares / n - (sum / n) ** 2) };
}
