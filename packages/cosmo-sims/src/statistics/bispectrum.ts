/**
 * The bispectrum by Fourier transforms (Scoccimarro 2015, arXiv:1506.02729, section III): with I_i(x) the field of the modes of
 * bin i alone and U_i(x) that of ones there,
 *
 *   B(k₁, k₂, k₃) = L^{2d}/N^{3d} · Σ_x I₁ I₂ I₃ / Σ_x U₁ U₂ U₃    (δ_k unnormalised),
 *
 * where Σ U U U counts the triangles k₁ + k₂ + k₃ = 0. Exact as long as three bins' upper edges stay below twice the
 * Nyquist frequency together; else triangles close around the mesh, which is refused.
 */
import { kRange, meshTransform, shellBins, shells } from '@equiflow/fft-mesh';
import { type Backend, type Shape, sizeOf } from '@equiflow/tensor';

/** How a bispectrum is measured. */
export interface BispectrumOptions {
  readonly mesh: Shape;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Rising edges of the bins of k, h/Mpc. */
  readonly edges: ArrayLike<number>;
  /**
   * Which triangles of bins: `'equilateral'` (i, i, i), `'squeezed'` (0, i, i), `'all'` i ≤ j ≤ k that can close
   * (default), or a list of one's own.
   */
  readonly triangles?: 'equilateral' | 'squeezed' | 'all' | readonly (readonly [number, number, number])[];
  readonly backend?: Backend;
}

/** One triangle of bins. */
export interface BispectrumTriangle {
  /** Bins of the three sides. */
  readonly bins: readonly [number, number, number];
  /** Mean k of the modes of each bin, h/Mpc. */
  readonly k: readonly [number, number, number];
  /** B in (Mpc/h)^{2d}. */
  readonly bispectrum: number;
  /** Number of triangles of modes, ordered. */
  readonly count: number;
}

/** The bins of all triangles that the choice names. */
function trianglesOf(
  choice: NonNullable<BispectrumOptions['triangles']>,
  edges: ArrayLike<number>,
): readonly (readonly [number, number, number])[] {
  const bins = Array.from({ length: edges.length - 1 }, (_, i) => i);
  if (choice === 'equilateral') return bins.map((i) => [i, i, i]);
  if (choice === 'squeezed') return bins.map((i) => [0, i, i]);
  if (choice !== 'all') return choice;
  return bins.flatMap((i) =>
    bins.slice(i).flatMap((j) =>
      bins
        .slice(j)
        .filter((k) => edges[k]! < edges[i + 1]! + edges[j + 1]!)
        .map((k) => [i, j, k] as const),
    ),
  );
}

/** A bin of k: its mask over the half-complex modes, the field of ones there, and its mean k. */
interface Shell {
  readonly inside: Float64Array;
  readonly ones: Float64Array;
  readonly k: number;
}

/**
 * Prepares the bispectra of many fields on one mesh: transforms are compiled and triangles counted once.
 *
 * @returns from a field, row-major, to one entry for each triangle of bins that holds any
 * @throws RangeError when triangles would close around the mesh, or a bin does not exist
 */
export function bispectrumEstimator(
  options: BispectrumOptions,
): (field: ArrayLike<number>) => BispectrumTriangle[] {
  const { mesh, boxSize, edges, backend } = options;
  const triangles = trianglesOf(options.triangles ?? 'all', edges);
  const { nyquist } = kRange({ mesh, boxSize });
  for (const bins of triangles) {
    const total = bins.reduce((sum, bin) => sum + (edges[bin + 1] ?? Number.NaN), 0);
    if (!(total <= 2 * nyquist * (1 + 1e-9))) {
      throw new RangeError(
        `bispectrum: triangle of bins [${bins}] reaches ${total} h/Mpc around; its bins must exist and stay below twice the Nyquist frequency, ${2 * nyquist} h/Mpc`,
      );
    }
  }
  const transform = meshTransform(mesh, backend);
  const { index, squares, multiplicity } = shells(mesh);
  const bins = shellBins({ mesh, boxSize }, edges);
  const unit = (2 * Math.PI) / boxSize;
  const cells = sizeOf(mesh);
  const shellOf = new Map<number, Shell>();
  for (const bin of new Set(triangles.flat())) {
    const inside = Float64Array.from(index, (shell) => (bins[shell] === bin ? 1 : 0));
    let [k, count] = [0, 0];
    bins.forEach((of, shell) => {
      if (of !== bin) return;
      k += multiplicity[shell]! * unit * Math.sqrt(squares[shell]!);
      count += multiplicity[shell]!;
    });
    const zeros = new Float64Array(inside.length);
    shellOf.set(bin, { inside, ones: transform.inverse({ re: inside, im: zeros }).slice(), k: k / count });
  }
  const tripleSum = (a: Float64Array, b: Float64Array, c: Float64Array): number => {
    let sum = 0;
    for (let cell = 0; cell < cells; cell++) sum += a[cell]! * b[cell]! * c[cell]!;
    return sum;
  };
  const prepared = triangles.flatMap((three) => {
    const [a, b, c] = three.map((bin) => shellOf.get(bin)!) as [Shell, Shell, Shell];
    const ones = tripleSum(a.ones, b.ones, c.ones);
    const count = Math.round(ones * cells * cells);
    return count === 0 ? [] : [{ three, k: [a.k, b.k, c.k] as const, ones, count }];
  });
  const norm = boxSize ** (2 * mesh.length) / cells ** 3;
  return (field) => {
    const modes = transform.forward(field);
    const [re, im] = [modes.re.slice(), modes.im.slice()];
    const fields = new Map<number, Float64Array>();
    for (const [bin, { inside }] of shellOf) {
      fields.set(
        bin,
        transform
          .inverse({ re: re.map((v, i) => v * inside[i]!), im: im.map((v, i) => v * inside[i]!) })
          .slice(),
      );
    }
    return prepared.map(({ three: [a, b, c], k, ones, count }) => ({
      bins: [a, b, c],
      k,
      bispectrum: (norm * tripleSum(fields.get(a)!, fields.get(b)!, fields.get(c)!)) / ones,
      count,
    }));
  };
}

/**
 * The bispectrum of one field; of many fields on one mesh {@link bispectrumEstimator} is faster.
 *
 * @param field row-major on the mesh
 * @returns one entry for each triangle of bins that holds any
 * @throws RangeError when triangles would close around the mesh, or a bin does not exist
 */
export function bispectrum(field: ArrayLike<number>, options: BispectrumOptions): BispectrumTriangle[] {
  return bispectrumEstimator(options)(field);
}
