import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { decodeSafetensors, encodeSafetensors, type TensorData } from './safetensors.ts';

function file(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  return out;
}

describe('safetensors', () => {
  it('reads back every dtype and the metadata', () => {
    const tensors: Record<string, { shape: number[]; data: TensorData }> = {
      u8: { shape: [3], data: Uint8Array.of(1, 2, 255) },
      f32: { shape: [2, 2], data: Float32Array.of(1.5, -2, Number.NaN, Number.POSITIVE_INFINITY) },
      f64: { shape: [], data: Float64Array.of(Math.PI) },
      i32: { shape: [1, 2], data: Int32Array.of(-1, 2 ** 31 - 1) },
      i64: { shape: [2], data: BigInt64Array.of(-1n, 2n ** 63n - 1n) },
      empty: { shape: [0, 5], data: new Float32Array(0) },
    };
    const bytes = encodeSafetensors(tensors, { format: 'equiflow', note: 'Ω_m "quoted"\n' });
    const back = decodeSafetensors(bytes);
    expect(Object.fromEntries(back.tensors)).toEqual(tensors);
    expect(back.metadata).toEqual({ format: 'equiflow', note: 'Ω_m "quoted"\n' });
  });

  it('lays the data out as the format says: length, header padded to 8, wide types first', () => {
    const bytes = encodeSafetensors({
      b: { shape: [1], data: Float32Array.of(2) },
      a: { shape: [1], data: Float64Array.of(1) },
    });
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      a: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      b: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
    });
    expect(view.getFloat64(8 + length, true)).toBe(1);
    expect(view.getFloat32(8 + length + 8, true)).toBe(2);
  });

  it('same contents, same bytes, in whatever order they are given', () => {
    const a = { shape: [2], data: Float32Array.of(1, 2) };
    const b = { shape: [1], data: Float32Array.of(3) };
    expect(encodeSafetensors({ a, b })).toEqual(
      encodeSafetensors(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    );
  });

  it('any names and sizes come back', () => {
    const tensor = fc.float32Array({ maxLength: 9 }).map((data) => ({ shape: [data.length], data }));
    const name = fc.string().filter((text) => text !== '__metadata__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), (entries) => {
        const tensors = new Map(entries);
        expect(new Map(decodeSafetensors(encodeSafetensors(tensors)).tensors)).toEqual(tensors);
      }),
    );
  });

  it.each([
    ['shorter than its length', new Uint8Array(5), '5 bytes, at least 8 expected'],
    ['a length of nonsense', new Uint8Array(16).fill(255), 'no length of a header'],
    ['no JSON', file('{oops', 0), 'its header is not JSON'],
    ['a list', file([1], 0), 'no JSON object'],
    [
      'a hole',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, 8),
      "'a' begins at 4, 0 expected",
    ],
    [
      'an overlap',
      file(
        {
          a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] },
        },
        6,
      ),
      "'b' begins at 2, 4 expected",
    ],
    ['too few bytes', file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 7), 'bytes, '],
    ['trailing bytes', file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 9), 'bytes, '],
    [
      'a wrong size',
      file({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, 8),
      'shape (3) has 8 bytes',
    ],
    [
      'an unknown dtype',
      file({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, 2),
      'has dtype BF16',
    ],
    ['negative sizes', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 0] } }, 0), 'has no shape'],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }, 0), "metadata 'a' is no string"],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'm.safetensors')).toThrow(FileFormatError);
    expect(() => decodeSafetensors(bytes, 'm.safetensors')).toThrow(message);
  });

  it('refuses every truncation', () => {
    const bytes = encodeSafetensors({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } }, { k: 'v' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(FileFormatError);
    }
  });

  it('refuses a shape that does not hold the data, and the name of the metadata', () => {
    expect(() => encodeSafetensors({ a: { shape: [2], data: new Float32Array(3) } })).toThrow(
      'does not hold 3 items',
    );
    expect(() => encodeSafetensors({ __metadata__: { shape: [0], data: new Float32Array(0) } })).toThrow(
      RangeError,
    );
  });
});
