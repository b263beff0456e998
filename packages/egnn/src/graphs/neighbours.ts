/** Graphs from positions, by cell lists: all pairs within a radius, and the k nearest neighbours. */
import { TensorError } from '@equiflow/tensor';
import { CellList, type PointSet, requirePoints, squaredDistance } from './cell-list.ts';

/** Edge e goes from point `senders[e]` to point `receivers[e]`. */
export interface EdgeList {
  readonly senders: Int32Array<ArrayBuffer>;
  readonly receivers: Int32Array<ArrayBuffer>;
}

/** Calls `each` with the first and last (exclusive) point of every graph. */
function forEachGraph(points: PointSet, count: number, each: (first: number, last: number) => void): void {
  let first = 0;
  for (const size of points.sizes ?? [count]) {
    each(first, first + size);
    first += size;
  }
}

/**
 * Both directed edges of every pair of points of one graph at a distance up to `radius`; sorted by receiver, then
 * sender. Work and memory grow with the number of points and edges.
 * @throws TensorError for a radius that is not positive or more than half a side of the box (a pair could be
 * within it by two images), and for points that are no points.
 * @example
 * const { senders, receivers } = radiusGraph({ positions, dimensions: 3, box: [25, 25, 25], radius: 2 });
 */
export function radiusGraph(options: PointSet & { readonly radius: number }): EdgeList {
  const count = requirePoints('radiusGraph', options);
  const { radius, box } = options;
  if (!(radius > 0) || !Number.isFinite(radius)) {
    throw new TensorError(`radiusGraph: radius is ${radius}; give a positive number`);
  }
  if (box && 2 * radius > Math.min(...box)) {
    throw new TensorError(
      `radiusGraph: radius ${radius} is more than half the shortest side of the box [${box}]`,
    );
  }
  const senders: number[] = [];
  const receivers: number[] = [];
  forEachGraph(options, count, (first, last) => {
    const list = new CellList(options, first, last, radius);
    const reach = Math.min(1, list.rings);
    for (let receiver = first; receiver < last; receiver++) {
      const own: number[] = [];
      for (let ring = 0; ring <= reach; ring++) {
        list.visitRing(receiver, ring, (sender) => {
          if (sender !== receiver && squaredDistance(options, receiver, sender) <= radius * radius)
            own.push(sender);
        });
      }
      own.sort((a, b) => a - b);
      for (const sender of own) {
        senders.push(sender);
        receivers.push(receiver);
      }
    }
  });
  return { senders: Int32Array.from(senders), receivers: Int32Array.from(receivers) };
}

/**
 * The `k` nearest other points of every point within its graph, nearest first, as indices [points · k]; of two at
 * one distance the lower index comes first.
 * @throws TensorError when a graph has no more than `k` points, and for points that are no points.
 * @example
 * const neighbours = constant(nearestNeighbours({ positions, dimensions: 3, k: 8 }), [points, 8]);
 */
export function nearestNeighbours(options: PointSet & { readonly k: number }): Int32Array<ArrayBuffer> {
  const count = requirePoints('nearestNeighbours', options);
  const { k, dimensions } = options;
  if (!Number.isInteger(k) || k < 1)
    throw new TensorError(`nearestNeighbours: k is ${k}; give a positive whole number`);
  const result = new Int32Array(count * k);
  const nearest = new Float64Array(k);
  forEachGraph(options, count, (first, last) => {
    if (last === first) return;
    if (last - first <= k) {
      throw new TensorError(
        `nearestNeighbours: a graph of ${last - first} points has no ${k} neighbours for each; lower k`,
      );
    }
    const list = new CellList(
      options,
      first,
      last,
      usualSpacing(options, first, last) * (k + 1) ** (1 / dimensions),
    );
    for (let point = first; point < last; point++) {
      let found = 0;
      const consider = (other: number): void => {
        if (other === point) return;
        const distance = squaredDistance(options, point, other);
        const worse = (slot: number): boolean =>
          nearest[slot]! > distance || (nearest[slot] === distance && result[point * k + slot]! > other);
        if (found === k && !worse(k - 1)) return;
        let slot = found < k ? found++ : k - 1;
        for (; slot > 0 && worse(slot - 1); slot--) {
          nearest[slot] = nearest[slot - 1]!;
          result[point * k + slot] = result[point * k + slot - 1]!;
        }
        nearest[slot] = distance;
        result[point * k + slot] = other;
      };
      for (let ring = 0; ring <= list.rings; ring++) {
        list.visitRing(point, ring, consider);
        if (found === k && nearest[k - 1]! < (ring * list.width) ** 2) break;
      }
    }
  });
  return result;
}

/** Side of the cube that a point has to itself. */
function usualSpacing({ positions, dimensions, box }: PointSet, first: number, last: number): number {
  let volume = 1;
  for (let axis = 0; axis < dimensions; axis++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = first; i < last; i++) {
      low = Math.min(low, positions[i * dimensions + axis]!);
      high = Math.max(high, positions[i * dimensions + axis]!);
    }
    volume *= box ? box[axis]! : high - low;
  }
  return (volume / (last - first)) ** (1 / dimensions);
}
