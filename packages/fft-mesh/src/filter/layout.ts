/**
 * The order in which the fused radial filter meets the modes of a mesh, and in which it keeps a spectrum:
 * [plane][group of rows][k of the last axis][re, im][lane]. The half-complex axis is axis 0. In two dimensions
 * there is one plane and its rows are k_0 ≤ n_0/2; in three a plane for each k_0 and its rows are k_1. A group has as
 * many rows as a 128-bit vector has lanes; beyond the last row it repeats that row, with weight 0.
 */
import { type DType, type Shape, TensorError } from '@equiflow/tensor';
import { columnWeight, halfLength, shells, signedIndex } from '../shells.ts';

/** Sizes and tables of the packed order of one mesh. */
export interface FilterLayout {
  readonly planes: number;
  readonly groups: number;
  readonly lanes: number;
  /** Length of the last axis. */
  readonly length: number;
  /** Rows of a plane. */
  readonly rows: number;
  /** Numbers of one packed spectrum. */
  readonly size: number;
  /** Shell of [plane][group][k ≤ length/2][lane]. */
  readonly shellOf: Int32Array;
  /** Weight of [plane][group][lane] in sums over all modes. */
  readonly weights: Float64Array;
}

const kept = new Map<string, FilterLayout>();

/** The layout of a mesh of two or three axes; made once for each mesh and dtype and kept. */
export function filterLayout(mesh: Shape, dtype: DType): FilterLayout {
  const key = `${mesh.join(',')} ${dtype}`;
  let found = kept.get(key);
  if (!found) {
    found = makeLayout(mesh, dtype === 'float64' ? 2 : 4);
    kept.set(key, found);
  }
  return found;
}

function makeLayout(mesh: Shape, lanes: number): FilterLayout {
  if (mesh.length !== 2 && mesh.length !== 3) {
    throw new TensorError(
      `radialFilter: the mesh [${mesh.join(',')}] has ${mesh.length} axes; give 2 or 3 after the batch`,
    );
  }
  const flat = mesh.length === 2;
  const first = mesh[0]!;
  const length = mesh[mesh.length - 1]!;
  const planes = flat ? 1 : halfLength(first);
  const rows = flat ? halfLength(first) : mesh[1]!;
  const groups = Math.ceil(rows / lanes);
  const half = halfLength(length);
  const { squares } = shells(mesh);
  const position = new Map(Array.from(squares, (square, shell) => [square, shell]));
  const shellOf = new Int32Array(planes * groups * half * lanes);
  const weights = new Float64Array(planes * groups * lanes);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let group = 0; group < groups; group++) {
      for (let k = 0; k < half; k++) {
        for (let lane = 0; lane < lanes; lane++) {
          const row = Math.min(group * lanes + lane, rows - 1);
          const outer = flat ? row ** 2 : plane ** 2 + signedIndex(row, mesh[1]!) ** 2;
          shellOf[at++] = position.get(outer + k ** 2)!;
        }
      }
      for (let lane = 0; lane < lanes; lane++) {
        const row = group * lanes + lane;
        const column = flat ? row : plane;
        weights[(plane * groups + group) * lanes + lane] = row < rows ? columnWeight(column, first) : 0;
      }
    }
  }
  return {
    planes,
    groups,
    lanes,
    length,
    rows,
    size: planes * groups * length * 2 * lanes,
    shellOf,
    weights,
  };
}
