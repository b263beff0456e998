/**
 * Who sends messages to whom. A layer is written once, over the four operations of `MessageGraph`; three
 * forms of a graph implement them: all pairs, a fixed number of neighbours for each node, any list of edges.
 *
 * The nodes of all graphs of a batch lie one after the other, `nodes` in all.
 */
import {
  broadcastTo,
  constant,
  type DType,
  describe,
  gather,
  maximum,
  multiply,
  reshape,
  segmentSum,
  sum,
  type Tensor,
  TensorError,
} from '@equiflow/tensor';

/** A graph as the layers use it. */
export interface MessageGraph {
  /** Number of nodes M, of all graphs of a batch together. */
  readonly nodes: number;
  /** Leading axes of a tensor on the edges: [M, K], or [E]. */
  readonly edgeShape: readonly number[];
  /** Features of each edge's sender: [M, F] → [...edgeShape, F]. */
  atSenders(features: Tensor): Tensor;
  /** Features of each edge's receiver: [M, F] → [...edgeShape, F]. */
  atReceivers(features: Tensor): Tensor;
  /** Σ over the edges that come in at a node: [...edgeShape, F] → [M, F]. Edges of padding do not count. */
  sumAtReceivers(messages: Tensor): Tensor;
  /** Number of edges that come in at a node, at least 1, so that it may divide: [M, 1] or [1, 1]. */
  degrees(dtype: DType): Tensor;
  /** 1 for a node, 0 for padding, [M, 1]; null where nothing is padded. */
  readonly nodeMask: Tensor | null;
}

/** Each node hears K others: edges lie as [M, K], and sums over them are sums along an axis. */
function regularGraph(neighbours: Tensor, nodeMask: Tensor | null, edgeMask: Tensor | null): MessageGraph {
  const [nodes, count] = neighbours.shape as readonly [number, number];
  const flat = reshape(neighbours, [nodes * count]);
  return {
    nodes,
    edgeShape: [nodes, count],
    nodeMask,
    atSenders(features) {
      const width = requireRows('atSenders', features, nodes);
      return reshape(gather(features, flat), [nodes, count, width]);
    },
    atReceivers(features) {
      const width = requireRows('atReceivers', features, nodes);
      return broadcastTo(reshape(features, [nodes, 1, width]), [nodes, count, width]);
    },
    sumAtReceivers: (messages) => sum(edgeMask ? multiply(messages, edgeMask) : messages, { axes: [1] }),
    degrees: (dtype) =>
      edgeMask ? maximum(sum(edgeMask, { axes: [1] }), 1) : constant(count, [1, 1], dtype),
  };
}

function requireRows(operation: string, features: Tensor, nodes: number): number {
  if (features.shape.length !== 2 || features.shape[0] !== nodes) {
    throw new TensorError(
      `${operation}: features ${describe(features)} for ${nodes} nodes; give [${nodes}, width]`,
    );
  }
  return features.shape[1]!;
}

/** What `completeGraph` may be told. */
export interface CompleteGraphOptions {
  /** [batch, nodes], 1 for a node and 0 for padding: graphs of different sizes in one batch. */
  readonly mask?: Tensor;
}

/**
 * All pairs of `nodes` nodes, in each of `batch` graphs. An edge from a node to itself does not exist.
 * @throws TensorError for fewer than two nodes, or a mask of another shape.
 */
export function completeGraph(
  batch: number,
  nodes: number,
  options: CompleteGraphOptions = {},
): MessageGraph {
  if (!Number.isInteger(batch) || batch < 1 || !Number.isInteger(nodes) || nodes < 2) {
    throw new TensorError(
      `completeGraph: ${batch} graphs of ${nodes} nodes; give at least one graph of at least two nodes`,
    );
  }
  const { mask } = options;
  const senders = new Int32Array(batch * nodes * (nodes - 1));
  let at = 0;
  for (let graph = 0; graph < batch; graph++) {
    for (let receiver = 0; receiver < nodes; receiver++) {
      for (let sender = 0; sender < nodes; sender++) {
        if (sender !== receiver) senders[at++] = graph * nodes + sender;
      }
    }
  }
  const neighbours = constant(senders, [batch * nodes, nodes - 1]);
  if (!mask) return regularGraph(neighbours, null, null);
  if (mask.shape.length !== 2 || mask.shape[0] !== batch || mask.shape[1] !== nodes) {
    throw new TensorError(`completeGraph: the mask is ${describe(mask)}; give [${batch}, ${nodes}]`);
  }
  const nodeMask = reshape(mask, [batch * nodes, 1]);
  const unmasked = regularGraph(neighbours, null, null);
  const edgeMask = multiply(unmasked.atSenders(nodeMask), unmasked.atReceivers(nodeMask));
  return regularGraph(neighbours, nodeMask, edgeMask);
}

/** What `neighbourGraph` may be told. */
export interface NeighbourGraphOptions {
  /** [M, K], 1 for an edge and 0 for none: nodes with fewer than K neighbours. */
  readonly mask?: Tensor;
}

/**
 * K neighbours of each node by index: `neighbours` is int32 [M, K], as `nearestNeighbours` gives them.
 * An index outside [0, M) stops the run with an error.
 * @throws TensorError when the indices are not int32 with two axes, or the mask does not fit.
 */
export function neighbourGraph(neighbours: Tensor, options: NeighbourGraphOptions = {}): MessageGraph {
  if (neighbours.dtype !== 'int32' || neighbours.shape.length !== 2) {
    throw new TensorError(`neighbourGraph: ${describe(neighbours)}; give int32 indices [nodes, neighbours]`);
  }
  const { mask } = options;
  if (!mask) return regularGraph(neighbours, null, null);
  const [nodes, count] = neighbours.shape as readonly [number, number];
  if (mask.shape.length !== 2 || mask.shape[0] !== nodes || mask.shape[1] !== count) {
    throw new TensorError(`neighbourGraph: the mask is ${describe(mask)}; give [${nodes}, ${count}]`);
  }
  return regularGraph(neighbours, null, reshape(mask, [nodes, count, 1]));
}

/**
 * Any edges: edge e goes from node `senders[e]` to node `receivers[e]` (int32, [E]), as `radiusGraph` gives
 * them. Messages are gathered and added by index. An index outside [0, nodes) stops the run with an error.
 * @throws TensorError when the two lists do not fit each other.
 */
export function edgeListGraph(senders: Tensor, receivers: Tensor, nodes: number): MessageGraph {
  const edges = senders.shape[0];
  for (const [name, list] of [['senders', senders] as const, ['receivers', receivers] as const]) {
    if (list.dtype !== 'int32' || list.shape.length !== 1 || list.shape[0] !== edges) {
      throw new TensorError(
        `edgeListGraph: ${name} are ${describe(list)}; give two int32 lists of one length`,
      );
    }
  }
  const at = (operation: string, indices: Tensor, features: Tensor): Tensor => {
    requireRows(operation, features, nodes);
    return gather(features, indices);
  };
  return {
    nodes,
    edgeShape: [edges!],
    nodeMask: null,
    atSenders: (features) => at('atSenders', senders, features),
    atReceivers: (features) => at('atReceivers', receivers, features),
    sumAtReceivers: (messages) => segmentSum(messages, receivers, nodes),
    degrees: (dtype) =>
      maximum(segmentSum(broadcastTo(constant(1, [1, 1], dtype), [edges!, 1]), receivers, nodes), 1),
  };
}
