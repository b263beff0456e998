/**
 * The posterior of a few parameters on a grid that refines itself: the prior box is cut in halves along
 * every axis wherever the density matters and varies too much inside a cell; every leaf carries a
 * Gauss-Legendre rule. The normalisation is then an integral, not a sum over hand-placed points, and
 * the edges of the prior are edges of cells. A regular grid over a prior is too coarse: the narrow axis of a
 * cosmological posterior is a hundredth of the box.
 */

/** ln density (unnormalised, nats) at `count` points, row-major [count, dimensions]. */
export type LogDensity = (points: Float64Array, count: number) => Float64Array | Promise<Float64Array>;

/** The box of a uniform prior. */
export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** How far the grid refines. */
export interface AdaptiveGridOptions {
  /** Gauss-Legendre points per axis of a cell. Default 4. */
  readonly order?: number;
  /** Cells per axis before refinement. Default 4. */
  readonly initialCells?: number;
  /** Nats that the density may vary within a cell at its peak. Default 5. */
  readonly resolution?: number;
  /** Nats below the peak where cells stop to matter. Default 12. */
  readonly depth?: number;
  /** Refused beyond this number of points. Default 200,000. */
  readonly maxPoints?: number;
}

/** Quadrature points over the box: leaves of the refinement, `pointsPerCell` consecutive points each. */
export interface AdaptiveGrid {
  readonly dimensions: number;
  readonly count: number;
  /** [count, dimensions] */
  readonly points: Float64Array;
  /** Volume that each point stands for; they add to the volume of the box. */
  readonly volumes: Float64Array;
  /** Corners of the sub-box that each point stands for, [count, dimensions] each. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** ln density at the points, as the caller's function gave it. */
  readonly logDensity: Float64Array;
}

interface Cell {
  readonly low: readonly number[];
  readonly width: readonly number[];
  readonly values: Float64Array;
}

