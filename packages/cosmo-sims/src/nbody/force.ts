/**
 * The force of a particle mesh, g = −∇∇⁻²δ, for graphs: particles are painted, the overdensity is transformed, multiplied by
 * i k/k² (the gradient kernel, named in {@link ForceMesh}, with the Nyquist component of odd derivatives 0), and each
 * component is read at the particles with the window that painted it. Painting and reading with one window makes the
 * forces add up to zero: momentum is conserved (Hockney & Eastwood 1988, section 5-3). The
 * window may be divided out of the force, and modes beyond a cutoff left out: see `ParticleMeshOptions.compensated`.
 *
 * The mesh is
 * displaced by half a cell from the lattice of the particles: at rest they sit in the middle of its cells, where the
 * weights of CIC are smooth (its errors on a plane wave are 2.5 times smaller than on a mesh through the lattice).
 */
import {
  compensation,
  halfLength,
  type PaintWindow,
  paint,
  readoutVector,
  rfft,
  signedIndex,
} from '@equiflow/fft-mesh';
import { add, type Shape, type Tensor } from '@equiflow/tensor';
import {
  type GradientKernel,
  imaginaryFactor,
  meshOperators,
  modeConstant,
} from '../initial-conditions/mesh-operators.ts';

/** The mesh of the force. */
export interface ForceMesh {
  /** Lengths of the axes: 2 or 3. */
  readonly mesh: Shape;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  readonly window: PaintWindow;
  readonly gradient: GradientKernel;
  /** Divides the force by the square of the window's transform: once for painting, once for reading. */
  readonly compensated: boolean;
  /** Modes of which a component reaches this do not act, in units of the Nyquist frequency of the mesh; default: all act. */
  readonly cutoff?: number;
}

/**
 * −∇∇⁻²δ at the particles, in Mpc/h: where displacements are small it is D₁ ψ₁.
 *
 * @param positions [P, d], Mpc/h
 * @returns [P, d]
 */
export function meshForce(positions: Tensor, options: ForceMesh): Tensor {
  const { mesh, boxSize, window, gradient, compensated, cutoff } = options;
  const [particles, d] = positions.shape as [number, number];
  const { dtype } = positions;
  if (mesh.some((n) => n !== mesh[0]))
    throw new RangeError(`mesh [${mesh}] of the force: must have equal axes`);
  const cells = mesh.reduce((a, b) => a * b, 1);
  const painting = { mesh, boxSize, window };
  // One number for all axes: the mesh is a cube's.
  const shift = boxSize / (2 * mesh[0]!);
  const centred = add(positions, shift);
  const modes = rfft(paint(centred, undefined, painting), { axes: d as 2 | 3 });
  const sharpening = compensated ? compensation(mesh, window).map((factor) => factor ** 2) : undefined;
  const acts = cutoff === undefined ? () => true : below(mesh, cutoff);
  const components = meshOperators(mesh, boxSize, gradient).gradientInverseLaplacian.map((table) => {
    const factor = modeConstant(
      table.map((value, mode) =>
        acts(mode) ? ((value * cells) / particles) * (sharpening?.[mode] ?? 1) : 0,
      ),
      mesh,
      dtype,
    );
    return imaginaryFactor(modes, factor, mesh);
  });
  return readoutVector(centred, components, painting);
}

/** Whether every component of a half-complex mode is below a share of the Nyquist frequency. */
function below(mesh: Shape, share: number): (mode: number) => boolean {
  const last = mesh.length - 1;
  return (mode) => {
    let rest = mode;
    for (let axis = last; axis >= 0; axis--) {
      const length = axis === last ? halfLength(mesh[axis]!) : mesh[axis]!;
      const n = signedIndex(rest % length, mesh[axis]!);
      if (Math.abs(n) >= share * (mesh[axis]! / 2)) return false;
      rest = Math.floor(rest / length);
    }
    return true;
  };
}
