/** Sums, extrema, products of matrices, running sums. */
import {
  type CumulativeSumAttributes,
  type GpuArray,
  type GpuCode,
  type MatmulAttributes,
  type Shape,
  sizeOf,
  stridesOf,
} from '@equiflow/tensor';
import { expressions, isNaNOf } from './elementwise.ts';
import { lanes, place, strided } from './indexing.ts';
import { around, type CoreKernel, type CoreLowering } from './kernel.ts';

type Axes = { readonly axes: readonly number[] };

/** The term `k` of output `out` of a reduction over axes. */
function reducedTerm(l: CoreLowering<Axes>): {
  count: number;
  term: (code: GpuCode, out: string, k: string) => string;
} {
  const [x] = l.inputs;
  const { shape } = x!.type;
  const strides = stridesOf(shape);
  const pick = (reduced: boolean): { shape: Shape; strides: number[] } => {
    const axes = shape.flatMap((_, axis) => (l.attributes.axes.includes(axis) === reduced ? [axis] : []));
    return { shape: axes.map((axis) => shape[axis]!), strides: axes.map((axis) => strides[axis]!) };
  };
  const kept = pick(false);
  const gone = pick(true);
  return {
    count: sizeOf(gone.shape),
    term(code, out, k) {
      const start = strided(code, out, kept.shape, kept.strides);
      const offset = strided(code, k, gone.shape, gone.strides);
      return code.read(x!.array, place(code, [start, 1], [offset, 1]));
    },
  };
}

export const sum: CoreKernel<Axes> = (l) => {
  const { count, term } = reducedTerm(l);
  return [l.sum(sizeOf(l.outputs[0]!.shape), count, term)];
};

const extremum =
  (operation: 'maximum' | 'minimum'): CoreKernel<Axes> =>
  (l) => {
    const { count, term } = reducedTerm(l);
    const take = (code: GpuCode, total: string, value: string): void =>
      code.assign(total, expressions[operation]!(code, total, value, ''));
    return [l.planner.fold(sizeOf(l.outputs[0]!.shape), count, term, take)];
  };
export const max: CoreKernel<Axes> = extremum('maximum');
export const min: CoreKernel<Axes> = extremum('minimum');

/** The place of the first value that is better than all before it, or of the first NaN. */
const argExtremum =
  (operator: string): CoreKernel<{ readonly axis: number }> =>
  (l) => {
    const [x] = l.inputs;
    const { outer, length, inner } = around(x!.type.shape, l.attributes.axis);
    const found = l.map(outer * inner, (code, index) => {
      const start = place(
        code,
        [code.quotient(index, inner), length * inner],
        [code.remainder(index, inner), 1],
      );
      const at = code.variable('0');
      const best = code.variable(code.read(x!.array, start));
      code.loop(length, (k) => {
        const value = code.read(x!.array, place(code, [start, 1], [k, inner]));
        code.when(`${value} ${operator} ${best} || (${isNaNOf(value)} && !(${isNaNOf(best)}))`, () => {
          code.assign(at, k);
          code.assign(best, value);
        });
      });
      return at;
    });
    return [l.store(found)];
  };
export const argmax: CoreKernel<{ readonly axis: number }> = argExtremum('>');
export const argmin: CoreKernel<{ readonly axis: number }> = argExtremum('<');

export const matmul: CoreKernel<MatmulAttributes> = (l) => {
  const [a, b] = l.inputs;
  const { transposeA, transposeB } = l.attributes;
  const { shape } = l.outputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number];
  const inner = a!.type.shape.at(transposeA ? -2 : -1)!;
  return [
    l.sum(sizeOf(shape), inner, (code, out, k) => {
      const row = code.quotient(out, n);
      const column = code.remainder(out, n);
      const batch = code.quotient(row, m);
      const i = shape.length === 2 || sizeOf(shape) === m * n ? row : code.remainder(row, m);
      const [aRow, aColumn] = transposeA ? [1, m] : [inner, 1];
      const [bRow, bColumn] = transposeB ? [1, inner] : [n, 1];
      const which = i === row ? '0' : batch;
      const left = code.read(a!.array, place(code, [which, m * inner], [i, aRow!], [k, aColumn!]));
      const right = code.read(b!.array, place(code, [which, inner * n], [k, bRow!], [column, bColumn!]));
      return code.let(`${left} * ${right}`);
    }),
  ];
};

/** Axes up to this length are summed by every element for itself. */
const shortAxis = 32;

/** Hillis and Steele (1986): log₂ n passes, in each of which element i takes in element i − 2^p. */
export const cumulativeSum: CoreKernel<CumulativeSumAttributes> = (l) => {
  const [x] = l.inputs;
  const { axis, exclusive, reverse } = l.attributes;
  const { length, inner } = around(x!.type.shape, axis);
  if (length <= shortAxis) {
    return [
      l.map(x!.array.size, (code, index) => {
        const { along } = lanes(code, index, length, inner);
        const total = code.variable('0');
        const start = code.let(`${index} - ${along} * ${inner}`);
        const compare = reverse ? (exclusive ? '>' : '>=') : exclusive ? '<' : '<=';
        code.loop(length, (k) => {
          code.when(`${k} ${compare} ${along}`, () => {
            code.assign(total, `${total} + ${code.read(x!.array, place(code, [start, 1], [k, inner]))}`);
          });
        });
        return total;
      }),
    ];
  }
  const shifted = (from: GpuArray, by: number, withOwn: boolean): GpuArray =>
    l.map(from.size, (code, index) => {
      const { along } = lanes(code, index, length, inner);
      const total = code.variable(withOwn ? code.read(from, index) : '0');
      const [inside, other] = reverse
        ? [`${along} < ${length - by}`, `${index} + ${by * inner}`]
        : [`${along} >= ${by}`, `${index} - ${by * inner}`];
      code.when(inside, () => {
        const value = code.read(from, code.let(other));
        code.assign(total, withOwn ? `${total} + ${value}` : value);
      });
      return total;
    });
  let total = exclusive ? shifted(l.store(x!.array), 1, false) : x!.array;
  for (let by = 1; by < length; by *= 2) total = l.store(shifted(l.store(total), by, true));
  return [total];
};
