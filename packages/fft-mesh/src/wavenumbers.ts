/** Wavenumbers of the half-complex layout of a periodic cubic box: k = 2π n/L. */
import type { Shape } from '@equiflow/tensor';
import { requireBox, requireMesh } from './mesh-transform.ts';
import { halfLength, signedIndex, squaredIndices } from './shells.ts';

/** Wavenumbers of the modes of a mesh, in h/Mpc for a box in Mpc/h. */
export interface Wavenumbers {
  /** Component of k along each axis, by index; the last axis keeps n/2 + 1, its Nyquist component positive. */
  readonly components: readonly Float64Array[];
  /** The same with the Nyquist components of even axes 0: for odd derivatives (ik, ik/k²) of real fields. */
  readonly derivativeComponents: readonly Float64Array[];
  /** |k| of every mode of the half-complex layout, row-major. */
  readonly magnitude: Float64Array;
}

/**
 * @param mesh lengths of the axes
 * @param boxSize side L of the box, Mpc/h
 * @throws TensorError when the mesh or the box is empty.
 */
export function wavenumbers(mesh: Shape, boxSize: number): Wavenumbers {
  requireMesh('wavenumbers', mesh);
  requireBox('wavenumbers', boxSize);
  const unit = (2 * Math.PI) / boxSize;
  const components = mesh.map((n, axis) => {
    const last = axis === mesh.length - 1;
    return Float64Array.from(
      { length: last ? halfLength(n) : n },
      (_, i) => unit * (last ? i : signedIndex(i, n)),
    );
  });
  return {
    components,
    derivativeComponents: components.map((k, axis) =>
      k.map((value, i) => (2 * i === mesh[axis] ? 0 : value)),
    ),
    magnitude: squaredIndices(mesh).map((square) => unit * Math.sqrt(square)),
  };
}
