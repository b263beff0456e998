/** Forward-mode products out of reverse mode. */
import { vjp } from '../autodiff.ts';
import { full } from '../primitives/select.ts';
import type { Tensor } from '../tensor.ts';
import { describe, sameShape, TensorError } from '../types.ts';

/**
 * Jacobian-vector product: Σ_w ∂output/∂w · tangent_w for every output; null where an output depends on no w
 * that has a tangent. Two reverse passes: u ↦ Jᵀu is linear, and the transpose of that map is J.
 * @throws TensorError when a tangent's type differs from its tensor's.
 */
export function jvp(
  outputs: readonly Tensor[],
  wrt: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): (Tensor | null)[] {
  wrt.forEach((tensor, index) => {
    const tangent = tangents[index];
    if (tangent && (!sameShape(tangent.shape, tensor.shape) || tangent.dtype !== tensor.dtype)) {
      throw new TensorError(
        `jvp: tangent ${describe(tangent)} for a tensor ${describe(tensor)}; the types must agree`,
      );
    }
  });
  return outputs.map((output) => {
    const cotangent = full(0, output.shape, output.dtype);
    const pulled = vjp([output], [cotangent], wrt);
    const slots = pulled.flatMap((gradient, index) => (gradient && tangents[index] ? [index] : []));
    if (slots.length === 0) return null;
    const [product] = vjp(
      slots.map((index) => pulled[index]!),
      slots.map((index) => tangents[index]!),
      [cotangent],
    );
    return product!;
  });
}
