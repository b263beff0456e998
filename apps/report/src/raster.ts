/**
 * Two-dimensional fields as images: values to colours, and PNG inside SVG as a data URI.
 */
import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic';
import { encode } from 'fast-png';
import type { Attributes } from './svg.ts';
import { element } from './svg.ts';

/** `viridis` for amounts, `diverging` (blue below, red above the middle) for differences. */
export type Colormap = 'viridis' | 'diverging';

type Rgb = readonly [number, number, number];

/** 256 colours of a map. */
export function colorTable(colormap: Colormap): readonly Rgb[] {
  return Array.from({ length: 256 }, (_, i) => {
    const t = i / 255;
    return parseColor(colormap === 'viridis' ? interpolateViridis(t) : interpolateRdBu(1 - t));
  });
}

function parseColor(color: string): Rgb {
  const numbers = color.startsWith('#')
    ? [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16))
    : (color.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
}

/**
 * Encodes a field as a PNG, one pixel a cell.
 * @param values - shape (rows, columns); cells that are not finite become grey
 * @param domain - values of the first and the last colour; what lies outside takes the end's colour
 */
export function fieldPng(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  domain: readonly [number, number],
  colormap: Colormap = 'viridis',
): Uint8Array {
  if (values.length !== rows * columns || values.length === 0) {
    throw new RangeError(`fieldPng: ${values.length} values for ${rows} rows of ${columns}`);
  }
  const table = colorTable(colormap);
  const [low, high] = domain;
  const data = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const t = (values[i]! - low) / (high - low);
    const color: Rgb = Number.isFinite(values[i]!)
      ? table[Math.max(0, Math.min(255, Math.floor(t * 256)))]!
      : [160, 160, 160];
    data.set(color, 3 * i);
  }
  return encode({ width: columns, height: rows, data, channels: 3, depth: 8 });
}

/** A PNG as an SVG image of a given size; cells stay sharp. */
export function imageElement(png: Uint8Array, x: number, y: number, width: number, height: number): string {
  const attributes: Attributes = {
    x,
    y,
    width,
    height,
    preserveAspectRatio: 'none',
    style: 'image-rendering:pixelated',
    href: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
  };
  return element('image', attributes);
}

/** A vertical bar with all colours, the last on top. */
export function colorBarImage(
  colormap: Colormap,
  x: number,
  y: number,
  width: number,
  height: number,
): string {
  const ramp = Float64Array.from({ length: 256 }, (_, i) => 255 - i);
  return imageElement(fieldPng(ramp, 256, 1, [0, 256], colormap), x, y, width, height);
}
