/**
 * What is trained on the charged particles: EGNN as in the paper (arXiv:2102.09844, section 5.1 and table 2), and
 * baselines from the same table, in the form of the authors' code: linear dynamics, a radial field, a graph network
 * without symmetry. All see the feature q_i q_j of an edge, EGNN and the radial field |x_i − x_j|² too; all are 4
 * layers of 64 unless told otherwise.
 */
import {
  add,
  concatenate,
  divide,
  gradients,
  layoutOf,
  matmul,
  multiply,
  type ParameterSpecs,
  type ParameterTensors,
  reshape,
  silu,
  square,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  tanh,
  unpackParameters,
} from '@equiflow/tensor';
import { completeGraph, type MessageGraph } from '../graphs/graph.ts';
import { edgeMap } from '../network/edge-map.ts';
import { egnn } from '../network/egnn.ts';
import { displacement, safeRoot, squaredLength } from '../network/geometry.ts';
import type { EgnnLayerOptions } from '../network/layer.ts';
import { linear, namedLinear, perceptron, perceptronSpecs } from '../network/linear.ts';

/** Predicts positions one unit of time later. */
export interface ChargedModel {
  readonly name: string;
  readonly parameters: ParameterSpecs;
  /** x and v [batch, particles, 3], charges [batch, particles] → [batch, particles, 3]. */
  predict(x: Tensor, v: Tensor, charges: Tensor, parameters: ParameterTensors): Tensor;
}

/** Depth and width. */
export interface ChargedModelOptions {
  /** Default 4. */
  readonly layers?: number;
  /** Default 64. */
  readonly hidden?: number;
}

/** A batch as flat nodes of one graph, with the edge features of the experiment. */
function particles(x: Tensor, v: Tensor, charges: Tensor) {
  const [batch, count] = x.shape as readonly [number, number, number];
  const graph = completeGraph(batch, count);
  const nodes = batch * count;
  const flat = { x: reshape(x, [nodes, 3]), v: reshape(v, [nodes, 3]), q: reshape(charges, [nodes, 1]) };
  const products = multiply(graph.atReceivers(flat.q), graph.atSenders(flat.q));
  const squared = squaredLength(displacement(graph.atReceivers(flat.x), graph.atSenders(flat.x)));
  return { graph, ...flat, products, edgeFeatures: concatenate([products, squared], -1) };
}

/** |v| of each node, [M, 1]. */
const speed = (v: Tensor): Tensor => safeRoot(squaredLength(v));

/** The mean over a node's neighbours. */
function meanAtReceivers(graph: MessageGraph, messages: Tensor): Tensor {
  return divide(graph.sumAtReceivers(messages), graph.degrees(messages.dtype));
}

/** x + t v with t the one parameter. */
export function linearDynamics(): ChargedModel {
  return {
    name: 'linear',
    parameters: { time: { shape: [1], values: [1] } },
    predict: (x, v, _, { time }) => add(x, multiply(v, time!)),
  };
}

/**
 * EGNN with velocities: h = |v|, differences undivided, the mean over neighbours (C = 1/(M − 1)). The other options
 * of the layer may be changed.
 */
export function chargedEgnn(
  options: ChargedModelOptions & Omit<EgnnLayerOptions, 'hidden' | 'edgeFeatures'> = {},
): ChargedModel {
  const network = egnn({
    layers: 4,
    hidden: 64,
    normalisation: 'original',
    aggregation: 'mean',
    velocity: 'updated',
    ...options,
    nodeFeatures: 1,
    edgeFeatures: 2,
  });
  return {
    name: 'egnn',
    parameters: network.parameters,
    predict(x, v, charges, parameters) {
      const { v: flatV, x: flatX, graph, edgeFeatures } = particles(x, v, charges);
      const given = network.options.velocity ? { v: flatV } : {};
      const out = network.apply({ h: speed(flatV), x: flatX, ...given, graph, edgeFeatures }, parameters);
      return reshape(out.x, x.shape);
    },
  };
}

/**
 * A radial field (Köhler, Klein & Noé 2020, arXiv:2006.02425) with velocities: layers
 * x_i ← x_i + C Σ (x_i − x_j) tanh φ(|x_i − x_j|, a_ij) + φ_v(|v_i|) v_i, without node features. Without the tanh a
 * particle that flies off would be thrown far out.
 */
