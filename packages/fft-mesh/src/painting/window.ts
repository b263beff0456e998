/**
 * The mass-assignment windows: B-splines of order 1 to 4 (Hockney & Eastwood 1988, section 5-3; Sefusatti et al. 2016,
 * arXiv:1512.07295, eq. 15 to 18). A particle at u (in cells) gives mesh point i the weight W(i − u); Σ_i W = 1.
 */
import { type Shape, TensorError } from '@equiflow/tensor';
import { halfLength, signedIndex } from '../shells.ts';

/** Nearest grid point, cloud in cell, triangular-shaped cloud, piecewise cubic spline. */
export type PaintWindow = 'ngp' | 'cic' | 'tsc' | 'pcs';

const supports: Readonly<Record<PaintWindow, number>> = { ngp: 1, cic: 2, tsc: 3, pcs: 4 };

/** Mesh points that a particle touches along an axis: the order of the B-spline. @throws TensorError on another name. */
export function windowSupport(window: PaintWindow): number {
  const support = supports[window];
  if (!support) throw new TensorError(`painting: window '${window}'; give 'ngp', 'cic', 'tsc' or 'pcs'`);
  return support;
}

/** Weights of the points, `order` times differentiated in u, for u at distance t above the reference point. */
function weightsAt(support: number, order: number, t: number): readonly number[] {
  const s = 1 - t;
  switch (10 * support + order) {
    case 10:
      return [1];
    case 20:
      return [s, t];
    case 21:
      return [-1, 1];
    case 30:
      return [(0.5 - t) ** 2 / 2, 0.75 - t * t, (0.5 + t) ** 2 / 2];
    case 31:
      return [t - 0.5, -2 * t, t + 0.5];
    case 32:
      return [1, -2, 1];
    case 40:
      return [s ** 3 / 6, (4 - 6 * t ** 2 + 3 * t ** 3) / 6, (4 - 6 * s ** 2 + 3 * s ** 3) / 6, t ** 3 / 6];
    case 41:
      return [-(s ** 2) / 2, 1.5 * t ** 2 - 2 * t, 2 * s - 1.5 * s ** 2, t ** 2 / 2];
    case 42:
      return [s, 3 * t - 2, 3 * s - 2, t];
    case 43:
      return [-1, 3, -3, 1];
    default:
      return new Array<number>(support).fill(0);
  }
}

/** Mesh points (wrapped) and weights of a particle along one axis of n points. */
export function windowPoints(
  u: number,
  n: number,
  support: number,
  order: number,
): { readonly points: readonly number[]; readonly weights: readonly number[] } {
  const wrapped = u - Math.floor(u / n) * n;
  const near = Math.floor(support % 2 === 1 ? wrapped + 0.5 : wrapped);
  const weights = weightsAt(support, order, wrapped - near);
  const first = near - ((support - 1) >> 1);
  return { points: weights.map((_, j) => (((first + j) % n) + n) % n), weights };
}

/** sin(πx)/(πx) */
function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * One over the window's Fourier transform, Π_i sinc(n_i/N_i)^(−p), for every half-complex mode of the mesh: what divides
 * out the smoothing of a painted field. The aliases stay; `paintSpectrum` with `interlaced` removes most of them.
 */
export function compensation(mesh: Shape, window: PaintWindow): Float64Array {
  const support = windowSupport(window);
  let factors: Float64Array = Float64Array.of(1);
  mesh.forEach((n, axis) => {
    const length = axis === mesh.length - 1 ? halfLength(n) : n;
    const along = Float64Array.from({ length }, (_, i) => sinc(signedIndex(i, n) / n) ** -support);
    const next = new Float64Array(factors.length * length);
    factors.forEach((factor, outer) => {
      next.set(
        along.map((value) => value * factor),
        outer * length,
      );
    });
    factors = next;
  });
  return factors;
}
