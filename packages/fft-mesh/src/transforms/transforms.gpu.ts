/**
 * Transforms on the GPU. A thread computes one real number of one pass: a sum over as many inputs as the radix, with
 * roots of unity from a table. Passes are those of Cooley and Tukey in Stockham's self-sorting order: spectra of
 * interleaved pieces are joined (forward), or a spectrum is parted into those of interleaved pieces (back to real). The
 * spectrum of a real piece is kept up to half its length in every pass. A complex array is [re, im] in two halves.
 */
import {
  type GpuArray,
  type GpuCode,
  type GpuKernel,
  type GpuLowering,
  type Shape,
  TensorError,
} from '@equiflow/tensor';
import { unitRoot } from '../plain/twiddles.ts';
import { halfLength } from '../shells.ts';
import type { TransformAttributes } from './shared.ts';

/** Terms that are written out; longer sums are loops over parts of so many. */
const longestPart = 16;

/** Largest prime factor of an axis that is transformed by a direct sum. */
const largestPrime = 1024;

/** What a launch, a term that waits for its reads, and a value cost: in reads of a number by a busy device. Estimates. */
const launchCost = 2 ** 22;
const termCost = 2 ** 17;
const valueCost = 8;

/**
 * Radices of an axis of n in a transform of `size` numbers, near each other: one number of a pass takes 2 radix reads, so
 * that small radices read less, but take more passes.
 * @throws TensorError when n has a prime factor whose direct sum is too long.
 */
export function gpuRadices(n: number, size: number): number[] {
  const primes = primeFactors(n);
  if (primes[0]! > largestPrime) {
    throw new TensorError(
      `gpu: a transform of an axis of ${n}, with the prime factor ${primes[0]}: the GPU takes prime factors up to ${largestPrime}; pad to a length of small factors, or use the wasm backend`,
    );
  }
  let best: number[] = primes;
  let least = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= primes.length; count++) {
    const radices = new Array<number>(count).fill(1);
    for (const prime of primes) radices[radices.indexOf(Math.min(...radices))]! *= prime;
    const cost = radices.reduce(
      (total, radix) => total + launchCost + radix * termCost + size * (2 * radix + valueCost),
      0,
    );
    if (cost < least) {
      least = cost;
      best = radices;
    }
  }
  return best;
}

/** Largest first; [1] for 1. */
function primeFactors(n: number): number[] {
  const primes: number[] = [];
  let left = n;
  for (let p = 2; p * p <= left; p++) for (; left % p === 0; left /= p) primes.unshift(p);
  if (left > 1 || primes.length === 0) primes.unshift(left);
  return primes;
}

/** The elements start + k · step of an axis, for the k of a sum: what does not depend on k is computed before it. */
interface Stretch {
  readonly start: string;
  readonly k: string;
  readonly step: number;
}

/** Names of a real and an imaginary part; null for the imaginary part of real data. */
type Complex = readonly [re: string, im: string | null];

/** Real and imaginary part of an element on the axis that is transformed. */
type Source = (code: GpuCode, outer: string, along: Stretch, within: string) => Complex;

/** k · factor, computed here where k is a number. */
function times(k: string, factor: number): string {
  return /^\d+$/.test(k) ? String(Number(k) * factor) : `${k} * ${factor}`;
}

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
  return code.let(`${first} + ${times(k, step * inner)}`);
}

/** e^(∓2πi k/n) for k from 0 to n − 1: cosines, then sines. */
class Roots {
  readonly n: number;
  readonly #table: GpuArray;

  constructor(l: Pick<GpuLowering<never>, 'table'>, n: number, inverse: boolean) {
    const values = new Float64Array(2 * n);
    for (let k = 0; k < n; k++) {
      const [cos, sin] = unitRoot(inverse ? -k : k, n);
      values[k] = cos;
      values[n + k] = sin;
    }
    this.n = n;
    this.#table = l.table(values);
  }

