/**
 * What is drawn inside a frame: lines with bands, dots, steps, bars, reference lines; and the legend above it.
 */
import type { Frame } from './axes.ts';
import { colorOf, INK, REFERENCE, SIZE } from './style.ts';
import { element, pathData, textAt } from './svg.ts';
import { labelWidth } from './text.ts';

/** One set of points. */
export interface Series {
  /** Name in the legend; unnamed series are not in it. */
  readonly name?: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Default `line`. `steps` holds one value a bin: x are then the edges, one more than y. */
  readonly kind?: 'line' | 'dots' | 'steps';
  /** Lower edge of a band, as long as y. */
  readonly low?: ArrayLike<number>;
  /** Upper edge of a band, as long as y. */
  readonly high?: ArrayLike<number>;
  /** By default the palette's next. */
  readonly color?: string;
  readonly dashed?: boolean;
  /** Fills the area down to 0 lightly (lines and steps). */
  readonly filled?: boolean;
  /** Width of the line in px (default 2), or radius of the dots (default 2.2). */
  readonly size?: number;
  /** Opacity of line or dots (default 1). */
  readonly opacity?: number;
}

/** A straight reference line. */
export interface Rule {
  readonly x?: number;
  readonly y?: number;
  /** The line y = x. */
  readonly identity?: boolean;
  readonly color?: string;
  readonly name?: string;
  readonly dashed?: boolean;
  /** A short mark at the bottom instead of a line over the whole height; only with `x`. */
  readonly tick?: boolean;
}

/**
 * Refuses series whose arrays disagree.
 * @throws RangeError naming the figure and the series
 */
export function checkSeries(figure: string, series: readonly Series[]): void {
  if (series.length === 0) throw new RangeError(`${figure}: no series to draw`);
  for (const [i, { name, x, y, kind, low, high }] of series.entries()) {
    const which = `${figure}: series ${name ?? i}`;
    if (y.length === 0) throw new RangeError(`${which} is empty`);
    const wanted = kind === 'steps' ? y.length + 1 : y.length;
    if (x.length !== wanted)
      throw new RangeError(`${which}: ${x.length} x for ${y.length} y, ${wanted} expected`);
    if ((low !== undefined && low.length !== y.length) || (high !== undefined && high.length !== y.length)) {
      throw new RangeError(`${which}: its band is not as long as y (${y.length})`);
    }
  }
}

/** Colour of series i. */
export function seriesColor(series: Series, i: number): string {
  return series.color ?? colorOf(i);
}

/** Draws one series into a frame. */
export function drawSeries(frame: Frame, series: Series, i: number): string {
  const { x, y, low, high, kind = 'line', opacity } = series;
  const color = seriesColor(series, i);
  const { px, py } = frame;
  const parts: string[] = [];
  if (low !== undefined && high !== undefined) {
    for (const [from, to] of finiteStretches(x, low, high, frame)) {
      const points: [number, number][] = [];
      for (let j = from; j < to; j++) points.push([px(x[j]!), bounded(py(high[j]!), frame)]);
      for (let j = to - 1; j >= from; j--) points.push([px(x[j]!), bounded(py(low[j]!), frame)]);
      parts.push(element('path', { d: `${pathData(points)}Z`, fill: color, 'fill-opacity': '0.18' }));
    }
  }
  if (kind === 'dots') {
    const r = series.size ?? 2.2;
    for (let j = 0; j < y.length; j++) {
      const [cx, cy] = [px(x[j]!), py(y[j]!)];
      if (Number.isFinite(cx) && Number.isFinite(cy) && inside(cx, cy, frame)) {
        parts.push(element('circle', { cx, cy, r, fill: color, 'fill-opacity': opacity?.toString() }));
      }
    }
    return parts.join('');
  }
  const points: [number, number][] = [];
  for (let j = 0; j < y.length; j++) {
    points.push([px(x[j]!), bounded(py(y[j]!), frame)]);
    if (kind === 'steps') points.push([px(x[j + 1]!), bounded(py(y[j]!), frame)]);
  }
  const d = pathData(points);
  if (series.filled && points.every(([a, b]) => Number.isFinite(a) && Number.isFinite(b))) {
    const floor = frame.y.log ? frame.height : bounded(py(0), frame);
    const area = pathData([[points[0]![0], floor], ...points, [points[points.length - 1]![0], floor]]);
    parts.push(element('path', { d: `${area}Z`, fill: color, 'fill-opacity': '0.13' }));
  }
  if (d !== '') {
    parts.push(
      element('path', {
        d,
        fill: 'none',
        stroke: color,
        'stroke-width': series.size ?? 2,
        'stroke-linejoin': 'round',
        'stroke-dasharray': series.dashed ? '6 4' : undefined,
        'stroke-opacity': opacity?.toString(),
      }),
    );
  }
  return parts.join('');
}

