/** y = ln(1 + δ): makes a lognormal overdensity Gaussian; its Jacobian counts. Needs δ > −1. */
import { exp, expm1, log, log1p, negate, reshape, sum, type Tensor } from '@equiflow/tensor';
import type { Bijection } from '../bijection.ts';

const perSample = (x: Tensor): Tensor => sum(reshape(x, [x.shape[0]!, -1]), { axes: [1] });

/** The logarithm of the density 1 + δ. */
export function logDensity(): Bijection {
  return {
    parameters: {},
    forward(x) {
      const value = log1p(x);
      return { value, logDet: negate(perSample(value)) };
    },
    inverse: (z) => ({ value: expm1(z), logDet: perSample(z) }),
  };
}

/** y = ln x, for fields that are positive by nature. */
export function logarithm(): Bijection {
  return {
    parameters: {},
    forward(x) {
      const value = log(x);
      return { value, logDet: negate(perSample(value)) };
    },
    inverse: (z) => ({ value: exp(z), logDet: perSample(z) }),
  };
}
