/**
 * SVG as strings: elements, paths, text, and nesting one figure in another. A coordinate that is not finite is an
 * error here, so no figure can hold a NaN.
 */
import { FONT, INK, SIZE } from './style.ts';
import { escapeXml, labelSpans } from './text.ts';

/** Values of attributes; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A number for an attribute, to 1/100 px. */
export function coordinate(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`svg: a coordinate is ${value}`);
  return String(Math.round(value * 100) / 100);
}

/** One element with its attributes and children. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeXml(String(value))}"`,
    )
    .join('');
  return children.length === 0 ? `<${name}${text}/>` : `<${name}${text}>${children.join('')}</${name}>`;
}

/** A line of text; the label may hold a little TeX (`labelSpans`). */
export function textAt(x: number, y: number, label: string, attributes: Attributes = {}): string {
  const size = typeof attributes['font-size'] === 'number' ? attributes['font-size'] : SIZE.label;
  return element('text', { x, y, 'font-size': size, fill: INK, ...attributes }, labelSpans(label, size));
}

/** The root of a figure. */
export function svgRoot(
  width: number,
  height: number,
  title: string,
  ...children: readonly string[]
): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      'font-family': FONT,
      role: 'img',
      'aria-label': title,
    },
    element('rect', { width, height, fill: '#ffffff' }),
    ...children,
  );
}

/** Puts content at (x, y), clipped to width × height. */
export function clipped(
  x: number,
  y: number,
  width: number,
  height: number,
  ...children: readonly string[]
): string {
  return element('svg', { x, y, width, height, overflow: 'hidden' }, ...children, '');
}

/** Puts content at (x, y) without clipping. */
export function movedTo(x: number, y: number, ...children: readonly string[]): string {
  return element('g', { transform: `translate(${coordinate(x)},${coordinate(y)})` }, ...children, '');
}

/** Path data through points; a point that is not finite breaks the line. */
export function pathData(points: readonly (readonly [number, number])[]): string {
  let data = '';
  let drawing = false;
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) {
      data += `${drawing ? 'L' : 'M'}${coordinate(x)},${coordinate(y)}`;
      drawing = true;
    } else drawing = false;
  }
  return data;
}
