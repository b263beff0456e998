/** y = (x − shift) / scale with fixed numbers: brings data to zero mean and unit variance; its Jacobian counts. */
import { add, broadcastTo, constant, divide, multiply, subtract, type Tensor } from '@equiflow/tensor';
import type { Bijection } from '../bijection.ts';

/** The same log-determinant for each sample of a batch. */
export function constantLogDet(value: number, like: Tensor): Tensor {
  return broadcastTo(constant(value, [], like.dtype), [like.shape[0]!]);
}

/** @throws RangeError unless `scale` is positive and finite. */
export function standardise(shift: number, scale: number): Bijection {
  if (!(scale > 0 && Number.isFinite(scale) && Number.isFinite(shift))) {
    throw new RangeError(
      `standardise: shift ${shift}, scale ${scale}; the scale must be positive and both finite`,
    );
  }
  const logDet = (x: Tensor, sign: number): Tensor =>
    constantLogDet((sign * x.size * Math.log(scale)) / x.shape[0]!, x);
  return {
    parameters: {},
    forward: (x) => ({ value: divide(subtract(x, shift), scale), logDet: logDet(x, -1) }),
    inverse: (z) => ({ value: add(multiply(z, scale), shift), logDet: logDet(z, 1) }),
  };
}
