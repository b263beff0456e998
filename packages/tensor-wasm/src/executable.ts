/** Running a plan: one linear memory, the kernels bound to it, the calls in a row. */
import {
  checkInputs,
  type Executable,
  sizeOf,
  TensorError,
  type TensorType,
  type TypedArray,
  type WasmBinary,
} from '@equiflow/tensor';
import type { Place, Plan, PlannedCall } from './plan.ts';

const compiled = new Map<string, WebAssembly.Module>();

/** The module of a binary, compiled once for the whole program. */
export function moduleOf(binary: WasmBinary): WebAssembly.Module {
  let module = compiled.get(binary.base64);
  if (!module) {
    module = new WebAssembly.Module(
      Uint8Array.from(atob(binary.base64), (character) => character.charCodeAt(0)),
    );
    compiled.set(binary.base64, module);
  }
  return module;
}

/** A graph compiled to calls of WebAssembly kernels. */
export interface WasmExecutable extends Executable {
  /** What it runs, as data: can be sent to a worker. */
  readonly plan: Plan;
  /**
   * The places of the inputs in the memory, in order. Values may be written here directly; an input that is
   * given to `run` as this very array is not copied.
   */
  readonly inputArrays: readonly TypedArray[];
}

type Kernel = (...values: number[]) => void;

/** Instantiates a plan. @throws TensorError when the machine cannot give the memory. */
export function instantiate(plan: Plan): WasmExecutable {
  return new PlannedExecutable(plan);
}

class PlannedExecutable implements WasmExecutable {
  readonly plan: Plan;
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly memoryBytes: number;
  #inputArrays: readonly TypedArray[] = [];
  #outputArrays: readonly TypedArray[] = [];
  #kernels: readonly Kernel[] = [];
  #arguments: readonly (readonly number[])[] = [];
  #disposed = false;

  constructor(plan: Plan) {
    this.plan = plan;
    this.inputs = plan.inputs;
    this.outputs = plan.outputs;
    const pages = Math.ceil(plan.bytes / 65536);
    this.memoryBytes = pages * 65536;
    const memory = allocateMemory(pages);
    const instances = plan.binaries.map(
      (binary) => new WebAssembly.Instance(moduleOf(binary), { env: { memory } }).exports,
    );
    for (const { pointer, data } of plan.constants) {
      new Uint8Array(memory.buffer, pointer, data.byteLength).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    }
    this.#kernels = plan.calls.map((call) => kernelOf(instances, plan, call));
    this.#arguments = plan.calls.map((call) => call.arguments);
    this.#inputArrays = plan.inputs.map((place) => viewOf(memory, place));
    this.#outputArrays = plan.outputs.map((place) => viewOf(memory, place));
  }

  get inputArrays(): readonly TypedArray[] {
    return this.#inputArrays;
  }

  run(inputs: readonly TypedArray[]): TypedArray[] {
    if (this.#disposed) throw new TensorError('run: the executable was disposed; compile again');
    checkInputs(inputs, this.inputs);
    const places = this.#inputArrays;
    for (let i = 0; i < places.length; i++) if (places[i] !== inputs[i]) places[i]!.set(inputs[i]!);
    const kernels = this.#kernels;
    const values = this.#arguments;
    let at = 0;
    try {
      for (; at < kernels.length; at++) kernels[at]!.apply(undefined, values[at] as number[]);
    } catch (error) {
      throw new TensorError(stopped(this.plan, at, error));
    }
    return this.#outputArrays.slice();
  }

  dispose(): void {
    this.#disposed = true;
    this.#inputArrays = [];
    this.#outputArrays = [];
    this.#kernels = [];
    this.#arguments = [];
  }
}

/** Kernels stop themselves where going on would leave their tensors. */
function stopped(plan: Plan, at: number, error: unknown): string {
  const { name } = plan.calls[at]!;
  return `run: the kernel ${name} stopped (${(error as Error).message}); is an index outside its axis?`;
}

function allocateMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    throw new TensorError(
      `wasm: this machine gives no ${Math.ceil(pages / 16)} MiB of memory (${(error as Error).message}); use smaller batches`,
    );
  }
}

function kernelOf(instances: readonly WebAssembly.Exports[], plan: Plan, call: PlannedCall): Kernel {
  const found = instances[call.binary]![call.name];
  if (typeof found !== 'function' || found.length !== call.arguments.length) {
    throw new TensorError(
      `wasm: ${plan.binaries[call.binary]!.name} ${typeof found === 'function' ? `takes ${found.length} arguments for ${call.name}, ${call.arguments.length} were planned` : `has no kernel ${call.name}`}`,
    );
  }
  return found as Kernel;
}

function viewOf(memory: WebAssembly.Memory, { pointer, shape, dtype }: Place): TypedArray {
  const size = sizeOf(shape);
  if (dtype === 'float32') return new Float32Array(memory.buffer, pointer, size);
  return dtype === 'float64'
    ? new Float64Array(memory.buffer, pointer, size)
    : new Int32Array(memory.buffer, pointer, size);
}
