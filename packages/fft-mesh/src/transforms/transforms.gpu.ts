/**
 * Transforms on the GPU. A thread computes one real number of one pass, a sum over as many inputs as the radix: the
 * Stockham autosort passes of `plain/complex.ts` with radices up to 32, all roots of unity from one table. A complex
 * array is [re, im] in two halves.
 */
import type { GpuArray, GpuCode, GpuKernel, GpuLowering, Shape } from '@equiflow/tensor';
import { unitRoot } from '../plain/twiddles.ts';
import { halfLength } from '../shells.ts';
import type { TransformAttributes } from './shared.ts';

/** Largest radix that is not prime: a compromise of passes (memory) and terms a pass (arithmetic). */
const largestRadix = 32;

/** Radices for length n, near each other: products of primes up to 32, or a larger prime by itself. */
export function gpuRadices(n: number): number[] {
  const primes: number[] = [];
  let left = n;
  for (let p = 2; p * p <= left; p++) for (; left % p === 0; left /= p) primes.unshift(p);
  if (left > 1) primes.unshift(left);
  primes.sort((a, b) => b - a);
  for (let count = Math.max(1, Math.ceil(Math.log(n) / Math.log(largestRadix) - 1e-9)); ; count++) {
    const radices = new Array<number>(count).fill(1);
    const fits = primes.every((prime) => {
      const smallest = radices.indexOf(Math.min(...radices));
      radices[smallest]! *= prime;
      return radices[smallest]! <= largestRadix || radices[smallest] === prime;
    });
    if (fits) return radices;
  }
}

/** The elements start + k · step of an axis, for the k of a loop: what does not depend on k is computed before it. */
interface Stretch {
  readonly start: string;
  readonly k: string;
  readonly step: number;
}

/** Real and imaginary part of an element on the axis that is transformed; no imaginary part for real data. */
type Source = (
  code: GpuCode,
  outer: string,
  along: Stretch,
  within: string,
) => readonly [string, string | null];

/** The flat place of an element of [outer, length, inner]. */
function placeOf(
  code: GpuCode,
  lane: string,
  { start, k, step }: Stretch,
  within: string,
  length: number,
  inner: number,
): string {
  const first = code.let(`(${lane} * ${length} + ${start}) * ${inner} + ${within}`);
  return code.let(`${first} + ${k} * ${step * inner}`);
}

/** One axis of a transform, seen as [outer, n, inner]. */
interface AxisTransform {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly inverse: boolean;
  /** Factor of the result. */
  readonly scale: number;
  /** Elements of the axis that are wanted; default n. */
  readonly kept?: number;
  /** Whether the imaginary half is wanted; default true. */
  readonly complex?: boolean;
}

/** Transforms one axis: [outer, kept, inner], twice where complex. */
function transformAxis<A>(l: GpuLowering<A>, source: Source, axis: AxisTransform): GpuArray {
  const { outer, n, inner, inverse } = axis;
  const roots = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const [cos, sin] = unitRoot(inverse ? -k : k, n);
    roots[k] = cos;
    roots[n + k] = sin;
  }
  const table = l.table(roots);
  let read = source;
  let result: GpuArray | null = null;
  let done = 1;
  const radices = gpuRadices(n);
  radices.forEach((radix, pass) => {
    const last = pass === radices.length - 1;
    const length = last ? (axis.kept ?? n) : n;
    const complex = !last || (axis.complex ?? true);
    const half = outer * length * inner;
    const from = read;
    const before = done;
    const left = n / done;
    const span = left / radix;
    result = l.store(
      l.map(complex ? 2 * half : half, (code, index) => {
        const part = complex ? code.quotient(index, half) : '0';
        const own = complex ? code.let(`${index} - ${part} * ${half}`) : index;
        const within = code.remainder(own, inner);
        const rest = code.quotient(own, inner);
        const along = outer === 1 ? rest : code.remainder(rest, length);
        const lane = outer === 1 ? '0' : code.quotient(rest, length);
        const q = code.remainder(along, before);
        const block = code.quotient(along, before);
        const j = span === 1 ? block : code.remainder(block, radix);
        const p = span === 1 ? '0' : code.quotient(block, radix);
        const total = code.variable('0');
        // The angle j (p + span k) of the roots of `left`, in roots of n, kept below n.
        const angle = code.variable(span === 1 ? '0' : `${j} * ${p} * ${before}`);
        const turn = code.let(`${j} * ${span * before}`);
        const side = complex ? code.let(`${part} * ${n}`) : '0';
        const other = complex ? code.let(`${n} - ${side}`) : String(n);
        const sign = complex ? code.let(`2 * ${part} - 1`) : '(0 - 1)';
        const start = code.let(`${q} + ${p} * ${before}`);
        code.loop(radix, (k) => {
          const [re, im] = from(code, lane, { start, k, step: span * before }, within);
          const straight = code.read(table, code.let(`${angle} + ${side}`));
          if (im === null) code.assign(total, `${total} + ${re} * ${straight}`);
          else {
            const crossed = code.read(table, code.let(`${angle} + ${other}`));
            code.assign(total, `${total} + ${re} * ${straight} + ${sign} * ${im} * ${crossed}`);
          }
          const next = code.let(`${angle} + ${turn}`);
          code.assign(angle, `(${next} >= ${n} ? ${next} - ${n} : ${next})`);
        });
        return last && axis.scale !== 1 ? code.let(`${total} * ${axis.scale}`) : total;
      }),
    );
    read = complexSource(result, length, inner, outer);
    done *= radix;
  });
  return result!;
}

