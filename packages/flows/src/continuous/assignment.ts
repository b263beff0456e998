/**
 * The linear assignment problem, min over permutations π of Σ_i cost[i, π(i)], by shortest augmenting paths with dual variables
 * (Kuhn 1955; Jonker & Volgenant 1987): O(n³).
 */

/**
 * π as the column of every row.
 * @param cost row-major [n, n], finite.
 * @throws RangeError when it is not n² finite values.
 */
export function assign(cost: ArrayLike<number>, n: number): Int32Array<ArrayBuffer> {
  return assignmentSolver(n)(cost);
}

/** `assign` for many problems of one size: the result is overwritten by the next call. */
export function assignmentSolver(n: number): (cost: ArrayLike<number>) => Int32Array<ArrayBuffer> {
  const workspace = {
    rowOf: new Int32Array(n),
    columnOf: new Int32Array(n),
    rowPotential: new Float64Array(n),
    columnPotential: new Float64Array(n),
    distance: new Float64Array(n),
    before: new Int32Array(n),
    done: new Uint8Array(n),
  };
  return (cost) => solve(cost, n, workspace);
}

const none = -1;

interface Workspace {
  readonly rowOf: Int32Array<ArrayBuffer>;
  readonly columnOf: Int32Array<ArrayBuffer>;
  readonly rowPotential: Float64Array;
  readonly columnPotential: Float64Array;
  /** Of every column, by reduced costs, from the row that is being placed. */
  readonly distance: Float64Array;
  /** The column before it on that path. */
  readonly before: Int32Array;
  readonly done: Uint8Array;
}

function solve(
  cost: ArrayLike<number>,
  n: number,
  { rowOf, columnOf, rowPotential, columnPotential, distance, before, done }: Workspace,
): Int32Array<ArrayBuffer> {
  if (cost.length !== n * n) throw new RangeError(`assign: ${cost.length} costs for ${n} rows and columns`);
  for (let i = 0; i < cost.length; i++) {
    if (!Number.isFinite(cost[i])) {
      throw new RangeError(`assign: the cost of row ${Math.floor(i / n)}, column ${i % n} is ${cost[i]}`);
    }
  }
  rowOf.fill(none);
  rowPotential.fill(0);
  columnPotential.fill(0);
  for (let start = 0; start < n; start++) {
    distance.fill(Number.POSITIVE_INFINITY);
    before.fill(none);
    done.fill(0);
    let row = start;
    let last = none;
    let length = 0;
    let free = none;
    // Dijkstra's search, by reduced costs, for the nearest column without a row.
    while (free === none) {
      let nearest = none;
      let least = Number.POSITIVE_INFINITY;
      for (let column = 0; column < n; column++) {
        if (done[column]) continue;
        const through = length + cost[row * n + column]! - rowPotential[row]! - columnPotential[column]!;
        if (through < distance[column]!) {
          distance[column] = through;
          before[column] = last;
        }
        if (distance[column]! < least) {
          least = distance[column]!;
          nearest = column;
        }
      }
      length = least;
      done[nearest] = 1;
      last = nearest;
      if (rowOf[nearest] === none) free = nearest;
      else row = rowOf[nearest]!;
    }
    rowPotential[start]! += length;
    for (let column = 0; column < n; column++) {
      if (!done[column] || column === free) continue;
      rowPotential[rowOf[column]!]! += length - distance[column]!;
      columnPotential[column]! -= length - distance[column]!;
    }
    for (let column = free; column !== none; ) {
      const previous = before[column]!;
      rowOf[column] = previous === none ? start : rowOf[previous]!;
      column = previous;
    }
  }
  rowOf.forEach((row, column) => {
    columnOf[row] = column;
  });
  return columnOf;
}
