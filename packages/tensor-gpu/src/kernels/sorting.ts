/** Order: argsort, places in a sorted list. */
import { type GpuArray, type GpuCode, type SearchSide, sizeOf } from '@equiflow/tensor';
import type { Code } from '../code.ts';
import type { Planner } from '../planner.ts';
import { isNaNOf } from './elementwise.ts';
import { place } from './indexing.ts';
import { around, type CoreKernel } from './kernel.ts';

/** Rows up to this length are sorted by counting: each element looks at every other. */
const shortRow = 256;

/** Whether element (x, i) comes before (y, j): by value, then by index; NaN last. */
function before(code: GpuCode, x: string, i: string, y: string, j: string): string {
  const xNaN = isNaNOf(x);
  const yNaN = isNaNOf(y);
  const equal = code.let(`(${x} === ${y} || (${xNaN} && ${yNaN}) ? 1 : 0)`);
  const less = code.let(`(${x} < ${y} || (${yNaN} && !(${xNaN})) ? 1 : 0)`);
  return `(${less} > 0 || (${equal} > 0 && ${i} < ${j}))`;
}

/** Indices that sort rows; counting for short rows, a bitonic network (Batcher 1968) for long ones. */
export function argsortRows(planner: Planner, array: GpuArray, rows: number, length: number): GpuArray {
  const x = planner.store(array);
  return length <= shortRow ? byCounting(planner, x, rows, length) : bitonic(planner, x, rows, length);
}

function byCounting(planner: Planner, x: GpuArray, rows: number, length: number): GpuArray {
  const ranks = planner.store(
    planner.map(rows * length, (code, index) => {
      const own = code.remainder(index, length);
      const start = code.let(`${index} - ${own}`);
      const value = code.read(x, index);
      const rank = code.variable('0');
      code.loop(length, (k) => {
        const other = code.read(x, code.let(`${start} + ${k}`));
        code.when(before(code, other, k, value, own), () => code.assign(rank, `${rank} + 1`));
      });
      return rank;
    }),
  );
  return planner.store(
    planner.map(rows * length, (code, index) => {
      const own = code.remainder(index, length);
      const start = code.let(`${index} - ${own}`);
      const found = code.variable('0');
      code.loop(length, (k) => {
        code.when(`${code.read(ranks, code.let(`${start} + ${k}`))} === ${own}`, () => code.assign(found, k));
      });
      return found;
    }),
  );
}

function bitonic(planner: Planner, x: GpuArray, rows: number, length: number): GpuArray {
  const width = 2 ** Math.ceil(Math.log2(length));
  let order = planner.store(planner.map(rows * width, (code, index) => code.remainder(index, width)));
  const keyOf = (code: GpuCode, row: string, at: string): string => {
    // Indices beyond the row are larger than everything.
    const key = code.variable('0');
    code.when(
      `${at} < ${length}`,
      () => code.assign(key, code.read(x, place(code, [row, length], [at, 1]))),
      () => code.assign(key, code.literal(Number.NaN)),
    );
    return key;
  };
  for (let block = 2; block <= width; block *= 2) {
    for (let step = block / 2; step >= 1; step /= 2) {
      const previous = order;
      order = planner.store(
        planner.map(rows * width, (code, index) => {
          const row = code.quotient(index, width);
          const own = code.remainder(index, width);
          const parameter = (value: number): string => (code as Code).parameter(value);
          const bit = (inverse: string): string =>
            code.remainder(code.let(`Math.floor(${own} * ${inverse})`), 2);
          const upper = bit(parameter(1 / step));
          const partner = code.let(`${index} + (1 - 2 * ${upper}) * ${parameter(step)}`);
          const descending = bit(parameter(1 / block));
          const mine = code.read(previous, index);
          const theirs = code.read(previous, partner);
          const keyMine = keyOf(code, row, mine);
          const keyTheirs = keyOf(code, row, theirs);
          const first = code.let(`(${before(code, keyMine, mine, keyTheirs, theirs)} ? 1 : 0)`);
          // The lower place keeps the first of the pair, unless the block runs downwards.
          const wantsFirst = code.let(`(${upper} === ${descending} ? 1 : 0)`);
          return code.let(`(${first} === ${wantsFirst} ? ${mine} : ${theirs})`);
        }),
      );
    }
  }
  const sorted = order;
  return planner.map(rows * length, (code, index) =>
    code.read(sorted, place(code, [code.quotient(index, length), width], [code.remainder(index, length), 1])),
  );
}

export const argsort: CoreKernel<{ readonly axis: number }> = (l) => {
  const [x] = l.inputs;
  const { outer, length, inner } = around(x!.type.shape, l.attributes.axis);
  if (inner === 1) return [l.argsort(x!.array, outer, length)];
  const rows = l.map(x!.array.size, (code, index) => {
    const lane = code.quotient(index, length);
    const from = place(
      code,
      [code.quotient(lane, inner), length * inner],
      [code.remainder(index, length), inner],
      [code.remainder(lane, inner), 1],
    );
    return code.read(x!.array, from);
  });
  const order = l.argsort(rows, outer * inner, length);
  return [
    l.map(x!.array.size, (code, index) => {
      const within = code.remainder(index, inner);
      const rest = code.quotient(index, inner);
      const at = place(
        code,
        [code.quotient(rest, length), inner * length],
        [within, length],
        [code.remainder(rest, length), 1],
      );
      return code.read(order, at);
    }),
  ];
};

/** Bisection. */
export const searchSorted: CoreKernel<{ readonly side: SearchSide }> = (l) => {
  const [sorted, values] = l.inputs;
  const length = sorted!.type.shape.at(-1)!;
  const count = values!.type.shape.at(-1)!;
  const oneRow = sorted!.array.size === length;
  return [
    l.map(sizeOf(l.outputs[0]!.shape), (code, index) => {
      const start = oneRow ? '0' : place(code, [code.quotient(index, count), length]);
      const value = code.read(values!.array, index);
      const low = code.variable('0');
      const high = code.variable(String(length));
      code.loop(Math.max(1, Math.ceil(Math.log2(length + 1))), () => {
        code.when(`${low} < ${high}`, () => {
          const middle = code.let(`Math.floor((${low} + ${high}) * 0.5)`);
          const entry = code.read(sorted!.array, code.let(`${start} + ${middle}`));
          const stays = l.attributes.side === 'left' ? `${entry} >= ${value}` : `${entry} > ${value}`;
          code.when(
            stays,
            () => code.assign(high, middle),
            () => code.assign(low, `${middle} + 1`),
          );
        });
      });
      return low;
    }),
  ];
};
