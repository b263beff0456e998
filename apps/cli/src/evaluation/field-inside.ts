/**
 * What a field-level continuous flow has learned of the cells: x + v(x), v = Σ_f w_f(lag 0) g_f, at the beginning of its time, where the cells are
 * those of the maps, and at its end, where they are white noise. Straight lines for Gaussian maps.
 */
import { shells } from '@equiflow/fft-mesh';
import { type FieldFlow, layoutOf } from '@equiflow/flows';
import { compile, unpackParameters } from '@equiflow/tensor';
import { deviationOf, type Nonlinearity } from './inside.ts';

/** Values of x at which v is shown. */
const POINTS = 121;

/** v at both ends of time, at θ, for maps of the flow at θ. */
export function fieldNonlinearities(
  flow: FieldFlow,
  parameters: Float32Array,
  theta: readonly number[],
  maps: Float64Array,
): Nonlinearity[] {
  const { spec } = flow;
  if (spec.channels === 0) return [];
  const standardised = maps.map(
    (value) => ((spec.logDensity ? Math.log1p(value) : value) - spec.mean) / spec.deviation,
  );
  const beginning = deviationOf([standardised]);
  return [
    { t: 0, ...beginning },
    { t: 1, mean: 0, deviation: 1 },
  ].map(({ t, mean, deviation }) => {
    const x = Float64Array.from({ length: POINTS }, (_, i) => -4 + (8 * i) / (POINTS - 1));
    const moved = moveAt(
      flow,
      parameters,
      theta,
      t,
      x.map((value) => mean + deviation * value),
    );
    const centre = moved[(POINTS - 1) / 2]!;
    const slope = normalSlope(x, moved);
    return {
      name: `x + v(x), t = ${t}`,
      x,
      y: moved.map((value) => (value - centre) / slope),
      deviation,
    };
  });
}

/** The slope of the line that fits best under a unit normal. */
function normalSlope(x: Float64Array, y: Float64Array): number {
  let [cross, squares] = [0, 0];
  x.forEach((u, i) => {
    const weight = Math.exp(-0.5 * u * u);
    cross += weight * u * y[i]!;
    squares += weight * u * u;
  });
  return cross / squares;
}

/** x + v(x) at any cells. */
function moveAt(
  { field, spec }: FieldFlow,
  parameters: Float32Array,
  theta: readonly number[],
  t: number,
  x: Float64Array,
): Float64Array {
  const { low, high } = spec.prior;
  const scaled = Float64Array.from(theta, (value, a) => (2 * (value - low[a]!)) / (high[a]! - low[a]!) - 1);
  const cells = field.shape.reduce((product, length) => product * length, 1);
  const program = compile(
    (given, context, values) => {
      const coefficients = field.coefficients(context!, unpackParameters(field.parameters, given!));
      const channels = field.cells(values!, coefficients, field.timesAt(t, 'float64'));
      return [channels.values, channels.filters];
    },
    [
      { shape: [layoutOf(field.parameters).size], dtype: 'float64' },
      { shape: [1, theta.length], dtype: 'float64' },
      { shape: [1, ...field.shape], dtype: 'float64' },
    ],
  );
  const { multiplicity } = shells(field.shape);
  const moved = x.slice();
  for (let start = 0; start < x.length; start += cells) {
    const mesh = new Float64Array(cells);
    mesh.set(x.subarray(start, start + cells));
    const [values, filters] = program.run([Float64Array.from(parameters), scaled, mesh]);
    for (let f = 0; f < spec.channels; f++) {
      let lagZero = 0;
      multiplicity.forEach((modes, shell) => {
        lagZero += (modes * filters![f * multiplicity.length + shell]!) / cells;
      });
      for (let i = start; i < Math.min(x.length, start + cells); i++) {
        moved[i]! += lagZero * values![f * cells + i - start]!;
      }
    }
  }
  program.dispose();
  return moved;
}
