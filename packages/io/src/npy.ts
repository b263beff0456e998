/**
 * NumPy's .npy format, versions 1, 2 and 3 (NEP 1; numpy/lib/format.py): magic, a header that is a Python literal,
 * then the raw array.
 *
 * Only little-endian arrays of plain numbers are read: big-endian, complex, structured and object arrays are refused
 * with a line that says how to save them again. Fortran order is accepted and turned into C order.
 */
import { FileFormatError } from './errors.ts';

/** Number types of NumPy that are read: kind and bytes an item. `b1` is a boolean. */
export type NpyDtype = 'f2' | 'f4' | 'f8' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8' | 'b1';

/** Typed arrays that hold a .npy array: half precision becomes `Float32Array`, booleans become `Uint8Array`. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

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

/** An array in memory, in C order (the last axis varies fastest). */
export interface NpyArray {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly data: NpyData;
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

/** Raw little-endian bytes to a typed array (a copy). */
export function decodeItems(dtype: NpyDtype, bytes: Uint8Array): NpyData {
  // a Buffer's slice() would share memory, at an offset that a typed array may refuse
  const copy = new Uint8Array(bytes).buffer;
  switch (dtype) {
    case 'f2':
      return Float32Array.from(new Uint16Array(copy), halfToNumber);
    case 'f4':
      return new Float32Array(copy);
    case 'f8':
      return new Float64Array(copy);
    case 'i1':
      return new Int8Array(copy);
    case 'i2':
      return new Int16Array(copy);
    case 'i4':
      return new Int32Array(copy);
    case 'i8':
      return new BigInt64Array(copy);
    case 'u1':
    case 'b1':
      return new Uint8Array(copy);
    case 'u2':
      return new Uint16Array(copy);
    case 'u4':
      return new Uint32Array(copy);
    case 'u8':
      return new BigUint64Array(copy);
  }
}

/** IEEE 754 half precision (its 16 bits) to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Reorders an array written in Fortran order (first axis fastest) into C order (last axis fastest). */
export function fortranToC<T extends NpyData>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  if (shape.length < 2) return out;
  const strides: number[] = [];
  let stride = 1;
  for (const n of shape) {
    strides.push(stride);
    stride *= n;
  }
  const index = new Array<number>(shape.length).fill(0);
  let offset = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[offset]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The dtype under which a typed array is written. */
export function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Float32Array) return 'f4';
  if (data instanceof Float64Array) return 'f8';
  if (data instanceof Int32Array) return 'i4';
  if (data instanceof Uint8Array) return 'u1';
  if (data instanceof BigInt64Array) return 'i8';
  if (data instanceof Int16Array) return 'i2';
  if (data instanceof Uint16Array) return 'u2';
  if (data instanceof Uint32Array) return 'u4';
  if (data instanceof Int8Array) return 'i1';
  return 'u8';
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

/** Precision in which rows are asked for. */
export type FloatKind = 'float32' | 'float64';

/** The typed array of a precision. */
export interface FloatArrays {
  float32: Float32Array;
  float64: Float64Array;
}

/** A zeroed array of the asked precision. */
export function allocateFloats<F extends FloatKind>(kind: F, length: number): FloatArrays[F] {
  return (kind === 'float32' ? new Float32Array(length) : new Float64Array(length)) as FloatArrays[F];
}

/**
 * Copies any .npy data to float32 or float64. Integers of 64 bits are rounded to the nearest double.
 * @param kind - `float32` or `float64`
 */
export function toFloats<F extends FloatKind>(data: NpyData, kind: F): FloatArrays[F] {
  const out = allocateFloats(kind, data.length);
  copyFloats(data, out, 0);
  return out;
}

/** Writes `data` as numbers into `out` from `offset` on. */
export function copyFloats(data: NpyData, out: Float32Array | Float64Array, offset: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) out[offset + i] = Number(data[i]!);
  } else {
    out.set(data, offset);
  }
}
