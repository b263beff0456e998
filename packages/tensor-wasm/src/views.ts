/** Primitives that only look at their input in another way: they cost nothing until a kernel needs the copy. */
import {
  broadcastToPrimitive,
  type Node,
  type Primitive,
  reshapePrimitive,
  slicePrimitive,
  stopGradientPrimitive,
  transposePrimitive,
} from '@equiflow/tensor';
import { broadcastLayout, type Layout, reshapeLayout, sliceLayout, transposeLayout } from './layout.ts';

/** The layout of a node's output in the buffer of its input; null where the input must be dense first. */
export type ViewRule = (input: Layout, node: Node) => Layout | null;

function rule<A extends object>(
  primitive: Primitive<A>,
  layout: (input: Layout, attributes: A) => Layout | null,
): [string, ViewRule] {
  return [primitive.name, (input, node) => layout(input, node.attributes as A)];
}

export const viewRules: ReadonlyMap<string, ViewRule> = new Map([
  rule(reshapePrimitive, (input, { shape }) => reshapeLayout(input, shape)),
  rule(broadcastToPrimitive, (input, { shape }) => broadcastLayout(input, shape)),
  rule(transposePrimitive, (input, { permutation }) => transposeLayout(input, permutation)),
  rule(slicePrimitive, (input, { starts, sizes, steps }) => sliceLayout(input, starts, sizes, steps)),
  rule(stopGradientPrimitive, (input) => input),
]);
