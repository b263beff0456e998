/** Complex transforms over the last axes, on pairs (re, im). The adjoint of one is the other times or over N. */
import { apply, multiply, type Primitive, type Tensor } from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { batchOf, lowerPlan, suffix, threeLengths } from '../lowering.ts';
import { lastAxes, transformAxes } from '../plain/axes.ts';
import { orZeros } from './real.ts';
import {
  type ComplexTensor,
  cellsOf,
  requirePair,
  type TransformAttributes,
  type TransformOptions,
} from './shared.ts';
import { complexGpu } from './transforms.gpu.ts';

const pairs = [[3, 8], [5], [6, 22], [2, 1]].map((shape) => ({
  attributes: { axes: 1 },
  inputs: [{ shape }, { shape }],
}));
const planes = [
  [2, 4, 6],
  [9, 5],
].map((shape) => ({ attributes: { axes: 2 }, inputs: [{ shape }, { shape }] }));
const boxes = [
  [2, 3, 4, 5],
  [1, 2, 6, 3],
].map((shape) => ({ attributes: { axes: 3 }, inputs: [{ shape }, { shape }] }));

/** Both directions are one kernel: the inverse is the forward transform with re and im exchanged, over N. */
function complexPrimitive(name: 'fft' | 'ifft'): Primitive<TransformAttributes> {
  const inverse = name === 'ifft';
  return {
    name: `@equiflow/fft-mesh#${name}Primitive`,
    infer(inputs, { axes }) {
      const { shape, dtype } = requirePair(name, inputs, axes);
      return [
        { shape, dtype },
        { shape, dtype },
      ];
    },
    reference([re, im], outputs, { axes }, { inputs }) {
      const workRe = Float64Array.from(re!);
      const workIm = Float64Array.from(im!);
      const { shape } = inputs[0]!;
      transformAxes(workRe, workIm, shape, lastAxes(shape, axes), inverse);
      outputs[0]!.set(workRe);
      outputs[1]!.set(workIm);
    },
    vjp({ outputs, attributes: { axes } }, [re, im]) {
      const cells = cellsOf(outputs[0]!.shape, axes);
      const given = [orZeros(re, outputs[0]!), orZeros(im, outputs[1]!)];
      const adjoint = apply(inverse ? fftPrimitive : ifftPrimitive, given, { axes });
      return adjoint.map((part) => multiply(part, inverse ? 1 / cells : cells));
    },
    wasm: {
      binary: kernels,
      lower(l) {
        const { axes } = l.attributes;
        const { shape, dtype } = l.inputs[0]!.type;
        const lengths = shape.slice(-axes);
        const pointers = [...l.inputs, ...l.outputs].map(({ pointer }) => pointer);
        const [xr, xi, yr, yi] = pointers as [number, number, number, number];
        const order = inverse ? [xi, xr, yi, yr] : [xr, xi, yr, yi];
        const scale = inverse ? 1 / cellsOf(shape, axes) : 1;
        const plan = lowerPlan(l, lengths, -1, dtype);
        const batch = batchOf(shape, axes);
        l.call(`fft${suffix(dtype)}`, ...order, ...plan, scale, axes, batch, ...threeLengths(lengths));
      },
    },
    gpu: complexGpu(inverse),
    examples: [...pairs, ...planes, ...boxes],
  };
}

/** (re, im) to (re, im) of the spectrum; see `fft`. */
export const fftPrimitive: Primitive<TransformAttributes> = complexPrimitive('fft');

/** (re, im) of a spectrum to (re, im); see `ifft`. */
export const ifftPrimitive: Primitive<TransformAttributes> = complexPrimitive('ifft');

/**
 * X_k = Σ_j x_j e^(−2πi jk/n) along each of the last axes, unnormalised (NumPy's `fftn`). Any lengths.
 * @throws TensorError when re and im differ in type or have fewer axes than are to be transformed.
 */
export function fft(re: Tensor, im: Tensor, { axes = 1 }: TransformOptions = {}): ComplexTensor {
  const [outRe, outIm] = apply(fftPrimitive, [re, im], { axes });
  return { re: outRe!, im: outIm! };
}

/** The inverse of `fft`, with the factor 1/N of all transformed cells (NumPy's `ifftn`). @throws TensorError as `fft`. */
export function ifft(re: Tensor, im: Tensor, { axes = 1 }: TransformOptions = {}): ComplexTensor {
  const [outRe, outIm] = apply(ifftPrimitive, [re, im], { axes });
  return { re: outRe!, im: outIm! };
}
