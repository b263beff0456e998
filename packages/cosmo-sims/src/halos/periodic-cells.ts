/** Points in a periodic box, found by the cell they are in: a hash of cells, so that cells may be as small as one likes. */

/** Points sorted into cells. */
export interface PeriodicCells {
  /** Cells along an axis. */
  readonly cells: number;
  /** Calls `visit` with every point of the cell with these indices, taken modulo `cells`. */
  forEachIn(index: readonly number[], visit: (point: number) => void): void;
  /** Indices of the cell of a point. */
  cellOf(point: number, out: number[]): void;
}

/** Coordinate in [0, L). */
export function wrap(x: number, boxSize: number): number {
  const w = x - Math.floor(x / boxSize) * boxSize;
  return w >= boxSize ? 0 : w;
}

/** The difference of two coordinates that is shortest around the box, in [−L/2, L/2]. */
export function shortest(difference: number, boxSize: number): number {
  return difference - Math.round(difference / boxSize) * boxSize;
}

/**
 * Checks positions.
 * @returns number of points
 * @throws RangeError when they are no [P, d] array of finite numbers, or the box has no size
 */
export function requirePoints(
  name: string,
  positions: ArrayLike<number>,
  dimensions: number,
  boxSize: number,
): number {
  if (!(boxSize > 0 && boxSize < Infinity)) {
    throw new RangeError(`${name}: box of side ${boxSize}; give a positive length`);
  }
  if ((dimensions !== 2 && dimensions !== 3) || positions.length % dimensions !== 0) {
    throw new RangeError(
      `${name}: ${positions.length} coordinates in ${dimensions} dimensions; give [P, 2] or [P, 3]`,
    );
  }
  for (let i = 0; i < positions.length; i++) {
    if (!Number.isFinite(positions[i])) {
      throw new RangeError(`${name}: coordinate ${i} is ${positions[i]}; all must be finite`);
    }
  }
  return positions.length / dimensions;
}

/** Sorts points into cells, `cells` along each axis. */
export function periodicCells(
  positions: ArrayLike<number>,
  dimensions: number,
  boxSize: number,
  cells: number,
): PeriodicCells {
  const count = positions.length / dimensions;
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * count)));
  const mask = size - 1;
  /** First point of the chain of a slot, and the next of each point; −1 ends. Chains may mix cells: ids tell. */
  const head = new Int32Array(size).fill(-1);
  const next = new Int32Array(count);
  const ids = new Float64Array(count);
  const slotOf = (id: number): number => (Math.imul(id | 0, 0x9e3779b1) >>> 7) & mask;
  const axisCell = (x: number): number =>
    Math.min(cells - 1, Math.floor((wrap(x, boxSize) / boxSize) * cells));
  for (let point = count - 1; point >= 0; point--) {
    let id = 0;
    for (let axis = 0; axis < dimensions; axis++)
      id = id * cells + axisCell(positions[point * dimensions + axis]!);
    ids[point] = id;
    const slot = slotOf(id);
    next[point] = head[slot]!;
    head[slot] = point;
  }
  return {
    cells,
    forEachIn: (index, visit) => {
      let id = 0;
      for (let axis = 0; axis < dimensions; axis++) {
        const i = index[axis]! % cells;
        id = id * cells + (i < 0 ? i + cells : i);
      }
      for (let point = head[slotOf(id)]!; point >= 0; point = next[point]!) {
        if (ids[point] === id) visit(point);
      }
    },
    cellOf: (point, out) => {
      for (let axis = 0; axis < dimensions; axis++)
        out[axis] = axisCell(positions[point * dimensions + axis]!);
    },
  };
}

/** All vectors of `dimensions` integers from −reach to reach. */
export function offsets(reach: number, dimensions: number): number[][] {
  const side = 2 * reach + 1;
  return Array.from({ length: side ** dimensions }, (_, i) =>
    Array.from({ length: dimensions }, (_, axis) => (Math.floor(i / side ** axis) % side) - reach),
  );
}
