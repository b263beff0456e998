/**
 * Reverse-mode differentiation as a transformation of the graph: every primitive states its
 * vector-Jacobian product in terms of other primitives, so gradients are tensors like any other and
 * can be differentiated again (Griewank & Walther 2008, chapter 3).
 */
import { addTerms } from './add-terms.ts';
import { topologicalOrder } from './graph.ts';
import { broadcastTo } from './primitives/broadcast.ts';
import { constant, type Node, type Tensor } from './tensor.ts';
import { describe, sameShape, TensorError } from './types.ts';

/**
 * Vector-Jacobian product: Σ_o ⟨cotangent_o, ∂output_o/∂w⟩ for every w of `wrt`; null where no output
 * depends on w. A `wrt` may be any tensor of the graph, not only an input.
 * @throws TensorError when a cotangent's type differs from its output's, or an operation on the way has no gradient.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  wrt: readonly Tensor[],
): (Tensor | null)[] {
  outputs.forEach((output, index) => {
    const cotangent = cotangents[index];
    if (cotangent && (!sameShape(cotangent.shape, output.shape) || cotangent.dtype !== output.dtype)) {
      throw new TensorError(
        `vjp: cotangent ${describe(cotangent)} for an output ${describe(output)}; the types must agree`,
      );
    }
  });
  return pullBack(topologicalOrder(outputs), outputs, cotangents, wrt);
}

/** Gradient of a scalar with respect to some tensors; zeros where it does not depend on one. */
export function gradients(output: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (output.shape.length !== 0) {
    throw new TensorError(
      `gradients: the output is ${describe(output)}, not a scalar; sum it, or use vjp with a cotangent`,
    );
  }
  const pulled = vjp([output], [constant(1, [], output.dtype)], wrt);
  return pulled.map((gradient, index) => gradient ?? zerosLike(wrt[index]!));
}

function zerosLike(tensor: Tensor): Tensor {
  return broadcastTo(constant(0, [], tensor.dtype), tensor.shape);
}

function pullBack(
  order: readonly Node[],
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  wrt: readonly Tensor[],
  leaves: ReadonlySet<Node> = new Set(),
): (Tensor | null)[] {
  const wanted = new Set(wrt);
  const onPath = new Set<Node>();
  for (const node of order) {
    if (
      node.outputs.some((tensor) => wanted.has(tensor)) ||
      node.inputs.some((tensor) => onPath.has(tensor.node))
    ) {
      onPath.add(node);
    }
  }
  const terms = new Map<Tensor, Tensor[]>();
  const accumulate = (tensor: Tensor, cotangent: Tensor | null | undefined): void => {
    if (!cotangent || !onPath.has(tensor.node)) return;
    const before = terms.get(tensor);
    if (before) before.push(cotangent);
    else terms.set(tensor, [cotangent]);
  };
  const total = (tensor: Tensor): Tensor | null => {
    const all = terms.get(tensor);
    if (!all) return null;
    if (all.length > 1) all.splice(0, all.length, addTerms(all));
    return all[0]!;
  };
  outputs.forEach((output, index) => {
    accumulate(output, cotangents[index]);
  });
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    if (leaves.has(node)) continue;
    if (!onPath.has(node) || !node.inputs.some((tensor) => onPath.has(tensor.node))) continue;
    const arrived = node.outputs.map(total);
    if (arrived.every((cotangent) => cotangent === null)) continue;
    pullBackNode(node, arrived).forEach((cotangent, slot) => {
      accumulate(node.inputs[slot]!, cotangent);
    });
  }
  return wrt.map(total);
}

/** The vector-Jacobian product of one node, by its own rule or through its decomposition. */
function pullBackNode(node: Node, cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  const { primitive } = node;
  if (primitive.differentiable === false) return [];
  if (primitive.vjp) return primitive.vjp(node, cotangents);
  if (!primitive.decompose) {
    throw new TensorError(
      `vjp: ${primitive.name} states neither a vjp nor a decomposition; it cannot be differentiated`,
    );
  }
  // Partial derivatives: the walk stops at the node's own inputs, even where one is made of another. One that
  // fills two slots counts once.
  const plain = primitive.decompose(node.inputs, node.attributes);
  const unique = [...new Set(node.inputs)];
  const leaves = new Set(unique.map((tensor) => tensor.node));
  const pulled = pullBack(topologicalOrder(plain, leaves), plain, cotangents, unique, leaves);
  const taken = new Set<Tensor>();
  return node.inputs.map((tensor) => {
    if (taken.has(tensor)) return null;
    taken.add(tensor);
    return pulled[unique.indexOf(tensor)]!;
  });
}
