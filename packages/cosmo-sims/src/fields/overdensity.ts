/**
 * Fields out of particles: the overdensity on a mesh, and the projected overdensity of a slab of the box, as the maps of
 * the Quijote and CAMELS suites are made. δ is relative to the mean density of the whole box, so that the mean of a slab
 * fluctuates as its matter does, and that of the whole box is 0.
 */
import {
  compensation,
  halfLength,
  meshTransform,
  type PaintWindow,
  paint,
  signedIndex,
} from '@equiflow/fft-mesh';
import {
  type Backend,
  compile,
  referenceBackend,
  type Shape,
  sizeOf,
  type TypedArray,
} from '@equiflow/tensor';
import { CRITICAL_DENSITY } from '../halos/friends-of-friends.ts';
import { requirePositive } from '../matter-content.ts';
import type { Floats } from '../nbody/particle-mesh.ts';

/** How particles become a field. */
export interface OverdensityOptions {
  readonly mesh: Shape;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Default `'cic'`. */
  readonly window?: PaintWindow;
  /** Divides out the window in Fourier space; δ may then be below −1. Default false. */
  readonly compensated?: boolean;
  /** Masses of the particles, 1 each when left out. */
  readonly masses?: Floats;
  readonly backend?: Backend;
}

/**
 * δ on a mesh of as many axes as the positions have.
 *
 * @param positions [P, d], Mpc/h, wrapped or not
 * @returns row-major, float64
 * @throws RangeError without particles; TensorError when the shapes do not fit
 */
export function overdensity(positions: Floats, options: OverdensityOptions): Float64Array {
  const { mesh, masses } = options;
  const d = mesh.length;
  const count = positions.length / d;
  const total = masses ? (masses as Float64Array).reduce((a, b) => a + b, 0) : count;
  return relativeTo(positions, count, total, options);
}

/** A slab of a box, seen along an axis. */
export interface Slab {
  /** Axis that is projected. Default 2, the last. */
  readonly axis?: 0 | 1 | 2;
  /** Where the slab begins along it, Mpc/h. Default 0. */
  readonly from?: number;
  /** Its depth, Mpc/h; default the whole box. */
  readonly depth?: number;
}

/** The axis and the depth of a slab. @throws RangeError when it does not lie within one box */
function checkedSlab(boxSize: number, { axis = 2, from = 0, depth = boxSize }: Slab): Required<Slab> {
  if (![0, 1, 2].includes(axis)) throw new RangeError(`slab along axis ${axis}: must be 0, 1 or 2`);
  if (!(depth > 0 && depth <= boxSize)) {
    throw new RangeError(`slab of depth ${depth} Mpc/h: must be > 0 and at most the box, ${boxSize} Mpc/h`);
  }
  if (!(from >= 0 && from < boxSize)) {
    throw new RangeError(`slab from ${from} Mpc/h: must be within [0, ${boxSize}) Mpc/h`);
  }
  return { axis, from, depth };
}

/**
 * The projected overdensity of the particles of a slab: a map of two axes, those that are not projected, in order.
 *
 * @param positions [P, 3], Mpc/h
 * @param options mesh of two axes; slabs may wrap around the box
 * @returns δ row-major, float64; its spectrum is `projectSlab` of that of the particles, in (Mpc/h)²
 * @throws RangeError on a slab outside of the box
 */
export function slabOverdensity(positions: Floats, options: OverdensityOptions & Slab): Float64Array {
  const { boxSize, mesh, masses } = options;
  if (mesh.length !== 2) throw new RangeError(`mesh [${mesh}] of a slab: must have two axes`);
  const { axis, from, depth } = checkedSlab(boxSize, options);
  const [first, second] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
  const kept = positions.slice(0, (positions.length / 3) * 2) as Floats;
  const weights: number[] = [];
  let count = 0;
  let total = 0;
  for (let p = 0; 3 * p < positions.length; p++) {
    const mass = masses?.[p] ?? 1;
    total += mass;
    const ahead = positions[3 * p + axis]! - from;
    if (ahead - Math.floor(ahead / boxSize) * boxSize >= depth) continue;
    kept[2 * count] = positions[3 * p + first]!;
    kept[2 * count + 1] = positions[3 * p + second]!;
    if (masses) weights.push(mass);
    count++;
  }
  const { masses: _, ...rest } = options;
  const own = masses ? { masses: Float64Array.from(weights) } : {};
  return relativeTo(kept.subarray(0, 2 * count), count, (total * depth) / boxSize, { ...rest, ...own });
}

/**
 * The surface density of the matter in a slab, as the maps of the CAMELS Multifield Dataset hold it: Σ = Ω_m ρ_c Δ (1 + δ).
 *
 * @param delta the projected overdensity of the slab
 * @param depth its comoving depth Δ, Mpc/h
 * @returns Σ in (M☉/h)/(Mpc/h)²
 */
export function surfaceDensity(delta: ArrayLike<number>, omegaM: number, depth: number): Float64Array {
  requirePositive('omegaM', omegaM);
  requirePositive('depth', depth);
  const mean = omegaM * CRITICAL_DENSITY * depth;
  return Float64Array.from(delta, (value) => mean * (1 + value));
}

