/** Replaces primitives that have no kernel here by their decomposition into plainer primitives. */
import {
  apply,
  buildGraph,
  constantPrimitive,
  describe,
  type Graph,
  type Node,
  type Tensor,
  TensorError,
  topologicalOrder,
} from '@equiflow/tensor';

/**
 * The same graph with every node runnable.
 * @throws TensorError that names the primitives with neither a kernel nor a decomposition.
 */
export function expandDecompositions(graph: Graph, hasKernel: (node: Node) => boolean): Graph {
  const given = new Set(graph.inputs.map((tensor) => tensor.node));
  const runnable = (node: Node): boolean =>
    given.has(node) || node.primitive.name === constantPrimitive.name || hasKernel(node);
  let current = graph;
  for (;;) {
    const lacking = current.nodes.filter((node) => !runnable(node));
    if (lacking.length === 0) return current;
    const refused = lacking.filter((node) => !node.primitive.decompose);
    if (refused.length > 0) {
      const names = new Map(
        refused.map((node) => [node.primitive.name, node.inputs.map(describe).join(', ')]),
      );
      const list = [...names].map(([name, inputs]) => `${name} (${inputs})`).join('; ');
      throw new TensorError(`wasm: no WebAssembly kernel for ${list}; use another backend`);
    }
    current = expandOnce(current, runnable);
  }
}

function expandOnce(graph: Graph, runnable: (node: Node) => boolean): Graph {
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  for (const node of topologicalOrder(graph.outputs)) {
    const inputs = node.inputs.map(resolve);
    if (!runnable(node)) {
      node.primitive.decompose!(inputs, node.attributes).forEach((tensor, index) => {
        replaced.set(node.outputs[index]!, tensor);
      });
    } else if (inputs.some((tensor, slot) => tensor !== node.inputs[slot])) {
      apply(node.primitive, inputs, node.attributes).forEach((tensor, index) => {
        replaced.set(node.outputs[index]!, tensor);
      });
    }
  }
  return buildGraph(graph.inputs, graph.outputs.map(resolve));
}
