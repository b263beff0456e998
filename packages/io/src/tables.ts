/**
 * Tables of numbers in text: one row a line, columns apart by white space or commas, `#` comments, and optional names
 * of the columns, in a comment or in a first line of words (`np.savetxt`, `.csv`, the params files of CAMELS).
 */
import { FileFormatError } from './errors.ts';

/** A table of numbers. */
export interface NumericTable {
  /** Name used in messages: the path it came from. */
  readonly file: string;
  /** Names of the columns where the file has them. */
  readonly names: readonly string[] | undefined;
  readonly rows: number;
  readonly columns: number;
  /** Shape (rows, columns), row by row. */
  readonly data: Float64Array;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/;

/** Cells of a line: by commas if it has one, otherwise by white space. */
function cells(line: string): string[] {
  const trimmed = line.trim();
  if (trimmed === '') return [];
  return trimmed.includes(',') ? trimmed.split(',').map((cell) => cell.trim()) : trimmed.split(/\s+/);
}

/**
 * Parses a table of numbers.
 * @param text - the whole file
 * @param file - name used in messages
 * @throws FileFormatError with the line number: a cell that is not a finite number, a row of another length, no rows
 */
export function parseTable(text: string, file = 'table.txt'): NumericTable {
  const values: number[] = [];
  let columns = 0;
  let rows = 0;
  let names: string[] | undefined;
  let lastComment: string[] | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    const hash = line.indexOf('#');
    if (hash >= 0 && rows === 0) {
      const comment = cells(line.slice(hash + 1));
      if (comment.length > 0 && line.slice(0, hash).trim() === '') lastComment = comment;
    }
    const row = cells(hash >= 0 ? line.slice(0, hash) : line);
    if (row.length === 0) continue;
    if (
      rows === 0 &&
      names === undefined &&
      row.every((cell) => Number.isNaN(Number(cell)) && !/^[+-]?(nan|inf)/i.test(cell))
    ) {
      names = row;
      continue;
    }
    const where = `${file}, line ${index + 1}`;
    if (rows === 0) columns = row.length;
    else if (row.length !== columns) {
      throw new FileFormatError(
        where,
        `${count(row.length, 'column')}, ${columns} in the rows above`,
        'complete the row',
      );
    }
    for (const [column, cell] of row.entries()) {
      if (!NUMBER.test(cell)) {
        const shown = cell === '' ? 'an empty cell' : `'${cell}'`;
        throw new FileFormatError(
          where,
          `column ${column} holds ${shown}, which is not a finite number`,
          'correct it',
        );
      }
      values.push(Number(cell.replace(/[dD]/, 'e')));
    }
    rows++;
  }
  if (rows === 0) throw new FileFormatError(file, 'no rows of numbers', 'give a table with one row a line');
  if (names !== undefined && names.length !== columns) {
    throw new FileFormatError(
      file,
      `${count(names.length, 'name')} for ${count(columns, 'column')}`,
      'complete the header',
    );
  }
  if (
    names === undefined &&
    lastComment?.length === columns &&
    !lastComment.every((cell) => NUMBER.test(cell))
  ) {
    names = lastComment;
  }
  return { file, names, rows, columns, data: Float64Array.from(values) };
}

/**
 * Writes a table as text that `parseTable` and `np.loadtxt` read, numbers with all their digits.
 * @param data - shape (rows, names.length), row by row
 * @param names - names of the columns, written as a `#` comment; without white space or commas
 */
export function formatTable(data: ArrayLike<number>, names: readonly string[]): string {
  const columns = names.length;
  if (columns === 0 || data.length % columns !== 0) {
    throw new RangeError(`formatTable: ${data.length} values are no whole number of rows of ${columns}`);
  }
  const lines = [`# ${names.join(' ')}`];
  for (let i = 0; i < data.length; i += columns) {
    const row: string[] = [];
    for (let j = 0; j < columns; j++) row.push(String(data[i + j]));
    lines.push(row.join(' '));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Picks columns of a table by number (from 0) or name.
 * @returns shape (rows, columns.length), row by row
 * @throws FileFormatError if the table has no such column
 */
export function selectColumns(table: NumericTable, columns: readonly (number | string)[]): Float64Array {
  const picked = columns.map((column) => {
    const index = typeof column === 'number' ? column : (table.names?.indexOf(column) ?? -1);
    if (Number.isInteger(index) && index >= 0 && index < table.columns) return index;
    const has =
      table.names === undefined || typeof column === 'number'
        ? `it has columns 0 to ${table.columns - 1}${table.names === undefined ? ', unnamed' : ''}`
        : `it has ${table.names.join(', ')}`;
    throw new FileFormatError(
      table.file,
      `has no column ${typeof column === 'number' ? column : `'${column}'`}`,
      has,
    );
  });
  const out = new Float64Array(table.rows * picked.length);
  for (let row = 0; row < table.rows; row++) {
    for (const [j, column] of picked.entries()) {
      out[row * picked.length + j] = table.data[row * table.columns + column]!;
    }
  }
  return out;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
