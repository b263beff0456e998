/** Catalogues as graphs for equivariant networks: edges to the nearest neighbours, or to all within a radius, in a periodic box. */
import { offsets, periodicCells, requirePoints, shortest } from './periodic-cells.ts';

/** Directed edges between points; displacements are the shortest around the box. */
export interface PointGraph {
  readonly nodes: number;
  /** Where each edge comes from: a neighbour. */
  readonly senders: Int32Array;
  /** Where it goes: the point whose neighbour that is. Edges are sorted by receiver, then by distance, then by sender. */
  readonly receivers: Int32Array;
  /** Position of the receiver minus that of the sender, [edges, d]. */
  readonly displacements: Float64Array;
  readonly distances: Float64Array;
}

/** Points in a box. */
export interface PointsInBox {
  /** [P, d], wrapped or not. */
  readonly positions: ArrayLike<number>;
  /** 2 or 3. */
  readonly dimensions: 2 | 3;
  /** Side of the periodic box, in the unit of the positions. */
  readonly boxSize: number;
}

interface Neighbour {
  readonly point: number;
  readonly squared: number;
}

function byDistance(a: Neighbour, b: Neighbour): number {
  return a.squared - b.squared || a.point - b.point;
}

function graphOf(
  { positions, dimensions: d, boxSize }: PointsInBox,
  lists: readonly Neighbour[][],
): PointGraph {
  const edges = lists.reduce((sum, list) => sum + list.length, 0);
  const senders = new Int32Array(edges);
  const receivers = new Int32Array(edges);
  const displacements = new Float64Array(edges * d);
  const distances = new Float64Array(edges);
  let edge = 0;
  for (const [receiver, list] of lists.entries()) {
    for (const { point, squared } of list) {
      senders[edge] = point;
      receivers[edge] = receiver;
      for (let axis = 0; axis < d; axis++) {
        displacements[edge * d + axis] = shortest(
          positions[receiver * d + axis]! - positions[point * d + axis]!,
          boxSize,
        );
      }
      distances[edge++] = Math.sqrt(squared);
    }
  }
  return { nodes: lists.length, senders, receivers, displacements, distances };
}

function squaredDistance({ positions, dimensions: d, boxSize }: PointsInBox, a: number, b: number): number {
  let sum = 0;
  for (let axis = 0; axis < d; axis++) {
    sum += shortest(positions[a * d + axis]! - positions[b * d + axis]!, boxSize) ** 2;
  }
  return sum;
}

/**
 * An edge from each point to all others within a radius, both ways.
 *
 * @throws RangeError unless 0 < radius < L/2: beyond, two images of one point could be within it
 */
export function radiusGraph(points: PointsInBox, radius: number): PointGraph {
  const { positions, dimensions, boxSize } = points;
  const count = requirePoints('radiusGraph', positions, dimensions, boxSize);
  if (!(radius > 0 && radius < boxSize / 2)) {
    throw new RangeError(`radiusGraph: radius ${radius}; must be > 0 and below half the box, ${boxSize / 2}`);
  }
  const number = Math.max(1, Math.min(Math.floor(boxSize / radius), Math.ceil(count ** (1 / dimensions))));
  const cells = periodicCells(positions, dimensions, boxSize, number);
  const around = distinctOffsets(1, dimensions, number);
  const cell: number[] = [];
  return graphOf(
    points,
    Array.from({ length: count }, (_, self) => {
      const list: Neighbour[] = [];
      cells.cellOf(self, cell);
      for (const offset of around) {
        cells.forEachIn(
          offset.map((o, axis) => o + cell[axis]!),
          (point) => {
            if (point === self) return;
            const squared = squaredDistance(points, self, point);
            if (squared <= radius * radius) list.push({ point, squared });
          },
        );
      }
      return list.sort(byDistance);
    }),
  );
}

/**
 * Edges to each point from its k nearest neighbours; ties go to the smaller index.
 *
 * @throws RangeError unless 1 ≤ k < P
 */
export function nearestNeighbours(points: PointsInBox, k: number): PointGraph {
  const { positions, dimensions, boxSize } = points;
  const count = requirePoints('nearestNeighbours', positions, dimensions, boxSize);
  if (!Number.isInteger(k) || k < 1 || k >= count) {
    throw new RangeError(
      `nearestNeighbours: k = ${k} of ${count} points; must be a whole number from 1 to ${count - 1}`,
    );
  }
  // About two points a cell.
  const number = Math.max(1, Math.floor((count / 2) ** (1 / dimensions)));
  const cells = periodicCells(positions, dimensions, boxSize, number);
  const width = boxSize / number;
  const cell: number[] = [];
  const shells: number[][][] = [];
  /** Offsets of cells exactly `reach` away, once each in a box of so many cells. */
  const shellOf = (reach: number): number[][] => {
    shells[reach] ??= distinctOffsets(reach, dimensions, number).filter((o) =>
      o.some((v) => Math.min(Math.abs(v), number - Math.abs(v)) === reach),
    );
    return shells[reach];
  };
  return graphOf(
    points,
    Array.from({ length: count }, (_, self) => {
      let list: Neighbour[] = [];
      cells.cellOf(self, cell);
      for (let reach = 0; 2 * reach <= number; reach++) {
        for (const offset of shellOf(reach)) {
          cells.forEachIn(
            offset.map((o, axis) => o + cell[axis]!),
            (point) => {
              if (point !== self) list.push({ point, squared: squaredDistance(points, self, point) });
            },
          );
        }
        list = list.sort(byDistance).slice(0, k);
        // What lies further out is at least `reach` cells away.
        if (list.length === k && list[k - 1]!.squared < (reach * width) ** 2) break;
      }
      return list;
    }),
  );
}

/** Offsets up to `reach` that name distinct cells where there are `number` along an axis. */
function distinctOffsets(reach: number, dimensions: number, number: number): number[][] {
  const seen = new Set<string>();
  return offsets(reach, dimensions).filter((offset) => {
    const name = offset.map((v) => ((v % number) + number) % number).join();
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}
