/**
 * White noise of unit variance a cell, out of which linear fields are made: keyed by the signed mode vector, so that the
 * same seed gives the same large scales at every resolution. Fixed amplitudes and pairs of opposite phase suppress the
 * scatter of a suite's spectra (Angulo & Pontzen 2016, arXiv:1603.05253).
 */
import { type MeshTransform, meshTransform, whiteModes } from '@equiflow/fft-mesh';
import { type Backend, type RandomKey, type Shape, sizeOf } from '@equiflow/tensor';

/** How white noise is drawn. */
export interface WhiteNoiseOptions {
  /** Lengths of the axes of the mesh, 1 to 3 of them. */
  readonly mesh: Shape;
  /** Seed, `key(seed)`. */
  readonly key: RandomKey;
  /** `'random'` (default): Gaussian. `'fixed'`: every mode has |w| = 1, only phases (signs of real modes) are random. */
  readonly amplitudes?: 'random' | 'fixed';
  /** The partner of the pair: all phases turned by π, w → −w. Default false. */
  readonly inverted?: boolean;
  /** Runs the transform; plain TypeScript without one. */
  readonly backend?: Backend;
}

/**
 * White noise on a mesh, row-major, mean 0 (the mode k = 0, which does not gravitate, is 0).
 *
 * @throws TensorError when the mesh is empty; RangeError on another kind of amplitudes
 */
export function whiteNoise({
  mesh,
  key,
  amplitudes = 'random',
  inverted = false,
  backend,
}: WhiteNoiseOptions): Float64Array {
  if (amplitudes !== 'random' && amplitudes !== 'fixed') {
    throw new RangeError(`amplitudes '${String(amplitudes)}': must be 'random' or 'fixed'`);
  }
  const { re, im } = whiteModes(mesh, key);
  const cells = sizeOf(mesh);
  for (let mode = 0; mode < re.length; mode++) {
    let scale = (inverted ? -1 : 1) * Math.sqrt(cells);
    if (amplitudes === 'fixed') scale /= Math.hypot(re[mode]!, im[mode]!);
    re[mode]! *= scale;
    im[mode]! *= scale;
  }
  re[0] = 0;
  im[0] = 0;
  const transform: MeshTransform = meshTransform(mesh, backend);
  return transform.inverse({ re, im }).slice();
}

/**
 * √(P(k) N^d/L^d) at every shell of the mesh, 0 at k = 0: the filter that turns white noise into a linear overdensity.
 *
 * @param power P(k), (Mpc/h)^d
 * @param squares the distinct |n|² of the mesh, `shells(mesh).squares`
 */
export function shellAmplitudes(
  power: (k: number) => number,
  squares: ArrayLike<number>,
  mesh: Shape,
  boxSize: number,
): Float64Array {
  const unit = (2 * Math.PI) / boxSize;
  const cells = sizeOf(mesh) / boxSize ** mesh.length;
  return Float64Array.from(squares, (square) =>
    square === 0 ? 0 : Math.sqrt(power(unit * Math.sqrt(square)) * cells),
  );
}
