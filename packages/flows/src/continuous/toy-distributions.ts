/** Samples of distributions in the plane by which continuous flows are usually shown (Grathwohl et al. 2018, arXiv:1810.01367, figure 2). */
import { foldIn, type RandomKey, randomNormal, randomUniform } from '@equiflow/tensor';

/**
 * Two half circles of radius 1 that reach into each other, blurred by a normal of standard deviation `noise`; row-major [count, 2].
 * The centre of both together is the origin.
 */
export function twoMoons(from: RandomKey, count: number, noise = 0.1): Float64Array {
  const uniform = randomUniform(foldIn(from, 0), [count, 2], 'float64');
  const blur = randomNormal(foldIn(from, 1), [count, 2], 'float64');
  return blur.map((z, at) => {
    const i = Math.floor(at / 2);
    const angle = Math.PI * uniform[2 * i + 1]!;
    const side = uniform[2 * i]! < 0.5 ? 1 : -1;
    const [x, y] = [side * (Math.cos(angle) - 0.5), side * (Math.sin(angle) - 0.25)];
    return (at % 2 === 0 ? x : y) + noise * z;
  });
}

/**
 * Uniform on the eight dark squares of a board of 4 × 4 squares of side 1 about the origin, row-major [count, 2]: the density is 1/8 there and 0
 * elsewhere, its entropy ln 8.
 */
export function checkerboard(from: RandomKey, count: number): Float64Array {
  const uniform = randomUniform(from, [count, 2], 'float64');
  return uniform.map((u, at) => {
    const row = Math.floor(4 * uniform[at - (at % 2) + 1]!);
    if (at % 2 === 1) return 4 * u - 2;
    // The dark squares of a row are two of its four.
    const place = 2 * u;
    return 2 * Math.floor(place) + (place % 1) + (row % 2) - 2;
  });
}
