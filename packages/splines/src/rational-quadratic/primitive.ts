/**
 * The rational-quadratic spline as fused primitives: the spline with its log-derivative, its gradient in one
 * pass over x, and its inverse. The arithmetic is in `bin.ts`.
 */
import {
  add,
  apply,
  describe,
  divide,
  full,
  negate,
  type Primitive,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  type WasmLowering,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import {
  BIN_SIZE,
  backwardAt,
  fillBins,
  finishBackward,
  forwardAt,
  inverseAt,
  type Point,
  SUM_SIZE,
} from './bin.ts';
import { decomposeRationalQuadratic, decomposeRationalQuadraticVjp } from './decompose.ts';
import {
  rationalQuadraticGpu,
  rationalQuadraticInverseGpu,
  rationalQuadraticVjpGpu,
} from './rational-quadratic.gpu.ts';

/** Whether the log-derivatives are summed over a row (one value per sample) or kept per element. */
export interface RationalQuadraticAttributes {
  readonly reduce: boolean;
}

const zeros = (like: Tensor): Tensor => full(0, like.shape, like.dtype);

/** The most knots a spline may have. */
export const MAX_KNOTS = 64;

/** Rows, values per row and knots of the inputs [values, xk, yk, dk]. */
function sizes(types: readonly TensorType[]): { rows: number; n: number; count: number } {
  const rows = types[0]!.shape[0]!;
  const n = types[0]!.shape.slice(1).reduce((product, length) => product * length, 1);
  return { rows, n, count: types[1]!.shape[1]! };
}

/** Checks values [B, …] and xk, yk, dk [B, K]; gives the type of the log-derivative. */
function inferSpline(
  name: string,
  inputs: readonly TensorType[],
  { reduce }: RationalQuadraticAttributes,
): TensorType {
  const [x, xk, yk, dk] = inputs as [TensorType, TensorType, TensorType, TensorType];
  const shown = () => [x, xk, yk, dk].map(describe).join(', ');
  if (x.dtype === 'int32' || [xk, yk, dk].some((type) => type.dtype !== x.dtype)) {
    throw new TensorError(`${name}: inputs ${shown()}; all must be float32 or all float64`);
  }
  const [rows, count] = xk.shape;
  const fits = [xk, yk, dk].every(
    ({ shape }) => shape.length === 2 && shape[0] === rows && shape[1] === count,
  );
  if (x.shape.length === 0 || !fits || rows !== x.shape[0]) {
    throw new TensorError(
      `${name}: inputs ${shown()}; give values [B, …] and knots, values, slopes [B, K] each`,
    );
  }
  if (count! < 2 || count! > MAX_KNOTS) {
    throw new TensorError(`${name}: ${count} knots; give 2 to ${MAX_KNOTS}`);
  }
  return { shape: reduce ? [rows!] : x.shape, dtype: x.dtype };
}

type At = (bins: Float64Array, count: number, last: number, at: number, out: Point) => void;

/** Applies `at` to every value; `column` 0 clips at the last knot, 4 at its value; `sign` of the logarithms. */
function referenceRows(at: At, sign: 1 | -1) {
  return (
    inputs: readonly TypedArray[],
    outputs: readonly TypedArray[],
    { reduce }: RationalQuadraticAttributes,
    types: { readonly inputs: readonly TensorType[] },
  ): void => {
    const [values, xk, yk, dk] = inputs as [TypedArray, TypedArray, TypedArray, TypedArray];
    const [results, logs] = outputs as [TypedArray, TypedArray];
    const { rows, n, count } = sizes(types.inputs);
    const bins = new Float64Array((count - 1) * BIN_SIZE);
    const point: Point = { value: 0, derivative: 0 };
    for (let row = 0; row < rows; row++) {
      const offset = row * count;
      fillBins(xk, yk, dk, offset, count, bins, types.inputs[0]!.dtype);
      const last = (sign > 0 ? xk : yk)[offset + count - 1]!;
      // Neumaier's compensated sum: in a tail the same number is added again and again, and its rounding with it.
      let total = 0;
      let lost = 0;
      for (let i = row * n; i < (row + 1) * n; i++) {
        at(bins, count, last, values[i]!, point);
        results[i] = point.value;
        const log = sign * Math.log(point.derivative);
        if (reduce) {
          const after = total + log;
          lost += Math.abs(total) >= Math.abs(log) ? total - after + log : log - after + total;
          total = after;
        } else logs[i] = log;
      }
      // An infinite total has no meaningful compensation.
      if (reduce) logs[row] = Number.isFinite(lost) ? total + lost : total;
    }
  };
}

/** Calls a kernel for all rows: addresses of the inputs and outputs in order, then scratch. */
function lowerRows(name: string) {
  return (l: WasmLowering<RationalQuadraticAttributes>): void => {
    const { rows, n, count } = sizes(l.inputs.map((operand) => operand.type));
    const suffix = l.inputs[0]!.type.dtype === 'float32' ? 'F32' : 'F64';
    const pointers = [...l.inputs, ...l.outputs].map((operand) => operand.pointer);
    // Knots splatted (16 K and padding), the table (64 K), sums per lane (128 K) and totals (64 K).
    const scratch = l.scratch(272 * count + 384);
    l.call(`${name}${suffix}`, rows, n, count, l.attributes.reduce ? 1 : 0, ...pointers, scratch);
  };
}

const slopesExample = [0.7, 1.6, 0.4, 1.1, 2, 0.3, 0.9, 1.3];
const knotsExample = [-1.5, -0.2, 0.4, 1.6, -1.2, -0.4, 0.7, 1.3];
const valuesExample = [-1.1, -0.6, 0.9, 1.4, -2, 0.1, 0.5, 2.2];
const xExample = [-1.9, -0.9, 0.1, 1.2, 2, -0.1, -1.4, -0.9, 0.2, 1, 1.9, 0.35];
const knotInputs = [
  { shape: [2, 4], values: knotsExample },
  { shape: [2, 4], values: valuesExample },
  { shape: [2, 4], values: slopesExample },
];
const twoKnots = [
  { shape: [1, 2], values: [-0.5, 0.8] },
  { shape: [1, 2], values: [-1, 0.4] },
  { shape: [1, 2], values: [0.6, 1.5] },
];

/** y [B, …] and ln y′ ([B] with `reduce`, else [B, …]) of x [B, …], xk [B, K], yk [B, K], dk [B, K]. */
export const rationalQuadraticPrimitive: Primitive<RationalQuadraticAttributes> = {
  name: '@equiflow/splines#rationalQuadraticPrimitive',
  infer: (inputs, attributes) => [inputs[0]!, inferSpline('rationalQuadratic', inputs, attributes)],
  reference: referenceRows(forwardAt, 1),
  vjp(node, [gy, gl]) {
    const [x] = node.inputs as [Tensor];
    const cotangents = [gy ?? zeros(x), gl ?? zeros(node.outputs[1]!)];
    return apply(rationalQuadraticVjpPrimitive, [...node.inputs, ...cotangents], node.attributes);
  },
  decompose: decomposeRationalQuadratic,
  wasm: { binary: kernels, lower: lowerRows('rationalQuadratic') },
  gpu: rationalQuadraticGpu,
  examples: [
    { attributes: { reduce: true }, inputs: [{ shape: [2, 3, 2], values: xExample }, ...knotInputs] },
    { attributes: { reduce: false }, inputs: [{ shape: [2, 6], values: xExample }, ...knotInputs] },
    { attributes: { reduce: true }, inputs: [{ shape: [1, 3], values: [-0.9, 0.3, 1.2] }, ...twoKnots] },
  ],
};

/** Cotangents of x, xk, yk, dk from x, xk, yk, dk and the cotangents of y and of the log-derivative. */
export const rationalQuadraticVjpPrimitive: Primitive<RationalQuadraticAttributes> = {
  name: '@equiflow/splines#rationalQuadraticVjpPrimitive',
  infer(inputs, attributes) {
    const logs = inferSpline('rationalQuadraticVjp', inputs, attributes);
    const [x, xk, yk, dk, gy, gl] = inputs as TensorType[];
    if (String(gy!.shape) !== String(x!.shape) || String(gl!.shape) !== String(logs.shape)) {
      throw new TensorError(
        `rationalQuadraticVjp: cotangents ${describe(gy!)} and ${describe(gl!)}; expected ${describe(x!)} and ${describe(logs)}`,
      );
    }
    return [x!, xk!, yk!, dk!];
  },
  reference(inputs, outputs, { reduce }, types) {
    const [x, xk, yk, dk, gy, gl] = inputs as TypedArray[];
    const [gx, gxk, gyk, gdk] = outputs as [TypedArray, TypedArray, TypedArray, TypedArray];
    const { rows, n, count } = sizes(types.inputs);
    const bins = new Float64Array((count - 1) * BIN_SIZE);
    const sums = new Float64Array((count - 1) * SUM_SIZE);
    const ends = new Float64Array(2);
    for (let row = 0; row < rows; row++) {
      const offset = row * count;
      fillBins(xk!, yk!, dk!, offset, count, bins, types.inputs[0]!.dtype);
      const last = xk![offset + count - 1]!;
      sums.fill(0);
      ends.fill(0);
      for (let i = row * n; i < (row + 1) * n; i++) {
        gx[i] = backwardAt(bins, count, last, x![i]!, gy![i]!, gl![reduce ? row : i]!, sums, ends);
      }
      finishBackward(bins, count, sums, ends, { xk: gxk, yk: gyk, dk: gdk }, offset);
    }
  },
  decompose: decomposeRationalQuadraticVjp,
  wasm: { binary: kernels, lower: lowerRows('rationalQuadraticVjp') },
  gpu: rationalQuadraticVjpGpu,
  examples: [
    {
      attributes: { reduce: true },
      inputs: [{ shape: [2, 3, 2], values: xExample }, ...knotInputs, { shape: [2, 3, 2] }, { shape: [2] }],
    },
    {
      attributes: { reduce: false },
      inputs: [{ shape: [2, 6], values: xExample }, ...knotInputs, { shape: [2, 6] }, { shape: [2, 6] }],
    },
    {
      attributes: { reduce: true },
      inputs: [{ shape: [1, 3], values: [-0.9, 0.3, 1.2] }, ...twoKnots, { shape: [1, 3] }, { shape: [1] }],
    },
  ],
};

/** x [B, …] and ln dx/dy ([B] with `reduce`, else [B, …]) of y [B, …], xk, yk, dk [B, K]. */
export const rationalQuadraticInversePrimitive: Primitive<RationalQuadraticAttributes> = {
  name: '@equiflow/splines#rationalQuadraticInversePrimitive',
  infer: (inputs, attributes) => [inputs[0]!, inferSpline('rationalQuadraticInverse', inputs, attributes)],
  reference: referenceRows(inverseAt, -1),
  /**
   * Implicit function theorem on f(x; p) = y, with M(y, p) = −L(x(y, p), p): dx = (dy − f_p dp)/f′, so the whole
   * cotangent of x is gx − gl L_x, that of y is it over f′, and those of the parameters are the spline's own
   * for the cotangents (−g_y, −gl). Three applications of the fused gradient give f′, L_x and those.
   */
  vjp(node, [gx, gl]) {
    const parameters = node.inputs.slice(1);
    const x = node.outputs[0]!;
    const logs = gl ?? zeros(node.outputs[1]!);
    const pull = (gy: Tensor, ofLogs: Tensor) =>
      apply(rationalQuadraticVjpPrimitive, [x, ...parameters, gy, ofLogs], node.attributes);
    const slope = pull(full(1, x.shape, x.dtype), zeros(logs))[0]!;
    const ofX = gl ? pull(zeros(x), negate(logs))[0]! : null;
    const total = gx && ofX ? add(gx, ofX) : (gx ?? ofX)!;
    const ofY = divide(total, slope);
    return [ofY, ...pull(negate(ofY), negate(logs)).slice(1)];
  },
  wasm: { binary: kernels, lower: lowerRows('rationalQuadraticInverse') },
  gpu: rationalQuadraticInverseGpu,
  examples: [
    { attributes: { reduce: true }, inputs: [{ shape: [2, 3, 2], values: xExample }, ...knotInputs] },
    { attributes: { reduce: false }, inputs: [{ shape: [2, 6], values: xExample }, ...knotInputs] },
    { attributes: { reduce: true }, inputs: [{ shape: [1, 3], values: [-1.4, 0.1, 1.2] }, ...twoKnots] },
  ],
};
