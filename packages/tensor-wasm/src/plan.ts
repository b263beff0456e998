/**
 * Planning: a graph becomes a list of calls of kernels with every address fixed. The plan is pure data
 * (structured-clonable), so that a worker can run it without knowing any primitive.
 *
 * One pass over the nodes in topological order: allocate the outputs, lower the node, free what is not read
 * again. Reshapes, transposes, slices and broadcasts are layouts of the buffer they look at. An elementwise
 * node writes over an input that is not read again.
 */
import {
  bytesPerElement,
  constantPrimitive,
  describe,
  type Graph,
  type Node,
  type Shape,
  sizeOf,
  stridesOf,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  type WasmBinary,
} from '@equiflow/tensor';
import { expandDecompositions } from './expand.ts';
import { kernels } from './generated/kernels.ts';
import { copyDense } from './kernels/copy.ts';
import { coreKernels } from './kernels/index.ts';
import type { CoreKernel, StridedOperand } from './kernels/kernel.ts';
import { denseLayout, isDense, type Layout, repeats } from './layout.ts';
import { alignment, OffsetAllocator, padded } from './memory.ts';
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
  readonly constants: readonly { readonly pointer: number; readonly data: TypedArray }[];
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

function hasKernel({ primitive }: Node): boolean {
  return coreKernels.has(primitive.name) || viewRules.has(primitive.name) || primitive.wasm !== undefined;
}

/** A piece of memory and how many values lie in it. */
interface Buffer {
  readonly start: number;
  readonly bytes: number;
  /** Inputs and constants keep their place. */
  readonly permanent: boolean;
  holders: number;
}

/** What is known of a tensor during the pass. */
interface Value {
  layout: Layout;
  buffer: Buffer;
  /** How often it will still be read; an output of the graph counts as one more reader. */
  uses: number;
}

class Planner {
  readonly #graph: Graph;
  readonly #maxBytes: number;
  readonly #allocator = new OffsetAllocator();
  readonly #values = new Map<Tensor, Value>();
  readonly #uses = new Map<Tensor, number>();
  readonly #binaries: WasmBinary[] = [];
  readonly #calls: PlannedCall[] = [];
  readonly #constants: { pointer: number; data: TypedArray }[] = [];
  readonly #tables = new Map<string, { pointer: number; data: TypedArray }[]>();

  constructor(graph: Graph, maxBytes: number) {
    this.#graph = graph;
    this.#maxBytes = maxBytes;
  }

