/**
 * Axes: a scale from data to pixels with ticks that read well, linear or logarithmic, and the frame around a plot.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import { GRID, INK, MUTED, SIZE } from './style.ts';
import { clipped, element, movedTo, textAt } from './svg.ts';
import { labelWidth, superscript } from './text.ts';

/** What a caller says about an axis. */
export interface AxisOptions {
  /** Label with its unit, such as `k [h Mpc^{-1}]`. */
  readonly label?: string;
  /** Default linear. */
  readonly scale?: 'linear' | 'log';
  /** From and to; by default the extent of the data, a little widened. */
  readonly domain?: readonly [number, number];
  /** About how many ticks. */
  readonly ticks?: number;
}

/** A scale with its ticks. */
export interface Axis {
  readonly label: string | undefined;
  readonly log: boolean;
  readonly domain: readonly [number, number];
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Ticks without text. */
  readonly minorTicks: readonly number[];
  /** From data to [0, 1]. NaN outside a logarithm's range. */
  readonly at: (value: number) => number;
}

/**
 * The extent of several arrays; what is not finite (or, for logarithms, not positive) does not count.
 * @throws RangeError if nothing is left
 */
export function extentOf(
  figure: string,
  arrays: readonly ArrayLike<number>[],
  log = false,
): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++) {
      const value = array[i]!;
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) throw new RangeError(`${figure}: no ${log ? 'positive ' : ''}finite data to draw`);
  return [low, high];
}

/** Widens an extent by a fraction on both sides; an extent of one point becomes a range around it. */
export function widened(
  [low, high]: readonly [number, number],
  log: boolean,
  fraction = 0.04,
): [number, number] {
  if (log) {
    const factor = low === high ? 2 : (high / low) ** fraction;
    return [low / factor, high * factor];
  }
  const pad = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * fraction;
  return [low - pad, high + pad];
}

/** Makes an axis over a domain. */
export function makeAxis(options: AxisOptions, domain: readonly [number, number], length: number): Axis {
  const [low, high] = options.domain ?? domain;
  const log = options.scale === 'log';
  if (!(low < high) || !Number.isFinite(low) || !Number.isFinite(high) || (log && low <= 0)) {
    throw new RangeError(`axis ${options.label ?? ''}: domain ${low} to ${high} cannot be drawn`);
  }
  const count = options.ticks ?? Math.max(2, Math.round(length / (log ? 55 : 75)));
  if (log) {
    const scale = scaleLog([low, high], [0, 1]);
    const decades = Math.log10(high / low);
    const all = scale.ticks();
    const powers = all.filter((value) => isPowerOfTen(value));
    const stride = Math.max(1, Math.ceil(powers.length / count));
    const major =
      decades >= 2 || powers.length >= 3
        ? powers.filter((value) => Math.round(Math.log10(value)) % stride === 0)
        : decades >= 0.8
          ? all.filter((value) => [1, 2, 5].includes(leadingDigit(value)))
          : linearTicks(low, high, count);
    return {
      label: options.label,
      log,
      domain: [low, high],
      ticks: major.map((value) => ({ value, text: logText(value) })),
      minorTicks: decades <= 6 ? all.filter((value) => !major.includes(value)) : [],
      at: (value) => (value > 0 ? scale(value) : Number.NaN),
    };
  }
  const scale = scaleLinear([low, high], [0, 1]);
  const ticks = linearTicks(low, high, count);
  return {
    label: options.label,
    log,
    domain: [low, high],
    ticks: ticks.map((value) => ({ value, text: linearText(value, ticks) })),
    minorTicks: [],
    at: (value) => scale(value),
  };
}

/** Round values in a range, about `count` of them and at least two. */
function linearTicks(low: number, high: number, count: number): number[] {
  const scale = scaleLinear([low, high], [0, 1]);
  for (let more = count; more < count + 10; more++) {
    const ticks = scale.ticks(more);
    if (ticks.length >= 2) return ticks;
  }
  return scale.ticks(count);
}

function leadingDigit(value: number): number {
  return Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}

function logText(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (isPowerOfTen(value) && (exponent > 3 || exponent < -2)) return `10${superscript(exponent)}`;
  if (value >= 1e4 || value < 1e-3) {
    const power = Math.floor(Math.log10(value) + 1e-9);
    return `${Number((value / 10 ** power).toPrecision(3))}×10${superscript(power)}`;
  }
  return String(Number(value.toPrecision(3)));
}

function linearText(value: number, ticks: readonly number[]): string {
  const step = Math.abs((ticks[1] ?? value) - (ticks[0] ?? 0)) || Math.abs(value) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  if (Math.abs(value) < step * 1e-9) return '0';
  if (largest >= 1e6 || largest < 1e-3) {
    const power = Math.floor(Math.log10(largest));
    const decimals = Math.max(0, power - Math.floor(Math.log10(step) + 1e-9));
    return `${(value / 10 ** power).toFixed(decimals)}×10${superscript(power)}`.replace('-', '−');
  }
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const text =
    Math.abs(value) >= 1e4
      ? value.toLocaleString('en-US', { maximumFractionDigits: decimals })
      : value.toFixed(decimals);
  return text.replace('-', '−');
}

