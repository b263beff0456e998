/** Whole matrices of derivatives, one reverse pass for every entry of the output: for small problems. */
import { gradients, vjp } from '../autodiff.ts';
import { stack } from '../primitives/arrange.ts';
import { reshape } from '../primitives/reshape.ts';
import { full } from '../primitives/select.ts';
import { constant, type Tensor } from '../tensor.ts';
import { allocate } from '../types.ts';

/** ∂output/∂wrt, of shape [...output.shape, ...wrt.shape]. */
export function jacobian(output: Tensor, wrt: Tensor): Tensor {
  const rows = Array.from({ length: output.size }, (_, entry) => {
    const basis = allocate(output.dtype, output.size);
    basis[entry] = 1;
    const [row] = vjp([output], [constant(basis, output.shape)], [wrt]);
    return row ?? full(0, wrt.shape, wrt.dtype);
  });
  const shape = [...output.shape, ...wrt.shape];
  return rows.length === 0 ? full(0, shape, output.dtype) : reshape(stack(rows), shape);
}

/** ∂²output/∂wrt² of a scalar, of shape [...wrt.shape, ...wrt.shape]. @throws TensorError for an output that is not a scalar. */
export function hessian(output: Tensor, wrt: Tensor): Tensor {
  return jacobian(gradients(output, [wrt])[0]!, wrt);
}
