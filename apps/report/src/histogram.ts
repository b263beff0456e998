/**
 * Histograms of one or several samples, with curves over them where a law is expected.
 */
import type { AxisOptions } from './axes.ts';
import { extentOf } from './axes.ts';
import { linePlot } from './line-plot.ts';
import type { Rule, Series } from './series.ts';

/** Values to be counted. */
export interface HistogramSample {
  readonly name?: string;
  readonly values: ArrayLike<number>;
  readonly color?: string;
}

/** Options of `histogram`. */
export interface HistogramOptions {
  readonly samples: readonly HistogramSample[];
  /** Number of bins over the extent (default 40), or their edges, increasing. */
  readonly bins?: number | ArrayLike<number>;
  /** Share a unit of x (integral 1; default) rather than counts. */
  readonly density?: boolean;
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
  /** Curves over the histogram. */
  readonly curves?: readonly Series[];
  readonly rules?: readonly Rule[];
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Counts values between increasing edges; the last bin includes its upper edge. */
export function countBins(values: ArrayLike<number>, edges: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(edges.length - 1);
  const last = edges[edges.length - 1]!;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= edges[0]! && value <= last)) continue;
    let low = 0;
    let high = counts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (value >= edges[middle]!) low = middle;
      else high = middle;
    }
    counts[low]!++;
  }
  return counts;
}

/** Edges of n equal bins (equal ratios for a logarithmic axis). */
export function equalEdges([low, high]: readonly [number, number], n: number, log = false): Float64Array {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`histogram: ${n} bins`);
  const [from, to] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  return Float64Array.from({ length: n + 1 }, (_, i) =>
    log ? from * (to / from) ** (i / n) : from + ((to - from) * i) / n,
  );
}

/**
 * A histogram as SVG, as stepped outlines with a light filling.
 * @throws RangeError if a sample is empty
 */
export function histogram(options: HistogramOptions): string {
  const { samples, bins = 40, density = true, x = {}, y = {}, curves = [], rules, title } = options;
  if (samples.length === 0) throw new RangeError('histogram: no samples to draw');
  const log = x.scale === 'log';
  const edges =
    typeof bins === 'number'
      ? equalEdges(
          x.domain ??
            extentOf(
              'histogram',
              samples.map(({ values }) => values),
              log,
            ),
          bins,
          log,
        )
      : Float64Array.from(bins);
  const series = samples.map(({ name, values, color }, s): Series => {
    if (values.length === 0) throw new RangeError(`histogram: sample ${name ?? s} is empty`);
    const counts = countBins(values, edges);
    const heights = density
      ? counts.map((count, i) => count / values.length / (edges[i + 1]! - edges[i]!))
      : counts;
    return {
      ...(name === undefined ? {} : { name }),
      ...(color === undefined ? {} : { color }),
      x: edges,
      y: heights,
      kind: 'steps',
      filled: true,
    };
  });
  const all = [...series, ...curves];
  return linePlot({
    ...(title === undefined ? {} : { title }),
    ...(rules === undefined ? {} : { rules }),
    width: options.width ?? 560,
    height: options.height ?? 360,
    x,
    y: { label: density ? 'density' : 'count', ...fromZero(all, y), ...y },
    series: all,
  });
}

/** Bars stand on 0, except on a logarithmic axis. */
function fromZero(series: readonly Series[], y: AxisOptions): { domain?: readonly [number, number] } {
  if (y.scale === 'log') return {};
  const [, highest] = extentOf(
    'histogram',
    series.map((one) => one.y),
  );
  return highest > 0 ? { domain: [0, highest * 1.08] } : {};
}
