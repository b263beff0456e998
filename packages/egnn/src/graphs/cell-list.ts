/**
 * A cell list: points sorted into a grid of cells, so that the neighbours of a point are looked for in the
 * cells around it and not among all points (Hockney & Eastwood 1981, section 8.4.1). In any number of dimensions,
 * in a periodic box or in open space.
 */
import { TensorError } from '@equiflow/tensor';

/** Points to search among. */
export interface PointSet {
  /** Coordinates, row-major: point i has the `dimensions` numbers from i · dimensions on. */
  readonly positions: ArrayLike<number>;
  /** Coordinates of a point. */
  readonly dimensions: number;
  /** Sides of a periodic box, one for each coordinate; distances are to the nearest image. Default: open space. */
  readonly box?: readonly number[];
  /** Numbers of points of the graphs of a batch, which lie one after the other. Default: all points are one graph. */
  readonly sizes?: readonly number[];
}

/** Checks a point set; gives the number of points. */
export function requirePoints(operation: string, { positions, dimensions, box, sizes }: PointSet): number {
  const count = positions.length / dimensions;
  if (!Number.isInteger(dimensions) || dimensions < 1 || !Number.isInteger(count)) {
    throw new TensorError(
      `${operation}: ${positions.length} coordinates are no whole number of points of ${dimensions} coordinates`,
    );
  }
  if (box && (box.length !== dimensions || !box.every((side) => side > 0 && Number.isFinite(side)))) {
    throw new TensorError(`${operation}: a box [${box}]; give ${dimensions} positive sides`);
  }
  const total = sizes?.reduce((sum, size) => sum + size, 0) ?? count;
  if (total !== count || sizes?.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new TensorError(`${operation}: graphs of [${sizes}] points, ${total} in all, but ${count} points`);
  }
  for (let i = 0; i < positions.length; i++) {
    if (!Number.isFinite(positions[i])) {
      throw new TensorError(
        `${operation}: coordinate ${i % dimensions} of point ${Math.floor(i / dimensions)} is ${positions[i]}`,
      );
    }
  }
  return count;
}

/** The points from `first` to `last` (exclusive) of a set, sorted into cells. */
export class CellList {
  /** Smallest width of a cell: whatever lies beyond ring s is farther than s times this. */
  readonly width: number;
  /** No cell lies farther out than this ring, from any point. */
  readonly rings: number;
  readonly #points: PointSet;
  /** Cells along each axis, and the index step to the next cell along it. */
  readonly #cells: readonly number[];
  readonly #strides: readonly number[];
  readonly #origin: readonly number[];
  readonly #widths: readonly number[];
  /** Points by cell: those of cell c are `order[starts[c]]` to `order[starts[c + 1] − 1]`. */
  readonly #starts: Int32Array;
  readonly #order: Int32Array;

  /** Cells are `size` wide or wider, and not many more than points. */
  constructor(points: PointSet, first: number, last: number, size: number) {
    const { positions, dimensions, box } = points;
    const count = last - first;
    const most = Math.max(1, Math.ceil((2 * count) ** (1 / dimensions)));
    const low = new Array<number>(dimensions).fill(box ? 0 : Number.POSITIVE_INFINITY);
    const high = box ? [...box] : new Array<number>(dimensions).fill(Number.NEGATIVE_INFINITY);
    if (!box) {
      for (let i = first * dimensions; i < last * dimensions; i++) {
        const axis = i % dimensions;
        low[axis] = Math.min(low[axis]!, positions[i]!);
        high[axis] = Math.max(high[axis]!, positions[i]!);
      }
    }
    const cells = low.map((from, axis) =>
      Math.max(1, Math.min(most, Math.floor((high[axis]! - from) / size) || 1)),
    );
    this.#points = points;
    this.#cells = cells;
    this.#origin = low;
    // An axis without extent has one cell, of any width.
    this.#widths = cells.map((number, axis) => (high[axis]! - low[axis]!) / number || 1);
    this.#strides = cells.map((_, axis) => cells.slice(axis + 1).reduce((product, n) => product * n, 1));
    const split = cells.map((number, axis) => (number > 1 ? this.#widths[axis]! : Number.POSITIVE_INFINITY));
    this.width = Math.min(...split);
    this.rings = Math.max(...cells.map((number) => (box ? Math.floor(number / 2) : number - 1)));

    const total = cells.reduce((product, n) => product * n, 1);
    const starts = new Int32Array(total + 1);
    const cellOfPoint = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      let cell = 0;
      for (let axis = 0; axis < dimensions; axis++)
        cell += this.#cellAlong(first + i, axis) * this.#strides[axis]!;
      cellOfPoint[i] = cell;
      starts[cell + 1]!++;
    }
    for (let cell = 0; cell < total; cell++) starts[cell + 1]! += starts[cell]!;
    const next = starts.slice();
    this.#order = new Int32Array(count);
    for (let i = 0; i < count; i++) this.#order[next[cellOfPoint[i]!]!++] = first + i;
    this.#starts = starts;
  }

  #cellAlong(point: number, axis: number): number {
    const { positions, dimensions, box } = this.#points;
    let offset = positions[point * dimensions + axis]! - this.#origin[axis]!;
    if (box) offset -= box[axis]! * Math.floor(offset / box[axis]!);
    return Math.min(this.#cells[axis]! - 1, Math.max(0, Math.floor(offset / this.#widths[axis]!)));
  }

  /** Calls `visit` with every point of the cells that are exactly `ring` cells away from a point's own, each once. */
  visitRing(point: number, ring: number, visit: (other: number) => void): void {
    const { dimensions, box } = this.#points;
    const walk = (axis: number, cell: number, reached: number): void => {
      if (axis === dimensions) {
        if (reached !== ring) return;
        for (let at = this.#starts[cell]!; at < this.#starts[cell + 1]!; at++) visit(this.#order[at]!);
        return;
      }
      const cells = this.#cells[axis]!;
      const own = this.#cellAlong(point, axis);
      // In a box every cell has one nearest image: offsets run over half of it to either side.
      const lowest = Math.max(-ring, box ? -Math.floor((cells - 1) / 2) : -own);
      const highest = Math.min(ring, box ? Math.floor(cells / 2) : cells - 1 - own);
      for (let offset = lowest; offset <= highest; offset++) {
        const along = (own + offset + cells) % cells;
        walk(axis + 1, cell + along * this.#strides[axis]!, Math.max(reached, Math.abs(offset)));
      }
    };
    walk(0, 0, 0);
  }
}

/** Squared distance of two points, to the nearest image in a box. */
export function squaredDistance({ positions, dimensions, box }: PointSet, i: number, j: number): number {
  let total = 0;
  for (let axis = 0; axis < dimensions; axis++) {
    let r = positions[i * dimensions + axis]! - positions[j * dimensions + axis]!;
    if (box) r -= box[axis]! * Math.floor(r / box[axis]! + 0.5);
    total += r * r;
  }
  return total;
}
