/**
 * The hidden layer of the field-level flow: the same units for every cell,
 *
 *   u_j(x) = [tanh(a_j (x − m_j)) − α_j x − β_j]/a_j,
 *
 * with α_j x + β_j the line that fits the tanh best under a unit normal: α = E[tanh'], β = E[tanh]. What is linear belongs to w_0, which is solved exactly.
 * Were it in both, a training would make one large and the other as much negative: nothing changes but the error of the
 * steps, which it would drive to where it looks like likelihood.
 */
import {
  add,
  constant,
  exp,
  matmul,
  multiply,
  negate,
  reshape,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
} from '@equiflow/tensor';

/** The units of one set of parameters. */
export interface PixelUnits {
  /**
   * g_f = Σ_j c_fj u_j for cells x [batch, 1, cells] and c [batch, channels, units]: [batch, channels, cells], with
   * Σ_x g_f'(x), [batch, channels].
   */
  combine(x: Tensor, c: Tensor): { readonly values: Tensor; readonly slopeSums: Tensor };
}

/** Nodes and weights of the trapezoidal rule over a unit normal, which for functions as smooth as tanh is good to 1e-12. */
const NODES = 41;
const REACH = 8;

/** @param logSlopes ln a_j, @param centres m_j, [units] each. */
export function pixelUnits(logSlopes: Tensor, centres: Tensor): PixelUnits {
  const units = logSlopes.size;
  const { dtype } = logSlopes;
  const slopes = exp(logSlopes);
  const inverse = exp(negate(logSlopes));
  const nodes = Array.from({ length: NODES }, (_, i) => REACH * ((2 * i) / (NODES - 1) - 1));
  const raw = nodes.map((x) => Math.exp((-x * x) / 2));
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = constant(
    raw.map((w) => w / total),
    [NODES, 1],
    dtype,
  );
  const layer = (x: Tensor, shape: readonly number[]): Tensor =>
    tanh(multiply(subtract(x, reshape(centres, shape)), reshape(slopes, shape)));
  const atNodes = layer(constant(nodes, [1, NODES], dtype), [units, 1]);
  // u_j = tanh/a_j − slope_j x − mean_j, with u_j' = 1 − tanh² − slope_j between −1 and 1.
  const mean = multiply(reshape(matmul(atNodes, weights), [units]), inverse);
  const slope = reshape(matmul(subtract(1, square(atNodes)), weights), [units]);
  return {
    combine(x, c) {
      const cells = x.shape[2]!;
      const activations = layer(x, [1, units, 1]);
      const along = (perUnit: Tensor): Tensor => sum(multiply(c, perUnit), { axes: [2], keepDims: true });
      const line = add(multiply(x, along(slope)), along(mean));
      const curved = matmul(multiply(c, inverse), activations);
      const sums = subtract(multiply(subtract(1, slope), cells), sum(square(activations), { axes: [2] }));
      return {
        values: subtract(curved, line),
        slopeSums: sum(multiply(c, reshape(sums, [sums.shape[0]!, 1, units])), { axes: [2] }),
      };
    },
  };
}
