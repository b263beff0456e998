/** Solves and log-determinants with symmetric positive-definite matrices, through their Cholesky factors. */
import type { Tensor } from '../tensor.ts';
import { multiply } from './arithmetic.ts';
import { cholesky } from './cholesky.ts';
import { log } from './functions.ts';
import { sum } from './sum.ts';
import { diagonal } from './triangle.ts';
import { triangularSolve } from './triangular-solve.ts';

/** X with L Lᵀ X = B, given the lower Cholesky factor L [..., n, n] and B [..., n, m]. */
export function choleskySolve(factor: Tensor, b: Tensor): Tensor {
  return triangularSolve(factor, triangularSolve(factor, b), { transpose: true });
}

/** X with A X = B for symmetric positive-definite A [..., n, n] and B [..., n, m]; NaN where A is not. */
export function solvePositiveDefinite(a: Tensor, b: Tensor): Tensor {
  return choleskySolve(cholesky(a), b);
}

/** ln det A of symmetric positive-definite A [..., n, n], shape [...]; NaN where A is not. */
export function logDetPositiveDefinite(a: Tensor): Tensor {
  return multiply(sum(log(diagonal(cholesky(a))), { axes: [-1] }), 2);
}
