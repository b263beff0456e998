/** From a graph to the steps of a pipeline. */
import {
  apply,
  buildGraph,
  constantPrimitive,
  describe,
  type GpuArray,
  type GpuLowering,
  type Graph,
  type Node,
  sizeOf,
  type Tensor,
  TensorError,
  type TypedArray,
  topologicalOrder,
} from '@equiflow/tensor';
import { type IndexBound, indexBounds } from './bounds.ts';
import { Recipe, Stored } from './code.ts';
import { expressions } from './kernels/elementwise.ts';
import { kernels } from './kernels/index.ts';
import type { CoreLowering } from './kernels/kernel.ts';
import { argsortRows } from './kernels/sorting.ts';
import { mostElements, Planner, type Step } from './planner.ts';

/** What is to be run, and where the outputs of the graph come from. */
export interface GpuPlan {
  readonly steps: readonly Step[];
  readonly outputs: readonly Stored[];
  /** Inputs that hold indices. */
  readonly bounds: readonly IndexBound[];
}

const core = '@equiflow/tensor#';

/** `exp` for the primitive `@equiflow/tensor#expPrimitive`; empty for those of other packages. */
function operationOf(node: Node): string {
  const { name } = node.primitive;
  return name.startsWith(core) ? name.slice(core.length).replace(/Primitive$/, '') : '';
}

/** What is computed again wherever it is read: an element of one array, moved. */
const trivial = { statements: 8, arrays: 1 };

/** What is computed again for a few readers rather than written and read: memory is slower than arithmetic. */
const light = { statements: 24, arrays: 2 };

/** Readings from which on only what is trivial is computed again. */
const manyReadings = 4;

/**
 * Plans a graph.
 * @throws TensorError naming the primitive that has no GPU kernel, or the tensor that is float64 or too large.
 */
export function lowerGraph(given: Graph): GpuPlan {
  const graph = expand(given);
  const bounds = indexBounds(graph);
  const planner = new Planner();
  const weights = readingWeights(graph);
  const arrays = new Map<Tensor, GpuArray>();
  graph.inputs.forEach((tensor, index) => {
    requireRunnable('input', tensor);
    arrays.set(tensor, new Stored(tensor.size, { kind: 'input', index }));
  });
  const isInput = new Set(graph.inputs.map((tensor) => tensor.node));
  for (const node of graph.nodes) {
    if (isInput.has(node)) continue;
    planner.operation = operationOf(node) || node.primitive.name;
    for (const tensor of node.outputs) requireRunnable(planner.operation, tensor);
    lowerNode(node, planner, arrays).forEach((array, index) => {
      const tensor = node.outputs[index]!;
      if (array.size !== tensor.size) {
        throw new TensorError(
          `gpu: ${node.primitive.name} made ${array.size} values for ${describe(tensor)}`,
        );
      }
      if (isWorthKeeping(array, weights.get(tensor) ?? 0)) planner.store(array);
      arrays.set(tensor, array);
    });
  }
  return {
    bounds,
    outputs: graph.outputs.map((tensor) => planner.store(arrays.get(tensor)!)),
    steps: planner.steps,
  };
}

function isWorthKeeping(array: GpuArray, readings: number): boolean {
  if (!(array instanceof Recipe) || array.stored || readings <= 1) return false;
  const { statements, arrays } = readings < manyReadings ? light : trivial;
  return array.leaves.size > arrays || array.cost > statements;
}

function requireRunnable(operation: string, tensor: Tensor): void {
  if (tensor.dtype === 'float64') {
    throw new TensorError(
      `gpu: ${operation}: ${describe(tensor)}; GPUs compute in float32, cast or use the wasm backend`,
    );
  }
  if (tensor.size > mostElements) {
    throw new TensorError(
      `gpu: ${operation}: ${describe(tensor)}; the GPU backend takes up to ${mostElements} values`,
    );
  }
}

