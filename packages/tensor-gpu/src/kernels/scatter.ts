/**
 * Sums into places that indices name, written as what each place takes in. With constant indices the values are
 * sorted by place once, when the plan is made; others are sorted on the device, or, where there are few, searched.
 */
import {
  constantPrimitive,
  type GpuArray,
  type GpuCode,
  type ScatterAddAttributes,
  sizeOf,
  type Tensor,
  TensorError,
  type TypedArray,
} from '@equiflow/tensor';
import { place } from './indexing.ts';
import { around, type CoreKernel, type CoreLowering } from './kernel.ts';

/** Values that one thread adds up. */
const longestPiece = 64;

/** Values times places up to which every place looks at every value. */
const fewComparisons = 1 << 14;

/** The same for lanes with indices of their own, all of which would have to be sorted. */
const fewComparisonsOfLane = 1 << 20;

export const scatterAdd: CoreKernel<ScatterAddAttributes> = (l) => {
  const [values, indices] = l.inputs;
  const { axis, length } = l.attributes;
  const { outer, inner } = around(l.outputs[0]!.shape, axis);
  const count = indices!.array.size;
  const known = constantOf(l.tensors[1]!);
  const read = (code: GpuCode, lane: string, from: string, within: string): string =>
    code.read(values!.array, place(code, [lane, count * inner], [from, inner], [within, 1]));
  if (known) return [sortedSum(l, known, outer, length, inner, read)];
  if (count * length <= fewComparisons) {
    return [
      l.sum(sizeOf(l.outputs[0]!.shape), count, (code, out, k) => {
        const rest = code.quotient(out, inner);
        const own = code.remainder(rest, length);
        const value = code.variable('0');
        code.when(`${code.read(indices!.array, k)} === ${own}`, () =>
          code.assign(value, read(code, code.quotient(rest, length), k, code.remainder(out, inner))),
        );
        return value;
      }),
    ];
  }
  const order = l.argsort(indices!.array, 1, count);
  return [bySortedIndex(l, order, l.store(indices!.array), count, outer, length, inner, read)];
};

/** Every lane has its own indices. */
export const scatterAddAlongAxis: CoreKernel<ScatterAddAttributes> = (l) => {
  const [values, indices] = l.inputs;
  const { axis, length } = l.attributes;
  const { outer, length: count, inner } = around(values!.type.shape, axis);
  if (count * length > fewComparisonsOfLane) return [bySortedLanes(l, outer, count, inner, length)];
  return [
    l.sum(outer * length * inner, count, (code, out, k) => {
      const rest = code.quotient(out, inner);
      const own = code.remainder(rest, length);
      const from = place(
        code,
        [code.quotient(rest, length), count * inner],
        [k, inner],
        [code.remainder(out, inner), 1],
      );
      const value = code.variable('0');
      code.when(`${code.read(indices!.array, from)} === ${own}`, () =>
        code.assign(value, code.read(values!.array, from)),
      );
      return value;
    }),
  ];
};

/** The values of a tensor that is constant, or null. */
export function constantOf(tensor: Tensor): TypedArray | null {
  if (tensor.node.primitive.name !== constantPrimitive.name) return null;
  return (tensor.node.attributes as { data: TypedArray }).data;
}

type ReadValue = (code: GpuCode, lane: string, from: string, within: string) => string;

/** Places whose values are known beforehand; long lists are cut into pieces that are added up in turn. */
function sortedSum<A>(
  l: CoreLowering<A>,
  indices: TypedArray,
  outer: number,
  length: number,
  inner: number,
  read: ReadValue,
): GpuArray {
  const counts = new Int32Array(length + 1);
  indices.forEach((index, at) => {
    if (!(index >= 0 && index < length)) {
      throw new TensorError(`scatterAdd: index ${index} at place ${at} is outside [0, ${length})`);
    }
    counts[index + 1]!++;
  });
  for (let i = 0; i < length; i++) counts[i + 1]! += counts[i]!;
  const next = counts.slice(0, length);
  const order = new Int32Array(indices.length);
  indices.forEach((index, at) => {
    order[next[index]!++] = at;
  });
  const starts: number[] = [];
  const owners: number[] = [];
  for (let i = 0; i < length; i++) {
    const pieces = Math.max(1, Math.ceil((counts[i + 1]! - counts[i]!) / longestPiece));
    for (let piece = 0; piece < pieces; piece++) {
      starts.push(counts[i]! + piece * longestPiece);
      owners.push(i);
    }
  }
  starts.push(indices.length);
  const pieces = owners.length;
  const orderTable = l.table(order);
  const startTable = l.table(starts);
  const partial = l.store(
    l.map(outer * pieces * inner, (code, index) => {
      const rest = code.quotient(index, inner);
      const piece = code.remainder(rest, pieces);
      const lane = code.quotient(rest, pieces);
      const within = code.remainder(index, inner);
      const total = code.variable('0');
      code.range(
        code.read(startTable, piece),
        code.read(startTable, code.let(`${piece} + 1`)),
        longestPiece,
        (k) => code.assign(total, `${total} + ${read(code, lane, code.read(orderTable, k), within)}`),
      );
      return total;
    }),
  );
  if (pieces === length) return partial;
  return sortedSum(l, Int32Array.from(owners), outer, length, inner, (code, lane, from, within) =>
    code.read(partial, place(code, [lane, pieces * inner], [from, inner], [within, 1])),
  );
}

