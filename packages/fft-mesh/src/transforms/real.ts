/**
 * Real transforms over the last axes: real ↔ half-complex, the last axis of the spectrum keeping n/2 + 1 modes.
 * The adjoint of one is the other up to the weights of the half-complex columns: with w = 2, but 1 in column 0 and,
 * for even n, column n/2, ⟨c, rfft x⟩ = ⟨N irfft(c/w), x⟩ and ⟨c, irfft X⟩ = ⟨w rfft(c)/N, X⟩.
 */
import { apply, applyOne, describe, full, type Primitive, type Tensor, TensorError } from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { batchOf, lowerPlan, suffix, threeLengths } from '../lowering.ts';
import { inverseRealTransformAxes, realTransformAxes } from '../plain/axes.ts';
import { halfLength } from '../shells.ts';
import {
  type ComplexTensor,
  cellsOf,
  halfShape,
  overWeights,
  requirePair,
  requireTransformable,
  type TransformAttributes,
  type TransformOptions,
  timesWeights,
} from './shared.ts';
import { inverseRealGpu, realGpu } from './transforms.gpu.ts';

/** How many last axes, and the length of the last in real space. */
export interface InverseRealAttributes extends TransformAttributes {
  readonly n: number;
}

/** The tensor, or zeros of the type of its pair. */
export function orZeros(tensor: Tensor | null | undefined, like: Tensor): Tensor {
  return tensor ?? full(0, like.shape, like.dtype);
}

/** x to (re, im) of its half-complex spectrum; see `rfft`. */
export const rfftPrimitive: Primitive<TransformAttributes> = {
  name: '@equiflow/fft-mesh#rfftPrimitive',
  infer([x], { axes }) {
    requireTransformable('rfft', x!, axes);
    const type = { shape: halfShape(x!.shape), dtype: x!.dtype };
    return [type, type];
  },
  reference([x], [re, im], { axes }, { inputs }) {
    const spectrum = realTransformAxes(x!, inputs[0]!.shape, axes);
    re!.set(spectrum.re);
    im!.set(spectrum.im);
  },
  vjp({ inputs, outputs, attributes: { axes } }, [re, im]) {
    const { shape } = inputs[0]!;
    const n = shape[shape.length - 1]!;
    const pair = [orZeros(re, outputs[0]!), orZeros(im, outputs[1]!)];
    const over = pair.map((part) => overWeights(part, n, cellsOf(shape, axes)));
    return [applyOne(irfftPrimitive, over, { axes, n })];
  },
  wasm: {
    binary: kernels,
    lower(l) {
      const { axes } = l.attributes;
      const [x] = l.inputs;
      const { shape, dtype } = x!.type;
      const lengths = shape.slice(-axes);
      const plan = lowerPlan(l, lengths, axes - 1, dtype);
      const [re, im] = l.outputs;
      const sizes = threeLengths(lengths);
      l.call(
        `rfft${suffix(dtype)}`,
        x!.pointer,
        re!.pointer,
        im!.pointer,
        ...plan,
        axes,
        batchOf(shape, axes),
        ...sizes,
      );
    },
  },
  gpu: realGpu,
  examples: [
    { attributes: { axes: 1 }, inputs: [{ shape: [3, 8] }] },
    { attributes: { axes: 1 }, inputs: [{ shape: [5] }] },
    { attributes: { axes: 1 }, inputs: [{ shape: [9, 15] }] },
    { attributes: { axes: 1 }, inputs: [{ shape: [1, 22] }] },
    { attributes: { axes: 1 }, inputs: [{ shape: [2, 1] }] },
    { attributes: { axes: 2 }, inputs: [{ shape: [2, 6, 4] }] },
    { attributes: { axes: 2 }, inputs: [{ shape: [7, 9] }] },
    { attributes: { axes: 3 }, inputs: [{ shape: [1, 3, 4, 6] }] },
    { attributes: { axes: 3 }, inputs: [{ shape: [2, 4, 3, 5] }] },
  ],
};

