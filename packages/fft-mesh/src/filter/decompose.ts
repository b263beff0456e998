/** The radial filter out of plainer primitives, for derivatives beyond the first. */
import {
  add,
  concatenate,
  constant,
  type DType,
  gather,
  multiply,
  reshape,
  type Shape,
  scatterAdd,
  type Tensor,
} from '@equiflow/tensor';
import { halfLength, shells } from '../shells.ts';
import { irfft, rfft } from '../transforms/real.ts';
import { halfShape } from '../transforms/shared.ts';
import { type FilterLayout, filterLayout } from './layout.ts';

/** For every packed number: where it lies in [re …, im …] of the half-complex layout, its sign, shell and weight. */
interface PackedTables {
  readonly place: Int32Array;
  readonly sign: Float64Array;
  readonly shell: Int32Array;
  readonly weight: Float64Array;
}

const kept = new WeakMap<FilterLayout, PackedTables>();

/** Calls `visit` for every packed number with its place in the order and its mode. */
export function forEachPacked(
  mesh: Shape,
  layout: FilterLayout,
  visit: (at: number, modes: readonly number[], part: 0 | 1, group: number, lane: number) => void,
): void {
  const { planes, groups, lanes, length, rows } = layout;
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let group = 0; group < groups; group++) {
      for (let k = 0; k < length; k++) {
        for (const part of [0, 1] as const) {
          for (let lane = 0; lane < lanes; lane++) {
            const row = Math.min(group * lanes + lane, rows - 1);
            const modes = mesh.length === 2 ? [row, k] : [plane, row, k];
            visit(at++, modes, part, plane * groups + group, lane);
          }
        }
      }
    }
  }
}

function packedTables(mesh: Shape, layout: FilterLayout): PackedTables {
  const found = kept.get(layout);
  if (found) return found;
  const half = halfShape(mesh);
  const modes = half.reduce((product, n) => product * n, 1);
  const last = mesh[mesh.length - 1]!;
  const columns = halfLength(last);
  const { index } = shells(mesh);
  const tables = {
    place: new Int32Array(layout.size),
    sign: new Float64Array(layout.size),
    shell: new Int32Array(layout.size),
    weight: new Float64Array(layout.size),
  };
  forEachPacked(mesh, layout, (at, mode, part, group, lane) => {
    // Columns beyond n/2 are the conjugates of the opposite modes.
    const mirrored = mode[mode.length - 1]! >= columns;
    let place = 0;
    mode.forEach((k, axis) => {
      place = place * half[axis]! + (mirrored ? (mesh[axis]! - k) % mesh[axis]! : k);
    });
    tables.place[at] = place + part * modes;
    tables.sign[at] = mirrored && part === 1 ? -1 : 1;
    tables.shell[at] = index[place]!;
    tables.weight[at] = layout.weights[group * layout.lanes + lane]!;
  });
  kept.set(layout, tables);
  return tables;
}

function row(values: Float64Array, dtype: DType): Tensor {
  return constant(dtype === 'float64' ? values : Float32Array.from(values), [values.length]);
}

/** Spectrum of maps [B, …mesh] over the mesh axes, each part flattened to [B, modes]. */
function flatSpectrum(x: Tensor): [re: Tensor, im: Tensor] {
  const { re, im } = rfft(x, { axes: (x.shape.length - 1) as 2 | 3 });
  const flat = [x.shape[0]!, -1];
  return [reshape(re, flat), reshape(im, flat)];
}

/** The packed spectrum of maps [B, …mesh]: [B, size of the layout]. */
export function packedSpectrum(x: Tensor): Tensor {
  const mesh = x.shape.slice(1);
  const { place, sign } = packedTables(mesh, filterLayout(mesh, x.dtype));
  const both = concatenate(flatSpectrum(x), 1);
  return multiply(gather(both, constant(place), 1), row(sign, x.dtype));
}

/** irfft(T rfft(x)) with T [B, shells] spread over the modes of its shells. */
export function decomposedFilter(x: Tensor, filter: Tensor): Tensor {
  const mesh = x.shape.slice(1);
  const axes = mesh.length as 2 | 3;
  const spread = gather(filter, constant(shells(mesh).index), 1);
  const shape = halfShape(x.shape);
  const [re, im] = flatSpectrum(x).map((part) => reshape(multiply(part, spread), shape));
  return irfft(re!, im!, { axes, n: mesh[axes - 1]! });
}

/** Σ over the modes of each shell of Re(conj(X_k) C_k)/N, out of two packed spectra [B, size]: [B, shells]. */
export function shellProducts(a: Tensor, b: Tensor, mesh: Shape): Tensor {
  const { shell, weight } = packedTables(mesh, filterLayout(mesh, a.dtype));
  const cells = mesh.reduce((product, n) => product * n, 1);
  const scaled = multiply(
    multiply(a, b),
    row(
      weight.map((w) => w / cells),
      a.dtype,
    ),
  );
  return scatterAdd(scaled, constant(shell), shells(mesh).squares.length, 1);
}

/** The two cotangents of the filter: of x, and of T. */
export function decomposedFilterVjp(cotangent: Tensor, filter: Tensor, spectrum: Tensor): [Tensor, Tensor] {
  const mesh = cotangent.shape.slice(1);
  return [decomposedFilter(cotangent, filter), shellProducts(spectrum, packedSpectrum(cotangent), mesh)];
}

/** a + b, where either may be missing. */
export function addMaybe(a: Tensor | null, b: Tensor | null): Tensor | null {
  return a && b ? add(a, b) : (a ?? b);
}
