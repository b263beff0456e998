/**
 * The plot that most figures are: series over one x axis, with a legend, and below it, if wanted, a smaller panel with
 * the ratio to or the difference from a reference.
 */
import type { AxisOptions } from './axes.ts';
import { bottomMargin, drawFrame, extentOf, leftMargin, makeAxis, makeFrame, widened } from './axes.ts';
import type { Rule, Series } from './series.ts';
import { checkSeries, drawLegend, drawRule, drawSeries, legendEntries } from './series.ts';
import { INK, SIZE } from './style.ts';
import { movedTo, svgRoot, textAt } from './svg.ts';
import { labelText } from './text.ts';

/** The panel below: same x axis, its own y axis. */
export interface LowerPanel {
  readonly y?: AxisOptions;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
}

/** Options of `linePlot`. */
export interface LinePlotOptions {
  readonly title?: string;
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
  /** A panel below with a third of the height, for a ratio or a residual. */
  readonly lower?: LowerPanel;
  /** Width in px (default 640). */
  readonly width?: number;
  /** Height in px (default 400, with a lower panel 480). */
  readonly height?: number;
}

/** A drawing without its root: to be put beside others. */
export interface Drawing {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

function domainOf(
  figure: string,
  axis: AxisOptions,
  series: readonly Series[],
  which: 'x' | 'y',
  rules: readonly Rule[],
): [number, number] {
  const log = axis.scale === 'log';
  const arrays: ArrayLike<number>[] = [];
  for (const one of series) {
    arrays.push(one[which]);
    if (which === 'y' && one.low !== undefined) arrays.push(one.low);
    if (which === 'y' && one.high !== undefined) arrays.push(one.high);
  }
  for (const rule of rules) {
    const value = rule[which];
    if (value !== undefined && which === 'y') arrays.push([value]);
  }
  return widened(extentOf(figure, arrays, log), log, which === 'x' ? 0.015 : 0.06);
}

/** Draws a line plot without its root. */
export function drawLinePlot(options: LinePlotOptions, figure = 'linePlot'): Drawing {
  const { title, x = {}, y = {}, series, rules = [], lower } = options;
  checkSeries(figure, series);
  if (lower !== undefined) checkSeries(`${figure}, lower panel`, lower.series);
  const width = options.width ?? 640;
  const height = options.height ?? (lower === undefined ? 400 : 480);

  const xDomain = domainOf(figure, x, series, 'x', rules);
  const yDomain = domainOf(figure, y, series, 'y', rules);
  const yAxis = makeAxis(y, yDomain, height * 0.6);
  const lowerRules = lower?.rules ?? [];
  const lowerAxis =
    lower === undefined
      ? undefined
      : makeAxis(
          { ticks: 4, ...lower.y },
          domainOf(`${figure}, lower panel`, lower.y ?? {}, lower.series, 'y', lowerRules),
          height * 0.25,
        );
  const left = Math.max(leftMargin(yAxis), lowerAxis === undefined ? 0 : leftMargin(lowerAxis));
  const plotWidth = width - left - 18;
  const xAxis = makeAxis(x, xDomain, plotWidth);
  const titleHeight = title === undefined ? 10 : SIZE.title + 16;
  const legend = drawLegend(legendEntries(series, rules), plotWidth);
  const top = titleHeight + legend.height;
  const bottom = bottomMargin(xAxis);
  const free = height - top - bottom;
  const gap = 12;
  const upperHeight = lower === undefined ? free : Math.round((free - gap) * 0.68);

  const frame = makeFrame(xAxis, yAxis, left, top, plotWidth, upperHeight, left);
  const parts: string[] = [];
  if (title !== undefined)
    parts.push(
      textAt(left, SIZE.title + 4, title, { 'font-size': SIZE.title, 'font-weight': 'bold', fill: INK }),
    );
  parts.push(movedTo(left, titleHeight, legend.svg));
  parts.push(
    drawFrame(
      frame,
      { xText: lower === undefined },
      ...series.map((one, i) => drawSeries(frame, one, i)),
      ...rules.map((rule) => drawRule(frame, rule)),
    ),
  );
  if (lower !== undefined && lowerAxis !== undefined) {
    const below = makeFrame(
      xAxis,
      lowerAxis,
      left,
      top + upperHeight + gap,
      plotWidth,
      free - gap - upperHeight,
      left,
    );
    parts.push(
      drawFrame(
        below,
        {},
        ...lower.series.map((one, i) => drawSeries(below, one, i)),
        ...lowerRules.map((rule) => drawRule(below, rule)),
      ),
    );
  }
  return { svg: parts.join(''), width, height };
}

/**
 * A line plot as SVG.
 * @throws RangeError if there is nothing to draw or arrays disagree
 */
export function linePlot(options: LinePlotOptions): string {
  const { svg, width, height } = drawLinePlot(options);
  return svgRoot(width, height, labelText(options.title ?? options.y?.label ?? 'plot'), svg);
}

/** Drawings side by side in rows, as one figure. */
export function sideBySide(drawings: readonly Drawing[], columns: number, title: string): string {
  if (drawings.length === 0) throw new RangeError(`${title}: no panels to draw`);
  const parts: string[] = [];
  let y = 0;
  let width = 0;
  for (let start = 0; start < drawings.length; start += columns) {
    const row = drawings.slice(start, start + columns);
    let x = 0;
    for (const drawing of row) {
      parts.push(movedTo(x, y, drawing.svg));
      x += drawing.width;
    }
    width = Math.max(width, x);
    y += Math.max(...row.map((drawing) => drawing.height));
  }
  return svgRoot(width, y, labelText(title), ...parts);
}
