/** Cuts samples and their θ into the batches that solvers are compiled for. */
import { requireFloats } from './checks.ts';

type Floats = Float32Array | Float64Array;

/** How samples are cut. */
export interface BatchOptions {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly contextSize: number;
  /** Samples of a batch at most. */
  readonly largest: number;
  /** Values in the type that is computed in. */
  readonly typed: (values: ArrayLike<number>) => Floats;
  /** Random directions of a batch of `size` that begins at sample `start`; left out where none are needed. */
  readonly probes?: (start: number, size: number) => Floats;
}

/** Some samples with their θ, filled up with the last of them to a size that there is a solver for. */
export interface SampleBatch {
  /** Place of the first in the call. */
  readonly start: number;
  /** How many are samples of the call; the rest fills up. */
  readonly count: number;
  /** A power of two, or `largest`. */
  readonly size: number;
  /** [size, ...shape] */
  readonly x: Floats;
  /** [size, contextSize] */
  readonly theta: Floats;
  readonly probes: Floats | undefined;
}

/** @throws RangeError for numbers of values that do not fit. */
export function* sampleBatches(
  x: Floats,
  thetas: Floats,
  { shape, contextSize, largest, typed, probes }: BatchOptions,
): Generator<SampleBatch, void, void> {
  requireFloats('x', x);
  requireFloats('θ', thetas);
  const dimension = shape.reduce((product, length) => product * length, 1);
  const total = x.length / dimension;
  if (!Number.isInteger(total) || thetas.length !== total * contextSize) {
    throw new RangeError(
      `continuous flow: ${x.length} values of samples [${shape}] with ${thetas.length} values of ${contextSize} parameters`,
    );
  }
  for (let start = 0; start < total; start += largest) {
    const count = Math.min(largest, total - start);
    const size = Math.min(largest, 2 ** Math.ceil(Math.log2(count)));
    const rows = (values: Floats, width: number): Floats => {
      const out = typed({ length: size * width });
      for (let i = 0; i < size; i++) {
        const from = (start + Math.min(i, count - 1)) * width;
        out.set(values.subarray(from, from + width), i * width);
      }
      return out;
    };
    yield {
      start,
      count,
      size,
      x: rows(x, dimension),
      theta: rows(thetas, contextSize),
      probes: probes?.(start, size),
    };
  }
}
