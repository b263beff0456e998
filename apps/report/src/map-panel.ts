/**
 * Maps side by side with one colour scale and its bar.
 */
import { drawFrame, leftMargin, makeAxis, makeFrame } from './axes.ts';
import type { Colormap } from './raster.ts';
import { colorBarImage, fieldPng, imageElement } from './raster.ts';
import { INK, MUTED, SIZE } from './style.ts';
import { element, svgRoot, textAt } from './svg.ts';
import { labelText, labelWidth } from './text.ts';

/** A two-dimensional field. */
export interface FieldMap {
  /** Shape (rows, columns), the first row on top. */
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  readonly title?: string;
}

/** Options of `mapPanel`. */
export interface MapPanelOptions {
  readonly maps: readonly FieldMap[];
  readonly title?: string;
  /** What the colours mean, with its unit. */
  readonly label?: string;
  /** Maps a row of the figure (default: at most 4). */
  readonly columns?: number;
  /** Values of the first and last colour; by default the 0.5 and 99.5 percentiles of all maps together. */
  readonly domain?: readonly [number, number];
  /** Default `viridis`; `diverging` is centred on 0 unless a domain is given. */
  readonly colormap?: Colormap;
  /** Size of a map in px (default 180). */
  readonly size?: number;
  /** Names of the rows of the figure, such as `data` and `samples`, written on the left. */
  readonly rowTitles?: readonly string[];
}

/** Percentiles over all maps, from at most about 1e5 values. */
function robustDomain(maps: readonly FieldMap[], colormap: Colormap): [number, number] {
  const total = maps.reduce((sum, { values }) => sum + values.length, 0);
  const stride = Math.max(1, Math.floor(total / 1e5));
  const values: number[] = [];
  for (const { values: cells } of maps) {
    for (let i = 0; i < cells.length; i += stride) if (Number.isFinite(cells[i]!)) values.push(cells[i]!);
  }
  if (values.length === 0) throw new RangeError('mapPanel: no finite values to draw');
  values.sort((a, b) => a - b);
  let low = values[Math.floor(0.005 * (values.length - 1))]!;
  let high = values[Math.ceil(0.995 * (values.length - 1))]!;
  if (colormap === 'diverging') {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
  }
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

/**
 * Maps in rows with a shared colour scale.
 * @throws RangeError if there are no maps, or none with finite values
 */
export function mapPanel(options: MapPanelOptions): string {
  const { maps, title, label, colormap = 'viridis', size = 180, rowTitles = [] } = options;
  if (maps.length === 0) throw new RangeError('mapPanel: no maps to draw');
  const columns = Math.min(options.columns ?? 4, maps.length);
  const domain = options.domain ?? robustDomain(maps, colormap);
  const gap = 12;
  const left = rowTitles.length > 0 ? SIZE.label + 14 : 8;
  const titleHeight = title === undefined ? 8 : SIZE.title + 16;
  const mapTitle = maps.some((map) => map.title !== undefined) ? SIZE.label + 8 : 0;
  const rows = Math.ceil(maps.length / columns);
  const rowHeight = size + mapTitle + gap;
  const parts: string[] = [];
  if (title !== undefined)
    parts.push(textAt(left, SIZE.title + 4, title, { 'font-size': SIZE.title, 'font-weight': 'bold' }));
  for (const [i, map] of maps.entries()) {
    const x = left + (i % columns) * (size + gap);
    const y = titleHeight + Math.floor(i / columns) * rowHeight + mapTitle;
    if (map.title !== undefined) {
      const fit = Math.min(SIZE.label, (SIZE.label * size) / labelWidth(map.title));
      parts.push(
        textAt(x + size / 2, y - 6, map.title, { 'text-anchor': 'middle', 'font-size': fit, fill: INK }),
      );
    }
    parts.push(imageElement(fieldPng(map.values, map.rows, map.columns, domain, colormap), x, y, size, size));
    parts.push(
      element('rect', {
        x,
        y,
        width: size,
        height: size,
        fill: 'none',
        stroke: MUTED,
        'stroke-width': '0.6',
      }),
    );
  }
  for (const [row, name] of rowTitles.entries()) {
    const y = titleHeight + row * rowHeight + mapTitle + size / 2;
    const at = `translate(${SIZE.label + 2},${y}) rotate(-90)`;
    parts.push(element('g', { transform: at }, textAt(0, 0, name, { 'text-anchor': 'middle' })));
  }
  const mapsRight = left + columns * (size + gap);
  const barHeight = rows * rowHeight - gap - mapTitle;
  const axis = makeAxis({ domain, ...(label === undefined ? {} : { label }) }, domain, barHeight);
  const barLeft = mapsRight + leftMargin(axis);
  const frame = makeFrame(makeAxis({}, [0, 1], 10), axis, barLeft, titleHeight + mapTitle, 14, barHeight);
  parts.push(
    drawFrame(
      { ...frame, x: { ...frame.x, ticks: [] } },
      { grid: false },
      colorBarImage(colormap, 0, 0, 14, barHeight),
    ),
  );
  return svgRoot(
    barLeft + 14 + 10,
    titleHeight + rows * rowHeight + 4,
    labelText(title ?? label ?? 'maps'),
    ...parts,
  );
}
