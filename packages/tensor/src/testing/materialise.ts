/** Makes the inputs of a primitive's examples, and finds the primitives of a namespace. */
import type { Example, Primitive } from '../primitive.ts';
import { randomIntegers, randomUniform } from '../random/draw.ts';
import { foldIn, key } from '../random/philox.ts';
import { allocate, sizeOf, TensorError, type TensorType, type TypedArray } from '../types.ts';

/** The inputs of an example: their types and their values. */
export interface MaterialisedExample {
  readonly types: readonly TensorType[];
  readonly data: readonly TypedArray[];
}

/** Something a primitive does wrong: which one, in which example, what, by how much. */
export interface Failure {
  readonly primitive: string;
  /** Index in `examples`; −1 for the primitive as a whole. */
  readonly example: number;
  /** One line with the figures. */
  readonly message: string;
}

/**
 * The inputs of an example: float inputs in `dtype` (explicit values, or uniform draws in their range),
 * index inputs in int32. The same seed gives the same values in every dtype, to rounding.
 */
export function materialise(
  example: Example<object>,
  dtype: 'float32' | 'float64',
  seed: number,
): MaterialisedExample {
  const types: TensorType[] = [];
  const data = example.inputs.map(({ shape, values, range = [-2, 2], below }, index) => {
    const type: TensorType = { shape, dtype: below === undefined ? dtype : 'int32' };
    types.push(type);
    if (values) {
      if (values.length !== sizeOf(shape)) {
        throw new TensorError(`materialise: input ${index} has ${values.length} values for [${shape}]`);
      }
      const array = allocate(type.dtype, values.length);
      array.set(values);
      return array;
    }
    const from = foldIn(key(seed), index);
    if (below !== undefined) return randomIntegers(from, shape, below);
    const array = allocate(dtype, sizeOf(shape));
    array.set(randomUniform(from, shape, 'float64').map((u) => range[0] + (range[1] - range[0]) * u));
    return array;
  });
  return { types, data };
}

/** The primitives among the exports of a module: `primitivesOf(await import('./primitives.ts'))`. */
export function primitivesOf(namespace: Readonly<Record<string, unknown>>): Primitive[] {
  return Object.values(namespace).filter(isPrimitive);
}

function isPrimitive(value: unknown): value is Primitive {
  return typeof value === 'object' && value !== null && 'infer' in value && 'reference' in value;
}
