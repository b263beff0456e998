/** Bins of wavenumbers. A shell |n|² lies in one bin as a whole: lower edge ≤ 2π|n|/L < upper edge. */
import { type Shape, TensorError } from '@equiflow/tensor';
import { requireBox, requireMesh } from '../mesh-transform.ts';
import { shells } from '../shells.ts';

/** A mesh and the box around it. */
export interface MeshBox {
  readonly mesh: Shape;
  /** Side of the cubic box, Mpc/h. */
  readonly boxSize: number;
}

/** Fundamental mode k_f = 2π/L and Nyquist frequency π N/L of the shortest axis, h/Mpc. */
export function kRange({ mesh, boxSize }: MeshBox): { fundamental: number; nyquist: number } {
  requireMesh('kRange', mesh);
  requireBox('kRange', boxSize);
  return { fundamental: (2 * Math.PI) / boxSize, nyquist: (Math.PI * Math.min(...mesh)) / boxSize };
}

/** Edges from k_f/2 by steps of `width` (default k_f) through the Nyquist frequency, h/Mpc. */
export function linearEdges(box: MeshBox, width?: number): Float64Array {
  const { fundamental, nyquist } = kRange(box);
  const step = width ?? fundamental;
  const count = Math.max(1, Math.ceil((nyquist - fundamental / 2) / step));
  return Float64Array.from({ length: count + 1 }, (_, i) => fundamental / 2 + i * step);
}

/** `count` bins uniform in ln k between k_f and the Nyquist frequency, the last edge included by a rounding's breadth. */
export function logEdges(box: MeshBox, count: number): Float64Array {
  const { fundamental, nyquist } = kRange(box);
  const edges = Float64Array.from(
    { length: count + 1 },
    (_, i) => fundamental * (nyquist / fundamental) ** (i / count),
  );
  edges[count]! *= 1 + 1e-9;
  return edges;
}

/** A bin for every shell of the mesh but k = 0: edges half way between neighbours. */
export function shellEdges({ mesh, boxSize }: MeshBox): Float64Array {
  const unit = (2 * Math.PI) / boxSize;
  const k = shells(mesh).squares.map((square) => unit * Math.sqrt(square));
  return Float64Array.from({ length: k.length }, (_, i) =>
    i + 1 < k.length ? (k[i]! + k[i + 1]!) / 2 : k[i]! * (1 + 1e-9),
  );
}

/** Bin of every shell, −1 outside; a k equal to an edge to 1e-12 counts as on it. @throws TensorError on edges that do not rise. */
export function shellBins({ mesh, boxSize }: MeshBox, edges: ArrayLike<number>): Int32Array {
  for (let i = 0; i < edges.length; i++) {
    if (!(edges[i]! >= 0) || (i > 0 && !(edges[i]! > edges[i - 1]!))) {
      throw new TensorError(
        `shellBins: edge ${i} is ${edges[i]}; give edges that rise from at least 0, h/Mpc`,
      );
    }
  }
  const unit = (2 * Math.PI) / boxSize;
  return Int32Array.from(shells(mesh).squares, (square) => {
    const k = unit * Math.sqrt(square) * (1 + 1e-12);
    let bin = -1;
    while (bin + 1 < edges.length && k >= edges[bin + 1]!) bin++;
    return bin < edges.length - 1 ? bin : -1;
  });
}
