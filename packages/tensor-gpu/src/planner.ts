/**
 * Decides what becomes a kernel. A recipe is computed where it is read as long as it is cheap and reads few arrays;
 * what is stored becomes one step of the plan. Sums are trees of partial sums, so that float32 stays accurate and
 * every kernel has many threads.
 */
import { type GpuArray, type GpuCode, type GpuElement, TensorError } from '@equiflow/tensor';
import { Code, Recipe, Stored, threadIndex } from './code.ts';

/** One kernel with its arguments. */
export interface Step {
  /** The operation that needed it. */
  readonly operation: string;
  readonly kernel: KernelSource;
  readonly arrays: readonly Stored[];
  readonly scalars: readonly number[];
}

/** A kernel of a plan; steps that differ only in their arguments share one. */
export interface KernelSource {
  readonly source: string;
  readonly size: number;
  readonly helpers: readonly string[];
}

/** Arrays that a kernel may read: WebGPU promises 8 storage buffers a stage, one is the result. */
export const mostArrays = 7;

/** Lines of code beyond which a recipe is stored rather than written into its reader. */
const mostLines = 160;

/** Terms that one thread adds up. */
const longestSum = 64;

/** Indices are float32 numbers: exact up to here. */
export const mostElements: number = 2 ** 24;

/** An array without elements; a device has none shorter than one. */
const nothing: Stored = new Stored(0, { kind: 'table', data: new Float32Array(1) });

/** Collects the steps of a plan. */
export class Planner {
  readonly steps: Step[] = [];
  readonly kernels: Map<string, KernelSource> = new Map();
  /** What is being lowered, for messages. */
  operation = 'graph';

  map(size: number, element: GpuElement): GpuArray {
    this.#checkSize(size);
    const recipe = new Recipe(size, element);
    let lines = 0;
    for (;;) {
      const code = new Code();
      element(code, threadIndex);
      recipe.cost = code.cost;
      lines = code.lines;
      recipe.leaves = new Set(code.arrays);
      if (code.arrays.length <= mostArrays) break;
      const candidates = [...code.direct].filter((each) => !each.stored);
      const widest = candidates.sort((a, b) => b.leaves.size - a.leaves.size)[0];
      if (!widest) {
        throw new TensorError(
          `gpu: ${this.operation}: one kernel would read ${code.arrays.length} arrays, the most is ${mostArrays}; split the operation`,
        );
      }
      this.store(widest);
    }
    if (lines > mostLines) this.store(recipe);
    return recipe;
  }

  store(array: GpuArray): Stored {
    if (array instanceof Stored) return array;
    const recipe = array as Recipe;
    if (recipe.stored) return recipe.stored;
    if (recipe.size === 0) return nothing;
    const code = new Code();
    const value = recipe.element(code, threadIndex);
    const source = code.source(value);
    const key = `${recipe.size}:${source}`;
    let kernel = this.kernels.get(key);
    if (!kernel) {
      kernel = { source, size: recipe.size, helpers: [...code.helpers] };
      this.kernels.set(key, kernel);
    }
    const index =
      this.steps.push({ operation: this.operation, kernel, arrays: code.arrays, scalars: code.scalars }) - 1;
    recipe.stored = new Stored(recipe.size, { kind: 'step', index });
    return recipe.stored;
  }

  table(data: ArrayLike<number>): GpuArray {
    this.#checkSize(data.length);
    return new Stored(data.length, { kind: 'table', data: Float32Array.from(data) });
  }

  sum(size: number, count: number, term: (code: GpuCode, out: string, k: string) => string): GpuArray {
    return this.#reduce(
      size,
      count,
      term,
      (code, total, value) => code.assign(total, `${total} + ${value}`),
      true,
    );
  }

  /** Like `sum`, with another way to take a value in; the first term starts the total. */
  fold(
    size: number,
    count: number,
    term: (code: GpuCode, out: string, k: string) => string,
    take: (code: GpuCode, total: string, value: string) => void,
  ): GpuArray {
    return this.#reduce(size, count, term, take, false);
  }

  #reduce(
    size: number,
    count: number,
    term: (code: GpuCode, out: string, k: string) => string,
    take: (code: GpuCode, total: string, value: string) => void,
    fromZero: boolean,
  ): GpuArray {
    if (count === 0 && fromZero) return this.map(size, () => '0');
    if (count === 1) return this.map(size, (code, out) => term(code, out, '0'));
    if (count > longestSum) {
      const each = chunkOf(count);
      const parts = Math.ceil(count / each);
      // Neighbouring threads read neighbouring terms.
      const partial = this.map(size * parts, (code, index) => {
        const part = code.remainder(index, parts);
        const out = code.quotient(index, parts);
        return accumulate(code, each, (k) => code.let(`${part} + ${k} * ${parts}`), {
          term: (at) => term(code, out, at),
          take,
          fromZero,
          within: each * parts > count ? count : null,
        });
      });
      const stored = this.store(partial);
      return this.#reduce(
        size,
        parts,
        (code, out, k) => code.read(stored, code.let(`${out} * ${parts} + ${k}`)),
        take,
        fromZero,
      );
    }
    return this.map(size, (code, out) =>
      accumulate(code, count, (k) => k, { term: (at) => term(code, out, at), take, fromZero, within: null }),
    );
  }

  #checkSize(size: number): void {
    if (size > mostElements) {
      throw new TensorError(
        `gpu: ${this.operation}: an array of ${size} values; the backend indexes up to ${mostElements}, take smaller batches`,
      );
    }
  }
}

interface Accumulation {
  readonly term: (at: string) => string;
  readonly take: (code: GpuCode, total: string, value: string) => void;
  readonly fromZero: boolean;
  /** Terms from here on do not exist. */
  readonly within: number | null;
}

/** Takes in `count` terms one after the other. */
function accumulate(
  code: GpuCode,
  count: number,
  at: (k: string) => string,
  { term, take, fromZero, within }: Accumulation,
): string {
  const total = code.variable(fromZero ? '0' : term(at('0')));
  const run = (k: string): void => {
    const place = at(k);
    if (within === null) take(code, total, term(place));
    else code.when(`${place} < ${within}`, () => take(code, total, term(place)));
  };
  if (fromZero) code.loop(count, run);
  else if (count > 1) code.loop(count - 1, (k) => run(code.let(`${k} + 1`)));
  return total;
}

/** Terms a thread of a long sum: about the same on every level of the tree, a divisor where there is one. */
function chunkOf(count: number): number {
  const levels = Math.ceil(Math.log(count) / Math.log(longestSum) - 1e-9);
  const most = Math.max(8, Math.ceil(count ** (1 / levels) - 1e-9));
  for (let each = most; each >= most / 2; each--) if (count % each === 0) return each;
  return most;
}