/** Nodes and weights of Gauss-Legendre quadrature on [0, 1], by Newton on the Legendre polynomial. */
export function gaussLegendre(order: number): {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
} {
  const nodes = new Float64Array(order);
  const weights = new Float64Array(order);
  for (let i = 0; i < order; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (order + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [previous, current] = [1, x];
      for (let degree = 2; degree <= order; degree++) {
        [previous, current] = [current, ((2 * degree - 1) * x * current - (degree - 1) * previous) / degree];
      }
      slope = (order * (x * current - previous)) / (x * x - 1);
      const change = current / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes[order - 1 - i] = (x + 1) / 2;
    weights[order - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/**
 * Builds the grid for a density on a box, evaluating level by level.
 * @throws RangeError when the box is empty, the density is −∞ or NaN everywhere, or the grid outgrows `maxPoints`.
 */
export async function adaptiveGrid(
  logDensity: LogDensity,
  box: Box,
  options: AdaptiveGridOptions = {},
): Promise<AdaptiveGrid> {
  const { order = 4, initialCells = 4, resolution = 5, depth = 12, maxPoints = 200_000 } = options;
  const dimensions = box.low.length;
  if (
    dimensions === 0 ||
    box.high.length !== dimensions ||
    box.low.some((low, axis) => !(low < box.high[axis]!))
  ) {
    throw new RangeError(
      `adaptiveGrid: the box [${box.low}] to [${box.high}] is empty; give low < high for every parameter`,
    );
  }
  const rule = gaussLegendre(order);
  const perCell = order ** dimensions;
  const offsets = cellOffsets(rule.nodes, dimensions);

  let evaluated = 0;
  const evaluate = async (
    corners: readonly { low: readonly number[]; width: readonly number[] }[],
  ): Promise<Cell[]> => {
    const count = corners.length * perCell;
    evaluated += count;
    if (evaluated > maxPoints) {
      throw new RangeError(
        `adaptiveGrid: more than ${maxPoints} points; the density is too narrow or too many-dimensional, use a sampler`,
      );
    }
    const points = new Float64Array(count * dimensions);
    corners.forEach(({ low, width }, cell) => {
      for (let point = 0; point < perCell; point++) {
        for (let axis = 0; axis < dimensions; axis++) {
          points[(cell * perCell + point) * dimensions + axis] =
            low[axis]! + width[axis]! * offsets[point * dimensions + axis]!;
        }
      }
    });
    const values = await logDensity(points, count);
    return corners.map(({ low, width }, cell) => ({
      low,
      width,
      values: Float64Array.from(values.subarray(cell * perCell, (cell + 1) * perCell), (value) =>
        Number.isNaN(value) ? -Infinity : value,
      ),
    }));
  };

  let open = await evaluate(initialCorners(box, initialCells));
  const leaves: Cell[] = [];
  while (open.length > 0) {
    let peak = -Infinity;
    for (const cell of [...leaves, ...open]) for (const value of cell.values) peak = Math.max(peak, value);
    if (peak === -Infinity)
      throw new RangeError(
        'adaptiveGrid: the density vanishes at every point of the box; check the data against the prior',
      );
    const divide: Cell[] = [];
    for (const cell of open) (needsDivision(cell, peak, resolution, depth) ? divide : leaves).push(cell);
    // A leaf settled against a lower peak stays right: it only matters less than was thought.
    open = divide.length > 0 ? await evaluate(divide.flatMap(halves)) : [];
  }
  return assemble(leaves, rule, dimensions);
}

/**
 * A cell is divided when it may hold density that matters and the density varies too much inside for the
 * rule. A peak between the nodes rises above the highest of them by at most a few per cent of the range, for a normal density.
 */
function needsDivision({ values }: Cell, peak: number, resolution: number, depth: number): boolean {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const range = Math.min(most - least, 1e6);
  if (Number.isNaN(range) || most + 0.1 * range < peak - depth) return false;
  return range > resolution + Math.max(0, peak - most);
}

function initialCorners(box: Box, cells: number): { low: number[]; width: number[] }[] {
  const width = box.low.map((low, axis) => (box.high[axis]! - low) / cells);
  return Array.from({ length: cells ** width.length }, (_, index) => ({
    low: width.map((w, axis) => box.low[axis]! + w * (Math.floor(index / cells ** axis) % cells)),
    width,
  }));
}

function halves({ low, width }: Cell): { low: number[]; width: number[] }[] {
  const half = width.map((w) => w / 2);
  return Array.from({ length: 2 ** low.length }, (_, index) => ({
    low: low.map((start, axis) => start + ((index >> axis) & 1) * half[axis]!),
    width: half,
  }));
}

/** Places of a cell's points in units of its width, [order^d, d]; the first axis varies fastest. */
function cellOffsets(nodes: Float64Array, dimensions: number): Float64Array {
  const perCell = nodes.length ** dimensions;
  const offsets = new Float64Array(perCell * dimensions);
  for (let point = 0; point < perCell; point++) {
    for (let axis = 0; axis < dimensions; axis++) {
      offsets[point * dimensions + axis] = nodes[Math.floor(point / nodes.length ** axis) % nodes.length]!;
    }
  }
  return offsets;
}

function assemble(
  leaves: readonly Cell[],
  rule: ReturnType<typeof gaussLegendre>,
  dimensions: number,
): AdaptiveGrid {
  const { nodes, weights } = rule;
  const order = nodes.length;
  const perCell = order ** dimensions;
  // A Gauss node lies inside the interval that its weight takes up in the running sum of the weights.
  const edges = [0];
  for (const weight of weights) edges.push(edges.at(-1)! + weight);
  const count = leaves.length * perCell;
  const grid = {
    dimensions,
    count,
    points: new Float64Array(count * dimensions),
    low: new Float64Array(count * dimensions),
    high: new Float64Array(count * dimensions),
    volumes: new Float64Array(count),
    logDensity: new Float64Array(count),
  };
  leaves.forEach(({ low, width, values }, cell) => {
    for (let point = 0; point < perCell; point++) {
      const at = cell * perCell + point;
      let volume = 1;
      for (let axis = 0; axis < dimensions; axis++) {
        const node = Math.floor(point / order ** axis) % order;
        const w = width[axis]!;
        volume *= w * weights[node]!;
        grid.points[at * dimensions + axis] = low[axis]! + w * nodes[node]!;
        grid.low[at * dimensions + axis] = low[axis]! + w * edges[node]!;
        grid.high[at * dimensions + axis] = low[axis]! + w * edges[node + 1]!;
      }
      grid.volumes[at] = volume;
      grid.logDensity[at] = values[point]!;
    }
  });
  return grid;
}
