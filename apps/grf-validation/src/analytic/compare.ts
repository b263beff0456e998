/**
 * One field, two densities: ln p by the flow on a backend, and ln p by sums over the modes. Fields hold float32 numbers,
 * which both precisions take as they are, so that one exact value serves all.
 */
import { radialFilter, shells } from '@equiflow/fft-mesh';
import {
  type Backend,
  compile,
  constant,
  foldIn,
  key,
  randomNormal,
  referenceBackend,
  type Tensor,
  type TypedArray,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { chiSquare, exactLogProb, modePower } from '../direct/mode-power.ts';
import {
  type FixedFlow,
  gaussianFieldFlow,
  gaussianFlow,
  gaussianTrenf,
  lognormalFlow,
  TRENF_STANDARDISE,
} from './flows.ts';
import type { MeshSpectrum } from './spectra.ts';

/** Where and in which precision a flow runs. */
export interface Machine {
  readonly name: string;
  readonly dtype: 'float32' | 'float64';
  readonly backend: Backend;
}

/** The reference and the WebAssembly backend, in both precisions. */
export function machines(): Machine[] {
  return [
    { name: 'reference', backend: referenceBackend },
    { name: 'wasm', backend: wasm() },
  ].flatMap(({ name, backend }) =>
    (['float64', 'float32'] as const).map((dtype) => ({ name, dtype, backend })),
  );
}

/** A field with its exact density, and the flows that must agree with it. */
export interface KnownField {
  readonly flow: string;
  readonly spectrum: string;
  readonly side: number;
  readonly dimensions: number;
  readonly values: Float32Array;
  /** ln p by sums over the modes, nats. */
  readonly exact: number;
  /** (Σ |x_k|²/P_k − N^d)/√(2 N^d): a standard normal number if the field was drawn from P. */
  readonly drawn: number;
  /** The flows, one a value of a. */
  readonly flows: readonly { readonly a: number; readonly fixed: FixedFlow }[];
}

/** One comparison. */
export interface Comparison {
  readonly flow: string;
  readonly spectrum: string;
  readonly side: number;
  readonly dimensions: number;
  readonly a: number;
  readonly backend: string;
  readonly dtype: 'float32' | 'float64';
  readonly exact: number;
  readonly found: number;
  /** |found − exact|/N^d, nats a cell. */
  readonly perCell: number;
}

/** Draws u with variances P_k on a mesh, float64. */
function draw(spectrum: MeshSpectrum, side: number, dimensions: number, seed: number): Float64Array {
  const shape = new Array<number>(dimensions).fill(side);
  const deviations = spectrum.variances(shells(shape).squares, side, dimensions).map(Math.sqrt);
  const size = side ** dimensions;
  const program = compile(
    (white: Tensor) => radialFilter(white, constant(deviations, [1, deviations.length])),
    [{ shape: [1, ...shape], dtype: 'float64' }],
    { backend: wasm() },
  );
  const from = foldIn(foldIn(foldIn(key(seed), side), dimensions), spectrum.name.length);
  const field = program.run([randomNormal(from, [size], 'float64')])[0]!.slice() as Float64Array;
  program.dispose();
  return field;
}

function known(
  flow: string,
  spectrum: MeshSpectrum,
  mesh: { readonly side: number; readonly dimensions: number },
  values: Float32Array,
  gaussian: Float64Array,
  logJacobian: number,
  flows: KnownField['flows'],
): KnownField {
  const { side, dimensions } = mesh;
  const modes = modePower(gaussian, side, dimensions);
  const variances = spectrum.variances(modes.squares, side, dimensions);
  const size = side ** dimensions;
  return {
    ...mesh,
    flow,
    spectrum: spectrum.name,
    values,
    exact: exactLogProb(modes, variances) + logJacobian,
    drawn: (chiSquare(modes, variances) - size) / Math.sqrt(2 * size),
    flows,
  };
}

/** A Gaussian field for the flow of tabulated T̂. */
export function gaussianField(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  as: readonly number[],
  seed: number,
): KnownField {
  const values = Float32Array.from(draw(spectrum, side, dimensions, seed));
  const flows = as.map((a) => ({ a, fixed: gaussianFlow(spectrum, side, dimensions, a) }));
  return known('tabulated T', spectrum, { side, dimensions }, values, Float64Array.from(values), 0, flows);
}

/** A Gaussian field with a mean and a scale, for whole models, which standardise; the spectrum must be a power law. */
function standardisedField(
  name: string,
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  seed: number,
  flows: KnownField['flows'],
): KnownField {
  const { mean, deviation } = TRENF_STANDARDISE;
  const values = Float32Array.from(draw(spectrum, side, dimensions, seed), (u) => mean + deviation * u);
  const gaussian = Float64Array.from(values, (value) => (value - mean) / deviation);
  const logJacobian = -values.length * Math.log(deviation);
  return known(name, spectrum, { side, dimensions }, values, gaussian, logJacobian, flows);
}

/** A field for the whole TRENF. */
export function trenfField(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  as: readonly number[],
  seed: number,
): KnownField {
  const flows = as.map((a) => ({ a, fixed: gaussianTrenf(spectrum, side, dimensions, a) }));
  return standardisedField('TRENF', spectrum, side, dimensions, seed, flows);
}

/** A field for the field-level continuous flow. */
export function fieldFlowField(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  seed: number,
): KnownField {
  const flows = [{ a: 1, fixed: gaussianFieldFlow(spectrum, side, dimensions) }];
  return standardisedField('continuous', spectrum, side, dimensions, seed, flows);
}

/** A lognormal field exp(g + mean). */
export function lognormalField(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  as: readonly number[],
  seed: number,
): KnownField {
  const mean = -0.4;
  const values = Float32Array.from(draw(spectrum, side, dimensions, seed), (g) => Math.exp(g + mean));
  const flows = as.map((a) => ({ a, fixed: lognormalFlow(spectrum, side, dimensions, a, mean) }));
  const logs = Float64Array.from(values, Math.log);
  const logJacobian = -logs.reduce((sum, value) => sum + value, 0);
  const gaussian = logs.map((value) => value - mean);
  return known(
    'ψ = ln, then tabulated T',
    spectrum,
    { side, dimensions },
    values,
    gaussian,
    logJacobian,
    flows,
  );
}

/** ln p of the field by each of its flows on one machine, against the exact one. */
export function compareOn(field: KnownField, { name, dtype, backend }: Machine): Comparison[] {
  const { flow, spectrum, side, dimensions, values, exact } = field;
  const shape = [1, ...new Array<number>(dimensions).fill(side)];
  const typed = (from: ArrayLike<number>): TypedArray =>
    dtype === 'float32' ? Float32Array.from(from) : Float64Array.from(from);
  return field.flows.map(({ a, fixed }) => {
    const context = constant(typed(fixed.context), [1, fixed.context.length]);
    const flat = constant(typed(fixed.flat));
    const program = compile((x: Tensor) => fixed.flow.logProb(x, context, flat), [{ shape, dtype }], {
      backend,
    });
    const found = program.run([typed(values)])[0]![0]!;
    program.dispose();
    const perCell = Math.abs(found - exact) / values.length;
    return { flow, spectrum, side, dimensions, a, backend: name, dtype, exact, found, perCell };
  });
}
