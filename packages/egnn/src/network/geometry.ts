/** Differences and distances of points, also in a periodic box, with gradients that stay finite at distance 0. */
import {
  add,
  constant,
  divide,
  floor,
  maximum,
  multiply,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  TensorError,
} from '@equiflow/tensor';

/**
 * x − y to the nearest image in a box with sides `box`: each component is in [−L/2, L/2). Without a box
 * just x − y. Not differentiable where a component is exactly half a side (a tie between two images).
 * @throws TensorError when the box does not have one positive side for each coordinate.
 */
export function displacement(x: Tensor, y: Tensor, box?: readonly number[]): Tensor {
  const direct = subtract(x, y);
  if (!box) return direct;
  if (box.length !== x.shape.at(-1) || !box.every((side) => side > 0 && Number.isFinite(side))) {
    throw new TensorError(
      `displacement: a box [${box}] for points of ${x.shape.at(-1)} coordinates; give one positive side each`,
    );
  }
  const sides = constant(box, [box.length], x.dtype);
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
