/**
 * Friends-of-friends halos (Davis et al. 1985, ApJ 292, 371): particles closer than b times their mean distance are
 * friends, and so are their friends, in a periodic box. Union by the smaller index, so that the groups do not depend on the
 * order of the search.
 */
import type { Floats } from '../nbody/particle-mesh.ts';
import { offsets, periodicCells, requirePoints, shortest, wrap } from './periodic-cells.ts';

/** Critical density today, (M☉/h)/(Mpc/h)³: 3 H_0²/(8πG) with G M☉ = 1.3271244e20 m³/s². */
export const CRITICAL_DENSITY = 2.7753662e11;

/** How halos are found. */
export interface FriendsOptions {
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** b, the linking length in units of the mean distance L/P^{1/3}. Default 0.2. */
  readonly linkingLength?: number;
  /** Smallest number of particles of a halo. Default 20. */
  readonly minimum?: number;
  /** Ω_m, for masses; without it masses are numbers of particles. */
  readonly omegaM?: number;
}

/** Halos, from the most massive on. */
export interface HaloCatalogue {
  /** Number of halos. */
  readonly count: number;
  /** Centres of mass, [count, 3], Mpc/h, in the box. */
  readonly positions: Float64Array;
  /** Mean of what was given as velocities, [count, 3], in its unit; 0 where none was. */
  readonly velocities: Float64Array;
  /** M☉/h, or numbers of particles where Ω_m was not given. */
  readonly masses: Float64Array;
  /** Number of particles. */
  readonly sizes: Int32Array;
  /** Halo of every particle, −1 for none. */
  readonly membership: Int32Array;
}

/** Mass of one particle of a matter-only simulation, M☉/h. */
export function particleMass(omegaM: number, boxSize: number, count: number): number {
  return (omegaM * CRITICAL_DENSITY * boxSize ** 3) / count;
}

/**
 * Finds the halos of a snapshot.
 *
 * @param positions [P, 3], Mpc/h, wrapped or not
 * @param velocities [P, 3] in any unit, such as a snapshot's momenta
 * @throws RangeError on arrays or lengths that make no sense, among them a linking length beyond half the box
 */
export function friendsOfFriends(
  positions: Floats,
  { boxSize, linkingLength = 0.2, minimum = 20, omegaM }: FriendsOptions,
  velocities?: Floats,
): HaloCatalogue {
  const count = requirePoints('friendsOfFriends', positions, 3, boxSize);
  const length = (linkingLength * boxSize) / Math.cbrt(count);
  if (!(length > 0 && length < boxSize / 2)) {
    throw new RangeError(
      `friendsOfFriends: linking length ${length} Mpc/h; must be > 0 and below half the box`,
    );
  }
  if (velocities && velocities.length !== positions.length) {
    throw new RangeError(
      `friendsOfFriends: ${velocities.length} velocities for ${positions.length} coordinates`,
    );
  }
  // Cells no smaller than the linking length; 1600³ still has exact identifiers.
  const number = Math.max(1, Math.min(1600, Math.floor(boxSize / length)));
  const cells = periodicCells(positions, 3, boxSize, number);
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const rootOf = (particle: number): number => {
    let root = particle;
    while (parent[root] !== root) root = parent[root]!;
    let at = particle;
    while (parent[at] !== root) {
      const above = parent[at]!;
      parent[at] = root;
      at = above;
    }
    return root;
  };
  // Fewer than three cells along an axis are their own neighbours on both sides.
  const around = [
    ...new Map(offsets(1, 3).map((o) => [o.map((v) => ((v % number) + number) % number).join(), o])).values(),
  ];
  const cell = [0, 0, 0];
  const other = [0, 0, 0];
  const squared = length * length;
  let [x, y, z, self] = [0, 0, 0, 0];
  const link = (friend: number): void => {
    if (friend >= self) return;
    const dx = shortest(positions[3 * friend]! - x, boxSize);
    const dy = shortest(positions[3 * friend + 1]! - y, boxSize);
    const dz = shortest(positions[3 * friend + 2]! - z, boxSize);
    if (dx * dx + dy * dy + dz * dz > squared) return;
    const [a, b] = [rootOf(self), rootOf(friend)];
    if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
  };
  for (self = 0; self < count; self++) {
    x = positions[3 * self]!;
    y = positions[3 * self + 1]!;
    z = positions[3 * self + 2]!;
    cells.cellOf(self, cell);
    for (const offset of around) {
      for (let axis = 0; axis < 3; axis++) other[axis] = cell[axis]! + offset[axis]!;
      cells.forEachIn(other, link);
    }
  }
  return catalogue(positions, velocities, rootOf, {
    boxSize,
    minimum,
    ...(omegaM === undefined ? {} : { omegaM }),
  });
}

/** Groups of at least `minimum`, by size and then by their first particle. */
function catalogue(
  positions: Floats,
  velocities: Floats | undefined,
  rootOf: (particle: number) => number,
  { boxSize, minimum, omegaM }: { boxSize: number; minimum: number; omegaM?: number },
): HaloCatalogue {
  const particles = positions.length / 3;
  const sizeOf = new Int32Array(particles);
  for (let p = 0; p < particles; p++) sizeOf[rootOf(p)]!++;
  const roots: number[] = [];
  for (let p = 0; p < particles; p++) if (sizeOf[p]! >= minimum) roots.push(p);
  roots.sort((a, b) => sizeOf[b]! - sizeOf[a]! || a - b);
  const halo = new Int32Array(particles).fill(-1);
  for (const [h, root] of roots.entries()) halo[root] = h;
  const count = roots.length;
  const membership = new Int32Array(particles);
  const sums = new Float64Array(3 * count);
  const speeds = new Float64Array(3 * count);
  for (let p = 0; p < particles; p++) {
    const root = rootOf(p);
    const h = halo[root]!;
    membership[p] = h;
    if (h < 0) continue;
    for (let axis = 0; axis < 3; axis++) {
      // Measured from the first particle, so that a halo across the faces of the box has its centre within itself.
      sums[3 * h + axis]! += shortest(positions[3 * p + axis]! - positions[3 * root + axis]!, boxSize);
      speeds[3 * h + axis]! += velocities?.[3 * p + axis] ?? 0;
    }
  }
  const sizes = Int32Array.from(roots, (root) => sizeOf[root]!);
  const mass = omegaM === undefined ? 1 : particleMass(omegaM, boxSize, particles);
  return {
    count,
    positions: sums.map((sum, i) =>
      wrap(positions[3 * roots[Math.floor(i / 3)]! + (i % 3)]! + sum / sizes[Math.floor(i / 3)]!, boxSize),
    ),
    velocities: speeds.map((sum, i) => sum / sizes[Math.floor(i / 3)]!),
    masses: Float64Array.from(sizes, (n) => n * mass),
    sizes,
    membership,
  };
}
