import { describe, expect, it } from 'vitest';
import { figure, htmlPage, keyFigures, limitsTable, paragraph, row, table } from './page.ts';

/** Refuses HTML whose tags do not close in order. */
function checkNesting(html: string): void {
  const open: string[] = [];
  for (const [, close, name, rest] of html
    .replace(/<style>[\s\S]*?<\/style>|<!doctype html>/g, '')
    .matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
    if (rest!.endsWith('/') || name === 'meta') continue;
    if (close === '') open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
}

const PAGE = htmlPage({
  title: 'Validation <script>',
  subtitle: 'maps of 64^2, θ = (Ω_m, σ_8)',
  footer: 'seed 1',
  sections: [
    {
      title: 'Summary',
      blocks: [
        keyFigures([
          { label: 'KL', value: 0.04, note: 'limit 0.1' },
          { label: 'p', value: '0.3', passed: false },
        ]),
      ],
    },
    {
      title: 'Limits',
      blocks: [
        limitsTable(
          [
            { name: 'KL', value: 3e-14, error: 1e-15, limit: '≤ 1e-12', passed: true, unit: 'nats' },
            { name: 'p', value: 0.004, limit: '> 0.01', passed: false },
            { name: 'seen', value: 2 },
          ],
          'all',
        ),
      ],
    },
    {
      title: 'Ω_m & more',
      blocks: [
        row(figure('<svg></svg>', 'left <b>'), figure('<svg></svg>', 'right')),
        paragraph('from params_LH.txt'),
        table({
          columns: ['k', 'P_{2D}'],
          rows: [
            [0.1, 'x'],
            [2, 'y'],
          ],
          caption: 'c',
        }),
      ],
    },
  ],
});

describe('htmlPage', () => {
  it('is one self-contained document', () => {
    expect(PAGE.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(PAGE).not.toMatch(/<script|<link|\ssrc=|@import|url\(|https?:\/\//);
    checkNesting(PAGE);
  });

  it('links to each section by an id that exists once', () => {
    const ids = [...PAGE.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of PAGE.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    const twice = htmlPage({ title: 't', sections: [1, 2, 3].map(() => ({ title: 'Same', blocks: [] })) });
    const again = [...twice.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(again).size).toBe(3);
  });

  it('says passed, failed, reported, with values as people write them', () => {
    expect(PAGE).toContain('3.00 × 10⁻¹⁴ ± 1.0 × 10⁻¹⁵ nats');
    expect(PAGE.match(/✓ passed/g)).toHaveLength(1);
    expect(PAGE.match(/✗ failed/g)).toHaveLength(1);
    expect(PAGE.match(/<td>reported<\/td>/g)).toHaveLength(1);
    expect(PAGE).toContain('<div class="key bad"><dt>p</dt>');
  });

  it('escapes text', () => {
    expect(PAGE).toContain('left &#60;b&#62;');
    expect(PAGE).toContain('<title>Validation &#60;script&#62;</title>');
  });

  it('refuses empty parts', () => {
    expect(() => htmlPage({ title: 't', sections: [] })).toThrow('htmlPage: no sections');
    expect(() => table({ columns: ['a'], rows: [[1, 2]] })).toThrow('a row of 2 cells under 1 columns');
    expect(() => limitsTable([])).toThrow('no rows');
    expect(() => keyFigures([])).toThrow('no figures');
    expect(() => row()).toThrow('no blocks');
  });
});
