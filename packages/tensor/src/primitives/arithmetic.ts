/** Element-wise arithmetic of two operands, with NumPy's broadcasting: +, −, ×, ÷, power, atan2. */

import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor, type TensorLike } from '../tensor.ts';
import type { NoAttributes } from './elementwise.ts';
import { applyBinary, binaryPrimitive, none } from './elementwise.ts';
import { log, negate, square } from './functions.ts';

/** The primitive behind {@link add}. */
export const addPrimitive: Primitive<NoAttributes> = binaryPrimitive(
  'add',
  (x, y) => x + y,
  (_, [c]) => [c!, c!],
);
/** x + y */
export const add = (x: TensorLike, y: TensorLike): Tensor => applyBinary('add', addPrimitive, x, y);

/** The primitive behind {@link subtract}. */
export const subtractPrimitive: Primitive<NoAttributes> = binaryPrimitive(
  'subtract',
  (x, y) => x - y,
  (_, [c]) => [c!, negate(c!)],
);
/** x − y */
export const subtract = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('subtract', subtractPrimitive, x, y);

/** The primitive behind {@link multiply}. */
export const multiplyPrimitive: Primitive<NoAttributes> = binaryPrimitive(
  'multiply',
  (x, y) => x * y,
  ({ inputs: [x, y] }, [c]) => [multiply(c!, y!), multiply(c!, x!)],
);
/** x y */
export const multiply = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('multiply', multiplyPrimitive, x, y);

/** The primitive behind {@link divide}. */
export const dividePrimitive: Primitive<NoAttributes> = binaryPrimitive(
  'divide',
  (x, y) => x / y,
  ({ inputs: [, y], outputs: [z] }, [c]) => {
    const overY = divide(c!, y!);
    return [overY, negate(multiply(overY, z!))];
  },
  [
    [-2, 2],
    [0.5, 2],
  ],
);
/** x / y */
export const divide = (x: TensorLike, y: TensorLike): Tensor => applyBinary('divide', dividePrimitive, x, y);

/** The primitive behind {@link power}. */
export const powerPrimitive: Primitive<NoAttributes> = binaryPrimitive(
  'power',
  (x, y) => x ** y,
  ({ inputs: [x, y], outputs: [z] }, [c]) => [
    multiply(c!, multiply(y!, power(x!, subtract(y!, 1)))),
    multiply(c!, multiply(z!, log(x!))),
  ],
  [
    [0.3, 2],
    [-2, 3],
  ],
);
/** x to the power y; the gradient in y needs x > 0. */
export const power = (x: TensorLike, y: TensorLike): Tensor => applyBinary('power', powerPrimitive, x, y);

/** The primitive behind {@link atan2}. */
export const atan2Primitive: Primitive<NoAttributes> = binaryPrimitive(
  'atan2',
  (y, x) => Math.atan2(y, x),
  ({ inputs: [y, x] }, [c]) => {
    const scaled = divide(c!, add(square(x!), square(y!)));
    return [multiply(scaled, x!), negate(multiply(scaled, y!))];
  },
  [
    [0.3, 2],
    [0.3, 2],
  ],
);
/** Angle of the point (x, y), in radians, in (−π, π]. */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => applyBinary('atan2', atan2Primitive, y, x);

/** The product of two tensors of one type, without broadcasting: what derivative rules use. */
export function times(a: Tensor, b: Tensor): Tensor {
  return applyOne(multiplyPrimitive, [a, b], none);
}