/** Reads [re, im] halves of [outer, length, inner]. */
function complexSource(array: GpuArray, length: number, inner: number, outer: number): Source {
  return (code, lane, along, within) => {
    const at = placeOf(code, lane, along, within, length, inner);
    return [code.read(array, at), code.read(array, code.let(`${at} + ${outer * length * inner}`))];
  };
}

/** Reads a pair of arrays [outer, length, inner]. */
function pairSource(re: GpuArray, im: GpuArray, length: number, inner: number): Source {
  return (code, lane, along, within) => {
    const at = placeOf(code, lane, along, within, length, inner);
    return [code.read(re, at), code.read(im, at)];
  };
}

const product = (lengths: readonly number[]): number => lengths.reduce((total, length) => total * length, 1);

/** Sizes around an axis. */
function around(shape: Shape, axis: number): { outer: number; n: number; inner: number } {
  return { outer: product(shape.slice(0, axis)), n: shape[axis]!, inner: product(shape.slice(axis + 1)) };
}

/** The two halves as arrays of their own. */
function halves<A>(l: GpuLowering<A>, both: GpuArray): [GpuArray, GpuArray] {
  const size = both.size / 2;
  return [
    l.map(size, (code, index) => code.read(both, index)),
    l.map(size, (code, index) => code.read(both, code.let(`${index} + ${size}`))),
  ];
}

/** Transforms axes one after the other, the last axis first for forward transforms. */
function transformAxes<A>(
  l: GpuLowering<A>,
  source: Source,
  shape: Shape,
  axes: readonly number[],
  inverse: boolean,
  scale: number,
): GpuArray | null {
  let read = source;
  let result: GpuArray | null = null;
  axes.forEach((axis, place) => {
    const sizes = around(shape, axis);
    result = transformAxis(l, read, { ...sizes, inverse, scale: place === axes.length - 1 ? scale : 1 });
    const next = axes[place + 1];
    if (next === undefined) return;
    const { outer, n, inner } = around(shape, next);
    read = complexSource(result, n, inner, outer);
  });
  return result;
}

/** The axes that are transformed, last first. */
function lastFirst(shape: Shape, count: number): number[] {
  return Array.from({ length: count }, (_, i) => shape.length - 1 - i);
}

/** Complex to complex. */
export function complexGpu(inverse: boolean): GpuKernel<TransformAttributes> {
  return {
    lower(l) {
      const [re, im] = l.inputs;
      const { shape } = re!.type;
      const { axes } = l.attributes;
      const { n, inner } = around(shape, shape.length - 1);
      const scale = inverse ? 1 / product(shape.slice(-axes)) : 1;
      const source = pairSource(re!.array, im!.array, n, inner);
      return halves(l, transformAxes(l, source, shape, lastFirst(shape, axes), inverse, scale)!);
    },
  };
}

/** Real to half-complex: the last axis first, of which only half is kept, then the others. */
export const realGpu: GpuKernel<TransformAttributes> = {
  lower(l) {
    const [x] = l.inputs;
    const { shape } = x!.type;
    const { axes } = l.attributes;
    const last = shape.length - 1;
    const { outer, n } = around(shape, last);
    const kept = halfLength(n);
    const real: Source = (code, lane, along) => [
      code.read(x!.array, placeOf(code, lane, along, '0', n, 1)),
      null,
    ];
    const spectrum = transformAxis(l, real, { outer, n, inner: 1, inverse: false, scale: 1, kept });
    const half = [...shape.slice(0, -1), kept];
    const rest = lastFirst(half, axes).slice(1);
    if (rest.length === 0) return halves(l, spectrum);
    const sizes = around(half, rest[0]!);
    const source = complexSource(spectrum, sizes.n, sizes.inner, sizes.outer);
    return halves(l, transformAxes(l, source, half, rest, false, 1)!);
  },
};

/** Half-complex to real: the last axis last, its other half read as the conjugate of the first. */
export const inverseRealGpu: GpuKernel<TransformAttributes & { readonly n: number }> = {
  lower(l) {
    const [re, im] = l.inputs;
    const half = re!.type.shape;
    const { axes, n } = l.attributes;
    const kept = half[half.length - 1]!;
    const outer = product(half.slice(0, -1));
    const rest = lastFirst(half, axes).slice(1).reverse();
    const [axis] = rest;
    let source = pairSource(re!.array, im!.array, kept, 1);
    if (axis !== undefined) {
      const sizes = around(half, axis);
      const first = pairSource(re!.array, im!.array, sizes.n, sizes.inner);
      source = complexSource(transformAxes(l, first, half, rest, true, 1)!, kept, 1, outer);
    }
    const hermitian: Source = (code, lane, along, within) => {
      const { start, k, step } = along;
      const mode = code.let(`${start} + ${k} * ${step}`);
      const mirrored = code.let(`(${mode} >= ${kept} ? 1 : 0)`);
      const at = code.let(`(${mirrored} > 0 ? ${n} - ${mode} : ${mode})`);
      const [real, imaginary] = source(code, lane, { start: at, k: '0', step: 0 }, within);
      const edge = n % 2 === 0 ? `${at} === 0 || ${at} === ${n / 2}` : `${at} === 0`;
      return [real, code.let(`(${edge} ? 0 : (1 - 2 * ${mirrored}) * ${imaginary!})`)];
    };
    const scale = 1 / (product(half.slice(-axes, -1)) * n);
    return [transformAxis(l, hermitian, { outer, n, inner: 1, inverse: true, scale, complex: false })];
  },
};
