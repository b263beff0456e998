/**
 * The linear assignment problem, min over permutations π of Σ_i cost[i, π(i)], by the reductions and shortest augmenting paths of Jonker &
 * Volgenant (1987, Computing 38, 325): O(n³), of the order of n² where costs are spread.
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
  const workspace: Workspace = {
    cost: new Float64Array(n * n),
    rowOf: new Int32Array(n),
    columnOf: new Int32Array(n),
    potential: new Float64Array(n),
    free: new Int32Array(n),
    distance: new Float64Array(n),
    before: new Int32Array(n),
    columns: new Int32Array(n),
  };
  return (cost) => {
    if (cost.length !== n * n) throw new RangeError(`assign: ${cost.length} costs for ${n} rows and columns`);
    workspace.cost.set(cost);
    const wrong = workspace.cost.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new RangeError(
        `assign: the cost of row ${Math.floor(wrong / n)}, column ${wrong % n} is ${cost[wrong]}`,
      );
    }
    return solve(n, workspace);
  };
}

const none = -1;

interface Workspace {
  readonly cost: Float64Array;
  readonly rowOf: Int32Array<ArrayBuffer>;
  readonly columnOf: Int32Array<ArrayBuffer>;
  readonly potential: Float64Array;
  /** Rows without a column, and how many of them there are. */
  readonly free: Int32Array;
  /** Of every column, by reduced costs, from the row that is being placed. */
  readonly distance: Float64Array;
  /** The row from which that path comes. */
  readonly before: Int32Array;
  /** Columns: those whose distance is final, then the others. */
  readonly columns: Int32Array;
}

/** Potentials from the least cost of every column, which takes the row of that cost if it is free. */
function reduceColumns(n: number, { cost, rowOf, columnOf, potential }: Workspace): void {
  rowOf.fill(none);
  columnOf.fill(none);
  for (let column = n - 1; column >= 0; column--) {
    let nearest = 0;
    for (let row = 1; row < n; row++) {
      if (cost[row * n + column]! < cost[nearest * n + column]!) nearest = row;
    }
    potential[column] = cost[nearest * n + column]!;
    if (columnOf[nearest] !== none) continue;
    columnOf[nearest] = column;
    rowOf[column] = nearest;
  }
}

/**
 * Every free row takes its cheapest column, whose potential falls until the second is as cheap; the row that had it is free then.
 * Returns the number of rows that are still free.
 */
function reduceRows(n: number, count: number, { cost, rowOf, columnOf, potential, free }: Workspace): number {
  let left = 0;
  for (let k = 0; k < count; k++) {
    const row = free[k]!;
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let [nearest, next] = [none, none];
    for (let column = 0; column < n; column++) {
      const reduced = cost[row * n + column]! - potential[column]!;
      if (reduced >= second) continue;
      if (reduced >= first) {
        second = reduced;
        next = column;
      } else {
        second = first;
        next = nearest;
        first = reduced;
        nearest = column;
      }
    }
    // Rounding may leave the potential as it is: then it counts as a tie.
    const lowered = potential[nearest]! - (second - first);
    const falls = next !== none && lowered < potential[nearest]!;
    if (falls) potential[nearest] = lowered;
    else if (rowOf[nearest] !== none && next !== none) nearest = next;
    const displaced = rowOf[nearest]!;
    columnOf[row] = nearest;
    rowOf[nearest] = row;
    if (displaced === none) continue;
    columnOf[displaced] = none;
    free[left++] = displaced;
  }
  return left;
}

/** Places a free row by the shortest augmenting path, which Dijkstra's search finds by reduced costs. */
function augment(row: number, n: number, workspace: Workspace): void {
  const { cost, rowOf, columnOf, potential, distance, before, columns } = workspace;
  for (let column = 0; column < n; column++) {
    distance[column] = cost[row * n + column]! - potential[column]!;
    before[column] = row;
    columns[column] = column;
  }
  let at = 0;
  for (let column = 1; column < n; column++) if (distance[column]! < distance[at]!) at = column;
  let done = 0;
  let end = none;
  while (end === none) {
    const column = columns[at]!;
    columns[at] = columns[done]!;
    columns[done++] = column;
    const holder = rowOf[column]!;
    if (holder === none) {
      end = column;
      break;
    }
    const start = holder * n;
    const offset = distance[column]! - (cost[start + column]! - potential[column]!);
    let least = Number.POSITIVE_INFINITY;
    for (let i = done; i < n; i++) {
      const other = columns[i]!;
      let length = distance[other]!;
      const through = offset + cost[start + other]! - potential[other]!;
      if (through < length) {
        length = through;
        distance[other] = through;
        before[other] = holder;
      }
      // Among equals, a column without a row ends the search.
      if (length < least || (length === least && rowOf[other] === none)) {
        least = length;
        at = i;
      }
    }
  }
  for (let i = 0; i < done - 1; i++) {
    const column = columns[i]!;
    potential[column]! += distance[column]! - distance[end]!;
  }
  for (let column = end; ; ) {
    const taker = before[column]!;
    rowOf[column] = taker;
    const previous = columnOf[taker]!;
    columnOf[taker] = column;
    if (taker === row) break;
    column = previous;
  }
}

function solve(n: number, workspace: Workspace): Int32Array<ArrayBuffer> {
  const { columnOf, free } = workspace;
  reduceColumns(n, workspace);
  let count = 0;
  for (let row = 0; row < n; row++) if (columnOf[row] === none) free[count++] = row;
  for (let pass = 0; pass < 2; pass++) count = reduceRows(n, count, workspace);
  for (let k = 0; k < count; k++) augment(free[k]!, n, workspace);
  return columnOf;
}
