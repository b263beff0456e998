/** Index arithmetic: elements of one array as elements of another. */
import type { GpuCode, Shape } from '@equiflow/tensor';
import { stridesOf } from '@equiflow/tensor';

/** A run of axes that are walked with one stride. */
interface Group {
  length: number;
  stride: number;
}

/** Axes of `shape` with their strides, neighbours joined where one stride serves both, lengths of 1 left out. */
function groupsOf(shape: Shape, strides: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const stride = strides[axis]!;
    const last = groups.at(-1);
    if (last && last.stride === stride * length) {
      last.length *= length;
      last.stride = stride;
    } else groups.push({ length, stride });
  });
  return groups;
}

/** offset + Σ strides[axis] · (coordinate of `index` along the axis), `index` counting through `shape` row-major. */
export function strided(
  code: GpuCode,
  index: string,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
): string {
  const groups = groupsOf(shape, strides);
  const terms: string[] = [];
  let inner = 1;
  let rest = index;
  for (let g = groups.length - 1; g >= 0; g--) {
    const { length, stride } = groups[g]!;
    const outermost = g === 0;
    // What is left of the index after the inner groups; the outermost needs no remainder.
    if (stride !== 0) {
      const left = code.quotient(rest, inner);
      const digit = outermost ? left : code.remainder(left, length);
      terms.push(stride === 1 ? digit : `${digit} * ${stride}`);
      rest = left;
      inner = length;
    } else inner *= length;
  }
  if (offset !== 0) terms.push(String(offset));
  if (terms.length === 0) return '0';
  return terms.length === 1 && !terms[0]!.includes('*') ? terms[0]! : code.let(terms.join(' + '));
}

/** The coordinate of `index` along one axis of `shape`. */
export function coordinate(code: GpuCode, index: string, shape: Shape, axis: number): string {
  const left = code.quotient(index, stridesOf(shape)[axis]!);
  return shape.slice(0, axis).every((length) => length === 1) ? left : code.remainder(left, shape[axis]!);
}

/** `index` in [outer, length, inner] as its three coordinates. */
export function lanes(
  code: GpuCode,
  index: string,
  length: number,
  inner: number,
): { outer: string; along: string; within: string } {
  const left = code.quotient(index, inner);
  return {
    outer: code.quotient(left, length),
    along: code.remainder(left, length),
    within: code.remainder(index, inner),
  };
}

/** Joins the parts of a sum of products that are not zero. */
export function place(code: GpuCode, ...terms: (readonly [string, number])[]): string {
  const parts = terms
    .filter(([name, stride]) => stride !== 0 && name !== '0')
    .map(([name, stride]) => (stride === 1 ? name : `${name} * ${stride}`));
  return parts.length === 0 ? '0' : code.let(parts.join(' + '));
}
