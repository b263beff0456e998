/** Statistics of single cells: the one-point function and its moments, and peak counts. */
import { type Shape, sizeOf } from '@equiflow/tensor';

/** A histogram as a density: Σ density × width + what lies outside = 1. */
export interface OnePointFunction {
  readonly edges: Float64Array;
  /** Fraction of the cells in each bin over its width. */
  readonly density: Float64Array;
  /** Fractions below the first edge and from the last one on. */
  readonly below: number;
  readonly above: number;
}

/** Moments of a field's cells. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
  /** ⟨(x − mean)³⟩ / σ³. */
  readonly skewness: number;
  /** ⟨(x − mean)⁴⟩ / σ⁴ − 3. */
  readonly kurtosis: number;
}

/** Bin of a value among rising edges: −1 below, `edges.length − 1` from the last on. */
function binOf(edges: ArrayLike<number>, value: number): number {
  let low = -1;
  let high = edges.length - 1;
  if (value >= edges[high]!) return high;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= edges[middle]!) low = middle;
    else high = middle;
  }
  return low;
}

function requireEdges(edges: ArrayLike<number>): void {
  for (let i = 0; i < edges.length; i++) {
    if (!Number.isFinite(edges[i]) || (i > 0 && !(edges[i]! > edges[i - 1]!))) {
      throw new RangeError(`edge ${i} is ${edges[i]}; give finite edges that rise`);
    }
  }
  if (edges.length < 2) throw new RangeError(`${edges.length} edges; give at least 2`);
}

/** The one-point function of a field. @param edges rising */
export function onePointFunction(field: ArrayLike<number>, edges: ArrayLike<number>): OnePointFunction {
  requireEdges(edges);
  const counts = new Float64Array(edges.length + 1);
  for (let i = 0; i < field.length; i++) counts[binOf(edges, field[i]!) + 1]!++;
  const fraction = counts.map((count) => count / field.length);
  return {
    edges: Float64Array.from(edges),
    density: Float64Array.from(
      { length: edges.length - 1 },
      (_, i) => fraction[i + 1]! / (edges[i + 1]! - edges[i]!),
    ),
    below: fraction[0]!,
    above: fraction[edges.length]!,
  };
}

/** Mean, variance, skewness and kurtosis of the cells. */
export function fieldMoments(field: ArrayLike<number>): Moments {
  const n = field.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += field[i]! / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const d = field[i]! - mean;
    m2 += (d * d) / n;
    m3 += (d * d * d) / n;
    m4 += (d * d * d * d) / n;
  }
  return { mean, variance: m2, skewness: m3 / m2 ** 1.5, kurtosis: m4 / m2 ** 2 - 3 };
}

/** Peaks: cells above all of their 3^d − 1 neighbours, the field being periodic. @returns their values, in the order of cells */
export function findPeaks(field: ArrayLike<number>, mesh: Shape): Float64Array {
  if (field.length !== sizeOf(mesh)) {
    throw new RangeError(`findPeaks: ${field.length} values for the mesh [${mesh}]; give ${sizeOf(mesh)}`);
  }
  const d = mesh.length;
  const offsets = Array.from({ length: 3 ** d }, (_, i) =>
    mesh.map((_, axis) => (Math.floor(i / 3 ** axis) % 3) - 1),
  ).filter((offset) => offset.some((o) => o !== 0));
  const index = new Array<number>(d).fill(0);
  const peaks: number[] = [];
  for (let cell = 0; cell < field.length; cell++) {
    const higher = offsets.every((offset) => {
      let other = 0;
      for (let axis = 0; axis < d; axis++) {
        const n = mesh[axis]!;
        other = other * n + ((index[axis]! + offset[axis]! + n) % n);
      }
      return field[cell]! > field[other]!;
    });
    if (higher) peaks.push(field[cell]!);
    for (let axis = d - 1; axis >= 0; axis--) {
      if (++index[axis]! < mesh[axis]!) break;
      index[axis] = 0;
    }
  }
  return Float64Array.from(peaks);
}

/** Number of peaks with a height within each bin. @param edges rising */
export function peakCounts(field: ArrayLike<number>, mesh: Shape, edges: ArrayLike<number>): Float64Array {
  requireEdges(edges);
  const counts = new Float64Array(edges.length - 1);
  for (const height of findPeaks(field, mesh)) {
    const bin = binOf(edges, height);
    if (bin >= 0 && bin < counts.length) counts[bin]!++;
  }
  return counts;
}
