/**
 * Corner plots: one-dimensional marginals on the diagonal, 68 and 95 % highest-density regions below it, several
 * posteriors over each other, the true value marked.
 */
import { contours } from 'd3-contour';
import type { Axis, AxisOptions, Frame } from './axes.ts';
import { bottomMargin, drawFrame, leftMargin, makeAxis, makeFrame } from './axes.ts';
import type { Density1D, Density2D, PosteriorGrid, PosteriorSamples } from './density.ts';
import {
  densityMoments,
  gridDensity1D,
  gridDensity2D,
  highestDensityLevel,
  moments,
  sampleDensity1D,
  sampleDensity2D,
} from './density.ts';
import type { LegendEntry } from './series.ts';
import { drawLegend, drawRule } from './series.ts';
import { colorOf, REFERENCE, SIZE } from './style.ts';
import { element, movedTo, pathData, svgRoot, textAt } from './svg.ts';
import { labelText, labelWidth } from './text.ts';

/** One posterior: samples, or a grid. */
export interface CornerPosterior {
  readonly name: string;
  readonly samples?: PosteriorSamples;
  readonly grid?: PosteriorGrid;
  readonly color?: string;
  /** Lines only, without the filled regions. */
  readonly linesOnly?: boolean;
}

/** Options of `cornerPlot`. */
export interface CornerPlotOptions {
  /** One label a parameter, such as `\Omega_m`. */
  readonly labels: readonly string[];
  readonly posteriors: readonly CornerPosterior[];
  /** True values, one a parameter. */
  readonly truth?: readonly number[];
  /** Ranges of the parameters; by default what the posteriors need (5 standard deviations, and the truth). */
  readonly domains?: readonly (readonly [number, number])[];
  readonly title?: string;
  /** Size of one panel in px (default 190 for two parameters, 130 for more than four). */
  readonly size?: number;
}

const SHARES = [0.95, 0.68] as const;

function check({ labels, posteriors, truth }: CornerPlotOptions): void {
  const p = labels.length;
  if (p === 0 || posteriors.length === 0)
    throw new RangeError('cornerPlot: no parameters or no posteriors to draw');
  if (truth !== undefined && truth.length !== p) {
    throw new RangeError(`cornerPlot: ${truth.length} true values for ${p} parameters`);
  }
  for (const { name, samples, grid } of posteriors) {
    if ((samples === undefined) === (grid === undefined))
      throw new RangeError(`cornerPlot: ${name}: give samples or a grid`);
    if (samples !== undefined) {
      const n = samples.values.length / p;
      if (n < 2 || !Number.isInteger(n)) {
        throw new RangeError(
          `cornerPlot: ${name}: ${samples.values.length} values are no samples of ${p} parameters`,
        );
      }
      if (samples.weights !== undefined && samples.weights.length !== n) {
        throw new RangeError(`cornerPlot: ${name}: ${samples.weights.length} weights for ${n} samples`);
      }
    }
    if (grid !== undefined) {
      const cells = grid.axes.reduce((product, axis) => product * axis.length, 1);
      if (grid.axes.length !== p || grid.density.length !== cells || cells === 0) {
        throw new RangeError(
          `cornerPlot: ${name}: a grid of ${grid.axes.length} axes and ${grid.density.length} values`,
        );
      }
    }
  }
}

