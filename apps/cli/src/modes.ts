/** Fourier modes of many maps of one mesh: the transform is compiled once. Unitary normalisation throughout. */
import { halfLength, meshTransform, shells } from '@equiflow/fft-mesh';
import { wasm } from '@equiflow/tensor-wasm';

/** Half-complex modes of a field. */
export interface Modes {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Modes of a mesh. */
export interface MeshModes {
  readonly mesh: readonly number[];
  readonly pixels: number;
  /** Wavenumber index |n| of every shell; shell 0 is k = 0. */
  readonly radii: Float64Array;
  /** Modes of the full mesh in every shell. */
  readonly multiplicity: Float64Array;
  /** Half-complex modes of a field, divided by √N^d. */
  modes(field: Float64Array): Modes;
  /** Field of half-complex unitary modes. */
  field(modes: Modes): Float64Array;
  /** Σ Re(x_k y_k*) over the modes of every shell. */
  cross(x: Modes, y: Modes): Float64Array;
  /** Weight of every half-complex mode in sums over all modes, 1 or 2. */
  readonly weights: Float64Array;
  /** Shell of every half-complex mode. */
  readonly shellOf: Int32Array;
}

/** Compiles the transforms of a mesh. */
export function meshModes(mesh: readonly number[]): MeshModes {
  const transform = meshTransform(mesh, wasm());
  const pixels = mesh.reduce((product, length) => product * length, 1);
  const { squares, multiplicity, index } = shells(mesh);
  const last = mesh[mesh.length - 1]!;
  const half = halfLength(last);
  const weights = Float64Array.from(index, (_, mode) => {
    const column = mode % half;
    return column === 0 || 2 * column === last ? 1 : 2;
  });
  const scaled = (values: Float64Array, factor: number): Float64Array =>
    values.map((value) => value * factor);
  const norm = Math.sqrt(pixels);
  return {
    mesh,
    pixels,
    radii: squares.map(Math.sqrt),
    multiplicity,
    weights,
    shellOf: index,
    modes(field) {
      const { re, im } = transform.forward(field);
      return { re: scaled(re, 1 / norm), im: scaled(im, 1 / norm) };
    },
    field: ({ re, im }) => transform.inverse({ re: scaled(re, norm), im: scaled(im, norm) }).slice(),
    cross(x, y) {
      const sums = new Float64Array(squares.length);
      for (let mode = 0; mode < index.length; mode++) {
        sums[index[mode]!]! += weights[mode]! * (x.re[mode]! * y.re[mode]! + x.im[mode]! * y.im[mode]!);
      }
      return sums;
    },
  };
}

/** Bins of shells, uniform in ln k from the fundamental mode to the corner of the mesh; empty bins are left out. */
export interface ShellBins {
  /** Bin of every shell, −1 for k = 0. */
  readonly of: Int32Array;
  readonly count: number;
  /** Mean k of the modes of each bin, h/Mpc. */
  readonly k: Float64Array;
  /** Number of modes of each bin, k and −k both. */
  readonly modes: Float64Array;
}

/** Bins the shells of a mesh in a box of side `boxSize`. */
export function shellBinning({ radii, multiplicity }: MeshModes, boxSize: number, wanted: number): ShellBins {
  const top = radii[radii.length - 1]! * (1 + 1e-9);
  const raw = Int32Array.from(radii, (radius) =>
    radius === 0 ? -1 : Math.min(wanted - 1, Math.floor((wanted * Math.log(radius)) / Math.log(top))),
  );
  const used = [...new Set(raw)].filter((bin) => bin >= 0).sort((a, b) => a - b);
  const of = raw.map((bin) => (bin < 0 ? -1 : used.indexOf(bin)));
  const k = new Float64Array(used.length);
  const modes = new Float64Array(used.length);
  of.forEach((bin, shell) => {
    if (bin < 0) return;
    modes[bin]! += multiplicity[shell]!;
    k[bin]! += (multiplicity[shell]! * radii[shell]! * 2 * Math.PI) / boxSize;
  });
  return { of, count: used.length, k: k.map((sum, bin) => sum / modes[bin]!), modes };
}

/** Sums of shells as sums of bins. */
export function binned(sums: ArrayLike<number>, { of, count }: ShellBins): Float64Array {
  const out = new Float64Array(count);
  of.forEach((bin, shell) => {
    if (bin >= 0) out[bin]! += sums[shell]!;
  });
  return out;
}
