/** Elementwise kernels: functions of one and two tensors, conversions. */
import {
  absPrimitive,
  addPrimitive,
  atan2Primitive,
  castPrimitive,
  cosPrimitive,
  dividePrimitive,
  equalPrimitive,
  expm1Primitive,
  expPrimitive,
  floorPrimitive,
  greaterEqualPrimitive,
  greaterPrimitive,
  log1pPrimitive,
  logPrimitive,
  maximumPrimitive,
  minimumPrimitive,
  multiplyPrimitive,
  negatePrimitive,
  notEqualPrimitive,
  type Primitive,
  powerPrimitive,
  reciprocalPrimitive,
  selectPrimitive,
  sigmoidPrimitive,
  signPrimitive,
  siluBothVjpPrimitive,
  siluPrimitive,
  siluVjpPrimitive,
  siluVjpVjpPrimitive,
  sinPrimitive,
  softplusPrimitive,
  sqrtPrimitive,
  squarePrimitive,
  subtractPrimitive,
  tanhPrimitive,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { collapse } from '../layout.ts';
import { copyDense } from './copy.ts';
import { type CoreKernel, type KernelEntry, kernelFor, type StridedOperand, suffix } from './kernel.ts';

/** `addPrimitive` of `@equiflow/tensor#addPrimitive` is exported as `addF32` and `addF64`. */
function exportName(primitive: Primitive): string {
  return primitive.name.slice(primitive.name.indexOf('#') + 1, -'Primitive'.length);
}

/** Functions of dense operands: outputs, operands, number of elements. */
function dense(primitive: Primitive): KernelEntry {
  const name = exportName(primitive);
  return kernelFor(primitive, {
    binary: kernels,
    skipsRepeats: true,
    lower({ inputs, outputs, call }) {
      const [y] = outputs;
      const pointers = [...outputs, ...inputs].map((each) => each.pointer);
      if (y!.size > 0) call(`${name}${suffix(y!)}`, ...pointers, y!.size);
    },
  });
}

/**
 * Lengths of the block [n0, n1, n2] and the three strides of each operand, as the kernels take them; null
 * where three axes are too few or an operand's elements lie apart along the last.
 */
export function blockOf(
  operands: readonly Pick<StridedOperand, 'type' | 'strides'>[],
): { lengths: number[]; strides: number[][] } | null {
  const { lengths, strides } = collapse(
    operands[0]!.type.shape,
    operands.map((operand) => operand.strides),
  );
  if (lengths.length > 3 || strides.some((own) => (own.at(-1) ?? 0) > 1)) return null;
  const missing = 3 - lengths.length;
  return {
    lengths: [...new Array<number>(missing).fill(1), ...lengths],
    strides: strides.map((own) => [...new Array<number>(missing).fill(0), ...own]),
  };
}

/** Kernel of `name` with the arguments out, operands, lengths, strides of each operand. */
function block(name: string): CoreKernel {
  return {
    binary: kernels,
    skipsRepeats: true,
    readsStrided: (inputs) => blockOf(inputs) !== null,
    lower({ inputs, outputs: [out], call }) {
      if (out!.size === 0) return;
      const { lengths, strides } = blockOf(inputs)!;
      const pointers = inputs.map((input) => input.pointer);
      call(`${name}${suffix(inputs.at(-1)!)}`, out!.pointer, ...pointers, ...lengths, ...strides.flat());
    },
  };
}

/** Functions of two or three tensors. */
function several(primitive: Primitive): KernelEntry {
  return [primitive.name, block(exportName(primitive))];
}

const densePrimitives: readonly Primitive[] = [
  ...[absPrimitive, cosPrimitive, expPrimitive, expm1Primitive, floorPrimitive, logPrimitive, log1pPrimitive],
  ...[negatePrimitive, reciprocalPrimitive, sigmoidPrimitive, signPrimitive],
  ...[siluPrimitive, siluVjpPrimitive, siluBothVjpPrimitive, siluVjpVjpPrimitive],
  ...[sinPrimitive, softplusPrimitive, sqrtPrimitive, squarePrimitive, tanhPrimitive],
];

const otherPrimitives: readonly Primitive[] = [
  ...[addPrimitive, subtractPrimitive, multiplyPrimitive, dividePrimitive, powerPrimitive, atan2Primitive],
  ...[greaterPrimitive, greaterEqualPrimitive, equalPrimitive, notEqualPrimitive],
  ...[maximumPrimitive, minimumPrimitive, selectPrimitive],
];

export const elementwiseKernels: readonly KernelEntry[] = [
  ...densePrimitives.map(dense),
  ...otherPrimitives.map(several),
  kernelFor(castPrimitive, {
    binary: kernels,
    lower(lowering) {
      const {
        inputs: [x],
        outputs: [y],
        call,
      } = lowering;
      if (x!.type.dtype === y!.type.dtype) copyDense(lowering, y!.pointer, x!);
      else call(`cast${suffix(x!)}${suffix(y!)}`, y!.pointer, x!.pointer, y!.size);
    },
  }),
];
