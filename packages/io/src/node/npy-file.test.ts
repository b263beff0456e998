import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileError } from '../errors.ts';
import { encodeNpy, encodeNpyHeader } from '../npy.ts';
import { openRows, writeNpz } from './files.ts';
import { openNpy, readNpy } from './npy-file.ts';
import { NpyWriter, writeNpy } from './npy-writer.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-npy-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const SHAPE = [7, 3, 2];
const DATA = Float64Array.from({ length: 42 }, (_, i) => Math.sin(i));
const row = (i: number): number[] => Array.from(DATA.subarray(i * 6, (i + 1) * 6));

/** The same array in Fortran order, as np.save(f, np.asfortranarray(a)) writes it. */
function fortranFile(): Uint8Array {
  const [a, b, c] = SHAPE as [number, number, number];
  const flat = new Float64Array(DATA.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) flat[i + a * (j + b * k)] = DATA[(i * b + j) * c + k]!;
  }
  const bytes = Buffer.from(encodeNpy(flat, SHAPE));
  return Buffer.concat([
    Buffer.from(
      bytes.subarray(0, 128).toString('latin1').replace('False', 'True ').replace('True ,', 'True, '),
      'latin1',
    ),
    bytes.subarray(128),
  ]);
}

describe('rows of a .npy file', () => {
  it('come by range and by index, sync and async, in C and Fortran order and from .npz', async () => {
    writeNpy(at('c.npy'), DATA, SHAPE);
    fs.writeFileSync(at('f.npy'), fortranFile());
    writeNpz(at('z.npz'), { maps: { data: DATA, shape: SHAPE } }, { compress: true });
    for (const name of ['c.npy', 'f.npy', 'z.npz']) {
      const source = openRows(at(name));
      expect(source).toMatchObject({ rows: 7, rowShape: [3, 2], rowSize: 6, dtype: 'f8' });
      expect(Array.from(source.readRowsSync(2, 4, 'float64'))).toEqual([...row(2), ...row(3)]);
      expect(Array.from(await source.readRows(0, 7, 'float64'))).toEqual(Array.from(DATA));
      const picked = [...row(6), ...row(0), ...row(1), ...row(1)];
      expect(Array.from(source.gatherRowsSync([6, 0, 1, 1], 'float64'))).toEqual(picked);
      expect(Array.from(await source.gatherRows(Int32Array.of(6, 0, 1, 1), 'float64'))).toEqual(picked);
      expect(source.readRowsSync(0, 1)).toEqual(Float32Array.from(row(0)));
      expect(source.readRowsSync(3, 3)).toEqual(new Float32Array(0));
      expect(() => source.readRowsSync(6, 8)).toThrow('rows 6 to 8 asked for, it has 7');
      expect(() => source.gatherRowsSync([-1])).toThrow(RangeError);
      await expect(source.gatherRows([7])).rejects.toThrow(RangeError);
      source.close();
    }
  });

  it('are read at offsets beyond 4 GiB without reading the rest', () => {
    const rows = 5000;
    const cells = 2 ** 18;
    const header = encodeNpyHeader('f4', [rows, 512, 512]);
    const descriptor = fs.openSync(at('huge.npy'), 'w');
    fs.writeSync(descriptor, header);
    fs.ftruncateSync(descriptor, header.length + rows * cells * 4);
    const last = new Uint8Array(Float32Array.from({ length: cells }, (_, i) => i).buffer);
    fs.writeSync(descriptor, last, 0, last.length, header.length + (rows - 1) * cells * 4);
    fs.closeSync(descriptor);
    expect(fs.statSync(at('huge.npy')).size).toBeGreaterThan(2 ** 32);
    const source = openNpy(at('huge.npy'));
    const read = source.gatherRowsSync([4999, 17]);
    source.close();
    expect(read[cells - 1]).toBe(cells - 1);
    expect(read.subarray(cells).every((value) => value === 0)).toBe(true);
    fs.rmSync(at('huge.npy'));
  });

  it('are read in chunks that add up', () => {
    const data = Float32Array.from({ length: 3_000_001 }, (_, i) => i % 1000);
    writeNpy(at('long.npy'), data, [data.length]);
    const source = openNpy(at('long.npy'));
    const rows = source.readRowsSync(1, data.length, 'float64');
    source.close();
    expect(rows.every((value, i) => value === data[i + 1])).toBe(true);
  });

  it('refuse a Fortran file beyond 2 GiB, which cannot be streamed', () => {
    const text = Buffer.from(encodeNpyHeader('f4', [9000, 256, 256])).toString('latin1');
    fs.writeFileSync(
      at('big-f.npy'),
      Buffer.from(text.replace('False', 'True ').replace('True ,', 'True, '), 'latin1'),
    );
    fs.truncateSync(at('big-f.npy'), 128 + 9000 * 65536 * 4);
    expect(() => openNpy(at('big-f.npy'))).toThrow(
      /in Fortran order and 2\.2 GiB: rows of such a file cannot be streamed; save it in C order/,
    );
    fs.rmSync(at('big-f.npy'));
  });

  it('of a file that shrinks while it is open are refused', () => {
    writeNpy(at('shrinks.npy'), DATA, SHAPE);
    const source = openNpy(at('shrinks.npy'));
    fs.truncateSync(at('shrinks.npy'), 200);
    expect(() => source.readRowsSync(5, 7)).toThrow(
      /truncated: 368 bytes, 464 expected|truncated: 200 bytes/,
    );
    source.close();
    expect(() => source.readRowsSync(0, 1)).toThrow('was closed before this read');
  });
});

