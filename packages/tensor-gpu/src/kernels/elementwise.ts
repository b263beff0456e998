/** Expressions of the element-wise primitives: from the names of their operands to JavaScript. */
import type { GpuCode } from '@equiflow/tensor';

type Expression = (code: GpuCode, x: string, y: string, z: string) => string;

const helper =
  (name: string): Expression =>
  (code, x) =>
    code.call(name, x);
const comparison =
  (operator: string): Expression =>
  (code, x, y) =>
    code.let(`(${x} ${operator} ${y} ? 1 : 0)`);
const binary =
  (operator: string): Expression =>
  (code, x, y) =>
    code.let(`${x} ${operator} ${y}`);
/**
 * Whether x is NaN. Not as x ≠ x, which WGSL's compilers take for an ordered comparison, false for NaN.
 */
export const isNaNOf = (x: string): string => `!(${x} >= 0 || ${x} < 0)`;

/** NaN wins, as JavaScript's Math.max has it and the shading languages do not. */
const extremum =
  (pick: string): Expression =>
  (code, x, y) => {
    const larger = code.let(`${pick}(${x}, ${y})`);
    return code.let(`(${isNaNOf(x)} || ${isNaNOf(y)} ? ${x} + ${y} : ${larger})`);
  };

/** By the name of the operation; a missing operand is an empty string. */
export const expressions: Readonly<Record<string, Expression>> = {
  negate: (code, x) => code.let(`0 - ${x}`),
  abs: (code, x) => code.let(`Math.abs(${x})`),
  sign: (code, x) => code.let(`(${x} > 0 ? 1 : (${x} < 0 ? ${code.literal(-1)} : ${x}))`),
  floor: (code, x) => code.let(`Math.floor(${x})`),
  exp: (code, x) => code.let(`Math.exp(${x})`),
  expm1: helper('expm1'),
  log: helper('log'),
  log1p: helper('log1p'),
  sqrt: (code, x) => code.let(`Math.sqrt(${x})`),
  square: (code, x) => code.let(`${x} * ${x}`),
  reciprocal: (code, x) => code.let(`1 / ${x}`),
  tanh: helper('tanh'),
  sigmoid(code, x) {
    const e = code.let(`Math.exp(0 - Math.abs(${x}))`);
    return code.let(`(${x} >= 0 ? 1 / (1 + ${e}) : ${e} / (1 + ${e}))`);
  },
  softplus(code, x) {
    const e = code.let(`Math.exp(0 - Math.abs(${x}))`);
    return code.let(`Math.max(${x}, 0) + ${code.call('log1p', e)}`);
  },
  sin: helper('sin'),
  cos: helper('cos'),
  stopGradient: (_, x) => x,
  add: binary('+'),
  subtract: binary('-'),
  multiply: binary('*'),
  divide: binary('/'),
  power: (code, x, y) => code.call('power', x, y),
  atan2: (code, y, x) => code.call('atan2', y, x),
  greater: comparison('>'),
  greaterEqual: comparison('>='),
  less: comparison('<'),
  lessEqual: comparison('<='),
  equal: comparison('==='),
  notEqual: (code, x, y) => code.let(`(${x} === ${y} ? 0 : 1)`),
  select: (code, condition, x, y) => code.let(`(${condition} !== 0 ? ${x} : ${y})`),
  maximum: extremum('Math.max'),
  minimum: extremum('Math.min'),
};
