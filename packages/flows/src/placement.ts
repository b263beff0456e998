/**
 * Where the functions of a flow run: over the workers of a pool, or on a device (a GPU) whose runs give a Promise. A
 * function is compiled for some items (maps) at a time; longer batches are run in chunks.
 */
import { type Graph, type Shape, sizeOf, type TypedArray } from '@equiflow/tensor';
import { dataParallel, type ParallelExecutable, type Pool, planOf } from '@equiflow/tensor-wasm';

/** A backend whose executables run elsewhere: `await gpu()` of `@equiflow/tensor-gpu` is one. Float32 only. */
export interface Device {
  readonly name: string;
  compile(graph: Graph): {
    run(inputs: readonly TypedArray[]): Promise<TypedArray[]>;
    dispose(): Promise<void>;
  };
}

/** Where something runs. */
export type Placement = Pool | Device;

/** Whether it is a device. */
export function isDevice(place: Placement): place is Device {
  return 'compile' in place;
}

/** A function of a batch of items, by the graph for so many of them. */
export interface ChunkedFunction {
  /** The function of `count` items as a graph. */
  readonly graph: (count: number) => Graph;
  /** Items that a worker takes at a time. */
  readonly chunk: number;
  /** Values of an item, of which a device holds many at a time. */
  readonly valuesPerItem: number;
  /** For each input: the same for all chunks (parameters), or cut along the first axis. */
  readonly inputs: readonly ('shared' | 'batch')[];
  /** For each output: added over the chunks, or joined along the first axis. */
  readonly outputs: readonly ('sum' | 'concat')[];
}

/** Values of the fields of one run on a device: spectra and partial sums of a layer are a few times as long, up to 2²⁴. */
const DEVICE_VALUES = 2 ** 21;

/** Compiles a function of a batch for a place. */
export function compileChunked(place: Placement, made: ChunkedFunction): Promise<ParallelExecutable> {
  const { graph, chunk, inputs, outputs } = made;
  if (!isDevice(place)) {
    return dataParallel({ pool: place, chunk, plan: (count) => planOf(graph(count)), inputs, outputs });
  }
  return Promise.resolve(overDevice(place, made));
}

/** The chunks one after the other; sums are taken in float64. */
function overDevice(
  device: Device,
  { graph, valuesPerItem, inputs, outputs }: ChunkedFunction,
): ParallelExecutable {
  const most = Math.max(1, Math.floor(DEVICE_VALUES / valuesPerItem));
  const compiled = new Map<number, { executable: ReturnType<Device['compile']>; shapes: readonly Shape[] }>();
  const executableOf = (count: number) => {
    let found = compiled.get(count);
    if (!found) {
      const built = graph(count);
      found = { executable: device.compile(built), shapes: built.inputs.map(({ shape }) => shape) };
      compiled.set(count, found);
    }
    return found;
  };
  const first = inputs.indexOf('batch');
  const itemLength = sizeOf(graph(1).inputs[first]!.shape);
  return {
    async run(given) {
      const total = given[first]!.length / itemLength;
      if (!Number.isInteger(total) || total === 0) {
        throw new RangeError(
          `${device.name}: ${given[first]!.length} values for items of ${itemLength} values each`,
        );
      }
      const parts: TypedArray[][] = [];
      for (let start = 0; start < total; start += most) {
        const count = Math.min(most, total - start);
        const { executable, shapes } = executableOf(count);
        const cut = given.map((data, slot) => {
          if (inputs[slot] === 'shared') return data;
          const each = sizeOf(shapes[slot]!) / count;
          return data.subarray(start * each, (start + count) * each);
        });
        parts.push(await executable.run(cut));
      }
      return outputs.map((how, slot) => (how === 'sum' ? added(parts, slot) : joined(parts, slot)));
    },
    async dispose() {
      await Promise.all([...compiled.values()].map(({ executable }) => executable.dispose()));
      compiled.clear();
    },
  };
}

function added(parts: readonly TypedArray[][], slot: number): TypedArray {
  const total = Float64Array.from(parts[0]![slot]!);
  for (const part of parts.slice(1)) {
    part[slot]!.forEach((value, i) => {
      total[i]! += value;
    });
  }
  return total;
}

function joined(parts: readonly TypedArray[][], slot: number): TypedArray {
  const arrays = parts.map((part) => part[slot]!);
  const whole = new Float64Array(arrays.reduce((length, array) => length + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}