/** Lanes that are sorted each by its own indices; places find their stretch by bisection. */
function bySortedLanes(
  l: CoreLowering<ScatterAddAttributes>,
  outer: number,
  count: number,
  inner: number,
  length: number,
): GpuArray {
  const [values, indices] = l.inputs;
  const lanes = outer * inner;
  /** The place in [outer, count, inner] of value `at` of a lane. */
  const placeOf = (code: GpuCode, lane: string, at: string): string =>
    place(code, [code.quotient(lane, inner), count * inner], [at, inner], [code.remainder(lane, inner), 1]);
  const rows = l.store(
    l.map(lanes * count, (code, index) =>
      code.read(indices!.array, placeOf(code, code.quotient(index, count), code.remainder(index, count))),
    ),
  );
  const order = l.argsort(rows, lanes, count);
  const sorted = l.store(
    l.map(lanes * count, (code, index) => {
      const start = code.let(`${code.quotient(index, count)} * ${count}`);
      return code.read(rows, code.let(`${start} + ${code.read(order, index)}`));
    }),
  );
  const starts = l.store(
    l.map(lanes * (length + 1), (code, index) => {
      const start = code.let(`${code.quotient(index, length + 1)} * ${count}`);
      return firstNotBelow(code, sorted, start, count, code.remainder(index, length + 1));
    }),
  );
  return l.store(
    l.map(outer * length * inner, (code, index) => {
      const rest = code.quotient(index, inner);
      const own = code.remainder(rest, length);
      const lane = place(code, [code.quotient(rest, length), inner], [code.remainder(index, inner), 1]);
      const first = code.let(`${lane} * ${length + 1} + ${own}`);
      const total = code.variable('0');
      code.range(code.read(starts, first), code.read(starts, code.let(`${first} + 1`)), count, (k) => {
        const at = code.read(order, code.let(`${lane} * ${count} + ${k}`));
        code.assign(total, `${total} + ${code.read(values!.array, placeOf(code, lane, at))}`);
      });
      return total;
    }),
  );
}

/** How many of `count` sorted numbers from `start` on are below `value`, by bisection. */
function firstNotBelow(code: GpuCode, sorted: GpuArray, start: string, count: number, value: string): string {
  const low = code.variable('0');
  const high = code.variable(String(count));
  code.loop(Math.ceil(Math.log2(count + 1)), () => {
    code.when(`${low} < ${high}`, () => {
      const middle = code.let(`Math.floor((${low} + ${high}) * 0.5)`);
      code.when(
        `${code.read(sorted, place(code, [start, 1], [middle, 1]))} < ${value}`,
        () => code.assign(low, `${middle} + 1`),
        () => code.assign(high, middle),
      );
    });
  });
  return low;
}

/** Places find their stretch of the sorted indices by bisection. */
function bySortedIndex<A>(
  l: CoreLowering<A>,
  order: GpuArray,
  indices: GpuArray,
  count: number,
  outer: number,
  length: number,
  inner: number,
  read: ReadValue,
): GpuArray {
  const sorted = l.store(l.map(count, (code, index) => code.read(indices, code.read(order, index))));
  const starts = l.store(l.map(length + 1, (code, index) => firstNotBelow(code, sorted, '0', count, index)));
  return l.store(
    l.map(outer * length * inner, (code, index) => {
      const rest = code.quotient(index, inner);
      const own = code.remainder(rest, length);
      const lane = code.quotient(rest, length);
      const within = code.remainder(index, inner);
      const total = code.variable('0');
      code.range(code.read(starts, own), code.read(starts, code.let(`${own} + 1`)), count, (k) =>
        code.assign(total, `${total} + ${read(code, lane, code.read(order, k), within)}`),
      );
      return total;
    }),
  );
}
