/**
 * y = F⁻¹ T(|k|) F x as one primitive: the Fourier half of a TRENF layer (Dai & Seljak 2022, arXiv:2202.05282), and any
 * isotropic smoothing. Its spectrum comes out as well, in an order of its own (`layout.ts`), so that the gradient of
 * T and of x together take one more sweep: with C = F ∂L/∂y,
 *   ∂L/∂x = F⁻¹ T C,   ∂L/∂T_s = Σ_(k in s) Re(conj(X_k) C_k) / N^d.
 */
import {
  apply,
  bytesPerElement,
  constant,
  describe,
  matmul,
  type Primitive,
  reshape,
  type Shape,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  vjp,
  type WasmLowering,
  type WasmOperand,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { lowerPlan, suffix } from '../lowering.ts';
import { lastAxes, transformAxes } from '../plain/axes.ts';
import { halfLength, shells } from '../shells.ts';
import {
  addMaybe,
  decomposedFilter,
  decomposedFilterVjp,
  forEachPacked,
  packedSpectrum,
} from './decompose.ts';
import { filterLayout } from './layout.ts';

type NoAttributes = Readonly<Record<never, never>>;
const none: NoAttributes = {};

/** Checks maps [B, …mesh] and T [B, shells]; gives the mesh. */
function requireFilter(operation: string, x: TensorType, filter: TensorType): Shape {
  const mesh = x.shape.slice(1);
  if (
    x.dtype === 'int32' ||
    x.dtype !== filter.dtype ||
    (mesh.length !== 2 && mesh.length !== 3) ||
    x.shape.includes(0)
  ) {
    throw new TensorError(
      `${operation}: maps ${describe(x)} and T ${describe(filter)}; give maps [B, N, N] or [B, N, N, N] and T of one float type`,
    );
  }
  const count = shells(mesh).squares.length;
  if (filter.shape.length !== 2 || filter.shape[0] !== x.shape[0] || filter.shape[1] !== count) {
    throw new TensorError(
      `${operation}: T is ${describe(filter)} for maps ${describe(x)}; give [${x.shape[0]}, ${count}], one value for each of the ${count} shells`,
    );
  }
  return mesh;
}

/** Full complex spectra, in double, of maps [B, …mesh]. */
function spectrumOf(x: TypedArray, shape: Shape): { re: Float64Array; im: Float64Array } {
  const re = Float64Array.from(x);
  const im = new Float64Array(re.length);
  transformAxes(re, im, shape, lastAxes(shape, shape.length - 1), false);
  return { re, im };
}

/** F⁻¹ T of a spectrum (overwritten), into `target`. */
function filterInto(
  re: Float64Array,
  im: Float64Array,
  filter: TypedArray,
  shape: Shape,
  target: TypedArray,
): void {
  const mesh = shape.slice(1);
  const { index, squares } = shells(mesh);
  const last = mesh[mesh.length - 1]!;
  const cells = mesh.reduce((product, n) => product * n, 1);
  const half = halfLength(last);
  for (let mode = 0; mode < re.length; mode++) {
    const k = mode % last;
    const row = Math.floor((mode % cells) / last);
    // |n|² does not know the sign of the last wave number.
    const shell = index[row * half + Math.min(k, last - k)]!;
    const t = filter[Math.floor(mode / cells) * squares.length + shell]!;
    re[mode]! *= t;
    im[mode]! *= t;
  }
  transformAxes(re, im, shape, lastAxes(shape, mesh.length), true);
  target.set(re);
}

/** Place of a mode in a full mesh. */
function modeIndex(mode: readonly number[], mesh: Shape): number {
  return mode.reduce((place, k, axis) => place * mesh[axis]! + k, 0);
}

/** Plan, tables and scratch of both kernels, and the numbers that end their arguments. */
function lowerFilter(
  l: WasmLowering<NoAttributes>,
  maps: WasmOperand,
): { tables: number[]; sizes: number[] } {
  const { shape, dtype } = maps.type;
  const mesh = shape.slice(1);
  const layout = filterLayout(mesh, dtype);
  const bytes = bytesPerElement(dtype);
  const [n0, n1, n2 = 1] = mesh as [number, number, number?];
  const stride = Math.ceil((n1 * n2 * bytes) / 64) * 64 + 64;
  const plan = lowerPlan(l, mesh, 0, dtype);
  const weights = dtype === 'float64' ? layout.weights : Float32Array.from(layout.weights);
  const offsets = l.table(layout.shellOf.map((shell) => shell * bytes));
  const work = l.scratch(2 * halfLength(n0) * stride + 64);
  const count = shells(mesh).squares.length;
  return {
    tables: [...plan, offsets, l.table(weights), work],
    sizes: [mesh.length, shape[0]!, n0, n1, n2, count],
  };
}

const meshes: readonly Shape[] = [
  [2, 8, 6],
  [1, 5, 7],
  [2, 9, 4],
  [1, 6, 4, 3],
  [2, 3, 5, 4],
  [1, 4, 4, 4],
];

/** (x, T) to (F⁻¹ T F x, the packed spectrum of x); see `radialFilter`. */
export const radialFilterPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/fft-mesh#radialFilterPrimitive',
  infer([x, filter]) {
    const mesh = requireFilter('radialFilter', x!, filter!);
    const packed = [x!.shape[0]!, filterLayout(mesh, x!.dtype).size];
    return [
      { shape: x!.shape, dtype: x!.dtype },
      { shape: packed, dtype: x!.dtype },
    ];
  },
  reference([x, filter], [y, spectrum], _, { inputs }) {
    const { shape, dtype } = inputs[0]!;
    const mesh = shape.slice(1);
    const layout = filterLayout(mesh, dtype);
    const { re, im } = spectrumOf(x!, shape);
    const cells = re.length / shape[0]!;
    for (let map = 0; map < shape[0]!; map++) {
      forEachPacked(mesh, layout, (at, mode, part) => {
        const place = map * cells + modeIndex(mode, mesh);
        spectrum![map * layout.size + at] = part === 0 ? re[place]! : im[place]!;
      });
    }
    filterInto(re, im, filter!, shape, y!);
  },
  vjp({ inputs, outputs }, [y, packed]) {
    const [x, filter] = inputs as [Tensor, Tensor];
    const [fromY, filterGradient] = y
      ? (apply(radialFilterVjpPrimitive, [y, filter, outputs[1]!], none) as [Tensor, Tensor])
      : [null, null];
    const [fromPacked] = packed ? vjp([packedSpectrum(x)], [packed], [x]) : [null];
    return [addMaybe(fromY, fromPacked!), filterGradient];
  },
  decompose: ([x, filter]) => [decomposedFilter(x!, filter!), packedSpectrum(x!)],
  wasm: {
    binary: kernels,
    lower(l) {
      const [x, filter] = l.inputs as [WasmOperand, WasmOperand];
      const [y, spectrum] = l.outputs as [WasmOperand, WasmOperand];
      const { tables, sizes } = lowerFilter(l, x);
      const pointers = [x.pointer, filter.pointer, y.pointer, spectrum.pointer];
      l.call(`radialFilter${suffix(x.type.dtype)}`, ...pointers, ...tables, ...sizes);
    },
  },
  examples: meshes.map((shape) => ({
    attributes: none,
    inputs: [{ shape }, { shape: [shape[0]!, shells(shape.slice(1)).squares.length], range: [0.5, 2] }],
  })),
};

