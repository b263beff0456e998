/** What the element-wise primitives share: type rules, loops, broadcasting of their arguments. */
import type { ExampleInput, Primitive } from '../primitive.ts';
import { applyOne, asTensor, Tensor, type TensorLike } from '../tensor.ts';
import { describe, type Shape, sameShape, TensorError, type TensorType } from '../types.ts';
import { broadcastTo } from './broadcast.ts';

/** Attributes of a primitive that has none. */
export type NoAttributes = Readonly<Record<never, never>>;

/** The one value of `NoAttributes`. */
export const none: NoAttributes = {};

/** Refuses int32, which is for indices only. */
export function requireFloat(operation: string, ...types: readonly TensorType[]): void {
  for (const type of types) {
    if (type.dtype === 'int32') {
      throw new TensorError(
        `${operation}: ${describe(type)} holds indices, which have no arithmetic; use a float tensor`,
      );
    }
  }
}

/** Refuses operands of different dtypes or, at the level of primitives, different shapes. */
export function requireSameType(operation: string, types: readonly TensorType[]): TensorType {
  const first = types[0]!;
  for (const type of types) {
    if (type.dtype !== first.dtype || !sameShape(type.shape, first.shape)) {
      throw new TensorError(
        `${operation}: operands ${types.map(describe).join(', ')} differ; broadcast or convert one first`,
      );
    }
  }
  return first;
}

/** A primitive y_i = f(x_i). `derivative(x, y)` is f′ as a tensor; leave it out where f′ = 0 almost everywhere. */
export function unaryPrimitive(
  operation: string,
  f: (x: number) => number,
  derivative: ((x: Tensor, y: Tensor) => Tensor) | null,
  times: (a: Tensor, b: Tensor) => Tensor,
  range: ExampleInput['range'],
): Primitive<NoAttributes> {
  return {
    name: `@equiflow/tensor#${operation}Primitive`,
    elementwise: true,
    ...(derivative ? {} : { differentiable: false as const }),
    infer([x]) {
      requireFloat(operation, x!);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    reference([x], [y]) {
      for (let i = 0; i < y!.length; i++) y![i] = f(x![i]!);
    },
    vjp({ inputs, outputs }, [cotangent]) {
      return [derivative && times(cotangent!, derivative(inputs[0]!, outputs[0]!))];
    },
    examples: [
      { attributes: none, inputs: [{ shape: [3, 7], range: range ?? [-2, 2] }] },
      { attributes: none, inputs: [{ shape: [], range: range ?? [-2, 2] }] },
    ],
  };
}

/** A primitive z_i = f(x_i, y_i) of operands of one type. */
export function binaryPrimitive(
  operation: string,
  f: (x: number, y: number) => number,
  vjp: NonNullable<Primitive<NoAttributes>['vjp']> | null,
  ranges: readonly [NonNullable<ExampleInput['range']>, NonNullable<ExampleInput['range']>] = [
    [-2, 2],
    [-2, 2],
  ],
): Primitive<NoAttributes> {
  return {
    name: `@equiflow/tensor#${operation}Primitive`,
    elementwise: true,
    ...(vjp ? { vjp } : { differentiable: false as const }),
    infer(inputs) {
      requireFloat(operation, ...inputs);
      const { shape, dtype } = requireSameType(operation, inputs);
      return [{ shape, dtype }];
    },
    reference([x, y], [z]) {
      for (let i = 0; i < z!.length; i++) z![i] = f(x![i]!, y![i]!);
    },
    examples: [
      {
        attributes: none,
        inputs: [
          { shape: [3, 7], range: ranges[0] },
          { shape: [3, 7], range: ranges[1] },
        ],
      },
      {
        attributes: none,
        inputs: [
          { shape: [], range: ranges[0] },
          { shape: [], range: ranges[1] },
        ],
      },
    ],
  };
}

/** NumPy's rule: axes are aligned at the end; lengths agree or one of them is 1. */
export function broadcastShapes(operation: string, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((length, i) => {
      const axis = rank - shape.length + i;
      if (length === 1 || length === result[axis]) return;
      if (result[axis] !== 1) {
        throw new TensorError(
          `${operation}: shapes ${shapes.map((s) => `[${s}]`).join(' and ')} do not broadcast together`,
        );
      }
      result[axis] = length;
    });
  }
  return result;
}

/** Makes numbers tensors and brings all operands to one shape. At least one must be a tensor. */
export function broadcastOperands(operation: string, operands: readonly TensorLike[]): Tensor[] {
  const known = operands.find((operand) => operand instanceof Tensor);
  const dtype = known instanceof Tensor ? known.dtype : 'float32';
  const tensors = operands.map((operand) => asTensor(operand, dtype));
  for (const tensor of tensors) {
    if (tensor.dtype !== dtype) {
      throw new TensorError(
        `${operation}: operands ${tensors.map(describe).join(', ')} mix dtypes; convert one with cast`,
      );
    }
  }
  const shape = broadcastShapes(operation, ...tensors.map((tensor) => tensor.shape));
  return tensors.map((tensor) => broadcastTo(tensor, shape));
}

/** Applies a binary primitive with broadcasting. */
export function applyBinary(
  operation: string,
  primitive: Primitive<NoAttributes>,
  x: TensorLike,
  y: TensorLike,
): Tensor {
  return applyOne(primitive, broadcastOperands(operation, [x, y]), none);
}
