import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { decodeNpz, encodeNpz, npzNames } from './npz.ts';
import { crc32 } from './zip.ts';

/** np.savez(f, x=np.arange(6, dtype='<f4').reshape(2, 3), theta=np.array([0.3, 0.8])) of NumPy 2.4.6. */
const STORED =
  'UEsDBC0AAAAAAAAAIQBP6QAq//////////8FABQAeC5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAgD8AAABAAABAQAAAgEAAAKBAUEsDBC0AAAAAAAAAIQAMYBL+//////////8JABQAdGhldGEubnB5AQAQAJAAAAAAAAAAkAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCjMzMzMzM9M/mpmZmZmZ6T9QSwECLQMtAAAAAAAAACEAT+kAKpgAAACYAAAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwECLQMtAAAAAAAAACEADGAS/pAAAACQAAAACQAAAAAAAAAAAAAAgAHPAAAAdGhldGEubnB5UEsFBgAAAAACAAIAagAAAJoBAAAAAA==';
/** np.savez_compressed(f, x=np.ones((8, 8), dtype='<f4')). */
const DEFLATED =
  'UEsDBC0AAAAIAAAAIQAvO2Ox//////////8FABQAeC5ucHkBABAAgAEAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GhY6ChaaOgq1CmQDLgaGBvuRjAFQSwECLQMtAAAACAAAACEALztjsUwAAACAAQAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwUGAAAAAAEAAQAzAAAAgwAAAAAA';

const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

describe('npz', () => {
  it('reads stored members with their ZIP64 sizes', () => {
    expect(npzNames(bytes(STORED))).toEqual(['x', 'theta']);
    const arrays = decodeNpz(bytes(STORED));
    expect(arrays.get('x')).toEqual({ dtype: 'f4', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(arrays.get('theta')).toEqual({ dtype: 'f8', shape: [2], data: Float64Array.of(0.3, 0.8) });
  });

  it('reads deflated members', () => {
    expect(decodeNpz(bytes(DEFLATED)).get('x')).toEqual({
      dtype: 'f4',
      shape: [8, 8],
      data: new Float32Array(64).fill(1),
    });
  });

  it('reads what it wrote, stored and deflated', () => {
    for (const compress of [false, true]) {
      const data = Float64Array.from({ length: 600 }, (_, i) => Math.cos(i));
      const out = decodeNpz(
        encodeNpz({ 'a b': { data, shape: [20, 30] }, n: { data: Int32Array.of(7) } }, { compress }),
      );
      expect(out.get('a b')).toEqual({ dtype: 'f8', shape: [20, 30], data });
      expect(out.get('n')).toEqual({ dtype: 'i4', shape: [1], data: Int32Array.of(7) });
    }
  });

  it('writes the same bytes every time', () => {
    const write = (): Uint8Array => encodeNpz({ x: { data: Float32Array.of(1, 2) } }, { compress: true });
    expect(write()).toEqual(write());
  });

  it('names a missing array and what there is', () => {
    expect(() => decodeNpz(bytes(STORED), 'f.npz', ['maps'])).toThrow(
      "f.npz: has no array 'maps'; it has x, theta",
    );
  });

  it('notices every flipped bit of the data', () => {
    const whole = bytes(DEFLATED);
    const start = 30 + 5 + 20;
    for (let i = start; i < start + 70; i += 7) {
      const damaged = Uint8Array.from(whole);
      damaged[i]! ^= 4;
      expect(() => decodeNpz(damaged, 'f.npz')).toThrow(FileFormatError);
    }
  });

  it('refuses every truncation in one line', () => {
    const whole = bytes(STORED);
    for (let length = 0; length < whole.length; length += 3) {
      expect(() => decodeNpz(whole.subarray(0, length), 'f.npz')).toThrow(/^f\.npz: .*; /);
    }
    expect(() => decodeNpz(whole.subarray(0, 300), 'f.npz')).toThrow('truncated: the archive has no end');
  });

  it('knows the check value of CRC-32', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
