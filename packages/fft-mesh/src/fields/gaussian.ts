/**
 * Gaussian random fields of a given spectrum in a periodic box. A mode of the unnormalised transform is
 * δ_k = N^d √(P(k)/L^d) w_k with w white noise, so that P̂ = |δ_k|² L^d/N^(2d) has mean P(k). The mode k = 0 is drawn
 * with P(0) := P(k_f), k_f = 2π/L, in this as in every likelihood of equiflow; the mean of a map fluctuates.
 */
import { type Backend, type RandomKey, type Shape, sizeOf, TensorError } from '@equiflow/tensor';
import { type MeshTransform, meshTransform, requireBox, requireMesh } from '../mesh-transform.ts';
import { shells } from '../shells.ts';
import { whiteModes } from './white-noise.ts';

/** A spectrum: P(k) in (Mpc/h)^d for k > 0 in h/Mpc. */
export type Power = (k: number) => number;

/** The box that fields are drawn in. */
export interface FieldBox {
  /** Lengths of the axes of the mesh, 1 to 3 of them. */
  readonly mesh: Shape;
  /** Side of the cubic box, Mpc/h. */
  readonly boxSize: number;
  /** Runs the transforms; plain TypeScript without one. The draws agree to rounding. */
  readonly backend?: Backend;
}

/** Draws fields on one mesh, again and again. */
export interface FieldSampler {
  /** A Gaussian field with spectrum `power`, row-major; a new array. @throws TensorError when P(k) is negative or NaN. */
  gaussian(power: Power, from: RandomKey): Float64Array;
  /**
   * A lognormal overdensity δ ≥ −1 with spectrum `power`; a new array.
   * @throws TensorError when its Gaussian counterpart would need a negative spectrum, with the k and the value.
   */
  lognormal(power: Power, from: RandomKey): Float64Array;
}

/**
 * P at every shell of a mesh, (Mpc/h)^d, with P(0) := P(k_f). @throws TensorError when a value is negative or not finite.
 */
export function shellSpectrum(power: Power, mesh: Shape, boxSize: number): Float64Array {
  const unit = (2 * Math.PI) / boxSize;
  return shells(mesh).squares.map((square) => {
    const k = unit * Math.sqrt(square || 1);
    const value = power(k);
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw new TensorError(`gaussianField: P(k = ${k} h/Mpc) = ${value}; a spectrum is finite and ≥ 0`);
    }
    return value;
  });
}

/** √(P(k)/L^d) N^d for every half-complex mode, out of the variance of each mode. */
export function drawField(
  modeSpectrum: ArrayLike<number>,
  mesh: Shape,
  boxSize: number,
  from: RandomKey,
  transform: MeshTransform,
): Float64Array {
  const { re, im } = whiteModes(mesh, from);
  const norm = sizeOf(mesh) / boxSize ** (mesh.length / 2);
  for (let mode = 0; mode < re.length; mode++) {
    const amplitude = norm * Math.sqrt(modeSpectrum[mode]!);
    re[mode]! *= amplitude;
    im[mode]! *= amplitude;
  }
  return transform.inverse({ re, im }).slice();
}

/** Values of the shells spread over the half-complex modes. */
export function spreadShells(values: Float64Array, mesh: Shape): Float64Array {
  return Float64Array.from(shells(mesh).index, (shell) => values[shell]!);
}

/**
 * Draws fields of one mesh with any spectrum; the tables and executables are made once.
 * @throws TensorError when the mesh or the box is empty.
 */
