/** A graph ready to be compiled: its inputs, its outputs, and every node between in an order to run. */
import { constantPrimitive, inputPrimitive, type Node, type Tensor } from './tensor.ts';
import { describe, TensorError, type TypedArray } from './types.ts';

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
 * inputs, same attributes), which autodiff makes many of. An input may be any tensor: the graph begins there.
 * @throws TensorError when the outputs need a placeholder that is not among the inputs.
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
  for (const node of topologicalOrder(outputs, isInput)) {
    if (isInput.has(node)) continue;
    if (node.primitive === (inputPrimitive as unknown)) {
      const { label } = node.attributes as { label: string };
      throw new TensorError(
        `compile: the outputs need the input ${label} ${describe(node.outputs[0]!)}, which is not among the graph's inputs; pass it as an argument`,
      );
    }
    const resolved = node.inputs.map(resolve);
    const parts = resolved.map((tensor) => `${id(tensor.node)}.${tensor.index}`);
    const key = `${id(node.primitive)}(${parts.join(',')})${attributeKey(node, id)}`;
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

/** Constants of up to this many values are compared by value, longer ones by the identity of their data. */
const longestComparedByValue = 64;

/** Equal for nodes of one primitive whose attributes say the same. */
function attributeKey(node: Node, id: (of: object) => number): string {
  if (node.primitive === (constantPrimitive as unknown)) {
    const { data, shape } = node.attributes as { data: TypedArray; shape: readonly number[] };
    const values =
      data.length <= longestComparedByValue ? Array.from(data, numberKey).join() : `#${id(data)}`;
    return `${data.constructor.name}[${shape}]${values}`;
  }
  return JSON.stringify(node.attributes, (_, value: unknown) => {
    if (typeof value === 'number') return numberKey(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function' || ArrayBuffer.isView(value)) return `#${id(value)}`;
    if (value instanceof Map || value instanceof Set) return `#${id(value)}`;
    return value;
  });
}

/** A number as a string, with −0, NaN and the infinities told apart, which JSON does not. */
function numberKey(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
