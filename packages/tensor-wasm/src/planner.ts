/**
 * Planning, one pass over the nodes in topological order: allocate the outputs, lower the node, free what is
 * not read again. Reshapes, transposes, slices and broadcasts are layouts of the buffer they look at. An
 * elementwise node writes over an input that is not read again.
 */
import {
  addPrimitive,
  bytesPerElement,
  constantPrimitive,
  describe,
  type Graph,
  type Node,
  type PadAttributes,
  padPrimitive,
  type Shape,
  sizeOf,
  stridesOf,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  type WasmBinary,
} from '@equiflow/tensor';
import { ConstantPool } from './constants.ts';
import { kernels } from './generated/kernels.ts';
import { copyDense } from './kernels/copy.ts';
import { coreKernels } from './kernels/index.ts';
import { type CoreKernel, type StridedOperand, suffix } from './kernels/kernel.ts';
import { denseLayout, isDense, type Layout, repeats } from './layout.ts';
import { alignment, OffsetAllocator, padded } from './memory.ts';
import type { Plan, PlannedCall } from './plan.ts';
import { viewRules } from './views.ts';

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

/** One pass over a graph. */
export class Planner {
  readonly #graph: Graph;
  readonly #maxBytes: number;
  readonly #allocator = new OffsetAllocator();
  readonly #values = new Map<Tensor, Value>();
  readonly #uses = new Map<Tensor, number>();
  /** The last reader of each tensor. */
  readonly #readers = new Map<Tensor, Node>();
  /** Pieces among zeros that their one reader will add where they belong. */
  readonly #waiting = new Map<Tensor, Node>();
  readonly #binaries: WasmBinary[] = [];
  readonly #calls: PlannedCall[] = [];
  readonly #constants = new ConstantPool((bytes) => this.#allocator.allocateUntouched(bytes));

  /** What the copies of the planner itself are emitted with. */
  readonly #copies = {
    table: (data: TypedArray): number => this.#constants.place(data),
    call: (name: string, ...values: number[]): void => this.#call(kernels, name, values),
  };

  constructor(graph: Graph, maxBytes: number) {
    this.#graph = graph;
    this.#maxBytes = maxBytes;
  }

  plan(): Plan {
    const { inputs, outputs, nodes } = this.#graph;
    const count = (tensor: Tensor): void => {
      this.#uses.set(tensor, (this.#uses.get(tensor) ?? 0) + 1);
    };
    for (const node of nodes) {
      for (const tensor of node.inputs) {
        count(tensor);
        this.#readers.set(tensor, node);
      }
    }
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
      constants: this.#constants.placed,
      inputs: places,
      outputs: results,
      bytes,
    };
  }

  #constant(node: Node): void {
    const { data } = node.attributes as { data: TypedArray };
    const output = node.outputs[0]!;
    const buffer = {
      start: this.#constants.place(data),
      bytes: padded(data.byteLength),
      permanent: true,
      holders: 1,
    };
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
    } else if (this.#waits(node)) {
      this.#waiting.set(node.outputs[0]!, node);
      return;
    } else if (node.inputs.some((tensor) => this.#waiting.has(tensor))) this.#addParts(node);
    else this.#lower(node);
    for (const input of node.inputs) this.#read(this.#waiting.get(input)?.inputs[0] ?? input);
    for (const output of node.outputs) {
      const value = this.#value(output);
      if (value.uses === 0) this.#release(value.buffer);
    }
  }

  /** One reader fewer. */
  #read(tensor: Tensor): void {
    const value = this.#value(tensor);
    value.uses--;
    if (value.uses === 0) this.#release(value.buffer);
  }

  /**
   * Whether a node puts a contiguous piece among zeros for one sum only: the gradient of one of many slices,
   * say, of all parameters in one vector. Such a piece is added where it belongs, without the zeros.
   */
  #waits(node: Node): boolean {
    const [output] = node.outputs as [Tensor];
    if (node.primitive.name !== padPrimitive.name || this.#uses.get(output) !== 1) return false;
    if (this.#readers.get(output)?.primitive.name !== addPrimitive.name || output.size === 0) return false;
    const { steps } = node.attributes as PadAttributes;
    const strides = stridesOf(output.shape).map((stride, axis) => stride * steps[axis]!);
    return isDense({ shape: node.inputs[0]!.shape, strides });
  }

  /** A sum of which one or both terms are waiting pieces. */
  #addParts(node: Node): void {
    const [output] = node.outputs as [Tensor];
    const bytes = output.size * bytesPerElement(output.dtype);
    const parts = node.inputs.filter((tensor) => this.#waiting.has(tensor));
    const whole = node.inputs.find((tensor) => !this.#waiting.has(tensor));
    let buffer: Buffer | null = null;
    if (whole) {
      this.#makeDense(whole);
      const operand = this.#operand(whole);
      buffer = this.#reusable(node, [operand], bytes, [whole]);
      if (!buffer) {
        buffer = this.#allocate(bytes, false);
        copyDense(this.#copies, buffer.start, operand);
      }
    } else {
      buffer = this.#allocate(bytes, false);
      this.#call(kernels, 'clear', [buffer.start, bytes]);
    }
    for (const part of parts) {
      const pad = this.#waiting.get(part)!;
      const [input] = pad.inputs as [Tensor];
      this.#makeDense(input);
      const { pointer, size } = this.#operand(input);
      const strides = stridesOf(output.shape);
      const { starts } = pad.attributes as PadAttributes;
      const first = starts.reduce((offset, start, axis) => offset + start * strides[axis]!, 0);
      const to = buffer.start + first * bytesPerElement(output.dtype);
      if (size > 0) {
        this.#call(kernels, `add${suffix(this.#operand(input))}`, [
          to,
          to,
          pointer,
          1,
          1,
          size,
          0,
          0,
          1,
          0,
          0,
          1,
        ]);
      }
    }
    this.#define(output, denseLayout(output.shape), buffer);
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
      table: (data) => this.#constants.place(data),
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
  #reusable(
    node: Node,
    operands: readonly StridedOperand[],
    bytes: number,
    tensors: readonly Tensor[] = node.inputs,
  ): Buffer | null {
    if (!node.primitive.elementwise) return null;
    for (const [slot, tensor] of tensors.entries()) {
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
    copyDense(this.#copies, buffer.start, this.#operand(tensor));
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
