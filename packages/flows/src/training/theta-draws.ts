/**
 * Draws of θ for the discriminative loss. log p(θ_i|x_i) needs log p(x_i) = ln ∫ p(x_i|θ) p(θ) dθ over the prior, estimated
 * by importance sampling: draw 0 is θ_i, half of the others come from the prior and half from a normal at θ_i with
 * a widened Fisher covariance, so that the narrow posterior is always hit. Every draw, θ_i too, has the weight p(θ)/q(θ)
 * with q the mixture (the balance heuristic of Veach & Guibas 1995). The draws other than θ_i make the estimate unbiased;
 * θ_i bounds log p(x) from below, which keeps the loss finite, at a bias of order 1/draws that a dense grid measures.
 */
import { foldIn, type RandomKey, randomNormal, randomUniform } from '@equiflow/tensor';
import type { Box } from '../posterior/adaptive-grid.ts';

/** Covariances of the parameters on a regular grid over the prior, plain data for a checkpoint. */
export interface CovarianceTable {
  readonly box: Box;
  /** Nodes per axis, at least 2; the first and the last lie on the edges of the box. */
  readonly nodes: number;
  /** [nodes^P, P, P], the first axis varies fastest. */
  readonly covariances: readonly number[];
}

/** Places of the nodes of a table, [nodes^P][P]. */
export function tableNodes(box: Box, nodes: number): number[][] {
  const dimensions = box.low.length;
  return Array.from({ length: nodes ** dimensions }, (_, index) =>
    box.low.map((low, axis) => {
      const place = Math.floor(index / nodes ** axis) % nodes;
      return low + ((box.high[axis]! - low) * place) / (nodes - 1);
    }),
  );
}

/** The covariance at θ, multilinear between the nodes: a mean of positive definite matrices, so positive definite. */
export function covarianceAt(
  { box, nodes, covariances }: CovarianceTable,
  theta: ArrayLike<number>,
): Float64Array {
  const n = box.low.length;
  const result = new Float64Array(n * n);
  const cells: number[] = [];
  const fractions: number[] = [];
  for (let axis = 0; axis < n; axis++) {
    const place = ((theta[axis]! - box.low[axis]!) / (box.high[axis]! - box.low[axis]!)) * (nodes - 1);
    const cell = Math.min(nodes - 2, Math.max(0, Math.floor(place)));
    cells.push(cell);
    fractions.push(Math.min(1, Math.max(0, place - cell)));
  }
  for (let corner = 0; corner < 2 ** n; corner++) {
    let weight = 1;
    let index = 0;
    for (let axis = 0; axis < n; axis++) {
      const upper = (corner >> axis) & 1;
      weight *= upper ? fractions[axis]! : 1 - fractions[axis]!;
      index += (cells[axis]! + upper) * nodes ** axis;
    }
    for (let i = 0; i < n * n; i++) result[i]! += weight * covariances[index * n * n + i]!;
  }
  return result;
}

/** Draws for some maps: θ [maps, draws, P] and ln p(θ)/q(θ) [maps, draws]; a draw outside the prior has weight −1e30. */
export interface ThetaDraws {
  readonly theta: Float32Array;
  readonly logWeights: Float32Array;
}

/** ln of a weight of zero, finite so that no gradient is NaN. */
const LOG_ZERO = -1e30;

/**
 * Draws for maps with true parameters `theta` [maps, P], under a uniform prior on the box.
 * @param draws odd, at least 3: θ_i, and as many from the prior as from the normal.
 */
export function drawTheta(
  key: RandomKey,
  theta: ArrayLike<number>,
  table: CovarianceTable,
  draws: number,
  widening: number,
): ThetaDraws {
  const { box } = table;
  const n = box.low.length;
  if (!Number.isInteger(draws) || draws < 3 || draws % 2 === 0) {
    throw new RangeError(
      `discriminative loss: ${draws} draws; give an odd number of at least 3 (theta itself, and two halves)`,
    );
  }
  const maps = theta.length / n;
  const half = (draws - 1) / 2;
  const logPrior = -box.low.reduce((sum, low, axis) => sum + Math.log(box.high[axis]! - low), 0);
  const out = { theta: new Float32Array(maps * draws * n), logWeights: new Float32Array(maps * draws) };
  const uniform = randomUniform(foldIn(key, 0), [maps, half, n], 'float64');
  const normal = randomNormal(foldIn(key, 1), [maps, half, n], 'float64');
  const point = new Float64Array(n);
  const residual = new Float64Array(n);
  for (let map = 0; map < maps; map++) {
    const centre = Float64Array.from({ length: n }, (_, axis) => theta[map * n + axis]!);
    const factor = cholesky(
      covarianceAt(table, centre).map((value) => value * widening),
      n,
    );
    let logNorm = (n / 2) * Math.log(2 * Math.PI);
    for (let axis = 0; axis < n; axis++) logNorm += Math.log(factor[axis * n + axis]!);
    for (let draw = 0; draw < draws; draw++) {
      for (let axis = 0; axis < n; axis++) {
        if (draw === 0) point[axis] = centre[axis]!;
        else if (draw <= half) {
          const u = uniform[(map * half + draw - 1) * n + axis]!;
          point[axis] = box.low[axis]! + u * (box.high[axis]! - box.low[axis]!);
        } else {
          point[axis] = centre[axis]!;
          for (let b = 0; b <= axis; b++)
            point[axis]! += factor[axis * n + b]! * normal[(map * half + draw - 1 - half) * n + b]!;
        }
      }
      // Whitened distance to the centre by forward substitution.
      let distance = 0;
      for (let a = 0; a < n; a++) {
        let value = point[a]! - centre[a]!;
        for (let b = 0; b < a; b++) value -= factor[a * n + b]! * residual[b]!;
        residual[a] = value / factor[a * n + a]!;
        distance += residual[a]! ** 2;
      }
      const inside = point.every((value, axis) => value >= box.low[axis]! && value <= box.high[axis]!);
      const q = 0.5 * Math.exp(logPrior) + 0.5 * Math.exp(-distance / 2 - logNorm);
      out.theta.set(point, (map * draws + draw) * n);
      out.logWeights[map * draws + draw] = inside ? logPrior - Math.log(q) : LOG_ZERO;
    }
  }
  return out;
}

/** Lower triangular factor of a positive definite matrix, row-major. @throws RangeError when it is not. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!;
      if (i === j && !(sum > 0))
        throw new RangeError(
          'discriminative loss: a covariance of the proposal is not positive definite; estimate the Fisher matrices from more maps',
        );
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j]!;
    }
  }
  return factor;
}
