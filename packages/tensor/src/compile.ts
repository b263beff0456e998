/**
 * `compile` traces a function once and gives an executable that runs again and again. A backend is a
 * value, a function from a graph to an executable: `compile(fn, specs, { backend: wasm() })`.
 */
import { buildGraph, type Graph } from './graph.ts';
import { referenceBackend } from './reference-backend.ts';
import { input, type Tensor } from './tensor.ts';
import type { TensorType, TypedArray } from './types.ts';

/** Runs a compiled graph, synchronously. */
export interface Executable {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  /** Bytes of memory that the plan holds between runs. */
  readonly memoryBytes: number;
  /**
   * Computes the outputs. Each result is a view of the executable's own memory, valid until the next
   * run; copy what must last.
   * @throws TensorError when the count, dtypes or sizes of `inputs` do not fit.
   */
  run(inputs: readonly TypedArray[]): TypedArray[];
  /** Gives the memory back; a later run throws. */
  dispose(): void;
}

/** Compiles graphs for one kind of machine. `E` is `Executable` on a CPU; a GPU's runs give a Promise. */
export interface Backend<E = Executable> {
  readonly name: string;
  /** @throws TensorError when a primitive has no kernel here or the plan exceeds the memory, by name. */
  compile(graph: Graph): E;
}

/** Traces `fn` on placeholders of the given types. */
export function trace(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  specs: readonly TensorType[],
): Graph {
  const inputs = specs.map((spec, index) => input(spec, `#${index}`));
  const result = fn(...inputs);
  return buildGraph(inputs, Array.isArray(result) ? result : [result as Tensor]);
}

/**
 * Compiles a function of tensors. `specs` gives the types of its arguments.
 * Without a backend the reference backend runs it (plain TypeScript, every dtype, slow and sure).
 */
export function compile(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  specs: readonly TensorType[],
): Executable;
export function compile<E>(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  specs: readonly TensorType[],
  options: { readonly backend: Backend<E> },
): E;
export function compile(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  specs: readonly TensorType[],
  options: { readonly backend: Backend<unknown> } = { backend: referenceBackend },
): unknown {
  return options.backend.compile(trace(fn, specs));
}

/** Computes one tensor that needs no inputs, on the reference backend: for small things and for looking. */
export function evaluate(tensor: Tensor): TypedArray {
  return referenceBackend
    .compile(buildGraph([], [tensor]))
    .run([])[0]!
    .slice();
}
