/** Painting, readout and the spectrum of painted particles, with interlacing and compensation. */
import { add, applyOne, constant, type DType, full, multiply, subtract, type Tensor } from '@equiflow/tensor';
import { rfft } from '../transforms/real.ts';
import { type ComplexTensor, halfShape } from '../transforms/shared.ts';
import { wavenumbers } from '../wavenumbers.ts';
import {
  type PaintAttributes,
  paintPrimitive,
  readoutPrimitive,
  readoutVectorPrimitive,
} from './primitives.ts';
import { compensation } from './window.ts';

const noDerivative = ({ mesh, boxSize, window }: PaintAttributes) => ({
  mesh,
  boxSize,
  window,
  orders: mesh.map(() => 0),
});

/**
 * Σ_p w_p W(x_i − x_p) at every mesh point: the mass of the particles, spread over the mesh. The sum over the mesh is
 * the sum of the weights. Differentiable in weights and, but for 'ngp', in positions.
 * @param positions [P, d] in the unit of `boxSize`; wrapped into the periodic box
 * @param weights [P]; 1 each when left out
 * @returns the mesh, of shape `options.mesh`
 * @throws TensorError when the shapes do not fit or the window has another name.
 */
export function paint(positions: Tensor, weights: Tensor | undefined, options: PaintAttributes): Tensor {
  const masses = weights ?? full(1, [positions.shape[0] ?? 0], positions.dtype);
  return applyOne(paintPrimitive, [positions, masses], noDerivative(options));
}

/**
 * Σ_i W(x_i − x_p) mesh_i at every particle: interpolation with the window, the adjoint of `paint`.
 * @param positions [P, d] in the unit of `boxSize`
 * @param mesh values at the mesh points, of shape `options.mesh`
 * @returns [P]
 * @throws TensorError as `paint`.
 */
export function readout(positions: Tensor, mesh: Tensor, options: PaintAttributes): Tensor {
  return applyOne(readoutPrimitive, [positions, mesh], noDerivative(options));
}

/**
 * Several meshes, one for each axis, read at every particle in one pass: the components of a vector field.
 * @param positions [P, d] in the unit of `boxSize`
 * @param meshes d of them, of shape `options.mesh`
 * @returns [P, d]
 * @throws TensorError as `paint`.
 */
export function readoutVector(
  positions: Tensor,
  meshes: readonly Tensor[],
  { mesh, boxSize, window }: PaintAttributes,
): Tensor {
  return applyOne(readoutVectorPrimitive, [positions, ...meshes], { mesh, boxSize, window });
}

/** Options of `paintSpectrum`. */
export interface PaintSpectrumOptions extends PaintAttributes {
  /** Average with a second mesh shifted by half a cell, which removes the odd aliases (Sefusatti et al. 2016, section 3.1). Default true. */
  readonly interlaced?: boolean;
  /** Divide by the window's Fourier transform. Default true. */
  readonly compensated?: boolean;
}

/**
 * Half-complex spectrum Σ_p w_p e^(−ik·x_p) of particles, as well as a mesh can have it.
 * @param positions [P, d] in the unit of `boxSize`
 * @param weights [P]; 1 each when left out
 * @throws TensorError as `paint`.
 */
export function paintSpectrum(
  positions: Tensor,
  weights: Tensor | undefined,
  { interlaced = true, compensated = true, ...options }: PaintSpectrumOptions,
): ComplexTensor {
  const { mesh, boxSize, window } = options;
  const axes = mesh.length as 1 | 2 | 3;
  const { dtype } = positions;
  let { re, im } = rfft(paint(positions, weights, options), { axes });
  if (interlaced) {
    const shift = Float64Array.from(mesh, (n) => boxSize / (2 * n));
    const moved = add(positions, fixed(shift, [mesh.length], dtype));
    const second = rfft(paint(moved, weights, options), { axes });
    const [cos, sin] = halfCellPhases(options, dtype);
    re = multiply(add(re, subtract(multiply(second.re, cos), multiply(second.im, sin))), 0.5);
    im = multiply(add(im, add(multiply(second.re, sin), multiply(second.im, cos))), 0.5);
  }
  if (!compensated) return { re, im };
  const factors = fixed(compensation(mesh, window), halfShape(mesh), dtype);
  return { re: multiply(re, factors), im: multiply(im, factors) };
}

/** e^(ik·s) for s half a cell along every axis. */
function halfCellPhases({ mesh, boxSize }: PaintAttributes, dtype: DType): [Tensor, Tensor] {
  const { components } = wavenumbers(mesh, boxSize);
  let phases: Float64Array = Float64Array.of(0);
  components.forEach((k, axis) => {
    const half = boxSize / (2 * mesh[axis]!);
    const next = new Float64Array(phases.length * k.length);
    for (let at = 0; at < next.length; at++) {
      next[at] = phases[Math.floor(at / k.length)]! + k[at % k.length]! * half;
    }
    phases = next;
  });
  const shape = halfShape(mesh);
  return [fixed(phases.map(Math.cos), shape, dtype), fixed(phases.map(Math.sin), shape, dtype)];
}

function fixed(values: Float64Array, shape: readonly number[], dtype: DType): Tensor {
  return constant(dtype === 'float64' ? values : Float32Array.from(values), shape);
}