/** (re, im) of a half-complex spectrum to real data; see `irfft`. */
export const irfftPrimitive: Primitive<InverseRealAttributes> = {
  name: '@equiflow/fft-mesh#irfftPrimitive',
  infer(inputs, { axes, n }) {
    const { shape, dtype } = requirePair('irfft', inputs, axes);
    if (!Number.isInteger(n) || n < 1 || shape[shape.length - 1] !== halfLength(n)) {
      throw new TensorError(
        `irfft: n = ${n} for modes ${describe(inputs[0]!)}; the last axis must hold n/2 + 1 of them, rounded down`,
      );
    }
    return [{ shape: [...shape.slice(0, -1), n], dtype }];
  },
  reference([re, im], [x], { axes }, { outputs }) {
    x!.set(inverseRealTransformAxes(re!, im!, outputs[0]!.shape, axes));
  },
  vjp({ outputs, attributes: { axes, n } }, [cotangent]) {
    const spectrum = apply(rfftPrimitive, [cotangent!], { axes });
    return spectrum.map((part) => timesWeights(part, n, 1 / cellsOf(outputs[0]!.shape, axes)));
  },
  wasm: {
    binary: kernels,
    lower(l) {
      const { axes } = l.attributes;
      const [re, im] = l.inputs;
      const [x] = l.outputs;
      const { shape, dtype } = x!.type;
      const lengths = shape.slice(-axes);
      const plan = lowerPlan(l, lengths, axes - 1, dtype);
      const modes = re!.size / batchOf(shape, axes);
      const work = axes > 1 ? l.scratch(2 * modes * (dtype === 'float64' ? 8 : 4) + 128) : 0;
      const sizes = threeLengths(lengths);
      const batch = batchOf(shape, axes);
      l.call(
        `irfft${suffix(dtype)}`,
        re!.pointer,
        im!.pointer,
        x!.pointer,
        ...plan,
        work,
        axes,
        batch,
        ...sizes,
      );
    },
  },
  gpu: inverseRealGpu,
  examples: [
    { attributes: { axes: 1, n: 8 }, inputs: [{ shape: [3, 5] }, { shape: [3, 5] }] },
    { attributes: { axes: 1, n: 5 }, inputs: [{ shape: [3] }, { shape: [3] }] },
    { attributes: { axes: 1, n: 15 }, inputs: [{ shape: [9, 8] }, { shape: [9, 8] }] },
    { attributes: { axes: 1, n: 22 }, inputs: [{ shape: [1, 12] }, { shape: [1, 12] }] },
    { attributes: { axes: 2, n: 4 }, inputs: [{ shape: [2, 6, 3] }, { shape: [2, 6, 3] }] },
    { attributes: { axes: 2, n: 9 }, inputs: [{ shape: [7, 5] }, { shape: [7, 5] }] },
    { attributes: { axes: 3, n: 6 }, inputs: [{ shape: [1, 3, 4, 4] }, { shape: [1, 3, 4, 4] }] },
    { attributes: { axes: 3, n: 5 }, inputs: [{ shape: [2, 4, 3, 3] }, { shape: [2, 4, 3, 3] }] },
  ],
};

/**
 * Spectrum of real data over the last axes, unnormalised: X_k = Σ_j x_j e^(−2πi jk/n) along each axis; the last axis
 * keeps its n/2 + 1 modes (NumPy's `rfftn`). Any lengths; products of 2, 3, 5, 7 are fast.
 * @example
 * const { re, im } = rfft(maps, { axes: 2 }); // maps [B, N, N]; re, im [B, N, N/2 + 1]
 * @throws TensorError when `x` has fewer axes than are to be transformed.
 */
export function rfft(x: Tensor, { axes = 1 }: TransformOptions = {}): ComplexTensor {
  const [re, im] = apply(rfftPrimitive, [x], { axes });
  return { re: re!, im: im! };
}

/**
 * Real data of a half-complex spectrum, with the factor 1/N of all transformed cells (NumPy's `irfftn`). `n` is the
 * length of the last axis in real space, by default 2 (modes − 1). The imaginary parts of columns 0 and n/2 that no
 * real data could have count for nothing.
 * @throws TensorError when re and im differ in type or do not hold n/2 + 1 modes.
 */
export function irfft(
  re: Tensor,
  im: Tensor,
  { axes = 1, n = 2 * ((re.shape.at(-1) ?? 1) - 1) }: TransformOptions & { readonly n?: number } = {},
): Tensor {
  return applyOne(irfftPrimitive, [re, im], { axes, n });
}