/** A rectangle of data with its axes around it. */
export interface Frame {
  readonly x: Axis;
  readonly y: Axis;
  /** Where the rectangle of data lies in the panel, and its size. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Room for texts on the left, the label of the y axis at its far end. */
  readonly room: number;
  /** Pixels in the rectangle of data. */
  readonly px: (value: number) => number;
  readonly py: (value: number) => number;
}

/** Room on the left that the y axis needs. */
export function leftMargin(y: Axis): number {
  const widest = Math.max(0, ...y.ticks.map(({ text }) => labelWidth(text, SIZE.tick)));
  return Math.ceil(widest + 12 + (y.label === undefined ? 4 : SIZE.label + 10));
}

/** Room below that the x axis needs. */
export function bottomMargin(x: Axis, withText = true): number {
  return withText ? 20 + (x.label === undefined ? 0 : SIZE.label + 8) : 8;
}

/** Places a rectangle of data; frames above each other share `room`, so that their labels align. */
export function makeFrame(
  x: Axis,
  y: Axis,
  left: number,
  top: number,
  width: number,
  height: number,
  room: number = leftMargin(y),
): Frame {
  return {
    x,
    y,
    left,
    top,
    width,
    height,
    room,
    px: (v) => x.at(v) * width,
    py: (v) => (1 - y.at(v)) * height,
  };
}

/** How a frame is drawn. */
export interface FrameLook {
  /** Text and label of the x axis (default true). */
  readonly xText?: boolean;
  /** Text and label of the y axis (default true). */
  readonly yText?: boolean;
  /** Lines at the ticks (default true). */
  readonly grid?: boolean;
  /** Leaves the y ticks out. */
  readonly noY?: boolean;
}

/** Draws a frame: grid, content clipped to the rectangle of data, ticks, their texts, labels. */
export function drawFrame(frame: Frame, look: FrameLook, ...content: readonly string[]): string {
  const { x, y, left, top, width, height, px, py } = frame;
  const { xText = true, yText = true, grid = true, noY = false } = look;
  const parts: string[] = [];
  const tick = { stroke: MUTED, 'stroke-width': 1 };
  if (grid) {
    const line = { stroke: GRID, 'stroke-width': 1 };
    for (const { value } of x.ticks)
      parts.push(element('line', { x1: px(value), x2: px(value), y1: 0, y2: height, ...line }));
    if (!noY) {
      for (const { value } of y.ticks)
        parts.push(element('line', { x1: 0, x2: width, y1: py(value), y2: py(value), ...line }));
    }
  }
  parts.push(clipped(0, 0, width, height, ...content));
  parts.push(element('rect', { width, height, fill: 'none', stroke: MUTED, 'stroke-width': 1 }));
  for (const value of x.minorTicks)
    parts.push(element('line', { x1: px(value), x2: px(value), y1: height, y2: height - 3, ...tick }));
  for (const { value, text } of spaced(x.ticks, px, (text) => labelWidth(text, SIZE.tick) + 8)) {
    parts.push(element('line', { x1: px(value), x2: px(value), y1: height, y2: height + 4, ...tick }));
    if (xText) {
      parts.push(
        textAt(px(value), height + 16, text, {
          'font-size': SIZE.tick,
          'text-anchor': 'middle',
          fill: MUTED,
        }),
      );
    }
  }
  if (xText && x.label !== undefined) {
    parts.push(
      textAt(width / 2, height + 20 + SIZE.label + 1, x.label, { 'text-anchor': 'middle', fill: INK }),
    );
  }
  if (!noY) {
    for (const value of y.minorTicks)
      parts.push(element('line', { x1: 0, x2: 3, y1: py(value), y2: py(value), ...tick }));
    for (const { value, text } of spaced(y.ticks, py, () => SIZE.tick + 3)) {
      parts.push(element('line', { x1: -4, x2: 0, y1: py(value), y2: py(value), ...tick }));
      if (yText) {
        parts.push(
          textAt(-7, py(value) + 4, text, { 'font-size': SIZE.tick, 'text-anchor': 'end', fill: MUTED }),
        );
      }
    }
    if (yText && y.label !== undefined) {
      const at = `translate(${SIZE.label + 1 - frame.room},${height / 2}) rotate(-90)`;
      parts.push(
        element('g', { transform: at }, textAt(0, 0, y.label, { 'text-anchor': 'middle', fill: INK })),
      );
    }
  }
  return movedTo(left, top, ...parts);
}

/** Ticks whose texts would touch the one before are left out. */
function spaced<T extends { readonly value: number; readonly text: string }>(
  ticks: readonly T[],
  position: (value: number) => number,
  size: (text: string) => number,
): T[] {
  const kept: T[] = [];
  let last: T | undefined;
  for (const tick of ticks) {
    const room =
      last === undefined ? Number.POSITIVE_INFINITY : Math.abs(position(tick.value) - position(last.value));
    if (last === undefined || room >= (size(tick.text) + size(last.text)) / 2) {
      kept.push(tick);
      last = tick;
    }
  }
  return kept;
}