export function radialField({ layers = 4, hidden = 64 }: ChargedModelOptions = {}): ChargedModel {
  const names = Array.from({ length: layers }, (_, index) => `layer${index}`);
  return {
    name: 'radial field',
    parameters: Object.assign(
      {},
      ...names.map((name) => ({
        ...namedLinear(`${name}.field.0`, 3, hidden),
        // As small as in EGNN, or the layers of a new field throw the particles about.
        [`${name}.field.1.weight`]: { shape: [hidden, 1], deviation: 1e-3 * Math.sqrt(2 / (hidden + 1)) },
        ...perceptronSpecs(`${name}.velocity`, 1, hidden, 1),
      })),
    ) as ParameterSpecs,
    predict(x, v, charges, parameters) {
      const start = particles(x, v, charges);
      const { graph, edgeFeatures } = start;
      const own = speed(start.v);
      const moved = names.reduce((at, name) => {
        const difference = displacement(graph.atReceivers(at), graph.atSenders(at));
        const pair = concatenate([safeRoot(squaredLength(difference)), edgeFeatures], -1);
        const inner = silu(linear(pair, parameters, `${name}.field.0`));
        const field = multiply(difference, tanh(matmul(inner, parameters[`${name}.field.1.weight`]!)));
        const drift = multiply(start.v, perceptron(own, parameters, `${name}.velocity`));
        return add(at, add(meanAtReceivers(graph, field), drift));
      }, start.x);
      return reshape(moved, x.shape);
    },
  };
}

/**
 * A message-passing network on (x, v) as plain numbers, without any symmetry but permutations: it has to learn the
 * others. Edges know the product of their charges. Messages are summed, features have residual connections, the last map gives the positions.
 */
export function graphNetwork({ layers = 4, hidden = 64 }: ChargedModelOptions = {}): ChargedModel {
  const names = Array.from({ length: layers }, (_, index) => `layer${index}`);
  return {
    name: 'graph network',
    parameters: Object.assign(
      namedLinear('embedding', 6, hidden),
      ...names.map((name) => ({
        ...perceptronSpecs(`${name}.edge`, 2 * hidden + 1, hidden, hidden),
        ...perceptronSpecs(`${name}.node`, 2 * hidden, hidden, hidden),
      })),
      perceptronSpecs('output', hidden, hidden, 3),
    ) as ParameterSpecs,
    predict(x, v, charges, parameters) {
      const start = particles(x, v, charges);
      const { graph, products } = start;
      const embedded = linear(concatenate([start.x, start.v], -1), parameters, 'embedding');
      const last = names.reduce((h, name) => {
        const first = silu(edgeMap(graph, h, products, parameters, `${name}.edge.0`));
        const collected = graph.sumAtReceivers(silu(linear(first, parameters, `${name}.edge.1`)));
        return add(h, perceptron(concatenate([h, collected], -1), parameters, `${name}.node`));
      }, embedded);
      return reshape(perceptron(last, parameters, 'output'), x.shape);
    },
  };
}

/** A loss as a function to be traced: its inputs are (parameters, x, v, charges, target). */
export interface ChargedLoss {
  /** Types of the inputs for a batch; the first is the parameters', the same for every batch. */
  specs(batch: number): readonly TensorType[];
  /** Squared errors summed over all coordinates of the batch; with `gradient`, also its gradient in the parameters. */
  trace(inputs: readonly Tensor[]): readonly Tensor[];
}

/** The loss of a model, with or without its gradient, in float32. */
export function chargedLoss(model: ChargedModel, count: number, gradient: boolean): ChargedLoss {
  const { size } = layoutOf(model.parameters);
  const f32 = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });
  return {
    specs: (batch) => [
      f32(size),
      f32(batch, count, 3),
      f32(batch, count, 3),
      f32(batch, count),
      f32(batch, count, 3),
    ],
    trace([flat, x, v, charges, target]) {
      const predicted = model.predict(x!, v!, charges!, unpackParameters(model.parameters, flat!));
      const loss = sum(square(subtract(predicted, target!)));
      return gradient ? [loss, ...gradients(loss, [flat!])] : [loss];
    },
  };
}
