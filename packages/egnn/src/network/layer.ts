/**
 * One layer of an E(n)-equivariant graph network (Satorras, Hoogeboom & Welling 2021, arXiv:2102.09844,
 * equations 3 to 7), in the form of the E(n) flow (Satorras et al. 2021, arXiv:2105.09016, equations 8 to 11):
 *
 *   m_ij = φ_e(h_i, h_j, |x_i − x_j|², a_ij)
 *   x_i ← x_i + C_i Σ_{j≠i} (x_i − x_j) / (|x_i − x_j| + 1) φ_x(m_ij)
 *   m_i = Σ_{j≠i} e_ij m_ij
 *   h_i ← φ_h(h_i, m_i)
 *
 * Rotations, reflections and translations of x (and of velocities) commute with it, h does not see them.
 */
import {
  add,
  concatenate,
  divide,
  matmul,
  multiply,
  type ParameterSpecs,
  type ParameterTensors,
  sigmoid,
  silu,
  type Tensor,
  TensorError,
  tanh,
} from '@equiflow/tensor';
import type { MessageGraph } from '../graphs/graph.ts';
import { edgeMap } from './edge-map.ts';
import { type PeriodicDifference, pairGeometry, safeRoot } from './geometry.ts';
import { linear, namedLinear, perceptron, perceptronSpecs } from './linear.ts';

/** The options of the literature. The defaults are the layer of the E(n) flow without attention. */
export interface EgnnLayerOptions {
  /** Width of the node features h, of the messages and of all hidden layers. */
  readonly hidden: number;
  /** Width of given edge features a_ij. Default 0. */
  readonly edgeFeatures?: number;
  /**
   * What the difference of two points is divided by: `'plus-one'`, |x_i − x_j| + 1 (E(n) flow, the default), or
   * `'original'`, nothing (EGNN, equation 4).
   */
  readonly normalisation?: 'plus-one' | 'original';
  /** C_i: 1 for `'sum'` (the default), 1 / number of neighbours for `'mean'` (EGNN: 1/(M − 1)). */
  readonly aggregation?: 'sum' | 'mean';
  /** e_ij = sigmoid(linear(m_ij)) (EGNN, section 3.3). Default false: e_ij = 1. */
  readonly attention?: boolean;
  /** φ_x ← range · tanh(φ_x), which bounds how far a point moves. Default: no bound. */
  readonly tanhRange?: number;
  /**
   * Velocities: v ← φ_v(h_i) v + Δx_i, x ← x + v. `'updated'` passes v on to the next layer (EGNN, equation 7);
   * `'initial'` gives every layer the initial velocities (the authors' code). Default: none.
   */
  readonly velocity?: 'updated' | 'initial';
  /** h_i ← h_i + φ_h instead of φ_h alone. Default true. */
  readonly residual?: boolean;
  /** How points are compared where a call gives a periodic box. Default `'nearest-image'`. */
  readonly periodic?: PeriodicDifference;
}

/** What a layer changes, for all M nodes. */
export interface EgnnState {
  /** [M, hidden] */
  readonly h: Tensor;
  /** [M, n] */
  readonly x: Tensor;
  /** [M, n], with the velocity variants only. */
  readonly v?: Tensor;
}

/** What a layer is told beside the state. */
export interface EgnnSurroundings {
  readonly graph: MessageGraph;
  /** a_ij, [...graph.edgeShape, edgeFeatures]. */
  readonly edgeFeatures?: Tensor;
  /** Sides of a periodic box, one for each coordinate. */
  readonly box?: readonly number[];
}

/** A layer: parameters, and the map. */
export interface EgnnLayer {
  readonly parameters: ParameterSpecs;
  apply(state: EgnnState, surroundings: EgnnSurroundings, parameters: ParameterTensors): EgnnState;
}

/**
 * An EGNN layer.
 * @throws TensorError when an option is none; on application, when velocities or edge features are missing, or given but not asked for.
 */
