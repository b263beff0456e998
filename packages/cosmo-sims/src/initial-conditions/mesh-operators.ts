/**
 * Derivatives on a periodic mesh as factors of Fourier modes, for graphs. Odd derivatives set the Nyquist component of
 * their axis to 0 (its phase is not defined there); even ones keep it.
 */
import { type ComplexTensor, halfLength, irfft, wavenumbers } from '@equiflow/fft-mesh';
import {
  concatenate,
  constant,
  type DType,
  multiply,
  negate,
  pad,
  type Range,
  type Shape,
  sizeOf,
  slice,
  type Tensor,
} from '@equiflow/tensor';

/**
 * The kernel of a first derivative. `'spectral'`: i k, exact for every mode below the Nyquist frequency. `'four-point'`:
 * i (8 sin kH − sin 2kH)/(6H) with H the cell, the central difference over four points (Hamming 1989) that FastPM and
 * JaxPM use: it damps the force at small scales, by half at k = 0.75 of the Nyquist frequency.
 */
export type GradientKernel = 'spectral' | 'four-point';

/** Factors of modes on one mesh. */
export interface MeshOperators {
  readonly mesh: Shape;
  /** g_a/k² of every half-complex mode for each axis a, with i g the kernel of the derivative; 0 at k = 0. */
  readonly gradientInverseLaplacian: readonly Float64Array[];
  /** k_a k_b/k² for a ≤ b, in the order 00, 01, …, 11, …. */
  readonly hessianInverseLaplacian: () => readonly Float64Array[];
}

/** @throws RangeError on another name of a kernel */
export function meshOperators(
  mesh: Shape,
  boxSize: number,
  gradient: GradientKernel = 'spectral',
): MeshOperators {
  if (gradient !== 'spectral' && gradient !== 'four-point') {
    throw new RangeError(`gradient '${String(gradient)}': must be 'spectral' or 'four-point'`);
  }
  const { components, derivativeComponents, magnitude } = wavenumbers(mesh, boxSize);
  const d = mesh.length;
  const lengths = mesh.map((n, axis) => (axis === d - 1 ? halfLength(n) : n));
  const kernels =
    gradient === 'spectral'
      ? derivativeComponents
      : derivativeComponents.map((k, axis) => {
          const cell = boxSize / mesh[axis]!;
          return k.map((value) => (8 * Math.sin(value * cell) - Math.sin(2 * value * cell)) / (6 * cell));
        });
  const index = new Int32Array(d);
  const table = (factor: (n: Int32Array) => number): Float64Array => {
    index.fill(0);
    const out = new Float64Array(magnitude.length);
    for (let mode = 0; mode < out.length; mode++) {
      const k = magnitude[mode]!;
      out[mode] = k === 0 ? 0 : factor(index) / (k * k);
      for (let axis = d - 1; axis >= 0; axis--) {
        if (++index[axis]! < lengths[axis]!) break;
        index[axis] = 0;
      }
    }
    return out;
  };
  return {
    mesh,
    gradientInverseLaplacian: kernels.map((k, axis) => table((n) => k[n[axis]!]!)),
    hessianInverseLaplacian: () => {
      const tables: Float64Array[] = [];
      for (let a = 0; a < d; a++) {
        for (let b = a; b < d; b++) {
          const [ka, kb] =
            a === b ? [components[a]!, components[a]!] : [derivativeComponents[a]!, derivativeComponents[b]!];
          tables.push(table((n) => ka[n[a]!]! * kb[n[b]!]!));
        }
      }
      return tables;
    },
  };
}

/** A table as a constant of the shape of the half-complex modes. */
export function modeConstant(table: Float64Array, mesh: Shape, dtype: DType): Tensor {
  const shape = [...mesh.slice(0, -1), halfLength(mesh[mesh.length - 1]!)];
  return constant(dtype === 'float64' ? table : Float32Array.from(table), shape);
}

/** The real field of modes times a real factor. */
export function realFactor({ re, im }: ComplexTensor, factor: Tensor, mesh: Shape): Tensor {
  return inverse(multiply(re, factor), multiply(im, factor), mesh);
}

/** The real field of modes times i and a real factor. */
export function imaginaryFactor({ re, im }: ComplexTensor, factor: Tensor, mesh: Shape): Tensor {
  return inverse(negate(multiply(im, factor)), multiply(re, factor), mesh);
}

/**
 * The modes of the same field on another mesh: those strictly below both Nyquist frequencies of every axis, all others 0.
 *
 * @param from mesh of the modes
 * @param to mesh wanted, as many axes
 */
export function transferModes({ re, im }: ComplexTensor, from: Shape, to: Shape): ComplexTensor {
  const scale = sizeOf(to) / sizeOf(from);
  const transfer = (part: Tensor): Tensor => {
    const moved = from.reduce((modes, length, axis) => {
      const kept = Math.ceil(Math.min(length, to[axis]!) / 2);
      const on = (range: Range): Tensor =>
        slice(
          modes,
          from.map((_, other) => (other === axis ? range : null)),
        );
      const padded = (x: Tensor, after: number): Tensor =>
        pad(
          x,
          from.map((_, other) => [0, other === axis ? after : 0] as const),
        );
      const positive = on([0, kept]);
      if (axis === from.length - 1) return padded(positive, halfLength(to[axis]!) - kept);
      // kept frequencies from 0 upward, and kept − 1 negative ones.
      const zeros = to[axis]! - (2 * kept - 1);
      if (kept === 1) return padded(positive, zeros);
      return concatenate([padded(positive, zeros), on([length - kept + 1, length])], axis);
    }, part);
    return multiply(moved, scale);
  };
  return { re: transfer(re), im: transfer(im) };
}

function inverse(re: Tensor, im: Tensor, mesh: Shape): Tensor {
  return irfft(re, im, { axes: mesh.length as 1 | 2 | 3, n: mesh[mesh.length - 1]! });
}
