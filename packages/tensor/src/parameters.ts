/**
 * Named parameters of a model, kept in one flat vector: an optimiser, a gradient, a checkpoint and a
 * worker then each handle one array. Inside a graph the vector is cut into slices, which cost nothing.
 */
import { reshape } from './primitives/reshape.ts';
import { slice } from './primitives/slice.ts';
import { randomNormal } from './random/draw.ts';
import { foldIn, key } from './random/philox.ts';
import type { Tensor } from './tensor.ts';
import { TensorError } from './types.ts';

/** Shape of one parameter and how its first values are drawn: normal with a standard deviation, or given. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  /** Standard deviation of the first values; 0 starts at `values` or at zero. */
  readonly deviation?: number;
  readonly values?: readonly number[];
}

/** Specs by name; names of nested parts are joined by dots. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** The parameters as tensors, by name. */
export type ParameterTensors = Readonly<Record<string, Tensor>>;

/** Where one parameter lies in the flat vector. */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** The order of the parameters in the flat vector: that of the specs. */
export function layoutOf(specs: ParameterSpecs): {
  readonly slots: readonly ParameterSlot[];
  readonly size: number;
} {
  const slots: ParameterSlot[] = [];
  let offset = 0;
  for (const [name, { shape }] of Object.entries(specs)) {
    const size = shape.reduce((product, length) => product * length, 1);
    slots.push({ name, shape, offset, size });
    offset += size;
  }
  return { slots, size: offset };
}

/** First values of all parameters, in float64; the same for a seed whatever the dtype of the training. */
export function initialParameters(specs: ParameterSpecs, seed: number): Float64Array {
  const { slots, size } = layoutOf(specs);
  const flat = new Float64Array(size);
  slots.forEach(({ name, offset, size: count }, index) => {
    const { deviation = 0, values } = specs[name]!;
    if (values) {
      if (values.length !== count) {
        throw new TensorError(`parameter ${name}: ${values.length} first values for ${count} elements`);
      }
      flat.set(values, offset);
    }
    if (deviation > 0) {
      const noise = randomNormal(foldIn(key(seed), index), [count], 'float64');
      for (let i = 0; i < count; i++) flat[offset + i]! += deviation * noise[i]!;
    }
  });
  return flat;
}

/** Cuts the flat vector into named tensors. @throws TensorError when its length is not that of the specs. */
export function unpackParameters(specs: ParameterSpecs, flat: Tensor): ParameterTensors {
  const { slots, size } = layoutOf(specs);
  if (flat.shape.length !== 1 || flat.size !== size) {
    throw new TensorError(`parameters: a vector of ${flat.size} values where the model has ${size}`);
  }
  return Object.fromEntries(
    slots.map(({ name, shape, offset, size: count }) => [
      name,
      reshape(slice(flat, [[offset, offset + count]]), shape),
    ]),
  );
}

/** `specs` with every name put under a prefix. */
export function underPrefix(prefix: string, specs: ParameterSpecs): ParameterSpecs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [`${prefix}.${name}`, spec]));
}

/** The parameters under a prefix, by their names without it. */
export function withinPrefix(prefix: string, parameters: ParameterTensors): ParameterTensors {
  const start = `${prefix}.`;
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => name.startsWith(start))
      .map(([name, tensor]) => [name.slice(start.length), tensor]),
  );
}
