/** The reference backend: runs every primitive's plain TypeScript kernel, one node after the other. */
import type { Backend, Executable } from './compile.ts';
import type { Graph } from './graph.ts';
import type { Node, Tensor } from './tensor.ts';
import {
  allocate,
  bytesPerElement,
  describe,
  dtypeOf,
  sizeOf,
  TensorError,
  type TensorType,
  type TypedArray,
} from './types.ts';

/** Checks what `run` was given against the inputs of the graph. */
export function checkInputs(given: readonly TypedArray[], expected: readonly TensorType[]): void {
  if (given.length !== expected.length) {
    throw new TensorError(`run: got ${given.length} inputs, the graph has ${expected.length}`);
  }
  given.forEach((data, index) => {
    const type = expected[index]!;
    if (dtypeOf(data) !== type.dtype || data.length !== sizeOf(type.shape)) {
      throw new TensorError(
        `run: input ${index} is ${dtypeOf(data)} with ${data.length} values, expected ${describe(type)} (${sizeOf(type.shape)} values)`,
      );
    }
  });
}

/** Plain TypeScript, any dtype: the truth that the other backends are held against. */
export const referenceBackend: Backend = {
  name: 'reference',
  compile: (graph) => new ReferenceExecutable(graph),
};

class ReferenceExecutable implements Executable {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly memoryBytes: number;
  readonly #graph: Graph;
  readonly #steps: readonly Node[];
  #values: Map<Tensor, TypedArray> | null = new Map();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    let bytes = 0;
    const isInput = new Set(graph.inputs.map((tensor) => tensor.node));
    this.#steps = graph.nodes.filter((node) => !isInput.has(node));
    for (const node of this.#steps) {
      for (const tensor of node.outputs) {
        this.#values!.set(tensor, allocate(tensor.dtype, tensor.size));
        bytes += tensor.size * bytesPerElement(tensor.dtype);
      }
    }
    this.memoryBytes = bytes;
  }

  run(inputs: readonly TypedArray[]): TypedArray[] {
    const values = this.#values;
    if (!values) throw new TensorError('run: the executable was disposed; compile again');
    checkInputs(inputs, this.inputs);
    const graph = this.#graph;
    graph.inputs.forEach((tensor, index) => {
      values.set(tensor, inputs[index]!);
    });
    for (const node of this.#steps) {
      node.primitive.reference(
        node.inputs.map((tensor) => values.get(tensor)!),
        node.outputs.map((tensor) => values.get(tensor)!),
        node.attributes,
        node,
      );
    }
    return graph.outputs.map((tensor) => values.get(tensor)!);
  }

  dispose(): void {
    this.#values = null;
  }
}
