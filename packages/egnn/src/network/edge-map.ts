/**
 * The first affine map of a message, W (h_i, h_j, pair_ij) + b, computed as a sum of its three parts, the first two once
 * for each node and not for each edge: the same numbers for half the arithmetic, and no array of 2 · hidden + … features
 * an edge.
 */
import { add, matmul, type ParameterTensors, slice, type Tensor } from '@equiflow/tensor';
import type { MessageGraph } from '../graphs/graph.ts';

/**
 * @param h features of the nodes, [M, F].
 * @param pair features of the edges, [...edgeShape, P].
 * @param name of the map, whose weight is [2 F + P, outputs]: rows of the receiver, of the sender, of the edge.
 * @returns [...edgeShape, outputs]
 */
export function edgeMap(
  graph: MessageGraph,
  h: Tensor,
  pair: Tensor,
  parameters: ParameterTensors,
  name: string,
): Tensor {
  const width = h.shape[1]!;
  const weight = parameters[`${name}.weight`]!;
  const rows = (from: number, to: number): Tensor => slice(weight, [[from, to]]);
  const receiving = add(matmul(h, rows(0, width)), parameters[`${name}.bias`]!);
  const sending = matmul(h, rows(width, 2 * width));
  const ofPair = matmul(pair, rows(2 * width, weight.shape[0]!));
  return add(add(graph.atReceivers(receiving), graph.atSenders(sending)), ofPair);
}