export function egnnLayer(options: EgnnLayerOptions): EgnnLayer {
  const { hidden, edgeFeatures = 0, normalisation = 'plus-one', aggregation = 'sum' } = options;
  const { attention = false, tanhRange, velocity, residual = true, periodic } = options;
  requireOptions(options);
  const parameters: ParameterSpecs = {
    ...perceptronSpecs('edge', 2 * hidden + 1 + edgeFeatures, hidden, hidden),
    ...namedLinear('coordinate.0', hidden, hidden),
    // Small first values, as the authors': a new layer hardly moves the points.
    'coordinate.1.weight': { shape: [hidden, 1], deviation: 1e-3 * Math.sqrt(2 / (hidden + 1)) },
    ...perceptronSpecs('node', 2 * hidden, hidden, hidden),
    ...(attention ? namedLinear('attention', hidden, 1) : {}),
    ...(velocity ? perceptronSpecs('velocity', hidden, hidden, 1) : {}),
  };

  const messages = (
    h: Tensor,
    squared: Tensor,
    given: Tensor | undefined,
    graph: MessageGraph,
    own: ParameterTensors,
  ) => {
    const pair = given ? concatenate([squared, given], -1) : squared;
    const before = edgeMap(graph, h, pair, own, 'edge.0');
    return silu(linear(silu(before), own, 'edge.1'));
  };

  const coordinateWeights = (message: Tensor, own: ParameterTensors): Tensor => {
    const free = matmul(silu(linear(message, own, 'coordinate.0')), own['coordinate.1.weight']!);
    return tanhRange === undefined ? free : multiply(tanh(free), tanhRange);
  };

  return {
    parameters,
    apply(state, { graph, edgeFeatures: given, box }, own) {
      const { h, x, v } = state;
      requireFeatures(given, [...graph.edgeShape, edgeFeatures]);
      if ((v === undefined) !== (velocity === undefined)) {
        throw new TensorError(
          v
            ? 'egnn: velocities are given to a layer without them; set `velocity`'
            : 'egnn: velocities are missing; give v',
        );
      }
      const { difference, squared } = pairGeometry(graph.atReceivers(x), graph.atSenders(x), box, periodic);
      const message = messages(h, squared, given, graph, own);

      const weights = coordinateWeights(message, own);
      const scaled = normalisation === 'original' ? weights : divide(weights, add(safeRoot(squared), 1));
      let move = graph.sumAtReceivers(multiply(difference, scaled));
      if (aggregation === 'mean') move = divide(move, graph.degrees(x.dtype));

      const gated = attention ? multiply(message, sigmoid(linear(message, own, 'attention'))) : message;
      const collected = graph.sumAtReceivers(gated);
      const update = perceptron(concatenate([h, collected], -1), own, 'node');
      const next = residual ? add(h, update) : update;

      if (!v) return { h: next, x: add(x, move) };
      let step = add(multiply(perceptron(h, own, 'velocity'), v), move);
      if (graph.nodeMask) step = multiply(step, graph.nodeMask);
      return { h: next, x: add(x, step), v: velocity === 'updated' ? step : v };
    },
  };
}

function requireFeatures(given: Tensor | undefined, shape: readonly number[]): void {
  const wanted = shape.at(-1)! > 0;
  if (wanted !== (given !== undefined) || (given && given.shape.join() !== shape.join())) {
    throw new TensorError(
      `egnn: edge features are ${given ? `[${given.shape}]` : 'missing'}; ${wanted ? `give [${shape}]` : 'set `edgeFeatures` to their width'}`,
    );
  }
}

/** Words that options know, beside leaving them out. */
const WORDS = {
  normalisation: ['plus-one', 'original'],
  aggregation: ['sum', 'mean'],
  periodic: ['nearest-image', 'sine'],
  velocity: ['updated', 'initial'],
} as const;

function requireOptions(options: EgnnLayerOptions): void {
  for (const name of ['normalisation', 'aggregation', 'periodic', 'velocity'] as const) {
    const given: string | undefined = options[name];
    const known: readonly string[] = WORDS[name];
    if (given !== undefined && !known.includes(given)) {
      throw new TensorError(`egnn: ${name} is '${given}'; give '${known.join("' or '")}'`);
    }
  }
  const { tanhRange } = options;
  if (tanhRange !== undefined && !(tanhRange > 0 && tanhRange < Number.POSITIVE_INFINITY)) {
    throw new TensorError(`egnn: tanhRange is ${tanhRange}; give a positive number, or leave it out`);
  }
}
