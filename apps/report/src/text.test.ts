import { describe, expect, it } from 'vitest';
import { escapeXml, formatNumber, labelHtml, labelSpans, labelText, labelWidth, parseLabel } from './text.ts';

describe('labels', () => {
  it.each([
    ['\\Omega_m', 'Ω<sub>m</sub>'],
    ['Omega_m', 'Ω<sub>m</sub>'],
    ['$\\Omega_{\\mathrm{m}}$', 'Ω<sub>m</sub>'],
    ['\\sigma_8', 'σ<sub>8</sub>'],
    ['σ_8 = 0.8', 'σ<sub>8</sub> = 0.8'],
    ['P_{2D}(k) [h^{-2} Mpc^2]', 'P<sub>2D</sub>(k) [h<sup>−2</sup> Mpc<sup>2</sup>]'],
    ['log p_flow − log p_exact', 'log p<sub>flow</sub> − log p<sub>exact</sub>'],
    ['A_{SN1}', 'A<sub>SN1</sub>'],
    ['64^2 maps', '64<sup>2</sup> maps'],
    ['params_LH_nbody.txt and my_file.npy', 'params_LH_nbody.txt and my_file.npy'],
    ['a < b & c', 'a &#60; b &#38; c'],
  ])('%s', (label, html) => {
    expect(labelHtml(label)).toBe(html);
  });

  it('come as tspans whose shifts return to the line', () => {
    expect(labelSpans('\\Omega_m h^2 x', 10)).toBe(
      'Ω<tspan dy="2.50" font-size="7.20">m</tspan><tspan dy="-2.50"> h</tspan><tspan dy="-3.50" font-size="7.20">2</tspan><tspan dy="3.50"> x</tspan>',
    );
  });

  it('plain text and widths', () => {
    expect(labelText('k [h Mpc^{-1}]')).toBe('k [h Mpc−1]');
    expect(labelWidth('mm', 10)).toBeGreaterThan(labelWidth('ii', 10));
    expect(labelWidth('x^{2}', 10)).toBeLessThan(labelWidth('x2', 10));
    expect(parseLabel('')).toEqual([]);
    expect(escapeXml(`"<'&>`)).toBe('&#34;&#60;&#39;&#38;&#62;');
  });
});

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [4096, '4,096'],
    [-3, '−3'],
    [0.0123456, '0.0123'],
    [1234.5, '1,235'],
    [3.14e-14, '3.14 × 10⁻¹⁴'],
    [-2.5e8 - 0.5, '−2.50 × 10⁸'],
    [0.1, '0.100'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('%d', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
