/**
 * NumPy's .npy format, versions 1, 2 and 3 (NEP 1; numpy/lib/format.py): magic, a header that is a Python literal,
 * then the raw array.
 *
 * Only little-endian arrays of plain numbers are read: big-endian, complex, structured and object arrays are refused
 * with a line that says how to save them again. Fortran order is accepted and turned into C order.
 */
import { FileFormatError } from './errors.ts';
import type { NpyArray, NpyData, NpyDtype } from './npy-data.ts';
import { decodeItems, dtypeOf, fortranToC } from './npy-data.ts';

/** What the header of a .npy file says. */
export interface NpyHeader {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  /** True where the first axis varies fastest in the file. */
  readonly fortranOrder: boolean;
  /** Where the array's bytes begin. */
  readonly dataOffset: number;
  /** Bytes an item. */
  readonly itemSize: number;
  /** Number of items, the product of the shape. */
  readonly size: number;
}

const SUPPORTED: ReadonlySet<string> = new Set('f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1'.split(' '));
const FORMAT_NAMES: Readonly<Record<string, string>> = {
  c: 'complex numbers',
  O: 'Python objects',
  U: 'text',
  S: 'text',
  V: 'raw records',
  M: 'dates',
  m: 'time spans',
};

/** Bytes that hold magic, version and the length of the header: read these first from a file. */
export const NPY_PREAMBLE = 12;

/** True if the bytes begin like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= 6 && bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';
}

/**
 * Where the array of a .npy file begins, from its first 12 bytes: how much a reader has to read for the header.
 * @throws FileFormatError if this is not a .npy file of version 1, 2 or 3
 */
export function npyDataOffset(bytes: Uint8Array, file = 'array.npy'): number {
  if (!isNpy(bytes)) {
    throw new FileFormatError(file, 'not a .npy file (its magic bytes are missing)', 'save it with np.save');
  }
  if (bytes.length < 10) throw truncatedHeader(file, bytes.length, 10);
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw new FileFormatError(
      file,
      `.npy version ${version}.${bytes[7]} is unknown`,
      'save it again with np.save',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version === 1) return 10 + view.getUint16(8, true);
  if (bytes.length < NPY_PREAMBLE) throw truncatedHeader(file, bytes.length, NPY_PREAMBLE);
  return NPY_PREAMBLE + view.getUint32(8, true);
}

/**
 * Reads the header of a .npy file.
 * @param bytes - the beginning of the file, at least up to the array
 * @param file - name used in messages
 * @throws FileFormatError for a truncated or malformed header and for dtypes that are not supported
 */
export function parseNpyHeader(bytes: Uint8Array, file = 'array.npy'): NpyHeader {
  const dataOffset = npyDataOffset(bytes, file);
  if (bytes.length < dataOffset) throw truncatedHeader(file, bytes.length, dataOffset);
  const encoding = bytes[6] === 3 ? 'utf-8' : 'latin1';
  const text = new TextDecoder(encoding).decode(
    bytes.subarray(bytes[6] === 1 ? 10 : NPY_PREAMBLE, dataOffset),
  );
  const bad = (problem: string): FileFormatError =>
    new FileFormatError(file, `malformed .npy header (${problem})`, 'save it again with np.save');

  const structured = /'descr'\s*:\s*\[/.test(text);
  if (structured) {
    throw new FileFormatError(file, 'a structured array', "save one field at a time: np.save(f, a['field'])");
  }
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined) throw bad('no descr');
  if (order === undefined) throw bad('no fortran_order');
  if (shapeText === undefined) throw bad('no shape');
  const shape = shapeText
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      if (!/^\d+L?$/.test(part)) throw bad(`shape (${shapeText})`);
      return Number.parseInt(part, 10);
    });
  const size = shape.reduce((product, n) => product * n, 1);
  const dtype = checkDescr(descr, file);
  const itemSize = Number(dtype.slice(1));
  if (!Number.isSafeInteger(size * itemSize)) throw bad(`shape (${shapeText}) is too large`);
  return { dtype, shape, fortranOrder: order === 'True', dataOffset, itemSize, size };
}

