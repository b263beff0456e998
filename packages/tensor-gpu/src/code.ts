/**
 * Writes the source of one kernel in the JavaScript that gpu.js translates. All variables are floats: gpu.js turns
 * integer ones into floats anyway, and a whole number is exact below 2^24. Equal expressions are computed once.
 */
import type { GpuArray, GpuCode } from '@equiflow/tensor';
import { calls, functions } from './functions.ts';

/** An array that exists on the device when a kernel runs. */
export class Stored implements GpuArray {
  readonly size: number;
  readonly source: StoredSource;

  constructor(size: number, source: StoredSource) {
    this.size = size;
    this.source = source;
  }
}

/** Where a stored array comes from: an input of the graph, constant data, or a step of the plan. */
export type StoredSource =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'table'; readonly data: Float32Array }
  | { readonly kind: 'step'; readonly index: number };

/** An array whose elements are computed where they are read; `stored` once it is kept. */
export class Recipe implements GpuArray {
  readonly size: number;
  readonly element: (code: GpuCode, index: string) => string;
  stored: Stored | null = null;
  /** Statements that one element takes, loops counted in full. */
  cost = 0;
  /** Stored arrays that one element is made of. */
  leaves: ReadonlySet<Stored> = new Set();

  constructor(size: number, element: (code: GpuCode, index: string) => string) {
    this.size = size;
    this.element = element;
  }
}

/** The index of the thread: the element that a kernel computes. */
export const threadIndex = 'i';

/** What a helper function counts as, in statements. */
const callCost = 6;

interface Scope {
  readonly known: Map<string, string>;
  readonly lines: string[];
  /** Whether it may be left out: then nothing is read before it that was to be read in it. */
  readonly guarded: boolean;
  readonly loop: boolean;
  /** How often it runs for one element. */
  readonly repeat: number;
}

/** Collects the statements of a kernel. */
export class Code implements GpuCode {
  /** Arrays in the order of the arguments a0, a1, … */
  readonly arrays: Stored[] = [];
  /** Numbers in the order of the arguments s0, s1, …: those that have no literal. */
  readonly scalars: number[] = [];
  readonly helpers: Set<string> = new Set();
  /** Recipes that were read by the code itself, not by a recipe that it read. */
  readonly direct: Set<Recipe> = new Set();
  /** Statements that one element takes, loops counted in full. */
  cost = 0;
  /** Statements as they are written. */
  lines = 0;
  #scopes: Scope[] = [{ known: new Map(), lines: [], guarded: false, loop: false, repeat: 1 }];
  /** The scope that each name belongs to. */
  readonly #homes: Map<string, number> = new Map();
  #names = 0;
  #depth = 0;

