/**
 * safetensors (github.com/huggingface/safetensors, README "Format"): an unsigned 64-bit little-endian length, a JSON
 * header with dtype, shape and byte range of every tensor and `__metadata__` of strings, then the raw data without holes.
 */
import { FileFormatError } from './errors.ts';

/** Typed arrays that a safetensors file holds: F32, F64, I32, I64, U8. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** One tensor, in C order. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Contents of a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

type Dtype = 'F32' | 'F64' | 'I32' | 'I64' | 'U8';
const BYTES: Readonly<Record<Dtype, number>> = { F64: 8, I64: 8, F32: 4, I32: 4, U8: 1 };
const MAX_HEADER = 100_000_000;

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof BigInt64Array ? 'I64' : 'U8';
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/**
 * Encodes tensors. Same tensors and metadata, same bytes: wide types come first, names in order within a type, as the
 * reference implementation does, so that every tensor is aligned.
 * @param tensors - by name
 * @param metadata - strings by key
 * @throws RangeError if a shape does not hold its data
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor> | Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = [...(tensors instanceof Map ? tensors.entries() : Object.entries(tensors))] as [
    string,
    StoredTensor,
  ][];
  entries.sort(([nameA, a], [nameB, b]) => {
    const wide = BYTES[dtypeOf(b.data)] - BYTES[dtypeOf(a.data)];
    return wide !== 0 ? wide : nameA < nameB ? -1 : 1;
  });
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    if (name === '__metadata__')
      throw new RangeError("encodeSafetensors: a tensor cannot be named '__metadata__'");
    if (sizeOf(shape) !== data.length) {
      throw new RangeError(
        `encodeSafetensors: ${name}: shape (${shape.join(', ')}) does not hold ${data.length} items`,
      );
    }
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of entries) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return out;
}

/**
 * Decodes a safetensors file; all tensors are copies.
 * @param bytes - the whole file
 * @param file - name used in messages
 * @throws FileFormatError if it is truncated, malformed, has holes or overlaps, or a dtype that is not read
 */
export function decodeSafetensors(bytes: Uint8Array, file = 'model.safetensors'): Safetensors {
  const bad = (problem: string): FileFormatError =>
    new FileFormatError(file, `not a whole safetensors file: ${problem}`, 'copy or write the file again');
  if (bytes.length < 8) throw bad(`${bytes.length} bytes, at least 8 expected`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER) throw bad('its first 8 bytes are no length of a header');
  const start = 8 + headerLength;
  if (bytes.length < start) throw bad(`${bytes.length} bytes, at least ${start} expected`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    throw bad('its header is not JSON');
  }
  if (!isRecord(header)) throw bad('its header is no JSON object');

  const metadata: Record<string, string> = {};
  const entries: { name: string; dtype: Dtype; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (!isRecord(value)) throw bad(`entry '${name}' is no object`);
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') throw bad(`metadata '${key}' is no string`);
        metadata[key] = text;
      }
      continue;
    }
    const { dtype, shape, data_offsets: range } = value;
    if (typeof dtype !== 'string') throw bad(`tensor '${name}' has no dtype`);
    if (!Object.hasOwn(BYTES, dtype)) {
      throw new FileFormatError(
        file,
        `tensor '${name}' has dtype ${dtype}`,
        `save it as ${Object.keys(BYTES).join(', ')}`,
      );
    }
    if (!isSizes(shape)) throw bad(`tensor '${name}' has no shape`);
    if (!isSizes(range) || range.length !== 2) throw bad(`tensor '${name}' has no data_offsets`);
    const [begin, end] = range as [number, number];
    if (end - begin !== sizeOf(shape) * BYTES[dtype as Dtype]) {
      throw bad(`tensor '${name}' of shape (${shape.join(', ')}) has ${end - begin} bytes`);
    }
    entries.push({ name, dtype: dtype as Dtype, shape, begin, end });
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) throw bad(`tensor '${name}' begins at ${begin}, ${covered} expected`);
    covered = end;
  }
  if (bytes.length !== start + covered) throw bad(`${bytes.length} bytes, ${start + covered} expected`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, {
      shape,
      data: typed(dtype, new Uint8Array(bytes.subarray(start + begin, start + end)).buffer),
    });
  }
  return { tensors, metadata };
}

function typed(dtype: Dtype, buffer: ArrayBuffer): TensorData {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'U8':
      return new Uint8Array(buffer);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