  /** The root of a whole number below n. */
  at(code: GpuCode, k: string): readonly [cos: string, sin: string] {
    return [code.read(this.#table, k), code.read(this.#table, code.let(`${k} + ${this.n}`))];
  }
}

/** w^k for the powers of one root, from the table; with the sine times `sign`. */
type Power = (k: string) => readonly [cos: string, sin: string];

function powersOf(code: GpuCode, roots: Roots, turn: string, sign: string): Power {
  return (k) => {
    const at = k === '1' ? turn : code.remainder(code.let(`${turn} * ${k}`), roots.n);
    const [cos, sin] = roots.at(code, at);
    return [cos, sign === '1' ? sin : code.let(`${sign} * ${sin}`)];
  };
}

/** a + w^k z. */
function plus(code: GpuCode, a: Complex, [cos, sin]: readonly [string, string], [re, im]: Complex): Complex {
  if (im === null) {
    return [code.let(`${a[0]} + ${re} * ${cos}`), code.let(`${a[1] ?? '0'} + ${re} * ${sin}`)];
  }
  return [
    code.let(`${a[0]} + (${re} * ${cos} - ${im} * ${sin})`),
    code.let(`${a[1] ?? '0'} + (${re} * ${sin} + ${im} * ${cos})`),
  ];
}

/**
 * Σ_k z_(first + k) w^k for k < count, parts of a sum before their sum: a number is multiplied by as many roots as the
 * count has factors, each from the table, so that roundings do not add up as they do in Horner's rule.
 */
function tree(
  code: GpuCode,
  first: number,
  count: number,
  power: Power,
  term: (k: number) => Complex,
): Complex {
  if (count === 1) return term(first);
  let parts = 2;
  while (count % parts !== 0) parts++;
  if (parts > 5) {
    const rest = tree(code, first, count - 1, power, term);
    return plus(code, rest, power(String(count - 1)), term(first + count - 1));
  }
  const each = count / parts;
  let total = tree(code, first, each, power, term);
  for (let part = 1; part < parts; part++) {
    const next = tree(code, first + part * each, each, power, term);
    total = plus(code, total, power(String(part * each)), next);
  }
  return total;
}

/** Σ_k z_k w^k for k < count, w the root `turn` of the table, with the sine times `sign`. */
function rootSum(
  code: GpuCode,
  count: number,
  roots: Roots,
  turn: string,
  sign: string,
  term: (k: string) => Complex,
): readonly [re: string, im: string] {
  const power = powersOf(code, roots, turn, sign);
  if (count <= longestPart) {
    const [re, im] = tree(code, 0, count, power, (k) => term(String(k)));
    return [re, im ?? '0'];
  }
  let part = longestPart;
  while (part > longestPart / 2 && count % part !== 0) part--;
  const whole = count % part === 0;
  const re = code.variable('0');
  const im = code.variable('0');
  code.loop(Math.ceil(count / part), (which) => {
    const start = code.let(`${which} * ${part}`);
    const within = (k: number): Complex => {
      const at = code.let(`${start} + ${k}`);
      if (whole) return term(at);
      // The last part is filled with zeros.
      const [zRe, zIm] = term(code.let(`Math.min(${at}, ${count - 1})`));
      const inside = code.let(`(${at} < ${count} ? 1 : 0)`);
      return [code.let(`${inside} * ${zRe}`), zIm === null ? null : code.let(`${inside} * ${zIm}`)];
    };
    const total = plus(code, [re, im], power(start), tree(code, 0, part, power, within));
    code.assign(re, total[0]);
    code.assign(im, total[1]!);
  });
  return [re, im];
}

/** One axis of a transform, seen as [outer, n, inner]. */
interface AxisTransform {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  /** Factor of the result. */
  readonly scale: number;
}

/** The number of a thread in an array [re, im] of [outer, length, inner], or of its first half alone. */
function coordinates(
  code: GpuCode,
  index: string,
  length: number,
  { outer, inner }: AxisTransform,
  isComplex: boolean,
): { part: string; lane: string; along: string; within: string } {
  const half = outer * length * inner;
  const part = isComplex ? code.quotient(index, half) : '0';
  const own = isComplex ? code.let(`${index} - ${part} * ${half}`) : index;
  const rest = code.quotient(own, inner);
  return {
    part,
    within: code.remainder(own, inner),
    along: outer === 1 ? rest : code.remainder(rest, length),
    lane: outer === 1 ? '0' : code.quotient(rest, length),
  };
}

/**
 * Joins spectra: with Y_r the spectra, `done` long, of the pieces r, r + n/done, …, those of the pieces r, r + left, … are
 * X[m] = Σ_k Y_(r + left k)[m mod done] e^(∓2πi k m/(done radix)), left = n/(done radix). [outer, n, inner] complex.
 * @param real whether the data are: then of each spectrum the modes up to half its length are computed and kept.
 */
function joinSpectra<A>(
  l: GpuLowering<A>,
  source: Source,
  axis: AxisTransform,
  inverse: boolean,
  real = false,
): GpuArray {
  const { outer, n, inner, scale } = axis;
  const roots = new Roots(l, n, inverse);
  const keptOf = (length: number): number => (real ? halfLength(length) : length);
  let read = source;
  let result: GpuArray | null = null;
  let done = 1;
  for (const radix of gpuRadices(n, 2 * outer * keptOf(n) * inner)) {
    const [from, before] = [read, done];
    done *= radix;
    const left = n / done;
    const [keptBefore, kept] = [keptOf(before), keptOf(done)];
    const length = left * kept;
    result = l.store(
      l.map(2 * outer * length * inner, (code, index) => {
        const { part, lane, along, within } = coordinates(code, index, length, axis, true);
        const piece = left === 1 ? '0' : code.quotient(along, kept);
        const mode = left === 1 ? along : code.remainder(along, kept);
        const q = code.remainder(mode, before);
        // A mode beyond half is the conjugate of its mirror image: so is the whole sum, with conjugate roots.
        const mirrored = keptBefore < before ? code.let(`(${q} >= ${keptBefore} ? 1 : 0)`) : '0';
        const own = mirrored === '0' ? q : code.let(`(${mirrored} > 0 ? ${before} - ${q} : ${q})`);
        const sign = mirrored === '0' ? '1' : code.let(`1 - 2 * ${mirrored}`);
        const start = code.let(`${piece} * ${keptBefore} + ${own}`);
        const [re, im] = rootSum(code, radix, roots, code.let(`${mode} * ${left}`), sign, (k) =>
          from(code, lane, { start, k, step: left * keptBefore }, within),
        );
        const value = code.let(`(${part} > 0 ? ${sign === '1' ? im : `${sign} * ${im}`} : ${re})`);
        return left === 1 && scale !== 1 ? code.let(`${value} * ${scale}`) : value;
      }),
    );
    read = complexSource(result, length, inner, outer);
  }
  return result!;
}

/**
 * Parts a half-complex spectrum, [outer, n/2 + 1] complex, into real data [outer, n]. With Z_j the spectra, `long` long, of
 * the pieces j, j + done, …, those of the pieces j + done i, i < radix, are
 * Σ_k Z_j[p + left k] e^(2πi i (p + left k)/long), left = long/radix. Half the terms lie beyond half of Z: they are the
 * conjugates of a like sum from left − p on.
 */
function partSpectrum<A>(l: GpuLowering<A>, source: Source, axis: AxisTransform): GpuArray {
  const { outer, n, scale } = axis;
  const roots = new Roots(l, n, true);
  let read = source;
  let result: GpuArray | null = null;
  let done = 1;
  for (const radix of gpuRadices(n, outer * n)) {
    const [from, before] = [read, done];
    done *= radix;
    const left = n / done;
    const [keptBefore, kept] = [halfLength(n / before), halfLength(left)];
    const last = left === 1;
    const length = done * kept;
    result = l.store(
      l.map((last ? 1 : 2) * outer * length, (code, index) => {
        const { part, lane, along } = coordinates(code, index, length, axis, !last);
        const piece = last ? along : code.quotient(along, kept);
        const p = last ? '0' : code.remainder(along, kept);
        const i = code.quotient(piece, before);
        const first = code.let(`${code.remainder(piece, before)} * ${keptBefore}`);
        const turn = code.let(`${i} * ${n / radix}`);
        const sumFrom = (start: string, count: number): readonly [string, string] =>
          rootSum(code, count, roots, turn, '1', (k) => from(code, lane, { start, k, step: left }, '0'));
        if (last)
          return realSum(code, radix, scale, {
            i,
            turn,
            first,
            roots,
            sumFrom,
            read: (at) => from(code, lane, { start: at, k: '0', step: 0 }, '0')[0],
          });
        const direct = Math.ceil(radix / 2);
        const [a, b] = sumFrom(code.let(`${first} + ${p}`), direct);
        const [c, d] = sumFrom(code.let(`${first} + ${left} - ${p}`), radix - direct);
        // S = (a + ib) + conj(w (c + id)), times the phase of p.
        const [cos, sin] = roots.at(code, turn);
        const re = code.let(`${a} + (${c} * ${cos} - ${d} * ${sin})`);
        const im = code.let(`${b} - (${c} * ${sin} + ${d} * ${cos})`);
        const [u, v] = roots.at(code, code.let(`${i} * ${p} * ${before}`));
        return code.let(`(${part} > 0 ? ${re} * ${v} + ${im} * ${u} : ${re} * ${u} - ${im} * ${v})`);
      }),
    );
    read = complexSource(result, length, 1, outer);
  }
  return result!;
}

/** Σ_k Z[k] w^k over a whole spectrum of real data, `radix` long: Z[0], twice the real parts up to half, Z[radix/2]. */
function realSum(
  code: GpuCode,
  radix: number,
  scale: number,
  {
    i,
    turn,
    first,
    roots,
    sumFrom,
    read,
  }: {
    readonly i: string;
    readonly turn: string;
    readonly first: string;
    readonly roots: Roots;
    readonly sumFrom: (start: string, count: number) => readonly [string, string];
    readonly read: (at: string) => string;
  },
): string {
  const terms = [read(first)];
  const pairs = Math.ceil(radix / 2) - 1;
  if (pairs > 0) {
    const [re, im] = sumFrom(code.let(`${first} + 1`), pairs);
    const [cos, sin] = roots.at(code, turn);
    terms.push(`2 * (${re} * ${cos} - ${im} * ${sin})`);
  }
  if (radix % 2 === 0) {
    const odd = code.remainder(i, 2);
    terms.push(`(1 - 2 * ${odd}) * ${read(code.let(`${first} + ${radix / 2}`))}`);
  }
  const total = terms.length === 1 ? terms[0]! : code.let(terms.join(' + '));
  return scale === 1 ? total : code.let(`${total} * ${scale}`);
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
    result = joinSpectra(l, read, { ...sizes, scale: place === axes.length - 1 ? scale : 1 }, inverse);
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
    const spectrum = joinSpectra(l, real, { outer, n, inner: 1, scale: 1 }, false, true);
    const half = [...shape.slice(0, -1), kept];
    const rest = lastFirst(half, axes).slice(1);
    if (rest.length === 0) return halves(l, spectrum);
    const sizes = around(half, rest[0]!);
    const source = complexSource(spectrum, sizes.n, sizes.inner, sizes.outer);
    return halves(l, transformAxes(l, source, half, rest, false, 1)!);
  },
};

/** Half-complex to real: the last axis last. */
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
    const scale = 1 / (product(half.slice(-axes, -1)) * n);
    return [partSpectrum(l, source, { outer, n, inner: 1, scale })];
  },
};
