/**
 * The one look of all figures: colours that colour-blind readers tell apart (Okabe & Ito 2008), sizes, fonts.
 */

/** Colours of series, in the order they are given out (Okabe & Ito's set without yellow, which is faint on white). */
export const PALETTE: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#5b4b8a',
];

/** Ink of text and axes. */
export const INK = '#222933';
/** Ink of what should stay behind: ticks' labels, notes. */
export const MUTED = '#5c6673';
/** Lines of grids. */
export const GRID = '#e4e8ed';
/** Reference lines: truth, limits, y = x. */
export const REFERENCE = '#111111';

/** Fonts in figures; PNGs are drawn with DejaVu Sans. */
export const FONT = "'DejaVu Sans', Verdana, 'Segoe UI', sans-serif";
/** Font sizes in px: of ticks, of axis labels and legends, of titles. */
export const SIZE: { readonly tick: number; readonly label: number; readonly title: number } = {
  tick: 11,
  label: 12.5,
  title: 14,
};

/** Colour number i of the palette, around and around. */
export function colorOf(i: number): string {
  return PALETTE[i % PALETTE.length]!;
}