/** (∂L/∂y, T, packed spectrum of x) to (∂L/∂x, ∂L/∂T), in one sweep. */
export const radialFilterVjpPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/fft-mesh#radialFilterVjpPrimitive',
  infer([cotangent, filter, spectrum]) {
    const mesh = requireFilter('radialFilterVjp', cotangent!, filter!);
    const { dtype, shape } = cotangent!;
    const { size } = filterLayout(mesh, dtype);
    if (spectrum!.dtype !== dtype || spectrum!.shape.join() !== `${shape[0]},${size}`) {
      throw new TensorError(
        `radialFilterVjp: the spectrum is ${describe(spectrum!)}; give the second output of radialFilter, [${shape[0]}, ${size}]`,
      );
    }
    return [
      { shape, dtype },
      { shape: filter!.shape, dtype },
    ];
  },
  reference([cotangent, filter, spectrum], [x, gradient], _, { inputs }) {
    const { shape, dtype } = inputs[0]!;
    const mesh = shape.slice(1);
    const layout = filterLayout(mesh, dtype);
    const { re, im } = spectrumOf(cotangent!, shape);
    const cells = re.length / shape[0]!;
    const { squares, index } = shells(mesh);
    const last = mesh[mesh.length - 1]!;
    const sums = new Float64Array(gradient!.length);
    for (let map = 0; map < shape[0]!; map++) {
      forEachPacked(mesh, layout, (at, mode, part, group, lane) => {
        const place = modeIndex(mode, mesh);
        const k = mode[mode.length - 1]!;
        const shell = index[Math.floor(place / last) * halfLength(last) + Math.min(k, last - k)]!;
        const own = (part === 0 ? re : im)[map * cells + place]!;
        const weight = layout.weights[group * layout.lanes + lane]!;
        sums[map * squares.length + shell]! += weight * own * spectrum![map * layout.size + at]!;
      });
    }
    gradient!.set(sums.map((sum) => sum / cells));
    filterInto(re, im, filter!, shape, x!);
  },
  decompose: ([cotangent, filter, spectrum]) => decomposedFilterVjp(cotangent!, filter!, spectrum!),
  wasm: {
    binary: kernels,
    lower(l) {
      const [cotangent, filter, spectrum] = l.inputs as [WasmOperand, WasmOperand, WasmOperand];
      const [x, gradient] = l.outputs as [WasmOperand, WasmOperand];
      const { tables, sizes } = lowerFilter(l, cotangent);
      const sums = l.scratch(8 * filter.type.shape[1]!);
      const pointers = [cotangent, filter, spectrum, x, gradient].map(({ pointer }) => pointer);
      l.call(`radialFilterVjp${suffix(x.type.dtype)}`, ...pointers, ...tables, sums, ...sizes);
    },
  },
  examples: (['float32', 'float64'] as const).flatMap((dtype) =>
    meshes.map((shape) => ({
      attributes: none,
      dtype,
      inputs: [
        { shape },
        { shape: [shape[0]!, shells(shape.slice(1)).squares.length] },
        { shape: [shape[0]!, filterLayout(shape.slice(1), dtype).size] },
      ],
    })),
  ),
};

