/**
 * A power spectrum that a user types, such as `A*k^n*exp(-(k*R)^2)`. mathjs reads it into a syntax tree; the tree
 * may hold only arithmetic, comparisons and the functions listed here, so that nothing but a number can come out and
 * nothing but numbers goes in. Every symbol other than k is a parameter, to be bound to a value.
 */
import { type MathNode, parse } from 'mathjs/number';
import { type PowerSpectrum, spectrumFromFunction } from './spectrum.ts';

const FUNCTIONS = new Set([
  ...[
    'exp',
    'log',
    'log2',
    'log10',
    'log1p',
    'expm1',
    'sqrt',
    'cbrt',
    'abs',
    'pow',
    'min',
    'max',
    'square',
    'cube',
  ],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'erf', 'sign'],
]);
const OPERATORS = new Set([
  ...['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'],
  ...['smaller', 'smallerEq', 'larger', 'largerEq', 'and', 'or', 'not'],
]);
const CONSTANTS = new Set(['pi', 'e']);

/** A formula that has been read but whose parameters have no values yet. */
export interface SpectrumFormula {
  /** As typed. */
  readonly text: string;
  /** Names of its parameters, sorted. */
  readonly parameters: readonly string[];
  /**
   * Gives every parameter its value.
   *
   * @param values one finite number for each of {@link parameters}, and nothing else
   * @returns the spectrum; its `power` refuses, naming k, a value that is negative or not finite
   * @throws RangeError naming a parameter without a value, a value without a parameter, or one that is not finite
   */
  bind(values: Readonly<Record<string, number>>): PowerSpectrum;
}

/**
 * Reads a formula of k (h/Mpc) for P(k).
 *
 * Known besides + − * / ^, comparisons, `and`, `or`, `not` and `condition ? a : b`: exp log log2 log10 log1p expm1 sqrt cbrt abs
 * pow min max square cube sin cos tan asin acos atan atan2 sinh cosh tanh erf sign; the constants pi and e.
 *
 * @param text e.g. `A*k^n*exp(-(k*R)^2)`; a product may be written without its sign, `A k^n`
 * @throws SyntaxError in one line, saying what in the formula is not understood or not allowed
 * @example
 * ```ts
 * const spectrum = parseSpectrumFormula('A*k^n*exp(-(k*R)^2)').bind({ A: 100, n: -1, R: 2 });
 * spectrum.power(0.1);
 * ```
 */
export function parseSpectrumFormula(text: string): SpectrumFormula {
  const refuse = (what: string): never => {
    throw new SyntaxError(`spectrum formula '${text}': ${what}`);
  };
  if (text.trim() === '') refuse('is empty; write P as a function of k, such as A*k^n');
  let tree: MathNode;
  try {
    tree = parse(text);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const parameters = new Set<string>();
  check(tree, parameters, refuse);

  const compiled = tree.compile();
  const names = [...parameters].sort();
  return {
    text,
    parameters: names,
    bind: (values) => {
      const scope = new Map<string, number>();
      for (const name of names) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (value === undefined) {
          throw new RangeError(
            `spectrum formula '${text}': parameter ${name} has no value; give ${name}=NUMBER`,
          );
        }
        if (!Number.isFinite(value)) {
          throw new RangeError(`spectrum formula '${text}': parameter ${name} = ${value} is not finite`);
        }
        scope.set(name, value);
      }
      for (const name of Object.keys(values)) {
        if (!parameters.has(name)) {
          throw new RangeError(
            `spectrum formula '${text}': has no parameter ${name} (it has ${names.join(', ') || 'none'})`,
          );
        }
      }
      return spectrumFromFunction((k) => {
        scope.set('k', k);
        const value: unknown = compiled.evaluate(scope);
        if (typeof value === 'number' && value >= 0 && value < Infinity) return value;
        const fault = typeof value !== 'number' ? 'not a number' : value < 0 ? 'negative' : 'not finite';
        throw new RangeError(
          `spectrum formula '${text}': P = ${String(value)} at k = ${k} h/Mpc is ${fault}`,
        );
      });
    },
  };
}

/** What a node of the tree may have: mathjs's classes, seen as data. */
interface NodeView {
  type: string;
  /** Symbol, or function called. */
  name?: string;
  /** Operator by name, or the node of the function called. */
  fn?: string | { name?: string };
  /** Operator as written. */
  op?: string;
  value?: unknown;
  args?: MathNode[];
}

/** Walks the tree, collects its parameters, and refuses whatever is not arithmetic. */
function check(node: MathNode, parameters: Set<string>, refuse: (what: string) => never): void {
  const view = node as unknown as NodeView;
  switch (view.type) {
    case 'ConstantNode':
      if (typeof view.value !== 'number') refuse(`${JSON.stringify(view.value)} is not a number`);
      return;
    case 'SymbolNode':
      if (view.name !== 'k' && !CONSTANTS.has(view.name!)) parameters.add(view.name!);
      return;
    case 'FunctionNode':
      if (!FUNCTIONS.has(view.name ?? '')) {
        refuse(
          `unknown function ${view.name || 'call'}(…); known are ${[...FUNCTIONS].join(' ')} (a product is a*(b))`,
        );
      }
      if (view.args!.length === 0) refuse(`${view.name}() has no argument`);
      for (const argument of view.args!) check(argument, parameters, refuse);
      return;
    case 'OperatorNode':
      if (!OPERATORS.has(view.fn as string)) refuse(`operator ${view.op} is not allowed`);
      break;
    case 'ParenthesisNode':
    case 'ConditionalNode':
    case 'RelationalNode':
      break;
    case 'AssignmentNode':
    case 'FunctionAssignmentNode':
      refuse(`assigning ${view.name || 'a value'} is not allowed; write P(k) alone`);
      break;
    default:
      refuse(
        `${view.type.replace(/Node$/, '').toLowerCase()} is not allowed; write one expression of numbers`,
      );
  }
  node.forEach((child) => {
    check(child, parameters, refuse);
  });
}
