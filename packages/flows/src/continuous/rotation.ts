/**
 * The rotation that brings one set of points nearest to another, min_R Σ |a_i − R b_i|² (Kabsch 1976): an angle in the plane; in space the
 * eigenvector of Horn's quaternion matrix (1987, J. Opt. Soc. Am. A 4, 629), which is a rotation whatever the points.
 */

/** A rotation (row-major [d, d]) and what it leaves: Σ |a_i − R b_i|². */
export interface Superposition {
  readonly rotation: Float64Array;
  readonly residual: number;
}

/**
 * The best proper rotation of b onto a, about the origin.
 * @param a row-major [points, d], as b; d is 2 or 3.
 * @throws RangeError for another number of dimensions.
 */
export function superpose(a: ArrayLike<number>, b: ArrayLike<number>, dimension: number): Superposition {
  if (dimension !== 2 && dimension !== 3) {
    throw new RangeError(`superpose: ${dimension} dimensions; rotations are found in 2 and 3`);
  }
  // Σ a_i b_iᵀ and Σ |a|² + |b|².
  const moment = new Float64Array(dimension * dimension);
  let squares = 0;
  for (let start = 0; start < a.length; start += dimension) {
    for (let i = 0; i < dimension; i++) {
      const ai = a[start + i]!;
      squares += ai * ai + b[start + i]! ** 2;
      for (let j = 0; j < dimension; j++) moment[i * dimension + j]! += ai * b[start + j]!;
    }
  }
  const rotation = dimension === 2 ? planeRotation(moment) : spaceRotation(moment);
  let overlap = 0;
  for (let i = 0; i < moment.length; i++) overlap += rotation[i]! * moment[i]!;
  return { rotation, residual: Math.max(0, squares - 2 * overlap) };
}

function planeRotation([xx, xy, yx, yy]: Float64Array): Float64Array {
  const angle = Math.atan2(yx! - xy!, xx! + yy!);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return Float64Array.of(c, -s, s, c);
}

function spaceRotation(moment: Float64Array): Float64Array {
  // Horn's S_jk = Σ b_j a_k.
  const s = (j: number, k: number): number => moment[k * 3 + j]!;
  const [x, y, z] = [0, 1, 2];
  const horn = Float64Array.of(
    ...[s(x, x) + s(y, y) + s(z, z), s(y, z) - s(z, y), s(z, x) - s(x, z), s(x, y) - s(y, x)],
    ...[s(y, z) - s(z, y), s(x, x) - s(y, y) - s(z, z), s(x, y) + s(y, x), s(z, x) + s(x, z)],
    ...[s(z, x) - s(x, z), s(x, y) + s(y, x), s(y, y) - s(x, x) - s(z, z), s(y, z) + s(z, y)],
    ...[s(x, y) - s(y, x), s(z, x) + s(x, z), s(y, z) + s(z, y), s(z, z) - s(x, x) - s(y, y)],
  );
  const [w, i, j, k] = largestEigenvector(horn, 4) as unknown as [number, number, number, number];
  return Float64Array.of(
    ...[w * w + i * i - j * j - k * k, 2 * (i * j - w * k), 2 * (i * k + w * j)],
    ...[2 * (i * j + w * k), w * w - i * i + j * j - k * k, 2 * (j * k - w * i)],
    ...[2 * (i * k - w * j), 2 * (j * k + w * i), w * w - i * i - j * j + k * k],
  );
}

/** The unit eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi's rotations; `matrix` is overwritten. */
function largestEigenvector(matrix: Float64Array, n: number): Float64Array {
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * (n + 1)] = 1;
  const scale = matrix.reduce((sum, value) => sum + Math.abs(value), 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += Math.abs(matrix[p * n + q]!);
    if (off <= 1e-16 * scale) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = matrix[p * n + q]!;
        if (apq === 0) continue;
        const theta = (matrix[q * n + q]! - matrix[p * n + p]!) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [matrix[k * n + p]!, matrix[k * n + q]!];
          matrix[k * n + p] = c * kp - s * kq;
          matrix[k * n + q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k++) {
          const [pk, qk] = [matrix[p * n + k]!, matrix[q * n + k]!];
          matrix[p * n + k] = c * pk - s * qk;
          matrix[q * n + k] = s * pk + c * qk;
          const [vp, vq] = [vectors[k * n + p]!, vectors[k * n + q]!];
          vectors[k * n + p] = c * vp - s * vq;
          vectors[k * n + q] = s * vp + c * vq;
        }
      }
    }
  }
  let best = 0;
  for (let i = 1; i < n; i++) if (matrix[i * (n + 1)]! > matrix[best * (n + 1)]!) best = i;
  return Float64Array.from({ length: n }, (_, k) => vectors[k * n + best]!);
}