/** The range that all posteriors need along parameter p: 5 σ around each, inside their support, and the truth. */
function rangeOf({ posteriors, truth, labels, domains }: CornerPlotOptions, p: number): [number, number] {
  const given = domains?.[p];
  if (given !== undefined) return [given[0], given[1]];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { samples, grid } of posteriors) {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    let centre: { mean: number; sd: number };
    if (samples !== undefined) {
      centre = moments(samples, p, labels.length);
      for (let i = p; i < samples.values.length; i += labels.length) {
        first = Math.min(first, samples.values[i]!);
        last = Math.max(last, samples.values[i]!);
      }
    } else {
      const density = gridDensity1D(grid!, p);
      centre = densityMoments(density);
      first = density.x[0]!;
      last = density.x[density.x.length - 1]!;
    }
    low = Math.min(low, Math.max(first, centre.mean - 5 * centre.sd));
    high = Math.max(high, Math.min(last, centre.mean + 5 * centre.sd));
  }
  if (!(low < high)) [low, high] = [low - 0.5, high + 0.5];
  const value = truth?.[p];
  if (value !== undefined) {
    const pad = 0.05 * (high - low);
    low = Math.min(low, value - pad);
    high = Math.max(high, value + pad);
  }
  return [low, high];
}

function marginalOf(
  posterior: CornerPosterior,
  p: number,
  count: number,
  domain: readonly [number, number],
): Density1D {
  return posterior.grid !== undefined
    ? gridDensity1D(posterior.grid, p)
    : sampleDensity1D(posterior.samples!, p, count, domain);
}

function jointOf(
  posterior: CornerPosterior,
  p: number,
  q: number,
  domains: readonly [number, number][],
): Density2D {
  return posterior.grid !== undefined
    ? gridDensity2D(posterior.grid, p, q)
    : sampleDensity2D(posterior.samples!, [p, q], domains.length, domains[p]!, domains[q]!);
}

/** Path of the region above a density level; d3-contour's coordinates have cell i from i to i + 1. */
function regionPath(frame: Frame, { x, y, density }: Density2D, level: number): string {
  const transposed = new Array<number>(density.length);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) transposed[j * x.length + i] = density[i * y.length + j]!;
  }
  const shape = contours().size([x.length, y.length]).smooth(true).thresholds([level])(transposed)[0];
  if (shape === undefined) return '';
  return shape.coordinates
    .flat()
    .map((ring) => {
      const points = ring.map(
        ([cx = 0, cy = 0]) =>
          [frame.px(interpolated(x, cx - 0.5)), frame.py(interpolated(y, cy - 0.5))] as const,
      );
      return `${pathData(points)}Z`;
    })
    .join('');
}

/** Value of an array at a broken index; beyond its ends it goes on with the end's slope. */
function interpolated(values: Float64Array, index: number): number {
  if (values.length === 1) return values[0]!;
  const i = Math.max(0, Math.min(values.length - 2, Math.floor(index)));
  return values[i]! + (index - i) * (values[i + 1]! - values[i]!);
}

/** Mean ± standard deviation with as many digits as the deviation deserves. */
export function meanWithError(mean: number, sd: number): string {
  const decimals =
    sd > 0 && Number.isFinite(sd) ? Math.max(0, Math.min(8, 1 - Math.floor(Math.log10(sd)))) : 3;
  return `${mean.toFixed(decimals)} ± ${sd.toFixed(decimals)}`.replace(/-/g, '−');
}

/**
 * A corner plot as SVG.
 * @throws RangeError if there is nothing to draw, or sizes disagree
 */
