/** Reductions over any set of axes, as one pass for each run of neighbouring axes. */
import { bytesPerElement, maxPrimitive, minPrimitive, type Shape, sumPrimitive } from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { type CoreKernel, type CoreLowering, type KernelEntry, kernelFor, suffix } from './kernel.ts';

/** One pass over a block [outer, reduce, inner]. */
interface Pass {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
}

/** Runs of reduced axes, the last first, so that the largest strides are left for the shortest pass. */
export function reductionPasses(shape: Shape, axes: readonly number[]): Pass[] {
  const groups: { reduced: boolean; length: number }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.reduced === reduced) last.length *= length;
    else groups.push({ reduced, length });
  });
  const passes: Pass[] = [];
  let inner = 1;
  for (let index = groups.length - 1; index >= 0; index--) {
    const { reduced, length } = groups[index]!;
    if (!reduced) inner *= length;
    else {
      const outer = groups.slice(0, index).reduce((size, group) => size * group.length, 1);
      passes.push({ outer, reduce: length, inner });
    }
  }
  // Nothing to add up (every reduced axis has length 1): a pass over one number each is a copy.
  if (passes.length === 0) passes.push({ outer: 1, reduce: 1, inner });
  return passes;
}

/** Lowers `name` to its passes, with scratch memory between them. */
function lowerPasses(
  name: string,
  {
    inputs: [x],
    outputs: [y],
    scratch,
    call,
    attributes,
  }: CoreLowering<{ readonly axes: readonly number[] }>,
): void {
  const passes = reductionPasses(x!.type.shape, attributes.axes);
  let from = x!.pointer;
  passes.forEach(({ outer, reduce, inner }, index) => {
    const to =
      index === passes.length - 1 ? y!.pointer : scratch(outer * inner * bytesPerElement(y!.type.dtype));
    call(`${name}${suffix(y!)}`, to, from, outer, reduce, inner);
    from = to;
  });
}

function reduction(name: string): CoreKernel<{ readonly axes: readonly number[] }> {
  return { binary: kernels, lower: (lowering) => lowerPasses(name, lowering) };
}

export const reduceKernels: readonly KernelEntry[] = [
  kernelFor(sumPrimitive, reduction('sum')),
  kernelFor(maxPrimitive, reduction('max')),
  kernelFor(minPrimitive, reduction('min')),
];
