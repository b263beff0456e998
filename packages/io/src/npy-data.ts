/**
 * The numbers of NumPy's arrays: dtypes, typed arrays, and the ways from raw bytes to float32 or float64.
 */

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

/** An array in memory, in C order (the last axis varies fastest). */
export interface NpyArray {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly data: NpyData;
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