function inside(x: number, y: number, frame: Frame): boolean {
  return x >= -5 && y >= -5 && x <= frame.width + 5 && y <= frame.height + 5;
}

/** Keeps far-away coordinates near the frame: renderers lose precision on huge ones. */
function bounded(y: number, frame: Frame): number {
  return Number.isNaN(y) ? y : Math.min(Math.max(y, -10 * frame.height), 11 * frame.height);
}

function finiteStretches(
  x: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  frame: Frame,
): [number, number][] {
  const stretches: [number, number][] = [];
  let from = -1;
  for (let j = 0; j <= x.length; j++) {
    const ok =
      j < x.length &&
      [frame.px(x[j]!), frame.py(low[j]!), frame.py(high[j]!)].every((value) => Number.isFinite(value));
    if (ok && from < 0) from = j;
    if (!ok && from >= 0) {
      stretches.push([from, j]);
      from = -1;
    }
  }
  return stretches;
}

/** Draws a reference line into a frame. */
export function drawRule(frame: Frame, rule: Rule): string {
  const { px, py, width, height } = frame;
  const look = {
    stroke: rule.color ?? REFERENCE,
    'stroke-width': '1.2',
    'stroke-dasharray': (rule.dashed ?? true) ? '5 4' : undefined,
  };
  if (rule.identity) {
    const low = Math.max(frame.x.domain[0], frame.y.domain[0]);
    const high = Math.min(frame.x.domain[1], frame.y.domain[1]);
    if (!(low < high)) return '';
    return element('line', { x1: px(low), y1: py(low), x2: px(high), y2: py(high), ...look });
  }
  if (rule.x !== undefined) {
    const x = px(rule.x);
    if (!Number.isFinite(x)) return '';
    return rule.tick
      ? element('line', {
          x1: x,
          x2: x,
          y1: height,
          y2: height - 12,
          stroke: look.stroke,
          'stroke-width': 2.5,
        })
      : element('line', { x1: x, x2: x, y1: 0, y2: height, ...look });
  }
  if (rule.y === undefined || !Number.isFinite(py(rule.y))) return '';
  return element('line', { x1: 0, x2: width, y1: py(rule.y), y2: py(rule.y), ...look });
}

/** An entry of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly mark: 'line' | 'dashed' | 'dot' | 'area' | 'tick';
}

/** The named series and rules as entries of a legend. */
export function legendEntries(series: readonly Series[], rules: readonly Rule[] = []): LegendEntry[] {
  const entries: LegendEntry[] = [];
  for (const [i, one] of series.entries()) {
    if (one.name === undefined) continue;
    const mark = one.kind === 'dots' ? 'dot' : one.dashed ? 'dashed' : 'line';
    entries.push({ name: one.name, color: seriesColor(one, i), mark });
  }
  for (const rule of rules) {
    if (rule.name === undefined) continue;
    const mark = rule.tick ? 'tick' : (rule.dashed ?? true) ? 'dashed' : 'line';
    entries.push({ name: rule.name, color: rule.color ?? REFERENCE, mark });
  }
  return entries;
}

/** A legend in rows above a plot: its drawing and its height. It never lies on data. */
export function drawLegend(entries: readonly LegendEntry[], width: number): { svg: string; height: number } {
  if (entries.length === 0) return { svg: '', height: 0 };
  const parts: string[] = [];
  let x = 0;
  let row = 0;
  const rowHeight = SIZE.label + 7;
  for (const { name, color, mark } of entries) {
    const needed = 28 + labelWidth(name) + 16;
    if (x > 0 && x + needed > width) {
      x = 0;
      row++;
    }
    const y = row * rowHeight + SIZE.label / 2;
    if (mark === 'tick') {
      parts.push(
        element('line', { x1: x + 11, x2: x + 11, y1: y - 6, y2: y + 6, stroke: color, 'stroke-width': 2.5 }),
      );
    } else if (mark === 'dot') parts.push(element('circle', { cx: x + 11, cy: y, r: 3.5, fill: color }));
    else if (mark === 'area')
      parts.push(element('rect', { x, y: y - 5, width: 22, height: 10, fill: color, 'fill-opacity': '0.6' }));
    else {
      parts.push(
        element('line', {
          x1: x,
          x2: x + 22,
          y1: y,
          y2: y,
          stroke: color,
          'stroke-width': 2.5,
          'stroke-dasharray': mark === 'dashed' ? '5 3.5' : undefined,
        }),
      );
    }
    parts.push(textAt(x + 28, y + 4.5, name, { fill: INK }));
    x += needed;
  }
  return { svg: parts.join(''), height: (row + 1) * rowHeight + 4 };
}
