/**
 * The plan of a graph: a list of calls of kernels with every address fixed. It is pure data
 * (structured-clonable), so that a worker can run it without knowing any primitive.
 */
import type { Graph, TensorType, WasmBinary } from '@equiflow/tensor';
import type { PlacedConstant } from './constants.ts';
import { expandDecompositions } from './expand.ts';
import { coreKernels } from './kernels/index.ts';
import { Planner } from './planner.ts';
import { viewRules } from './views.ts';

/** A tensor's place in the memory. */
export interface Place extends TensorType {
  /** Byte address. */
  readonly pointer: number;
}

/** One call of a kernel. */
export interface PlannedCall {
  /** Index into `Plan.binaries`. */
  readonly binary: number;
  readonly name: string;
  readonly arguments: readonly number[];
}

/** Everything that is needed to run a graph, as data. */
export interface Plan {
  readonly binaries: readonly WasmBinary[];
  readonly calls: readonly PlannedCall[];
  /** Constants and tables, written once. */
  readonly constants: readonly PlacedConstant[];
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** Bytes of linear memory. */
  readonly bytes: number;
}

/** Options of planning. */
export interface PlanOptions {
  /** Largest linear memory, in bytes. Default and upper limit: 4 GiB, all that a 32-bit address reaches. */
  readonly maxBytes?: number;
}

/** What a 32-bit address reaches. */
export const addressSpace: number = 2 ** 32;

/**
 * Plans a graph.
 * @throws TensorError when a primitive has neither a kernel nor a decomposition, or the plan exceeds `maxBytes`.
 */
export function planOf(graph: Graph, options: PlanOptions = {}): Plan {
  const maxBytes = Math.min(options.maxBytes ?? addressSpace, addressSpace);
  const expanded = expandDecompositions(graph, hasKernel);
  return new Planner(expanded, maxBytes).plan();
}

function hasKernel({ primitive }: Graph['nodes'][number]): boolean {
  return coreKernels.has(primitive.name) || viewRules.has(primitive.name) || primitive.wasm !== undefined;
}