  read(array: GpuArray, index: string): string {
    if (array instanceof Recipe && !array.stored) {
      if (this.#depth === 0) this.direct.add(array);
      this.#depth++;
      const value = array.element(this, index);
      this.#depth--;
      return value;
    }
    const stored = array instanceof Recipe ? array.stored! : (array as Stored);
    let place = this.arrays.indexOf(stored);
    if (place < 0) place = this.arrays.push(stored) - 1;
    return this.let(`a${place}[${index}]`);
  }

  let(expression: string): string {
    if (/^[a-z]+\d+$|^i$|^-?[\d.]+(e[-+]?\d+)?$/.test(expression)) return expression;
    const home = this.#homeOf(expression);
    for (const scope of this.#scopes) {
      const known = scope.known.get(expression);
      if (known) return known;
    }
    const name = this.#name('v', home);
    this.#line(`const ${name} = ${expression};`, home);
    if (!/\bt\d+\b/.test(expression)) this.#scopes[home]!.known.set(expression, name);
    return name;
  }

  /** The outermost scope that an expression can be computed in: what does not change in a loop is computed before it. */
  #homeOf(expression: string): number {
    const here = this.#scopes.length - 1;
    if (/\bt\d+\b/.test(expression)) return here;
    let home = 0;
    for (const [name] of expression.matchAll(/\b[a-z]+\d+\b/g))
      home = Math.max(home, this.#homes.get(name) ?? 0);
    // Out of a block that may be left out only on the way out of a loop; and never a read.
    let best = here;
    for (let scope = here; scope > home; scope--) {
      const { guarded, loop } = this.#scopes[scope]!;
      if (guarded && expression.includes('[')) break;
      if (loop) best = scope - 1;
    }
    return best;
  }

  literal(value: number): string {
    if (Number.isFinite(value) && !Object.is(value, -0)) {
      const text = String(Math.fround(value) === 0 && value !== 0 ? 0 : value);
      return value < 0 ? `(0 - ${text.slice(1)})` : text;
    }
    return this.parameter(value);
  }

  /** A number as an argument of the kernel, so that kernels that differ in it alone are one. */
  parameter(value: number): string {
    let place = this.scalars.findIndex((known) => Object.is(known, value));
    if (place < 0) place = this.scalars.push(value) - 1;
    return `s${place}`;
  }

  variable(initial: string): string {
    const name = this.#name('t');
    this.#line(`let ${name} = ${initial};`);
    return name;
  }

  assign(variable: string, expression: string): void {
    this.#line(`${variable} = ${expression};`);
  }

  when(condition: string, then: () => void, otherwise?: () => void): void {
    const first = this.#block(then, true, null).join('\n');
    const second = otherwise ? this.#block(otherwise, true, null).join('\n') : '';
    this.#line(`if (${condition}) {\n${first}\n}${second ? ` else {\n${second}\n}` : ''}`);
  }

  loop(count: number, body: (index: string) => void): void {
    if (count === 1) {
      body('0');
      return;
    }
    this.#loop(count, false, body);
  }

  range(from: string, to: string, most: number, body: (index: string) => void): void {
    // gpu.js counts in integers only from one literal to another.
    this.#loop(most, true, (k) => {
      const index = this.let(`${from} + ${k}`);
      this.#line(`if (${index} >= ${to}) {\nbreak;\n}`);
      body(index);
    });
  }

  #loop(times: number, guarded: boolean, body: (index: string) => void): void {
    const counter = this.#name('k');
    const lines = this.#block(
      () => {
        const index = this.#name('v');
        this.#line(`const ${index} = ${counter};`);
        body(index);
      },
      guarded,
      times,
    );
    const text = lines.join('\n');
    this.#line(`for (let ${counter} = 0; ${counter} < ${times}; ${counter}++) {\n${text}\n}`);
  }

  quotient(index: string, n: number): string {
    if (n === 1) return index;
    const inverse = 1 / n;
    if (Number.isInteger(Math.log2(n))) return this.let(`Math.floor(${index} * ${inverse})`);
    return this.#call('quotient', [index, String(n)]);
  }

  remainder(index: string, n: number): string {
    if (n === 1) return '0';
    return this.let(`${index} - ${this.quotient(index, n)} * ${n}`);
  }

  call(name: string, ...args: string[]): string {
    return this.#call(name, args);
  }

  #call(name: string, args: string[]): string {
    this.helpers.add(name);
    for (const other of calls.get(name) ?? []) this.helpers.add(other);
    this.cost += callCost * this.#scope.repeat;
    return this.let(`${functions.get(name)!.name}(${args.join(', ')})`);
  }

  /** The whole kernel, returning `value`. */
  source(value: string): string {
    const parameters = [...this.arrays.map((_, i) => `a${i}`), ...this.scalars.map((_, i) => `s${i}`)];
    const body = this.#scope.lines.join('\n');
    return `function(${parameters.join(', ')}) {\nconst ${threadIndex} = this.thread.x;\n${body}\nreturn ${value};\n}`;
  }

  get #scope(): Scope {
    return this.#scopes[this.#scopes.length - 1]!;
  }

  #name(prefix: string, home: number = this.#scopes.length - 1): string {
    const name = `${prefix}${this.#names++}`;
    this.#homes.set(name, home);
    return name;
  }

  #line(line: string, home: number = this.#scopes.length - 1): void {
    const scope = this.#scopes[home]!;
    this.cost += scope.repeat;
    this.lines++;
    scope.lines.push(line);
  }

  #block(write: () => void, guarded: boolean, times: number | null): string[] {
    const repeat = this.#scope.repeat * Math.max(times ?? 1, 1);
    const scope: Scope = { known: new Map(), lines: [], guarded, loop: times !== null, repeat };
    this.#scopes.push(scope);
    write();
    this.#scopes.pop();
    return scope.lines;
  }
}
