/**
 * SiLU, or swish: y = x σ(x) (Elfwing, Uchibe & Doya 2017, arXiv:1702.03118). One pass gives y and s = σ(x), so that
 * the gradient σ(x) (1 + x (1 − σ(x))) = s + y (1 − s) is a pass without an exponential. The gradient of the gradient,
 * which a continuous flow's likelihood needs at every activation, is a pass too, and so is the pull-back of y and s together.
 */
import type { Primitive } from '../primitive.ts';
import { apply, applyOne, type Tensor } from '../tensor.ts';
import { add, multiply, subtract } from './arithmetic.ts';
import { type NoAttributes, none, requireFloat, requireSameType } from './elementwise.ts';
import { sigmoid } from './functions.ts';

/** c (s + y (1 − s)) out of plain operations. */
function pullBack(y: Tensor, s: Tensor, c: Tensor): Tensor {
  return multiply(c, add(s, multiply(y, subtract(1, s))));
}

/** The primitive behind {@link silu}: outputs x σ(x) and σ(x). */
export const siluPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#siluPrimitive',
  infer([x]) {
    requireFloat('silu', x!);
    const type = { shape: x!.shape, dtype: x!.dtype };
    return [type, type];
  },
  reference([x], [y, s]) {
    for (let i = 0; i < y!.length; i++) {
      const value = x![i]!;
      const logistic = value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value));
      s![i] = logistic;
      y![i] = value * logistic;
    }
  },
  vjp({ outputs: [y, s] }, [ofY, ofS]) {
    if (!ofS) return [applyOne(siluVjpPrimitive, [y!, s!, ofY!], none)];
    if (!ofY) return [multiply(ofS, multiply(s!, subtract(1, s!)))];
    return [applyOne(siluBothVjpPrimitive, [y!, s!, ofY, ofS], none)];
  },
  decompose([x]) {
    const s = sigmoid(x!);
    return [multiply(x!, s), s];
  },
  examples: [
    { attributes: none, inputs: [{ shape: [3, 7], range: [-4, 4] }] },
    { attributes: none, inputs: [{ shape: [] }] },
  ],
};

/** The cotangent c (s + y (1 − s)) of x, from y = x σ(x), s = σ(x) and the cotangent c of y. */
export const siluVjpPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#siluVjpPrimitive',
  infer(inputs) {
    requireFloat('siluVjp', ...inputs);
    const { shape, dtype } = requireSameType('siluVjp', inputs);
    return [{ shape, dtype }];
  },
  reference([y, s, c], [x]) {
    for (let i = 0; i < x!.length; i++) x![i] = c![i]! * (s![i]! + y![i]! * (1 - s![i]!));
  },
  vjp: ({ inputs }, [g]) => apply(siluVjpVjpPrimitive, [...inputs, g!], none),
  decompose: ([y, s, c]) => [pullBack(y!, s!, c!)],
  examples: [
    {
      attributes: none,
      inputs: [{ shape: [3, 7] }, { shape: [3, 7], range: [0.1, 0.9] }, { shape: [3, 7] }],
    },
    { attributes: none, inputs: [{ shape: [] }, { shape: [], range: [0.1, 0.9] }, { shape: [] }] },
  ],
};

/** The cotangent c (s + y (1 − s)) + d s (1 − s) of x, from y, s and their cotangents c and d. */
export const siluBothVjpPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#siluBothVjpPrimitive',
  infer(inputs) {
    requireFloat('siluBothVjp', ...inputs);
    const { shape, dtype } = requireSameType('siluBothVjp', inputs);
    return [{ shape, dtype }];
  },
  reference([y, s, c, d], [x]) {
    for (let i = 0; i < x!.length; i++) {
      const rest = 1 - s![i]!;
      x![i] = c![i]! * (s![i]! + y![i]! * rest) + d![i]! * (s![i]! * rest);
    }
  },
  decompose: ([y, s, c, d]) => [add(pullBack(y!, s!, c!), multiply(d!, multiply(s!, subtract(1, s!))))],
  examples: [
    {
      attributes: none,
      inputs: [{ shape: [3, 7] }, { shape: [3, 7], range: [0.1, 0.9] }, { shape: [3, 7] }, { shape: [3, 7] }],
    },
    {
      attributes: none,
      inputs: [{ shape: [] }, { shape: [], range: [0.1, 0.9] }, { shape: [] }, { shape: [] }],
    },
  ],
};

/**
 * Cotangents of y, s and c, from these three and the cotangent g of `siluVjpPrimitive`: g c (1 − s), g c (1 − y) and
 * g (s + y (1 − s)).
 */
export const siluVjpVjpPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#siluVjpVjpPrimitive',
  infer(inputs) {
    requireFloat('siluVjpVjp', ...inputs);
    const { shape, dtype } = requireSameType('siluVjpVjp', inputs);
    const type = { shape, dtype };
    return [type, type, type];
  },
  reference([y, s, c, g], [ofY, ofS, ofC]) {
    for (let i = 0; i < ofY!.length; i++) {
      const [slope, rest] = [g![i]! * c![i]!, 1 - s![i]!];
      ofY![i] = slope * rest;
      ofS![i] = slope * (1 - y![i]!);
      ofC![i] = g![i]! * (s![i]! + y![i]! * rest);
    }
  },
  decompose([y, s, c, g]) {
    const slope = multiply(g!, c!);
    return [multiply(slope, subtract(1, s!)), multiply(slope, subtract(1, y!)), pullBack(y!, s!, g!)];
  },
  examples: siluBothVjpPrimitive.examples,
};

/** x · sigmoid(x), the SiLU or swish activation. */
export const silu = (x: Tensor): Tensor => apply(siluPrimitive, [x], none)[0]!;
