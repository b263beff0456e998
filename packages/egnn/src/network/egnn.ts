/**
 * An E(n)-equivariant graph network: an affine map of the given node features to the hidden width, layers, and
 * an affine map of the hidden features to what is asked for.
 */
import {
  describe,
  multiply,
  type ParameterSpecs,
  type ParameterTensors,
  reshape,
  sizeOf,
  type Tensor,
  TensorError,
  underPrefix,
  withinPrefix,
} from '@equiflow/tensor';
import type { MessageGraph } from '../graphs/graph.ts';
import { type EgnnLayerOptions, type EgnnState, egnnLayer } from './layer.ts';
import { linear, namedLinear } from './linear.ts';

/** The network: options of its layers, and the widths at its two ends. */
export interface EgnnOptions extends EgnnLayerOptions {
  /** Width of the node features that are given. */
  readonly nodeFeatures: number;
  readonly layers: number;
  /** Width of the node features that come out. Default: `hidden`, the last layer's own, without a map. */
  readonly outputFeatures?: number;
}

/** What goes in. Leading axes are [M], or [batch, nodes] of a complete graph; M is their product. */
export interface EgnnInputs {
  /** [..., nodeFeatures] */
  readonly h: Tensor;
  /** [..., n] */
  readonly x: Tensor;
  /** [..., n], with the velocity variants only. */
  readonly v?: Tensor;
  readonly graph: MessageGraph;
  /** a_ij, [...graph.edgeShape, edgeFeatures]. */
  readonly edgeFeatures?: Tensor;
  /** Sides of a periodic box, one for each coordinate. */
  readonly box?: readonly number[];
}

/** What comes out, with the leading axes of what went in. Features of padded nodes are 0. */
export type EgnnOutputs = EgnnState;

/** A network: its parameters, and the map. */
export interface Egnn {
  readonly options: EgnnOptions;
  readonly parameters: ParameterSpecs;
  /** @throws TensorError when shapes do not fit the graph or the options. */
  apply(inputs: EgnnInputs, parameters: ParameterTensors): EgnnOutputs;
}

/**
 * Builds a network.
 * @throws TensorError when a width or the number of layers is no positive whole number.
 */
export function egnn(options: EgnnOptions): Egnn {
  const { nodeFeatures, hidden, layers, outputFeatures } = options;
  for (const [name, value] of Object.entries({
    nodeFeatures,
    hidden,
    layers,
    outputFeatures: outputFeatures ?? 1,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TensorError(`egnn: ${name} is ${value}; give a positive whole number`);
    }
  }
  const layer = egnnLayer(options);
  const names = Array.from({ length: layers }, (_, index) => `layer${index}`);
  const parameters: ParameterSpecs = {
    ...namedLinear('embedding', nodeFeatures, hidden),
    ...Object.assign({}, ...names.map((name) => underPrefix(name, layer.parameters))),
    ...(outputFeatures === undefined ? {} : namedLinear('output', hidden, outputFeatures)),
  };
  return {
    options,
    parameters,
    apply({ h, x, v, graph, edgeFeatures, box }, tensors) {
      const { nodes } = graph;
      const flat = (name: string, tensor: Tensor, width?: number): Tensor => {
        const last = tensor.shape.at(-1)!;
        if (sizeOf(tensor.shape) !== nodes * last || (width !== undefined && width !== last)) {
          throw new TensorError(
            `egnn: ${name} is ${describe(tensor)}; the graph has ${nodes} nodes${width === undefined ? '' : ` with ${width} values each`}`,
          );
        }
        return reshape(tensor, [nodes, last]);
      };
      const surroundings = { graph, ...(edgeFeatures && { edgeFeatures }), ...(box && { box }) };
      let state: EgnnState = {
        h: linear(flat('h', h, nodeFeatures), tensors, 'embedding'),
        x: flat('x', x),
        ...(v && { v: flat('v', v, x.shape.at(-1)!) }),
      };
      for (const name of names) state = layer.apply(state, surroundings, withinPrefix(name, tensors));
      let features = outputFeatures === undefined ? state.h : linear(state.h, tensors, 'output');
      if (graph.nodeMask) features = multiply(features, graph.nodeMask);
      return {
        h: reshape(features, [...h.shape.slice(0, -1), features.shape[1]!]),
        x: reshape(state.x, x.shape),
        ...(v && state.v && { v: reshape(state.v, v.shape) }),
      };
    },
  };
}
