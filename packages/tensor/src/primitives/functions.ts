/** Element-wise functions of one operand. */
import type { ExampleInput, Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { add, divide, multiply, subtract, times } from './arithmetic.ts';
import { type NoAttributes, none, unaryPrimitive } from './elementwise.ts';

function unary(
  operation: string,
  f: (x: number) => number,
  derivative: ((x: Tensor, y: Tensor) => Tensor) | null,
  range?: ExampleInput['range'],
): Primitive<NoAttributes> {
  return unaryPrimitive(operation, f, derivative, (a, b) => times(a, b), range);
}

/** The primitive behind {@link negate}. */
export const negatePrimitive: Primitive<NoAttributes> = {
  ...unary(
    'negate',
    (x) => -x,
    (x) => x,
  ),
  vjp: (_, [c]) => [negate(c!)],
};
/** −x */
export const negate = (x: Tensor): Tensor => applyOne(negatePrimitive, [x], none);

/** The primitive behind {@link abs}. */
export const absPrimitive: Primitive<NoAttributes> = unary('abs', Math.abs, (x) => sign(x), [0.1, 2]);
/** |x|; the gradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => applyOne(absPrimitive, [x], none);

/** The primitive behind {@link sign}. */
export const signPrimitive: Primitive<NoAttributes> = unary('sign', Math.sign, null);
/** −1, 0 or 1. */
export const sign = (x: Tensor): Tensor => applyOne(signPrimitive, [x], none);

/** The primitive behind {@link floor}. */
export const floorPrimitive: Primitive<NoAttributes> = unary('floor', Math.floor, null);
/** Largest integer not above x. */
export const floor = (x: Tensor): Tensor => applyOne(floorPrimitive, [x], none);

/** The primitive behind {@link exp}. */
export const expPrimitive: Primitive<NoAttributes> = unary('exp', Math.exp, (_, y) => y);
/** eˣ */
export const exp = (x: Tensor): Tensor => applyOne(expPrimitive, [x], none);

/** The primitive behind {@link expm1}. */
export const expm1Primitive: Primitive<NoAttributes> = unary('expm1', Math.expm1, (_, y) => add(y, 1));
/** eˣ − 1, accurate near 0. */
export const expm1 = (x: Tensor): Tensor => applyOne(expm1Primitive, [x], none);

/** The primitive behind {@link log}. */
export const logPrimitive: Primitive<NoAttributes> = unary('log', Math.log, (x) => reciprocal(x), [0.3, 3]);
/** ln x */
export const log = (x: Tensor): Tensor => applyOne(logPrimitive, [x], none);

/** The primitive behind {@link log1p}. */
export const log1pPrimitive: Primitive<NoAttributes> = unary(
  'log1p',
  Math.log1p,
  (x) => reciprocal(add(x, 1)),
  [-0.7, 3],
);
/** ln(1 + x), accurate near 0. */
export const log1p = (x: Tensor): Tensor => applyOne(log1pPrimitive, [x], none);

/** The primitive behind {@link sqrt}. */
export const sqrtPrimitive: Primitive<NoAttributes> = unary(
  'sqrt',
  Math.sqrt,
  (_, y) => divide(0.5, y),
  [0.3, 3],
);
/** √x */
export const sqrt = (x: Tensor): Tensor => applyOne(sqrtPrimitive, [x], none);

/** The primitive behind {@link square}. */
export const squarePrimitive: Primitive<NoAttributes> = unary(
  'square',
  (x) => x * x,
  (x) => multiply(x, 2),
);
/** x² */
export const square = (x: Tensor): Tensor => applyOne(squarePrimitive, [x], none);

/** The primitive behind {@link reciprocal}. */
export const reciprocalPrimitive: Primitive<NoAttributes> = unary(
  'reciprocal',
  (x) => 1 / x,
  (_, y) => negate(square(y)),
  [0.3, 3],
);
/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => applyOne(reciprocalPrimitive, [x], none);

/** The primitive behind {@link tanh}. */
export const tanhPrimitive: Primitive<NoAttributes> = unary('tanh', Math.tanh, (_, y) =>
  subtract(1, square(y)),
);
/** tanh x */
export const tanh = (x: Tensor): Tensor => applyOne(tanhPrimitive, [x], none);

/** The primitive behind {@link sigmoid}. */
export const sigmoidPrimitive: Primitive<NoAttributes> = unary(
  'sigmoid',
  (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  (_, y) => multiply(y, subtract(1, y)),
);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => applyOne(sigmoidPrimitive, [x], none);

/** The primitive behind {@link softplus}. */
export const softplusPrimitive: Primitive<NoAttributes> = unary(
  'softplus',
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  (x) => sigmoid(x),
);
/** ln(1 + eˣ), without overflow. */
export const softplus = (x: Tensor): Tensor => applyOne(softplusPrimitive, [x], none);

/** The primitive behind {@link sin}. */
export const sinPrimitive: Primitive<NoAttributes> = unary('sin', Math.sin, (x) => cos(x));
/** sin x */
export const sin = (x: Tensor): Tensor => applyOne(sinPrimitive, [x], none);

/** The primitive behind {@link cos}. */
export const cosPrimitive: Primitive<NoAttributes> = unary('cos', Math.cos, (x) => negate(sin(x)));
/** cos x */
export const cos = (x: Tensor): Tensor => applyOne(cosPrimitive, [x], none);
