/**
 * Bispectra of maps and of samples: equilateral triangles, and squeezed ones with one long wave. What is compared is the reduced
 * bispectrum Q = ⟨B⟩ / ⟨P₁P₂ + P₂P₃ + P₃P₁⟩, averages over the maps: it is of order 1, and 0 for Gaussian fields. Errors by the
 * jackknife over simulations, whose maps are not independent.
 */
import { bispectrumEstimator } from '@equiflow/cosmo-sims';
import { wasm } from '@equiflow/tensor-wasm';
import type { MeshModes } from '../modes.ts';

/** Q of one kind of triangles. */
export interface ReducedBispectrum {
  readonly kind: 'equilateral' | 'squeezed';
  /** Wavenumber of the sides (of the two short ones of squeezed triangles), h/Mpc. */
  readonly k: Float64Array;
  /** Wavenumber of the long wave of squeezed triangles, else of all sides of the first bin. */
  readonly long: number;
  readonly data: Float64Array;
  readonly dataError: Float64Array;
  readonly samples: Float64Array;
  readonly samplesError: Float64Array;
  /** Q of the samples − Q of the data, paired, and its error. */
  readonly difference: Float64Array;
  readonly differenceError: Float64Array;
}

/** Upper edge of the long waves, in units of the fundamental mode. */
const LONG = 2.5;
const BINS = 7;

/** Numerators and denominators of Q for one field. */
export interface Triangles {
  readonly bispectra: Float64Array;
  readonly squares: Float64Array;
}

/** Measures fields of one mesh, and joins what was measured. */
export interface TriangleComparison {
  measure(field: Float64Array): Triangles;
  /** @param groups number of the simulation of each pair, rising */
  join(
    data: readonly Triangles[],
    samples: readonly Triangles[],
    groups: ArrayLike<number>,
  ): ReducedBispectrum[];
}

/** Edges of bins of k that triangles around the mesh do not reach, in units of the fundamental mode. */
function edgesFor(side: number): number[] {
  const most = (side - LONG) / 2;
  const width = Math.max(1.5, (most - LONG) / BINS);
  const edges = [0.5, LONG];
  while (edges.at(-1)! + width <= most + 1e-9) edges.push(edges.at(-1)! + width);
  return edges;
}

/** Prepares the comparison on a mesh. */
export function triangleComparison(
  mesh: readonly number[],
  boxSize: number,
  modes: MeshModes,
): TriangleComparison {
  const side = Math.min(...mesh);
  const edges = edgesFor(side);
  const unit = (2 * Math.PI) / boxSize;
  const all = Array.from({ length: edges.length - 1 }, (_, bin) => bin);
  const equilateral = all.filter((bin) => 3 * edges[bin + 1]! <= side);
  const squeezed = all.slice(1);
  const wanted = [
    ...equilateral.map((bin) => [bin, bin, bin] as const),
    ...squeezed.map((bin) => [0, bin, bin] as const),
  ];
  const estimate = bispectrumEstimator({
    ...{ mesh, boxSize, triangles: wanted, backend: wasm() },
    edges: edges.map((edge) => edge * unit),
  });
  const shellBin = Int32Array.from(modes.radii, (radius) =>
    all.findIndex((bin) => radius >= edges[bin]! && radius < edges[bin + 1]!),
  );
  const cells = modes.pixels;
  const norm = boxSize ** mesh.length / cells;
  const counts = new Float64Array(all.length);
  shellBin.forEach((bin, shell) => {
    if (bin >= 0) counts[bin]! += modes.multiplicity[shell]!;
  });
  let found: ReturnType<typeof estimate> = [];
  return {
    measure(field) {
      found = estimate(field);
      const own = modes.modes(field);
      const power = new Float64Array(all.length);
      modes.cross(own, own).forEach((sum, shell) => {
        const bin = shellBin[shell]!;
        if (bin >= 0) power[bin]! += (norm * sum) / counts[bin]!;
      });
      return {
        bispectra: Float64Array.from(found, ({ bispectrum }) => bispectrum),
        squares: Float64Array.from(found, ({ bins: [a, b, c] }) => {
          const [p, q, r] = [power[a]!, power[b]!, power[c]!];
          return p * q + q * r + r * p;
        }),
      };
    },
    join(data, samples, groups) {
      const [own, drawn] = [sumsOf(data, groups), sumsOf(samples, groups)];
      const kinds = (['equilateral', 'squeezed'] as const).map((kind) => {
        const at = found.flatMap(({ bins: [a, b] }, i) =>
          (kind === 'equilateral' ? a === b : a !== b) ? [i] : [],
        );
        const q = at.map((i) => jackknife(own, (sums) => ratio(sums, i)));
        const r = at.map((i) => jackknife(drawn, (sums) => ratio(sums, i)));
        const difference = at.map((i) =>
          jackknife(
            own.map((sums, group) => [sums, drawn[group]!] as const),
            (pairs) =>
              ratio(
                pairs.map(([, sum]) => sum),
                i,
              ) -
              ratio(
                pairs.map(([sum]) => sum),
                i,
              ),
          ),
        );
        const values = (of: readonly Jackknifed[]): Float64Array =>
          Float64Array.from(of, ({ value }) => value);
        const errors = (of: readonly Jackknifed[]): Float64Array =>
          Float64Array.from(of, ({ error }) => error);
        return {
          kind,
          k: Float64Array.from(at, (i) => found[i]!.k[2]),
          long: at.length > 0 ? found[at[0]!]!.k[0] : Number.NaN,
          data: values(q),
          dataError: errors(q),
          samples: values(r),
          samplesError: errors(r),
          difference: values(difference),
          differenceError: errors(difference),
        };
      });
      return kinds.filter(({ k }) => k.length > 0);
    },
  };
}

interface Jackknifed {
  readonly value: number;
  readonly error: number;
}

/** Sums of each group. */
function sumsOf(all: readonly Triangles[], groups: ArrayLike<number>): Triangles[] {
  const sums = new Map<number, Triangles>();
  all.forEach(({ bispectra, squares }, i) => {
    const before = sums.get(groups[i]!);
    sums.set(groups[i]!, {
      bispectra: bispectra.map((value, at) => value + (before?.bispectra[at] ?? 0)),
      squares: squares.map((value, at) => value + (before?.squares[at] ?? 0)),
    });
  });
  return [...sums.values()];
}

function ratio(sums: readonly Triangles[], at: number): number {
  let [top, bottom] = [0, 0];
  for (const { bispectra, squares } of sums) {
    top += bispectra[at]!;
    bottom += squares[at]!;
  }
  return top / bottom;
}

/** A function of groups, and its error from leaving each out. */
function jackknife<T>(groups: readonly T[], of: (groups: readonly T[]) => number): Jackknifed {
  const value = of(groups);
  const n = groups.length;
  if (n < 2) return { value, error: Number.NaN };
  const without = groups.map((_, left) => of(groups.filter((_one, i) => i !== left)));
  const mean = without.reduce((a, b) => a + b, 0) / n;
  const squares = without.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { value, error: Math.sqrt(((n - 1) / n) * squares) };
}