/** Painted masses over `total` spread evenly, minus one. */
function relativeTo(
  positions: Floats,
  count: number,
  total: number,
  options: OverdensityOptions,
): Float64Array {
  const { mesh, boxSize, window = 'cic', compensated = false, masses, backend = referenceBackend } = options;
  if (!(total > 0))
    throw new RangeError(`overdensity of ${count} particles of total mass ${total}: there is no mean`);
  const cells = sizeOf(mesh);
  const dtype = positions instanceof Float64Array ? 'float64' : 'float32';
  const painting = { mesh, boxSize, window };
  const inputs: TypedArray[] = [positions];
  const types = [{ shape: [count, mesh.length], dtype } as const];
  const executable = masses
    ? compile((x, w) => paint(x!, w, painting), [...types, { shape: [count], dtype }], { backend })
    : compile((x) => paint(x!, undefined, painting), types, { backend });
  if (masses) inputs.push(dtype === 'float64' ? Float64Array.from(masses) : Float32Array.from(masses));
  let delta = Float64Array.from(executable.run(inputs)[0]!, (value) => (value * cells) / total - 1);
  executable.dispose();
  if (!compensated) return delta;
  const transform = meshTransform(mesh, backend);
  const { re, im } = transform.forward(delta);
  const factors = compensation(mesh, window);
  delta = transform
    .inverse({ re: re.map((v, i) => v * factors[i]!), im: im.map((v, i) => v * factors[i]!) })
    .slice();
  return delta;
}

/**
 * The mean of a three-dimensional field over the depth of a slab: the linear field that belongs to a map of
 * {@link slabOverdensity}. Cells reach half a cell to either side of their mesh point; those on the slab's faces count in part.
 *
 * @param field row-major on `mesh`
 * @returns a map of the two other axes, row-major
 * @throws RangeError on a slab outside of the box, or a field that does not fill the mesh
 */
export function slabMean(
  field: ArrayLike<number>,
  options: { readonly mesh: Shape; readonly boxSize: number } & Slab,
): Float64Array {
  const { mesh, boxSize } = options;
  if (mesh.length !== 3 || field.length !== sizeOf(mesh)) {
    throw new RangeError(
      `slabMean: ${field.length} values for the mesh [${mesh}]; give a field of three axes`,
    );
  }
  const { axis, from, depth } = checkedSlab(boxSize, options);
  const n = mesh[axis]!;
  const cell = boxSize / n;
  const weights = Float64Array.from({ length: n }, (_, i) => {
    let covered = 0;
    for (const turn of [-1, 0, 1]) {
      const low = (i - 0.5) * cell + turn * boxSize;
      covered += Math.max(0, Math.min(low + cell, from + depth) - Math.max(low, from));
    }
    return covered / depth;
  });
  const [n1, n2] = [mesh[1]!, mesh[2]!];
  const strides = [n1 * n2, n2, 1];
  const [a, b] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
  const out = new Float64Array(mesh[a]! * mesh[b]!);
  for (let i = 0; i < mesh[a]!; i++) {
    for (let j = 0; j < mesh[b]!; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) {
        if (weights[k]! > 0)
          sum += weights[k]! * field[i * strides[a]! + j * strides[b]! + k * strides[axis]!]!;
      }
      out[i * mesh[b]! + j] = sum;
    }
  }
  return out;
}

/**
 * A periodic map on another mesh with the same modes: those that both meshes hold below their Nyquist frequencies are kept,
 * others are 0.
 *
 * @returns row-major on `to`
 */
export function resampleField(
  field: ArrayLike<number>,
  { mesh, to, backend }: { readonly mesh: Shape; readonly to: Shape; readonly backend?: Backend },
): Float64Array {
  const from = meshTransform(mesh, backend).forward(field);
  const last = to.length - 1;
  const lengths = to.map((n, axis) => (axis === last ? halfLength(n) : n));
  const re = new Float64Array(sizeOf(lengths));
  const im = new Float64Array(re.length);
  const scale = sizeOf(to) / sizeOf(mesh);
  const index = new Int32Array(to.length);
  for (let mode = 0; mode < re.length; mode++) {
    let source = 0;
    let held = true;
    for (let axis = 0; axis <= last; axis++) {
      const n = signedIndex(index[axis]!, to[axis]!);
      if (2 * Math.abs(n) >= Math.min(to[axis]!, mesh[axis]!)) held = false;
      const length = axis === last ? halfLength(mesh[axis]!) : mesh[axis]!;
      source = source * length + (n < 0 ? n + mesh[axis]! : n);
    }
    if (held) {
      re[mode] = from.re[source]! * scale;
      im[mode] = from.im[source]! * scale;
    }
    for (let axis = last; axis >= 0; axis--) {
      if (++index[axis]! < lengths[axis]!) break;
      index[axis] = 0;
    }
  }
  return meshTransform(to, backend).inverse({ re, im }).slice();
}
