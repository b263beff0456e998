/**
 * Text in figures: numbers as people write them, and labels with a little TeX (`\Omega_m`, `\sigma_8`, `k^{-1}`), set
 * as SVG tspans.
 */
import { SIZE } from './style.ts';

const GREEK: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  zeta: 'ζ',
  eta: 'η',
  theta: 'θ',
  kappa: 'κ',
  lambda: 'λ',
  mu: 'μ',
  nu: 'ν',
  xi: 'ξ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  phi: 'φ',
  chi: 'χ',
  psi: 'ψ',
  omega: 'ω',
  Gamma: 'Γ',
  Delta: 'Δ',
  Theta: 'Θ',
  Lambda: 'Λ',
  Sigma: 'Σ',
  Phi: 'Φ',
  Psi: 'Ψ',
  Omega: 'Ω',
  ln: 'ln',
  log: 'log',
  times: '×',
  pm: '±',
  odot: '☉',
  infty: '∞',
};

/** A piece of a label: its text and where it stands. */
export interface TextRun {
  readonly text: string;
  /** 0 on the line, 1 superscript, −1 subscript. */
  readonly level: -1 | 0 | 1;
}

/** What may stand before a `_` without braces for it to be a subscript: one letter, a Greek one, or a bracket. */
const BASE = /(?:^|[^A-Za-z0-9])[A-Za-zΑ-ω☉]$|[)\]}'Α-ω]$/;

/**
 * Splits a label into runs. `_{…}` and `^{…}` are sub- and superscripts, as are a word after `_` (`\sigma_8`, `p_flow`)
 * and a number or letter after `^`; `\name` is a Greek letter, and so is a Greek name before `_` (`Omega_m`). Other words
 * keep their `_`, so that file names stay as they are. Dollar signs, `\rm`, `\mathrm` and `\hat` are dropped.
 */
export function parseLabel(label: string): TextRun[] {
  const source = label
    .replace(/\$/g, '')
    .replace(/\\(mathrm|rm|text|hat|,|;|!)\s*/g, '')
    .replace(/\\([A-Za-z]+)\s?/g, (_, name: string) => GREEK[name] ?? name)
    .replace(/(?<![A-Za-z0-9_])([A-Za-z]+)(?=_)/g, (word) => GREEK[word] ?? word);
  const runs: TextRun[] = [];
  let plain = '';
  const push = (text: string, level: -1 | 0 | 1): void => {
    if (text !== '') runs.push({ text, level });
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    const rest = source.slice(i + 1);
    const braces = c === '_' || c === '^' ? /^\{((?:[^{}]|\{[^{}]*\})*)\}/.exec(rest) : null;
    const bare =
      c === '^'
        ? /^([-−+]?\d+|[A-Za-z*])/.exec(rest)
        : c === '_' && BASE.test(plain)
          ? /^[A-Za-z0-9]+/.exec(rest)
          : null;
    const script = braces ?? bare;
    if (script !== null) {
      push(plain, 0);
      plain = '';
      push((braces?.[1] ?? script[0]).replace(/[{}]/g, '').replace(/-/g, '−'), c === '_' ? -1 : 1);
      i += script[0].length;
    } else if (c !== '{' && c !== '}') plain += c;
  }
  push(plain, 0);
  return runs;
}

/** Escapes text for XML and HTML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A label as the inside of an SVG text element. */
export function labelSpans(label: string, size: number = SIZE.label): string {
  let shift = 0;
  return parseLabel(label)
    .map(({ text, level }) => {
      const wanted = level === 0 ? 0 : level < 0 ? 0.25 * size : -0.35 * size;
      const dy = wanted - shift;
      shift = wanted;
      const attributes = [
        Math.abs(dy) > 1e-9 ? ` dy="${dy.toFixed(2)}"` : '',
        level === 0 ? '' : ` font-size="${(0.72 * size).toFixed(2)}"`,
      ].join('');
      return attributes === '' ? escapeXml(text) : `<tspan${attributes}>${escapeXml(text)}</tspan>`;
    })
    .join('');
}

/** A label as HTML, with sub and sup. */
export function labelHtml(label: string): string {
  return parseLabel(label)
    .map(({ text, level }) => {
      const tag = level < 0 ? 'sub' : 'sup';
      return level === 0 ? escapeXml(text) : `<${tag}>${escapeXml(text)}</${tag}>`;
    })
    .join('');
}

/** A label as plain text. */
export function labelText(label: string): string {
  return parseLabel(label)
    .map(({ text }) => text)
    .join('');
}

/** About how wide a label is, in px (advance widths of DejaVu Sans by class of character). */
export function labelWidth(label: string, size: number = SIZE.label): number {
  let width = 0;
  for (const { text, level } of parseLabel(label)) {
    for (const c of text) width += (level === 0 ? 1 : 0.72) * advance(c);
  }
  return width * size;
}

function advance(c: string): number {
  if (/[ilj.,:;|!'()[\]]/.test(c)) return 0.34;
  if (/[ tfrI/]/.test(c)) return 0.4;
  if (/[mwMW%@Ω]/.test(c)) return 0.95;
  if (/[A-Z+=−×±<>]/.test(c)) return 0.75;
  return 0.63;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** An integer as superscript characters. */
export function superscript(n: number): string {
  const digits = [...String(Math.abs(n))].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return n < 0 ? `⁻${digits}` : digits;
}

/**
 * A number as people write it: 0.0123, 4,096, 1.2 × 10⁻¹³.
 * @param value - any number; NaN and infinities are named
 * @param digits - significant digits (default 3)
 */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (Number.isInteger(size) && size < 1e7) return sign + size.toLocaleString('en-US');
  if (size >= 1e-3 && size < 1e5) {
    const text = size.toPrecision(digits);
    return sign + (text.includes('e') ? Math.round(size).toLocaleString('en-US') : text);
  }
  const [mantissa = '', exponent = '0'] = size.toExponential(digits - 1).split('e');
  return `${sign}${mantissa} × 10${superscript(Number(exponent))}`;
}
