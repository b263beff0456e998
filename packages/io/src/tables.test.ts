import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { formatTable, parseTable, selectColumns } from './tables.ts';

describe('parseTable', () => {
  it('reads the unnamed columns of a CAMELS params file', () => {
    const table = parseTable(
      '0.309 0.979 3.112 1.121 0.677 0.533\n0.189 0.741 1.0 1.2e0 0.5 2\n',
      'params.txt',
    );
    expect(table).toMatchObject({ names: undefined, rows: 2, columns: 6 });
    expect(Array.from(table.data.subarray(6))).toEqual([0.189, 0.741, 1, 1.2, 0.5, 2]);
  });

  it.each([
    ['a comment', '# Omega_m  sigma_8\n0.3 0.8\n'],
    ['the last of several comments', '# made by hand\n# seed 3\n# Omega_m sigma_8\n\n0.3 0.8\n'],
    ['a first line of words', 'Omega_m,sigma_8\n0.3,0.8\n'],
    ['Windows line ends and a byte-order mark', '\uFEFFOmega_m\tsigma_8\r\n0.3\t0.8\r\n'],
  ])('takes names from %s', (_, text) => {
    const table = parseTable(text);
    expect(table.names).toEqual(['Omega_m', 'sigma_8']);
    expect(Array.from(table.data)).toEqual([0.3, 0.8]);
  });

  it('does not take a comment of another length for names', () => {
    expect(parseTable('# one simulation a row\n0.3 0.8\n').names).toBeUndefined();
    expect(parseTable('0.3 0.8 # the fiducial one\n0.2 0.7\n')).toMatchObject({ names: undefined, rows: 2 });
  });

  it.each([
    ['0.3 0.8\n0.2 x\n', "p.txt, line 2: column 1 holds 'x', which is not a finite number; correct it"],
    ['0.3 nan\n', "p.txt, line 1: column 1 holds 'nan', which is not a finite number; correct it"],
    ['0.3 0.8\n\n0.2\n', 'p.txt, line 3: 1 column, 2 in the rows above; complete the row'],
    ['0.3,,0.8\n', 'p.txt, line 1: column 1 holds an empty cell, which is not a finite number; correct it'],
    ['# nothing\n', 'p.txt: no rows of numbers; give a table with one row a line'],
    ['', 'p.txt: no rows of numbers; give a table with one row a line'],
    ['a b c\n1 2\n', 'p.txt: 3 names for 2 columns; complete the header'],
    ['0.3 0x10\n', "p.txt, line 1: column 1 holds '0x10', which is not a finite number; correct it"],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseTable(text, 'p.txt')).toThrow(
      new FileFormatError('p.txt', '').constructor as ErrorConstructor,
    );
    expect(() => parseTable(text, 'p.txt')).toThrow(message);
  });

  it('reads back every number that formatTable writes, to the last bit', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1 }), (rows) => {
        const data = Float64Array.from(rows.flat(), (value) => value + 0);
        const table = parseTable(formatTable(data, ['a', 'b']));
        expect(table.names).toEqual(['a', 'b']);
        expect(table.data).toEqual(data);
      }),
    );
  });
});

describe('selectColumns', () => {
  const table = parseTable('# Omega_m sigma_8 A\n1 2 3\n4 5 6\n', 'p.txt');

  it('picks by number and by name, in the order asked for', () => {
    expect(Array.from(selectColumns(table, ['A', 0]))).toEqual([3, 1, 6, 4]);
  });

  it('names what is there', () => {
    expect(() => selectColumns(table, ['n_s'])).toThrow(
      "p.txt: has no column 'n_s'; it has Omega_m, sigma_8, A",
    );
    expect(() => selectColumns(table, [3])).toThrow('p.txt: has no column 3; it has columns 0 to 2');
    expect(() => selectColumns(parseTable('1 2\n', 'q.txt'), ['x'])).toThrow(
      'it has columns 0 to 1, unnamed',
    );
  });
});