export function fieldSampler({ mesh, boxSize, backend }: FieldBox): FieldSampler {
  requireMesh('fieldSampler', mesh);
  requireBox('fieldSampler', boxSize);
  const transform = meshTransform(mesh, backend);
  return {
    gaussian(power, from) {
      const spectrum = spreadShells(shellSpectrum(power, mesh, boxSize), mesh);
      return drawField(spectrum, mesh, boxSize, from, transform);
    },
    lognormal(power, from) {
      const target = shellSpectrum(power, mesh, boxSize);
      const { spectrum, variance } = gaussianCounterpart(target, mesh, boxSize, transform);
      const field = drawField(spectrum, mesh, boxSize, from, transform);
      for (let cell = 0; cell < field.length; cell++) field[cell] = Math.expm1(field[cell]! - variance / 2);
      return field;
    },
  };
}

/**
 * Spectrum and variance of the Gaussian field G whose exp(G − σ²/2) − 1 has a given spectrum (Coles & Jones 1991,
 * MNRAS 248, 1): ξ_G = ln(1 + ξ) on the mesh, where both correlation functions are sums over the mesh's own modes, so
 * that the spectrum of the lognormal field is exact at every mode.
 * @param target P of every shell, (Mpc/h)^d
 * @returns P_G of every half-complex mode, and σ² = ξ_G(0)
 * @throws TensorError when 1 + ξ ≤ 0 somewhere, or P_G < 0 (beyond rounding, 1e-14 of its largest value).
 */
export function gaussianCounterpart(
  target: Float64Array,
  mesh: Shape,
  boxSize: number,
  transform: MeshTransform = meshTransform(mesh),
): { spectrum: Float64Array; variance: number } {
  const volume = boxSize ** mesh.length;
  const cells = sizeOf(mesh);
  const re = spreadShells(target, mesh).map((p) => (p * cells) / volume);
  const xi = transform.inverse({ re, im: new Float64Array(re.length) }).slice();
  for (let cell = 0; cell < cells; cell++) {
    if (!(xi[cell]! > -1)) {
      throw new TensorError(
        `lognormalField: the correlation function is ${xi[cell]} at cell ${cell}; a lognormal field needs more than −1: lower the amplitude`,
      );
    }
    xi[cell] = Math.log1p(xi[cell]!);
  }
  const variance = xi[0]!;
  const spectrum = transform.forward(xi).re.map((value) => (value * volume) / cells);
  const largest = spectrum.reduce((a, b) => Math.max(a, b), 0);
  const { index, squares } = shells(mesh);
  for (let mode = 0; mode < spectrum.length; mode++) {
    const value = spectrum[mode]!;
    if (value < -1e-14 * largest) {
      const k = ((2 * Math.PI) / boxSize) * Math.sqrt(squares[index[mode]!]!);
      throw new TensorError(
        `lognormalField: its Gaussian counterpart would have P(k = ${k.toPrecision(6)} h/Mpc) = ${value.toPrecision(6)} < 0; no such field exists: lower the amplitude or change the spectrum there`,
      );
    }
    spectrum[mode] = Math.max(value, 0);
  }
  return { spectrum, variance };
}

/** What one field is drawn with. */
export interface FieldOptions extends FieldBox {
  readonly power: Power;
  /** Seed of the draw, `key(seed)`. The same key gives the same large scales on every mesh. */
  readonly key: RandomKey;
}

/**
 * One Gaussian field, row-major. Modes with |n_i| < N/2 are the same for one key at every resolution N.
 * @throws TensorError when P(k) is negative or not finite at a k of the mesh.
 */
export function gaussianField({ power, key, ...box }: FieldOptions): Float64Array {
  return fieldSampler(box).gaussian(power, key);
}

/**
 * One lognormal overdensity δ = exp(G − σ²/2) − 1, row-major, whose spectrum on the mesh is `power` exactly (in the mean
 * over keys). ⟨1 + δ⟩ = 1 over draws; the mean of one map fluctuates as its k = 0 mode does, with P(0) := P(k_f).
 * @throws TensorError when the Gaussian counterpart would need a negative spectrum, naming the k and the value.
 */
export function lognormalField({ power, key, ...box }: FieldOptions): Float64Array {
  return fieldSampler(box).lognormal(power, key);
}
