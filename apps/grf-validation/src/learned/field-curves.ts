/**
 * The functions of a trained continuous flow beside what the Gaussian limit makes of them. Along the paths of Gaussian maps the nonlinear part acts
 * as a filter, Σ_f w_f(k) E[g_f'], besides what it does to single cells; the filter of the whole flow,
 * exp ∫ (w_0 + Σ_f w_f E[g_f']) dt/s, has the limit 1/√P_k, and x + v(x), v = Σ_f w_f(lag 0) g_f, is to be a line at all times.
 */
import type { FieldFlow } from '@equiflow/flows';
import { compile, type Tensor, unpackParameters } from '@equiflow/tensor';
import type { LayerCurve, LearnedCurves } from './curves.ts';
import { type GaussianFamily, PRIOR } from './gaussian-family.ts';

/** Midpoints of the times of the integral. */
const TIMES = 32;

/** Times at which v is shown. */
const SHOWN = [0, 0.5, 1] as const;

/** What the field is at one time. */
interface FieldAt {
  /** w_0 at the shells. */
  readonly linear: Float64Array;
  /** w_f at the shells, one after the other. */
  readonly filters: Float64Array;
  /** g_f on a grid of as many values as the mesh has cells. */
  readonly cells: Float64Array;
}

/** Half-width of the grid of x. */
const REACH = 10;

function fieldAt(
  { field, spec }: FieldFlow,
  parameters: Float32Array,
  theta: readonly number[],
  grid: Float64Array,
  times: readonly number[],
): FieldAt[] {
  const scaled = theta.map(
    (value, a) => (2 * (value - PRIOR.low[a]!)) / (PRIOR.high[a]! - PRIOR.low[a]!) - 1,
  );
  const program = compile(
    (flat: Tensor, context: Tensor, x: Tensor) => {
      const coefficients = field.coefficients(context, unpackParameters(field.parameters, flat));
      return times.flatMap((t) => {
        const at = field.timesAt(t, 'float64');
        const channels = field.cells(x, coefficients, at);
        return [field.linear(coefficients, at), channels.filters, channels.values];
      });
    },
    [
      { shape: [parameters.length], dtype: 'float64' },
      { shape: [1, theta.length], dtype: 'float64' },
      { shape: [1, ...spec.shape], dtype: 'float64' },
    ],
  );
  const outputs = program
    .run([Float64Array.from(parameters), Float64Array.from(scaled), grid])
    .map((values) => Float64Array.from(values));
  program.dispose();
  return times.map((_, i) => ({
    linear: outputs[3 * i]!,
    filters: outputs[3 * i + 1]!,
    cells: outputs[3 * i + 2]!,
  }));
}

/** Evaluates the flow's functions at θ. */
export function fieldFlowCurves(
  family: GaussianFamily,
  flow: FieldFlow,
  parameters: Float32Array,
  theta: readonly [number, number],
): LearnedCurves {
  const { deviation, mean: subtracted, channels } = flow.spec;
  const cells = family.side ** 2;
  const grid = Float64Array.from({ length: cells }, (_, i) => REACH * ((2 * i) / (cells - 1) - 1));
  const steps = Array.from({ length: TIMES }, (_, i) => (i + 0.5) / TIMES);
  const fields = fieldAt(flow, parameters, theta, grid, [...steps, ...SHOWN]);
  const variances = family.variances(...theta);
  const { multiplicity } = family;
  const shells = variances.length;
  const logT = new Float64Array(shells);
  let mean = -subtracted / deviation;
  const spread = (): number => {
    let variance = 0;
    for (let s = 0; s < shells; s++) {
      variance += (multiplicity[s]! * Math.exp(2 * logT[s]!) * variances[s]!) / cells / deviation ** 2;
    }
    return Math.sqrt(variance);
  };
  const lagZero = (filters: Float64Array, f: number): number => {
    let sum = 0;
    for (let s = 0; s < shells; s++) sum += (multiplicity[s]! * filters[f * shells + s]!) / cells;
    return sum;
  };
  const layers: LayerCurve[] = [];
  const show = (index: number): void => {
    const { filters, cells: g } = fields[TIMES + index]!;
    const sigma = spread();
    const at = Float64Array.from({ length: 161 }, (_, i) => mean + sigma * (-4 + i / 20));
    const move = (value: number): number => {
      let total = value;
      for (let f = 0; f < channels; f++)
        total += lagZero(filters, f) * interpolate(grid, g, f * cells, value);
      return total;
    };
    const { average, slope } = normalMoments(grid, (i) => moveAt(filters, g, i), mean, sigma);
    layers.push({
      name: `x + v(x) at t = ${SHOWN[index]}`,
      x: at,
      learned: at.map(move),
      limit: at.map((value) => average + slope * (value - mean)),
      slope,
      knots: new Float64Array(0),
    });
  };
  const moveAt = (filters: Float64Array, g: Float64Array, i: number): number => {
    let total = grid[i]!;
    for (let f = 0; f < channels; f++) total += lagZero(filters, f) * g[f * cells + i]!;
    return total;
  };
  show(0);
  for (let step = 0; step < TIMES; step++) {
    const { linear, filters, cells: g } = fields[step]!;
    const sigma = spread();
    let drift = linear[0]! * mean;
    const moments = Array.from({ length: channels }, (_, f) =>
      normalMoments(grid, (i) => g[f * cells + i]!, mean, sigma),
    );
    moments.forEach(({ average }, f) => {
      drift += filters[f * shells]! * average;
    });
    for (let s = 0; s < shells; s++) {
      let rate = linear[s]!;
      moments.forEach(({ slope }, f) => {
        rate += filters[f * shells + s]! * slope;
      });
      logT[s]! += rate / TIMES;
    }
    mean += drift / TIMES;
    if (step === TIMES / 2 - 1) show(1);
  }
  show(2);
  return {
    theta,
    wavenumbers: family.wavenumbers.slice(1),
    transfer: logT.slice(1).map((value) => Math.exp(value) / deviation),
    limit: variances.slice(1).map((variance) => 1 / Math.sqrt(variance)),
    layers,
  };
}

/** E[f] and E[f'] for a normal x, by the trapezoidal rule over the grid. */
function normalMoments(
  grid: Float64Array,
  f: (index: number) => number,
  mean: number,
  sigma: number,
): { average: number; slope: number } {
  let [average, slope, total] = [0, 0, 0];
  grid.forEach((x, i) => {
    const u = (x - mean) / sigma;
    const weight = Math.exp(-0.5 * u * u);
    total += weight;
    average += weight * f(i);
    slope += (weight * u * f(i)) / sigma;
  });
  return { average: average / total, slope: slope / total };
}

/** f at x by the line between the values of the grid on both sides. */
function interpolate(grid: Float64Array, values: Float64Array, offset: number, x: number): number {
  const last = grid.length - 1;
  const place = Math.min(last, Math.max(0, ((x - grid[0]!) / (grid[last]! - grid[0]!)) * last));
  const below = Math.min(last - 1, Math.floor(place));
  const share = place - below;
  return (1 - share) * values[offset + below]! + share * values[offset + below + 1]!;
}