function checkDescr(descr: string, file: string): NpyDtype {
  const match = /^([<>|=])([a-zA-Z])(\d*)/.exec(descr);
  if (match === null)
    throw new FileFormatError(file, `unknown dtype '${descr}'`, "use np.save(f, a.astype('<f4'))");
  const [, endian, kind, bytes] = match;
  const dtype = `${kind}${bytes}`;
  if (SUPPORTED.has(dtype)) {
    if (endian === '>' && bytes !== '1') {
      throw new FileFormatError(
        file,
        `big-endian dtype '${descr}' is not read`,
        `convert it: np.save(f, a.astype('<${dtype}'))`,
      );
    }
    return dtype as NpyDtype;
  }
  const name = FORMAT_NAMES[kind!] ?? 'a number type that is not read';
  throw new FileFormatError(
    file,
    `dtype '${descr}' holds ${name}`,
    "save real numbers: np.save(f, a.astype('<f4'))",
  );
}

function truncatedHeader(file: string, actual: number, expected: number): FileFormatError {
  return new FileFormatError(
    file,
    `truncated in its header: ${actual} bytes, at least ${expected} expected`,
    'copy or write the file again',
  );
}

/** The error of a .npy file that is shorter than its header promises. */
export function truncatedNpy(header: NpyHeader, actual: number, file: string): FileFormatError {
  const expected = header.dataOffset + header.size * header.itemSize;
  return new FileFormatError(
    file,
    `truncated: ${actual} bytes, ${expected} expected for shape (${header.shape.join(', ')}) of ${header.dtype}`,
    'copy or write the file again',
  );
}

/**
 * Decodes a whole .npy file.
 * @param bytes - the file; `data` of the result is always a copy
 * @param file - name used in messages
 * @returns the array in C order
 * @throws FileFormatError if the bytes are truncated, malformed, or of a dtype that is not supported
 */
export function decodeNpy(bytes: Uint8Array, file = 'array.npy'): NpyArray {
  const header = parseNpyHeader(bytes, file);
  const end = header.dataOffset + header.size * header.itemSize;
  if (bytes.length < end) throw truncatedNpy(header, bytes.length, file);
  const flat = decodeItems(header.dtype, bytes.subarray(header.dataOffset, end));
  const data = header.fortranOrder ? fortranToC(flat, header.shape) : flat;
  return { dtype: header.dtype, shape: header.shape, data };
}

/**
 * The header of a .npy file, in C order, padded so that the array begins at a multiple of 64 bytes (version 1;
 * version 2 where it is longer than 65,535 bytes).
 * @param minimumLength - pad to at least this many bytes, so that a longer shape can be written in place later
 */
export function encodeNpyHeader(dtype: NpyDtype, shape: readonly number[], minimumLength = 0): Uint8Array {
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new RangeError(`shape (${shape.join(', ')}): sizes are whole numbers`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const descr = `${dtype.endsWith('1') ? '|' : '<'}${dtype}`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const version = Math.max(text.length + 75, minimumLength) > 65535 ? 2 : 1;
  const preamble = version === 1 ? 10 : NPY_PREAMBLE;
  const total = Math.ceil(Math.max(preamble + text.length + 1, minimumLength) / 64) * 64;
  const out = new Uint8Array(total).fill(0x20);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(out.buffer);
  if (version === 1) view.setUint16(8, total - preamble, true);
  else view.setUint32(8, total - preamble, true);
  for (let i = 0; i < text.length; i++) out[preamble + i] = text.charCodeAt(i);
  out[total - 1] = 0x0a;
  return out;
}

/**
 * Encodes a typed array as a .npy file, as `np.save` would write it.
 * @param data - the items in C order
 * @param shape - sizes of the axes; defaults to one axis
 * @throws RangeError if the shape does not hold the data
 */
export function encodeNpy(data: NpyData, shape: readonly number[] = [data.length]): Uint8Array {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) {
    throw new RangeError(
      `encodeNpy: shape (${shape.join(', ')}) holds ${size} items, the data ${data.length}`,
    );
  }
  const header = encodeNpyHeader(dtypeOf(data), shape);
  const out = new Uint8Array(header.length + data.byteLength);
  out.set(header);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return out;
}
