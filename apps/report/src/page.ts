/**
 * One self-contained HTML page: figures inline, no script, no network; it reads well on screen and on paper.
 */
import { escapeXml, formatNumber, labelHtml } from './text.ts';

/** A part of a page: a title and blocks made by `figure`, `table`, `limitsTable`, `keyFigures` and `paragraph`. */
export interface PageSection {
  readonly title: string;
  /** HTML blocks. */
  readonly blocks: readonly string[];
}

/** Options of `htmlPage`. */
export interface PageOptions {
  readonly title: string;
  /** A line below the title. */
  readonly subtitle?: string;
  readonly sections: readonly PageSection[];
  /** A line at the end, such as version, seed and date. */
  readonly footer?: string;
}

const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #222933; font: 16px/1.6 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
header { border-bottom: 3px solid #0072b2; margin-bottom: 24px; padding-bottom: 12px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 21px; line-height: 1.3; margin: 40px 0 12px; padding-bottom: 4px; border-bottom: 1px solid #e4e8ed; }
.subtitle, footer, figcaption, caption { color: #5c6673; }
.subtitle { margin: 0; }
nav ol { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 0 0 8px; padding: 0; font-size: 15px; }
a { color: #0061a0; }
p { max-width: 76ch; margin: 0 0 12px; }
figure { margin: 18px 0 26px; break-inside: avoid; }
figure > svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: 14.5px; max-width: 84ch; margin-top: 8px; }
.scroll { overflow-x: auto; margin: 12px 0 22px; }
table { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
sub, sup { line-height: 0; }
.row { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 24px; }
.row > * { flex: 1 1 380px; min-width: 0; }
caption { text-align: left; font-size: 14.5px; padding-bottom: 6px; }
th, td { padding: 6px 16px 6px 0; text-align: left; border-bottom: 1px solid #e4e8ed; vertical-align: top; }
th { border-bottom: 2px solid #b9c2cc; font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.passed, .failed { font-weight: 600; white-space: nowrap; }
.passed { color: #00674b; }
.failed { color: #b3261e; }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 16px 0 24px; padding: 0; }
.key { border: 1px solid #d5dbe2; border-top: 3px solid #0072b2; border-radius: 4px; padding: 10px 14px; break-inside: avoid; }
.key.bad { border-top-color: #b3261e; }
.key dt { font-size: 14px; color: #5c6673; }
.key dd { margin: 0; }
.key .value { font-size: 23px; font-weight: 600; line-height: 1.3; }
.key .note { font-size: 13.5px; color: #5c6673; }
footer { margin-top: 48px; font-size: 14px; border-top: 1px solid #e4e8ed; padding-top: 10px; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  h2 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
}
`;

function slug(title: string, i: number): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return words === '' ? `section-${i + 1}` : words;
}

/**
 * A whole page.
 * @throws RangeError if it has no sections
 */
export function htmlPage({ title, subtitle, sections, footer }: PageOptions): string {
  if (sections.length === 0) throw new RangeError('htmlPage: no sections');
  const slugs = sections.map((section, i) => slug(section.title, i));
  const ids = slugs.map((id, i) => (slugs.indexOf(id) === i ? id : `${id}-${i + 1}`));
  const navigation =
    sections.length < 3
      ? ''
      : `<nav aria-label="Contents"><ol>${sections.map((section, i) => `<li><a href="#${ids[i]}">${labelHtml(section.title)}</a></li>`).join('')}</ol></nav>`;
  const body = sections
    .map(
      (section, i) =>
        `<section id="${ids[i]}"><h2>${labelHtml(section.title)}</h2>\n${section.blocks.join('\n')}</section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>${labelHtml(title)}</h1>${subtitle === undefined ? '' : `<p class="subtitle">${labelHtml(subtitle)}</p>`}</header>
${navigation}
${body}
${footer === undefined ? '' : `<footer>${escapeXml(footer)}</footer>`}
</main>
</body>
</html>
`;
}

/** A figure with its caption. */
export function figure(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${labelHtml(caption)}</figcaption></figure>`;
}

/**
 * Blocks side by side where the page is wide enough, below each other where it is not.
 * @throws RangeError if there are none
 */
export function row(...blocks: readonly string[]): string {
  if (blocks.length === 0) throw new RangeError('row: no blocks');
  return `<div class="row">${blocks.join('\n')}</div>`;
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return `<p>${labelHtml(text)}</p>`;
}

/** A cell of a table: numbers are formatted and set flush right. */
export type Cell = string | number;

/** A table. */
export interface TableOptions {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly caption?: string;
}

function cellHtml(cell: Cell): string {
  return typeof cell === 'number'
    ? `<td class="number">${escapeXml(formatNumber(cell))}</td>`
    : `<td>${labelHtml(cell)}</td>`;
}

/**
 * A table as HTML; a column is set flush right where its first cell is a number.
 * @throws RangeError if a row has another length than the header
 */
export function table({ columns, rows, caption }: TableOptions): string {
  const bad = rows.find((row) => row.length !== columns.length);
  if (bad !== undefined)
    throw new RangeError(`table: a row of ${bad.length} cells under ${columns.length} columns`);
  const head = columns
    .map(
      (name, j) =>
        `<th scope="col"${typeof rows[0]?.[j] === 'number' ? ' class="number"' : ''}>${labelHtml(name)}</th>`,
    )
    .join('');
  return tableHtml(
    head,
    rows.map((row) => row.map(cellHtml).join('')),
    caption,
  );
}

function tableHtml(head: string, rows: readonly string[], caption: string | undefined): string {
  const top = caption === undefined ? '' : `<caption>${labelHtml(caption)}</caption>`;
  const body = rows.map((row) => `<tr>${row}</tr>`).join('\n');
  return `<div class="scroll"><table>${top}<thead><tr>${head}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

/** A measured value held against its limit. */
export interface LimitRow {
  readonly name: string;
  readonly value: number;
  /** Its uncertainty. */
  readonly error?: number;
  /** What it must keep, in words or as a number: `≤ 0.1`, `> 0.01`. Left out for values that are only reported. */
  readonly limit?: string;
  /** Left out for values that are only reported. */
  readonly passed?: boolean;
  readonly unit?: string;
}

/**
 * A table of values and limits with a verdict a row.
 * @throws RangeError if there are no rows
 */
export function limitsTable(rows: readonly LimitRow[], caption?: string): string {
  if (rows.length === 0) throw new RangeError('limitsTable: no rows');
  const head =
    '<th scope="col">quantity</th><th scope="col" class="number">value</th><th scope="col">limit</th><th scope="col">verdict</th>';
  const body = rows.map(({ name, value, error, limit, passed, unit }) => {
    const number = `${formatNumber(value)}${error === undefined ? '' : ` ± ${formatNumber(error, 2)}`}`;
    const verdict =
      passed === undefined
        ? '<td>reported</td>'
        : passed
          ? '<td class="passed">✓ passed</td>'
          : '<td class="failed">✗ failed</td>';
    const shown = `${escapeXml(number)}${unit === undefined ? '' : ` ${labelHtml(unit)}`}`;
    return `<td>${labelHtml(name)}</td><td class="number">${shown}</td><td>${labelHtml(limit ?? '')}</td>${verdict}`;
  });
  return tableHtml(head, body, caption);
}

/** A number that the reader should see first. */
export interface KeyFigure {
  readonly label: string;
  readonly value: string | number;
  readonly note?: string;
  /** False marks it red. */
  readonly passed?: boolean;
}

/**
 * A row of key figures.
 * @throws RangeError if there are none
 */
export function keyFigures(figures: readonly KeyFigure[]): string {
  if (figures.length === 0) throw new RangeError('keyFigures: no figures');
  const cards = figures.map(({ label, value, note, passed }) => {
    const shown = typeof value === 'number' ? escapeXml(formatNumber(value)) : labelHtml(value);
    const more = note === undefined ? '' : `<dd class="note">${labelHtml(note)}</dd>`;
    return `<div class="key${passed === false ? ' bad' : ''}"><dt>${labelHtml(label)}</dt><dd class="value">${shown}</dd>${more}</div>`;
  });
  return `<dl class="keys">${cards.join('')}</dl>`;
}