/**
 * F⁻¹ T(|k|) F x over periodic maps: every Fourier mode times the value of T for its shell.
 * @param x maps [B, N, N] or [B, N, N, N]; axes of different lengths are fine
 * @param filter T at every shell of `shells(mesh)`, [B, shells], real
 * @returns maps of the shape of `x`
 * @throws TensorError when the shapes do not fit.
 */
export function radialFilter(x: Tensor, filter: Tensor): Tensor {
  return apply(radialFilterPrimitive, [x, filter], none)[0]!;
}

/**
 * ln |det| of the radial filter: Σ_s (modes of shell s) ln T_s, for `logFilter` = ln T [B, shells]: [B].
 * @param mesh lengths of the axes of one map
 * @throws TensorError when `logFilter` does not have one value a shell.
 */
export function radialFilterLogDet(logFilter: Tensor, mesh: Shape): Tensor {
  const { multiplicity } = shells(mesh);
  if (logFilter.shape.length !== 2 || logFilter.shape[1] !== multiplicity.length) {
    throw new TensorError(
      `radialFilterLogDet: ln T is ${describe(logFilter)}; give [B, ${multiplicity.length}], one value a shell of [${mesh}]`,
    );
  }
  const counts = logFilter.dtype === 'float64' ? multiplicity : Float32Array.from(multiplicity);
  return reshape(matmul(logFilter, constant(counts, [counts.length, 1])), [-1]);
}