  plan(): Plan {
    const { inputs, outputs, nodes } = this.#graph;
    const count = (tensor: Tensor): void => {
      this.#uses.set(tensor, (this.#uses.get(tensor) ?? 0) + 1);
    };
    for (const node of nodes) node.inputs.forEach(count);
    outputs.forEach(count);

    const places = inputs.map((tensor) => {
      const buffer = this.#allocate(sizeOf(tensor.shape) * bytesPerElement(tensor.dtype), true);
      this.#define(tensor, denseLayout(tensor.shape), buffer);
      return { ...typeOf(tensor), pointer: buffer.start };
    });
    const isInput = new Set(inputs.map((tensor) => tensor.node));
    // Constants first: they stay for the whole run, and the pieces that come and go stay together above them.
    for (const node of nodes) if (isConstant(node)) this.#constant(node);
    for (const node of nodes) if (!isInput.has(node) && !isConstant(node)) this.#visit(node);
    const results = outputs.map((tensor) => {
      // A result is the caller's until the next run: it may share neither an input's place nor a constant's.
      if (this.#value(tensor).buffer.permanent) this.#copy(tensor);
      this.#makeDense(tensor);
      return { ...typeOf(tensor), pointer: this.#operand(tensor).pointer };
    });
    // Kernels may read one line past the end of a buffer.
    const bytes = this.#allocator.top + alignment;
    if (bytes > this.#maxBytes) throw this.#tooLarge(bytes);
    return {
      binaries: this.#binaries,
      calls: this.#calls,
      constants: this.#constants,
      inputs: places,
      outputs: results,
      bytes,
    };
  }

  #constant(node: Node): void {
    const { data } = node.attributes as { data: TypedArray };
    const output = node.outputs[0]!;
    const buffer = { start: this.#table(data), bytes: padded(data.byteLength), permanent: true, holders: 1 };
    this.#define(output, denseLayout(output.shape), buffer);
  }

  #visit(node: Node): void {
    const view = viewRules.get(node.primitive.name);
    if (view) {
      const [input] = node.inputs as [Tensor];
      let layout = view(this.#value(input).layout, node);
      if (!layout) {
        this.#makeDense(input);
        layout = view(this.#value(input).layout, node)!;
      }
      const { buffer } = this.#value(input);
      buffer.holders++;
      this.#define(node.outputs[0]!, layout, buffer);
    } else this.#lower(node);
    for (const input of node.inputs) {
      const value = this.#value(input);
      value.uses--;
      if (value.uses === 0) this.#release(value.buffer);
    }
    for (const output of node.outputs) {
      const value = this.#value(output);
      if (value.uses === 0) this.#release(value.buffer);
    }
  }

  /** Allocates a node's outputs and emits its calls. */
  #lower(node: Node): void {
    const kernel = coreKernels.get(node.primitive.name) ?? (node.primitive.wasm as CoreKernel);
    if (!this.#readable(kernel, node)) {
      // First what is merely permuted, since repeats are often readable as they are; then everything.
      for (const input of node.inputs) if (!repeats(this.#value(input).layout)) this.#makeDense(input);
      if (!this.#readable(kernel, node)) for (const input of node.inputs) this.#makeDense(input);
    }
    let inputs = node.inputs.map((tensor) => this.#operand(tensor));
    let { shape } = node.outputs[0]!;
    if (kernel.skipsRepeats) {
      shape = distinctShape(shape, inputs);
      inputs = inputs.map((input) => ({ ...input, type: { ...input.type, shape }, size: sizeOf(shape) }));
    }
    const outputs = node.outputs.map((tensor) => {
      const kept = kernel.skipsRepeats ? shape : tensor.shape;
      const bytes = sizeOf(kept) * bytesPerElement(tensor.dtype);
      const buffer = this.#reusable(node, inputs, bytes) ?? this.#allocate(bytes, false);
      const dense = stridesOf(kept);
      const strides = dense.map((stride, axis) => (kept[axis] === tensor.shape[axis] ? stride : 0));
      this.#define(tensor, { shape: tensor.shape, strides, offset: 0 }, buffer);
      const type = { shape: kept, dtype: tensor.dtype };
      return { type, size: sizeOf(kept), pointer: buffer.start, strides: dense };
    });
    const borrowed: Buffer[] = [];
    kernel.lower({
      attributes: node.attributes,
      inputs,
      outputs,
      scratch: (bytes) => {
        const buffer = this.#allocate(bytes, false);
        borrowed.push(buffer);
        return buffer.start;
      },
      table: (data) => this.#table(data),
      call: (name, ...values) => this.#call(kernel.binary, name, values),
    });
    for (const buffer of borrowed) this.#release(buffer);
  }

  #readable(kernel: CoreKernel, node: Node): boolean {
    const operands = node.inputs.map((tensor) => this.#operand(tensor));
    if (operands.every((operand) => isDense({ shape: operand.type.shape, strides: operand.strides })))
      return true;
    let types = operands;
    if (kernel.skipsRepeats) {
      const shape = distinctShape(node.outputs[0]!.shape, operands);
      types = operands.map((operand) => ({ ...operand, type: { ...operand.type, shape } }));
      if (types.every(({ type, strides }) => isDense({ shape: type.shape, strides }))) return true;
    }
    return kernel.readsStrided?.(types, node.attributes) ?? false;
  }

  /** The buffer of an input that an elementwise node may write over, held once more. */
  #reusable(node: Node, operands: readonly StridedOperand[], bytes: number): Buffer | null {
    if (!node.primitive.elementwise) return null;
    for (const [slot, tensor] of node.inputs.entries()) {
      const { buffer, layout, uses } = this.#value(tensor);
      const reads = node.inputs.filter((other) => other === tensor).length;
      const { type, strides } = operands[slot]!;
      if (
        !buffer.permanent &&
        buffer.holders === 1 &&
        uses === reads &&
        buffer.bytes === bytes &&
        layout.offset === 0 &&
        sizeOf(type.shape) * bytesPerElement(type.dtype) === bytes &&
        isDense({ shape: type.shape, strides })
      ) {
        buffer.holders++;
        return buffer;
      }
    }
    return null;
  }

  #value(tensor: Tensor): Value {
    return this.#values.get(tensor)!;
  }

  #define(tensor: Tensor, layout: Layout, buffer: Buffer): void {
    this.#values.set(tensor, { layout, buffer, uses: this.#uses.get(tensor) ?? 0 });
  }

  #operand(tensor: Tensor): StridedOperand {
    const { layout, buffer } = this.#value(tensor);
    const pointer = buffer.start + layout.offset * bytesPerElement(tensor.dtype);
    return { type: typeOf(tensor), size: tensor.size, pointer, strides: layout.strides };
  }

  /** Gives a tensor a dense buffer of its own where it has none. */
  #makeDense(tensor: Tensor): void {
    if (!isDense(this.#value(tensor).layout)) this.#copy(tensor);
  }

  #copy(tensor: Tensor): void {
    const value = this.#value(tensor);
    const buffer = this.#allocate(tensor.size * bytesPerElement(tensor.dtype), false);
    const lowering = {
      table: (data: TypedArray) => this.#table(data),
      call: (name: string, ...values: number[]) => this.#call(kernels, name, values),
    };
    copyDense(lowering, buffer.start, this.#operand(tensor));
    this.#release(value.buffer);
    value.buffer = buffer;
    value.layout = denseLayout(tensor.shape);
  }

  #allocate(bytes: number, permanent: boolean): Buffer {
    const start = permanent ? this.#allocator.allocateUntouched(bytes) : this.#allocator.allocate(bytes);
    return { start, bytes, permanent, holders: 1 };
  }

  #release(buffer: Buffer): void {
    buffer.holders--;
    if (buffer.holders === 0 && !buffer.permanent) this.#allocator.free(buffer.start, buffer.bytes);
  }

  /** Address of constant data; equal content is kept once. */
  #table(data: TypedArray): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${data.constructor.name} ${data.length} ${checksum(bytes)}`;
    const same = this.#tables.get(key) ?? [];
    const found = same.find((other) => equalBytes(bytes, other.data));
    if (found) return found.pointer;
    const entry = { pointer: this.#allocator.allocateUntouched(data.byteLength), data };
    this.#tables.set(key, [...same, entry]);
    this.#constants.push(entry);
    return entry.pointer;
  }

  #call(binary: WasmBinary, name: string, values: readonly number[]): void {
    let index = this.#binaries.indexOf(binary);
    if (index < 0) index = this.#binaries.push(binary) - 1;
    this.#calls.push({ binary: index, name, arguments: values });
  }

  #tooLarge(bytes: number): TensorError {
    const largest = this.#graph.nodes
      .filter((node) => !viewRules.has(node.primitive.name))
      .flatMap((node) => node.outputs)
      .map((tensor) => ({ tensor, bytes: tensor.size * bytesPerElement(tensor.dtype) }))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 3)
      .map((each) => `${shortName(each.tensor.node)} ${describe(each.tensor)} ${mebibytes(each.bytes)}`);
    return new TensorError(
      `wasm: the graph needs ${mebibytes(bytes)} of memory, the limit is ${mebibytes(this.#maxBytes)}; ` +
        `largest tensors: ${largest.join(', ')}; use smaller batches`,
    );
  }
}

/** `shape` with length 1 on the axes along which every operand repeats. */
function distinctShape(shape: Shape, operands: readonly StridedOperand[]): Shape {
  return shape.map((length, axis) =>
    length > 1 && operands.every((operand) => operand.strides[axis] === 0) ? 1 : length,
  );
}

function isConstant(node: Node): boolean {
  return node.primitive.name === constantPrimitive.name;
}

function typeOf({ shape, dtype }: TensorType): TensorType {
  return { shape: [...shape], dtype };
}

/** `add` of `@equiflow/tensor#addPrimitive`. */
function shortName(node: Node): string {
  return node.primitive.name.replace(/^.*#/, '').replace(/Primitive$/, '');
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;
}

/** FNV-1a, to find equal tables. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function equalBytes(bytes: Uint8Array, other: TypedArray): boolean {
  const view = new Uint8Array(other.buffer, other.byteOffset, other.byteLength);
  return view.length === bytes.length && view.every((byte, i) => byte === bytes[i]);
}