describe('files that cannot be opened', () => {
  it.each([
    ['missing.npy', /missing\.npy: no such file or folder; check the path$/],
    ['folder.npy', /folder\.npy: is a folder; name a \.npy file$/],
    ['text.npy', /text\.npy: not a \.npy file \(its magic bytes are missing\); save it with np\.save$/],
    ['empty.npy', /empty\.npy: not a \.npy file/],
    [
      'cut.npy',
      /cut\.npy: truncated: 463 bytes, 464 expected for shape \(7, 3, 2\) of f8; copy or write the file again$/,
    ],
    ['maps.h5', /maps\.h5: ending '\.h5' is not read; give a \.npy or \.npz file$/],
    ['two.npz', /two\.npz: holds 2 arrays \(a, b\); say which one to use$/],
  ])('%s', (name, message) => {
    fs.mkdirSync(at('folder.npy'), { recursive: true });
    fs.writeFileSync(at('text.npy'), 'not an array at all');
    fs.writeFileSync(at('empty.npy'), '');
    fs.writeFileSync(at('cut.npy'), encodeNpy(DATA, SHAPE).subarray(0, 463));
    writeNpz(at('two.npz'), { a: { data: DATA }, b: { data: DATA } });
    expect(() => openRows(at(name))).toThrow(FileError);
    expect(() => openRows(at(name))).toThrow(message);
  });
});

describe('NpyWriter', () => {
  it('appends rows and appears only when closed', () => {
    const writer = new NpyWriter(at('w.npy'), { dtype: 'f4', rowShape: [3, 2] });
    writer.append(DATA.subarray(0, 6));
    writer.append(Float32Array.from(DATA.subarray(6)));
    expect(fs.existsSync(at('w.npy'))).toBe(false);
    expect(writer.rows).toBe(7);
    writer.close();
    expect(readNpy(at('w.npy'))).toEqual({ dtype: 'f4', shape: SHAPE, data: Float32Array.from(DATA) });
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect(() => writer.append(DATA)).toThrow('this writer was closed');
  });

  it('leaves the older file and nothing else when aborted', () => {
    writeNpy(at('old.npy'), DATA, SHAPE);
    const writer = new NpyWriter(at('old.npy'), { dtype: 'f8', rowShape: [1] });
    writer.append(Float64Array.of(1, 2, 3));
    writer.abort();
    writer.abort();
    expect(readNpy(at('old.npy')).data).toEqual(DATA);
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('refuses parts of rows and folders that are not there', () => {
    const writer = new NpyWriter(at('parts.npy'), { dtype: 'f8', rowShape: [4] });
    expect(() => writer.append(new Float64Array(6))).toThrow('6 values are no whole number of rows of 4');
    writer.abort();
    expect(() => new NpyWriter(at('no/such/w.npy'), { dtype: 'f8', rowShape: [1] })).toThrow(
      /w\.npy: no such file or folder; check the path$/,
    );
  });
});
