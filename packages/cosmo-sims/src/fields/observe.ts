/** What observing does to a field: smoothing, noise, a mask. */
import { meshTransform, wavenumbers } from '@equiflow/fft-mesh';
import { type Backend, type RandomKey, randomNormal, type Shape, sizeOf } from '@equiflow/tensor';
import { requirePositive } from '../matter-content.ts';

/** A field and the box around it. */
export interface SmoothOptions {
  readonly mesh: Shape;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Radius R, Mpc/h. */
  readonly radius: number;
  /** `'gaussian'` (default): exp(−k²R²/2). `'top-hat'`: the mean over a sphere (a disc in two dimensions) of radius R. */
  readonly kernel?: 'gaussian' | 'top-hat';
  readonly backend?: Backend;
}

/** J₁(x)/x, by its series near 0 and the integral (1/π) ∫ cos(θ − x sin θ) dθ, exact by the trapezoidal rule, elsewhere. */
function besselOverX(x: number): number {
  if (x < 1e-3) return 0.5 - (x * x) / 16;
  const n = 32 + Math.ceil(x);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const theta = (2 * Math.PI * i) / n;
    sum += Math.cos(theta - x * Math.sin(theta));
  }
  return sum / n / x;
}

function topHat(x: number, dimensions: number): number {
  if (x < 1e-3) return 1 - (x * x) / (2 * (dimensions + 2));
  if (dimensions === 1) return Math.sin(x) / x;
  return dimensions === 2 ? 2 * besselOverX(x) : (3 * (Math.sin(x) - x * Math.cos(x))) / x ** 3;
}

/**
 * A smoothed field, row-major.
 *
 * @throws RangeError on a radius or a kernel that makes no sense
 */
export function smoothField(
  field: ArrayLike<number>,
  { mesh, boxSize, radius, kernel = 'gaussian', backend }: SmoothOptions,
): Float64Array {
  requirePositive('radius', radius);
  if (kernel !== 'gaussian' && kernel !== 'top-hat') {
    throw new RangeError(`kernel '${String(kernel)}': must be 'gaussian' or 'top-hat'`);
  }
  const transform = meshTransform(mesh, backend);
  const { re, im } = transform.forward(field);
  const { magnitude } = wavenumbers(mesh, boxSize);
  const factor = magnitude.map((k) =>
    kernel === 'gaussian' ? Math.exp(-0.5 * (k * radius) ** 2) : topHat(k * radius, mesh.length),
  );
  return transform
    .inverse({ re: re.map((v, i) => v * factor[i]!), im: im.map((v, i) => v * factor[i]!) })
    .slice();
}

/** The field plus independent normals of standard deviation `sigma` in every cell. */
export function addNoise(field: ArrayLike<number>, sigma: number, from: RandomKey): Float64Array {
  if (!(sigma >= 0 && sigma < Infinity))
    throw new RangeError(`noise sigma = ${sigma}: must be finite and ≥ 0`);
  const draws = randomNormal(from, [field.length], 'float64');
  return Float64Array.from(field, (value, i) => value + sigma * draws[i]!);
}

/**
 * The field where the mask is not 0, times the mask; 0 elsewhere.
 *
 * @param mask weights from 0 to 1, one a cell
 */
export function maskField(field: ArrayLike<number>, mask: ArrayLike<number>): Float64Array {
  if (mask.length !== field.length) {
    throw new RangeError(
      `mask of ${mask.length} cells for a field of ${field.length}; give one weight a cell`,
    );
  }
  return Float64Array.from(field, (value, i) => (mask[i] === 0 ? 0 : value * mask[i]!));
}

/**
 * A mask of discs that are cut out of a periodic map: stars, or bad pixels. 0 within any of them, 1 elsewhere.
 *
 * @param mesh of two axes
 * @param discs centres and radii, Mpc/h
 */
export function discMask(
  mesh: Shape,
  boxSize: number,
  discs: readonly { readonly x: number; readonly y: number; readonly radius: number }[],
): Float64Array {
  if (mesh.length !== 2) throw new RangeError(`mesh [${mesh}] of a mask of discs: must have two axes`);
  const [rows, columns] = mesh as [number, number];
  const apart = (a: number, b: number): number => {
    const d = Math.abs(a - b) % boxSize;
    return Math.min(d, boxSize - d);
  };
  return Float64Array.from({ length: sizeOf(mesh) }, (_, cell) => {
    const x = (Math.floor(cell / columns) * boxSize) / rows;
    const y = ((cell % columns) * boxSize) / columns;
    return discs.some((disc) => Math.hypot(apart(x, disc.x), apart(y, disc.y)) < disc.radius) ? 0 : 1;
  });
}