export function cornerPlot(options: CornerPlotOptions): string {
  check(options);
  const { labels, posteriors, truth, title } = options;
  const n = labels.length;
  const size = options.size ?? (n <= 2 ? 200 : n <= 4 ? 160 : 130);
  const domains = labels.map((_, p) => rangeOf(options, p));
  const axis = (p: number, extra: AxisOptions): Axis => {
    const whole = makeAxis({ domain: domains[p]!, ticks: 4, ...extra }, domains[p]!, size);
    const ticks = whole.ticks.filter(({ value }) => whole.at(value) > 0.04 && whole.at(value) < 0.96);
    return { ...whole, ticks };
  };
  const left = Math.max(...labels.map((label, p) => leftMargin(axis(p, { label }))));
  const gap = 10;
  const color = (i: number): string => posteriors[i]!.color ?? colorOf(i);
  const entries: LegendEntry[] = posteriors.map((posterior, i) => ({
    name: posterior.name,
    color: color(i),
    mark: posterior.linesOnly ? 'line' : 'area',
  }));
  if (truth !== undefined) entries.push({ name: 'truth', color: REFERENCE, mark: 'dashed' });
  const width = left + n * (size + gap) + 12;
  const titleHeight = title === undefined ? 8 : SIZE.title + 16;
  const legend = drawLegend(entries, width - left - 12);
  const top = titleHeight + legend.height + SIZE.label + 8;
  const bottom = bottomMargin(axis(0, { label: labels[0]! }));
  const height = top + n * (size + gap) + bottom;

  const parts: string[] = [];
  if (title !== undefined)
    parts.push(textAt(left, SIZE.title + 4, title, { 'font-size': SIZE.title, 'font-weight': 'bold' }));
  parts.push(movedTo(left, titleHeight, legend.svg));
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      const x = left + column * (size + gap);
      const y = top + row * (size + gap);
      const xAxis = axis(column, { label: labels[column]! });
      const look = { xText: row === n - 1, yText: column === 0, grid: false };
      if (row === column) {
        const marginals = posteriors.map((posterior) => marginalOf(posterior, row, n, domains[row]!));
        const highest = Math.max(...marginals.map(({ density }) => Math.max(...density)));
        const frame = makeFrame(xAxis, makeAxis({}, [0, highest * 1.1], size), x, y, size, size);
        const drawn = marginals.map(({ x: at, density }, i) => {
          const points = Array.from(at, (value, j) => [frame.px(value), frame.py(density[j]!)] as const);
          const d = pathData(points);
          const area = `${pathData([[frame.px(at[0]!), size], ...points, [frame.px(at[at.length - 1]!), size]])}Z`;
          return (
            (posteriors[i]!.linesOnly
              ? ''
              : element('path', { d: area, fill: color(i), 'fill-opacity': '0.15' })) +
            element('path', { d, fill: 'none', stroke: color(i), 'stroke-width': 2 })
          );
        });
        const mark = truth === undefined ? '' : drawRule(frame, { x: truth[row]! });
        parts.push(drawFrame(frame, { ...look, noY: true }, ...drawn, mark));
        const first = posteriors[0]!.samples;
        const { mean, sd } = first === undefined ? densityMoments(marginals[0]!) : moments(first, row, n);
        const text = `${labels[row]} = ${meanWithError(mean, sd)}`;
        const fit = Math.min(SIZE.label, (SIZE.label * size) / labelWidth(text));
        parts.push(
          textAt(x + size / 2, y - 6, text, { 'text-anchor': 'middle', 'font-size': fit, fill: color(0) }),
        );
      } else {
        const frame = makeFrame(xAxis, axis(row, { label: labels[row]! }), x, y, size, size, left);
        const drawn = posteriors.map((posterior, i) => {
          const joint = jointOf(posterior, column, row, domains);
          return SHARES.map((share) => {
            const d = regionPath(frame, joint, highestDensityLevel(joint.density, joint.mass, share));
            return element('path', {
              d,
              'fill-rule': 'evenodd',
              fill: posterior.linesOnly ? 'none' : color(i),
              'fill-opacity': share === 0.95 ? '0.18' : '0.3',
              stroke: color(i),
              'stroke-width': '1.5',
            });
          }).join('');
        });
        const marks =
          truth === undefined
            ? []
            : [
                drawRule(frame, { x: truth[column]! }),
                drawRule(frame, { y: truth[row]! }),
                element('rect', {
                  x: frame.px(truth[column]!) - 3.5,
                  y: frame.py(truth[row]!) - 3.5,
                  width: 7,
                  height: 7,
                  fill: REFERENCE,
                }),
              ];
        parts.push(drawFrame(frame, look, ...drawn, ...marks));
      }
    }
  }
  return svgRoot(width, height, labelText(title ?? `posterior of ${labels.join(', ')}`), ...parts);
}