/** How often each tensor will be read, element by element, if nothing between is kept: above 1 it is worth keeping. */
function readingWeights(graph: Graph): Map<Tensor, number> {
  const weights = new Map<Tensor, number>();
  const add = (tensor: Tensor, weight: number): void => {
    weights.set(tensor, (weights.get(tensor) ?? 0) + weight);
  };
  for (const tensor of graph.outputs) add(tensor, 1);
  for (const node of graph.nodes.toReversed()) {
    const reading = node.primitive.elementwise
      ? 'once'
      : (kernels.get(operationOf(node))?.reading ?? 'often');
    for (const tensor of new Set(node.inputs)) {
      const [first] = node.outputs;
      if (reading === 'view')
        add(
          tensor,
          weights.get(first!)! * (first!.size > tensor.size * node.inputs.length ? manyReadings : 1),
        );
      else add(tensor, reading === 'once' ? 1 : manyReadings);
    }
  }
  return weights;
}

function lowerNode(node: Node, planner: Planner, arrays: ReadonlyMap<Tensor, GpuArray>): readonly GpuArray[] {
  const inputs = node.inputs.map((tensor) => ({ type: tensor, array: arrays.get(tensor)! }));
  if (node.primitive.name === constantPrimitive.name) return [constantArray(node, planner)];
  const lowering: CoreLowering<never> = {
    planner,
    tensors: node.inputs,
    attributes: node.attributes as never,
    inputs,
    outputs: node.outputs,
    map: (size, element) => planner.map(size, element),
    store: (array) => planner.store(array),
    sum: (size, count, term) => planner.sum(size, count, term),
    table: (data) => planner.table(data),
    argsort: (array, rows, length) => argsortRows(planner, array, rows, length),
  };
  const operation = operationOf(node);
  const expression = expressions[operation];
  if (expression) {
    const map = planner.map(node.outputs[0]!.size, (code, index) => {
      const [x = '', y = '', z = ''] = inputs.map(({ array }) => code.read(array, index));
      return expression(code, x, y, z);
    });
    return [map];
  }
  if (operation === 'cast') return [cast(node, planner, inputs[0]!.array)];
  const entry = kernels.get(operation);
  if (entry) return entry.kernel(lowering);
  return node.primitive.gpu!.lower(lowering as GpuLowering<object>);
}

function constantArray(node: Node, planner: Planner): GpuArray {
  const { data } = node.attributes as { data: TypedArray };
  const [first] = data;
  if (data.every((value) => Object.is(value, first))) {
    return planner.map(data.length, (code) => code.literal(first!));
  }
  for (const value of data) requireExact(value, data instanceof Int32Array);
  return planner.table(data);
}

/** Indices are held as float32 numbers. @throws TensorError for one that is not exact. */
export function requireExact(value: number, isIndex: boolean): void {
  if (isIndex && Math.abs(value) > mostElements) {
    throw new TensorError(
      `gpu: the index ${value}; the GPU backend holds indices up to ${mostElements} exactly`,
    );
  }
}

function cast(node: Node, planner: Planner, x: GpuArray): GpuArray {
  const [output] = node.outputs;
  if (output!.dtype !== 'int32' || node.inputs[0]!.dtype === 'int32') return x;
  return planner.map(sizeOf(output!.shape), (code, index) => {
    const value = code.read(x, index);
    const whole = code.let(`Math.floor(Math.abs(${value}))`);
    return code.let(`(${value} < 0 ? 0 - ${whole} : ${whole})`);
  });
}

/** Replaces primitives that have no kernel by their decomposition, as often as it takes. */
function expand(graph: Graph): Graph {
  const given = new Set(graph.inputs.map((tensor) => tensor.node));
  const runnable = (node: Node): boolean =>
    given.has(node) ||
    node.primitive.name === constantPrimitive.name ||
    operationOf(node) === 'cast' ||
    operationOf(node) in expressions ||
    kernels.has(operationOf(node)) ||
    node.primitive.gpu !== undefined;
  let current = graph;
  for (;;) {
    const lacking = current.nodes.filter((node) => !runnable(node));
    if (lacking.length === 0) return current;
    const refused = lacking.find((node) => !node.primitive.decompose);
    if (refused) {
      throw new TensorError(
        `gpu: no GPU kernel for ${refused.primitive.name} (${refused.inputs.map(describe).join(', ')}); use the wasm backend`,
      );
    }
    current = expandOnce(current, runnable);
  }
}

function expandOnce(graph: Graph, runnable: (node: Node) => boolean): Graph {
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  for (const node of topologicalOrder(graph.outputs, new Set(graph.inputs.map((tensor) => tensor.node)))) {
    if (graph.inputs.some((tensor) => tensor.node === node)) continue;
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
