/**
 * Indices that leave their array. A shader that reads beyond an array gets some value and says nothing, so constant
 * indices are checked when the plan is made, and those that are inputs of the graph at every run.
 */
import {
  constantPrimitive,
  type Graph,
  type Node,
  type ScatterAddAttributes,
  type Tensor,
  TensorError,
  type TypedArray,
} from '@equiflow/tensor';

/** What an input that holds indices has to keep to. */
export interface IndexBound {
  readonly input: number;
  readonly operation: string;
  /** Indices are whole numbers from 0 to below this. */
  readonly length: number;
}

const core = '@equiflow/tensor#';

/** The bounds of the graph's inputs. @throws TensorError for a constant index that is out of bounds. */
export function indexBounds(graph: Graph): IndexBound[] {
  const bounds: IndexBound[] = [];
  const inputs = graph.inputs.map((tensor) => tensor.node);
  for (const node of graph.nodes) {
    const length = lengthOf(node);
    if (length === null) continue;
    const operation = node.primitive.name.slice(core.length).replace(/Primitive$/, '');
    const source = origin(node.inputs[1]!);
    if (source.primitive.name === constantPrimitive.name) {
      requireIndices(operation, (source.attributes as { data: TypedArray }).data, length);
    }
    const input = inputs.indexOf(source);
    if (input >= 0) bounds.push({ input, operation, length });
  }
  return bounds;
}

/** @throws TensorError naming the first index that is out of bounds. */
export function requireIndices(operation: string, indices: TypedArray, length: number): void {
  const at = indices.findIndex((index) => !(index >= 0 && index < length));
  if (at >= 0)
    throw new TensorError(`${operation}: index ${indices[at]} at place ${at} is outside [0, ${length})`);
}

/** What a tensor of indices is a view of, values unchanged. */
function origin(tensor: Tensor): Node {
  let { node } = tensor;
  while (/#(reshape|broadcastTo|transpose)Primitive$/.test(node.primitive.name)) node = node.inputs[0]!.node;
  return node;
}

/** How many places the indices of a node choose from; null where it takes none. */
function lengthOf({ primitive, inputs, attributes }: Node): number | null {
  switch (primitive.name) {
    case `${core}gatherPrimitive`:
    case `${core}takeAlongAxisPrimitive`:
      return inputs[0]!.shape[(attributes as { axis: number }).axis]!;
    case `${core}scatterAddPrimitive`:
    case `${core}scatterAddAlongAxisPrimitive`:
      return (attributes as ScatterAddAttributes).length;
    default:
      return null;
  }
}
