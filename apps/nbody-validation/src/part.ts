/** What the parts of the validation are made of: tables of figures, and checks that hold some of them to limits. */

/** One figure held to a limit. */
export interface Check {
  readonly name: string;
  readonly value: number;
  readonly atMost: number;
}

/** Rows of figures under named columns. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What one part found. */
export interface Found {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
}

/** How much work: `full` for the record, `reduced` for every run of the tests. */
export type Effort = 'full' | 'reduced';

/** One part: a title, and the work. `say` tells what is going on. */
export interface Part {
  readonly name: string;
  readonly title: string;
  run(effort: Effort, say: (what: string) => void): Found;
}

/** A check is kept when its value is at most its limit; NaN is not. */
export function kept({ value, atMost }: Check): boolean {
  return value <= atMost;
}

/** A figure with three significant digits at most. */
export function figure(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(1) : `${Number(value.toPrecision(3))}`;
}

/** A ratio near 1, to 0.1 %. */
export function ratio(value: number): string {
  return value.toFixed(3);
}

/** A part's tables and checks as Markdown. */
export function markdown({ title }: Part, { tables, checks }: Found): string {
  const row = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)).join(' | ')} |`;
  const shown = tables.map(({ title: caption, columns, rows }) =>
    [caption, '', row(columns), `|---${'|--:'.repeat(columns.length - 1)}|`, ...rows.map(row), ''].join('\n'),
  );
  const held = checks.map((check) =>
    row([check.name, check.value, check.atMost, kept(check) ? 'kept' : 'BROKEN']),
  );
  return [`## ${title}`, '', ...shown, '| held | value | at most | |', '|---|--:|--:|---|', ...held, ''].join(
    '\n',
  );
}
