/** Differences and distances of points, also in a periodic box, with gradients that stay finite at distance 0. */
import {
  add,
  constant,
  cos,
  divide,
  floor,
  maximum,
  multiply,
  sin,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  TensorError,
} from '@equiflow/tensor';

/**
 * How points of a periodic box with sides L are compared. `'nearest-image'`: by the difference Δ to the nearest image, which
 * jumps where a component is half a side. `'sine'`: by the vector (L/2π) sin(2πΔ/L) and the squared length
 * Σ (L/π)² sin²(πΔ/L), which are Δ and |Δ|² for near points and smooth on the whole torus, as the vector field of a flow has to be.
 */
export type PeriodicDifference = 'nearest-image' | 'sine';

/** Differences of pairs of points, and their squared lengths. */
export interface PairGeometry {
  /** [..., n] */
  readonly difference: Tensor;
  /** [..., 1] */
  readonly squared: Tensor;
}

/**
 * x − y and |x − y|², in a box with sides `box` if one is given.
 * @throws TensorError when the box does not have one positive side for each coordinate.
 */
export function pairGeometry(
  x: Tensor,
  y: Tensor,
  box?: readonly number[],
  periodic: PeriodicDifference = 'nearest-image',
): PairGeometry {
  if (!box || periodic === 'nearest-image') {
    const difference = displacement(x, y, box);
    return { difference, squared: squaredLength(difference) };
  }
  const sides = sidesOf(x, box);
  const half = divide(multiply(subtract(x, y), Math.PI), sides);
  const chord = multiply(divide(sides, Math.PI), sin(half));
  return { difference: multiply(chord, cos(half)), squared: squaredLength(chord) };
}

function sidesOf(x: Tensor, box: readonly number[]): Tensor {
  if (box.length !== x.shape.at(-1) || !box.every((side) => side > 0 && Number.isFinite(side))) {
    throw new TensorError(
      `displacement: a box [${box}] for points of ${x.shape.at(-1)} coordinates; give one positive side each`,
    );
  }
  return constant(box, [box.length], x.dtype);
}

/**
 * x − y to the nearest image in a box with sides `box`: each component is in [−L/2, L/2). Without a box
 * just x − y. Not differentiable where a component is exactly half a side (a tie between two images).
 * @throws TensorError when the box does not have one positive side for each coordinate.
 */
export function displacement(x: Tensor, y: Tensor, box?: readonly number[]): Tensor {
  const direct = subtract(x, y);
  if (!box) return direct;
  const sides = sidesOf(x, box);
  return subtract(direct, multiply(floor(add(divide(direct, sides), 0.5)), sides));
}

/** |r|² along the last axis, which stays with length 1. */
export function squaredLength(r: Tensor): Tensor {
  return sum(square(r), { axes: [-1], keepDims: true });
}

/**
 * √s of a squared length, with gradient 0 at s = 0 instead of infinity. Below the floor, where even a
 * second derivative would overflow, the result is the floor's root: 1e-16 in float64, 1e-12 in float32.
 */
export function safeRoot(squared: Tensor): Tensor {
  return sqrt(maximum(squared, squared.dtype === 'float64' ? 1e-32 : 1e-24));
}
