/** NaN, infinities, signed zeros, subnormal and huge numbers go through every elementwise kernel as through JavaScript. */
import * as tensor from '@equiflow/tensor';
import {
  apply,
  type DType,
  type Primitive,
  referenceBackend,
  type TypedArray,
  trace,
} from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { expect, test } from 'vitest';
import { wasm } from './index.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const magnitudes = [
  0,
  5e-324,
  1e-310,
  1e-45,
  1e-40,
  1e-10,
  0.1,
  0.5,
  1,
  1.5,
  2,
  3,
  10,
  88.6,
  709.5,
  1e5,
  1e30,
  1e300,
  infinity,
];
const specials = [nan, ...magnitudes, ...magnitudes.map((value) => -value)];

/** Sine and cosine reduce their argument exactly up to here, and give NaN beyond. */
const reach: Readonly<Record<string, number>> = { sin: 1.6e6, cos: 1.6e6 };

const elementwise = primitivesOf(tensor).filter((primitive) => primitive.elementwise);

/** Every value, or every tuple of values. */
function operands(primitive: Primitive, dtype: DType): TypedArray[] {
  const arity = primitive.examples[0]!.inputs.length;
  const limit = reach[primitive.name.replace(/^.*#(.*)Primitive$/, '$1')] ?? infinity;
  const values = specials.filter((value) => Number.isNaN(value) || Math.abs(value) <= limit);
  const count = values.length ** arity;
  return Array.from({ length: arity }, (_, slot) => {
    const list = Array.from(
      { length: count },
      (__, i) => values[Math.floor(i / values.length ** slot) % values.length]!,
    );
    return dtype === 'float32' ? Float32Array.from(list) : Float64Array.from(list);
  });
}

const cases = elementwise.flatMap((primitive) =>
  (['float32', 'float64'] as const).map((dtype) => [primitive.name, dtype, primitive] as const),
);

test.each(cases)('%s %s', (_, dtype, primitive) => {
  const data = operands(primitive, dtype);
  const specs = data.map(({ length }) => ({ shape: [length], dtype }));
  const graph = trace((...inputs) => apply(primitive, inputs, primitive.examples[0]!.attributes), specs);
  const [expected] = referenceBackend.compile(graph).run(data);
  const [actual] = wasm().compile(graph).run(data);
  // A power's relative error grows with its logarithm.
  const tolerance = dtype === 'float32' ? 4e-7 : primitive === tensor.powerPrimitive ? 4e-13 : 1e-15;
  const smallest = dtype === 'float32' ? 2 ** -149 : 2 ** -1074;
  const wrong: string[] = [];
  expected!.forEach((value, i) => {
    const got = actual![i]!;
    const close = Math.abs(got - value) <= tolerance * Math.abs(value) + smallest;
    if (!Object.is(got, value) && !close)
      wrong.push(`${data.map((each) => each[i])}: ${got}, expected ${value}`);
  });
  expect(wrong).toEqual([]);
});
