/** A graph ready to be compiled: its inputs, its outputs, and every node between in an order to run. */
import { constantPrimitive, type Node, type Tensor } from './tensor.ts';
import type { TypedArray } from './types.ts';

/** What a backend compiles. Nodes come after the nodes they read. */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly nodes: readonly Node[];
}

/**
 * Nodes that `outputs` need, in topological order; iterative, so that an unrolled solve of 1e5 nodes
 * is fine. The walk includes the nodes of `stopAt` and does not go beyond them.
 */
export function topologicalOrder(outputs: readonly Tensor[], stopAt?: ReadonlySet<Node>): Node[] {
  const order: Node[] = [];
  const state = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const visit = (node: Node): void => {
    if (state.has(node)) return;
    state.add(node);
    stack.push({ node, next: 0 });
  };
  for (const output of outputs) {
    visit(output.node);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.node.inputs.length && !stopAt?.has(top.node))
        visit(top.node.inputs[top.next++]!.node);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/**
 * Builds the graph of some outputs and merges nodes that compute the same thing (same primitive, same
 * inputs, same attributes), which autodiff makes many of.
 */
export function buildGraph(inputs: readonly Tensor[], outputs: readonly Tensor[]): Graph {
  const replaced = new Map<Node, readonly Tensor[]>();
  const known = new Map<string, readonly Tensor[]>();
  const ids = new Map<object, number>();
  const id = (of: object): number => {
    let found = ids.get(of);
    if (found === undefined) {
      found = ids.size;
      ids.set(of, found);
    }
    return found;
  };
  const nodes: Node[] = [];
  const resolve = (tensor: Tensor): Tensor => replaced.get(tensor.node)?.[tensor.index] ?? tensor;
  const isInput = new Set(inputs.map((tensor) => tensor.node));
  for (const tensor of inputs) nodes.push(tensor.node);
  for (const node of topologicalOrder(outputs)) {
    if (isInput.has(node)) continue;
    const resolved = node.inputs.map(resolve);
    const parts = resolved.map((tensor) => `${id(tensor.node)}.${tensor.index}`);
    const key = `${node.primitive.name}(${parts.join(',')})${attributeKey(node, id)}`;
    const same = known.get(key);
    if (same) {
      replaced.set(node, same);
      continue;
    }
    let kept = node;
    if (resolved.some((tensor, slot) => tensor !== node.inputs[slot])) {
      const { outputs: fresh, node: rebuilt } = rebuild(node, resolved);
      replaced.set(node, fresh);
      kept = rebuilt;
    }
    known.set(key, kept.outputs);
    nodes.push(kept);
  }
  return { inputs, outputs: outputs.map(resolve), nodes };
}

function rebuild(node: Node, inputs: readonly Tensor[]): { node: Node; outputs: readonly Tensor[] } {
  const outputs: Tensor[] = [];
  const copy: Node = { primitive: node.primitive, inputs, attributes: node.attributes, outputs };
  const TensorClass = node.outputs[0]!.constructor as typeof Tensor;
  for (const old of node.outputs) outputs.push(new TensorClass(copy, old.index, old));
  return { node: copy, outputs };
}

function attributeKey(node: Node, id: (of: object) => number): string {
  if (node.primitive === (constantPrimitive as unknown)) {
    const { data, shape } = node.attributes as { data: TypedArray; shape: readonly number[] };
    return data.length === 1
      ? `${data.constructor.name}${Object.is(data[0], -0) ? '-0' : data[0]}[${shape}]`
      : `#${id(data)}[${shape}]`;
  }
  return JSON.stringify(node.attributes, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? `#${id(value)}` : value,
  );
}
