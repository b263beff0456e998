/** Primitives that move values without computing: they become index arithmetic where they are read. */
import {
  type GpuArray,
  type GpuCode,
  type PadAttributes,
  type Shape,
  type SliceAttributes,
  sizeOf,
  stridesOf,
} from '@equiflow/tensor';
import { mostArrays } from '../planner.ts';
import { coordinate, lanes, place, strided } from './indexing.ts';
import type { CoreKernel, CoreLowering } from './kernel.ts';
import { around } from './kernel.ts';

const readStrided = <A>(
  l: CoreLowering<A>,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): GpuArray[] => {
  const [x] = l.inputs;
  return [
    l.map(sizeOf(shape), (code, index) => code.read(x!.array, strided(code, index, shape, strides, offset))),
  ];
};

/** The same values in the same order. */
export const reshape: CoreKernel<object> = (l) => [l.inputs[0]!.array];

export const transpose: CoreKernel<{ readonly permutation: readonly number[] }> = (l) => {
  const strides = stridesOf(l.inputs[0]!.type.shape);
  return readStrided(
    l,
    l.outputs[0]!.shape,
    l.attributes.permutation.map((axis) => strides[axis]!),
    0,
  );
};

export const broadcastTo: CoreKernel<{ readonly shape: Shape }> = (l) => {
  const from = l.inputs[0]!.type.shape;
  const { shape } = l.outputs[0]!;
  const strides = stridesOf(from);
  const lead = shape.length - from.length;
  return readStrided(
    l,
    shape,
    shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!)),
    0,
  );
};

export const slice: CoreKernel<SliceAttributes> = (l) => {
  const { starts, steps } = l.attributes;
  const strides = stridesOf(l.inputs[0]!.type.shape);
  const offset = starts.reduce((total, start, axis) => total + start * strides[axis]!, 0);
  return readStrided(
    l,
    l.outputs[0]!.shape,
    strides.map((stride, axis) => stride * steps[axis]!),
    offset,
  );
};

export const pad: CoreKernel<PadAttributes> = (l) => {
  const [x] = l.inputs;
  const { shape, starts, steps } = l.attributes;
  const inner = x!.type.shape;
  const strides = stridesOf(inner);
  const padded = inner.flatMap((length, axis) => (length === shape[axis] ? [] : [axis]));
  return [
    l.map(sizeOf(shape), (code, index) => {
      const value = code.variable('0');
      const conditions: string[] = [];
      const at = inner.map((length, axis): readonly [string, number] => {
        const outside = length === 1 && shape[axis] === 1 ? '0' : coordinate(code, index, shape, axis);
        if (!padded.includes(axis)) return [outside, strides[axis]!];
        const from = starts[axis]! === 0 ? outside : code.let(`${outside} - ${starts[axis]}`);
        const step = steps[axis]!;
        conditions.push(`${from} >= 0`, `${from} < ${(length - 1) * step + 1}`);
        if (step === 1) return [from, strides[axis]!];
        const quotient = code.let(`Math.floor((${from} + 0.5) * ${1 / step})`);
        conditions.push(`${from} - ${quotient} * ${step} === 0`);
        return [quotient, strides[axis]!];
      });
      if (conditions.length === 0) return code.read(x!.array, index);
      const source = place(code, ...at);
      code.when(conditions.join(' && '), () => code.assign(value, code.read(x!.array, source)));
      return value;
    }),
  ];
};

/** Parts side by side along the axis; many of them are joined in groups first. */
export const concatenate: CoreKernel<{ readonly axis: number }> = (l) => {
  const { axis } = l.attributes;
  const { outer, inner } = around(l.outputs[0]!.shape, axis);
  let parts = l.inputs
    .map(({ type, array }) => ({ length: type.shape[axis]!, array }))
    .filter(({ length }) => length > 0);
  const most = mostArrays - 2;
  while (parts.length > most) {
    const joined: typeof parts = [];
    for (let start = 0; start < parts.length; start += most) {
      const group = parts.slice(start, start + most);
      const length = group.reduce((total, part) => total + part.length, 0);
      joined.push({ length, array: l.store(join(l, group, outer, inner)) });
    }
    parts = joined;
  }
  return [join(l, parts, outer, inner)];
};

function join<A>(
  l: CoreLowering<A>,
  parts: readonly { readonly length: number; readonly array: GpuArray }[],
  outer: number,
  inner: number,
): GpuArray {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (parts.length === 1) return parts[0]!.array;
  return l.map(outer * total * inner, (code, index) => {
    const lane =
      outer === 1
        ? { outer: '0', along: code.quotient(index, inner), within: code.remainder(index, inner) }
        : lanes(code, index, total, inner);
    const value = code.variable('0');
    const choose = (which: number, start: number): void => {
      const { length, array } = parts[which]!;
      const read = (): void => {
        const along = start === 0 ? lane.along : code.let(`${lane.along} - ${start}`);
        code.assign(
          value,
          code.read(array, place(code, [lane.outer, length * inner], [along, inner], [lane.within, 1])),
        );
      };
      if (which === parts.length - 1) read();
      else code.when(`${lane.along} < ${start + length}`, read, () => choose(which + 1, start + length));
    };
    choose(0, 0);
    return value;
  });
}

/** Rows by index. */
export const gather: CoreKernel<{ readonly axis: number }> = (l) => {
  const [x, indices] = l.inputs;
  const { length, inner } = around(x!.type.shape, l.attributes.axis);
  const count = indices!.array.size;
  return [
    l.map(sizeOf(l.outputs[0]!.shape), (code, index) => {
      const lane = lanes(code, index, count, inner);
      const row = code.read(indices!.array, lane.along);
      return code.read(x!.array, place(code, [lane.outer, length * inner], [row, inner], [lane.within, 1]));
    }),
  ];
};

/** Elements by an index of every lane's own. */
export const takeAlongAxis: CoreKernel<{ readonly axis: number }> = (l) => {
  const [x, indices] = l.inputs;
  const { length, inner } = around(x!.type.shape, l.attributes.axis);
  const taken = indices!.type.shape[l.attributes.axis]!;
  return [
    l.map(indices!.array.size, (code: GpuCode, index) => {
      const row = code.read(indices!.array, index);
      const outer = code.quotient(index, taken * inner);
      return code.read(
        x!.array,
        place(code, [outer, length * inner], [row, inner], [code.remainder(index, inner), 1]),
      );
    }),
  ];
};
