import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { decodeNpy, encodeNpy, parseNpyHeader } from './npy.ts';
import { fortranToC, halfToNumber, type NpyData, toFloats } from './npy-data.ts';

const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

/** What np.save of NumPy 2.4.6 wrote for np.arange(6).reshape(2, 3) in each dtype. */
const ARANGE: Record<string, string> = {
  f2: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAA8AEAAQgBEAEU=',
  f4: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEA=',
  f8: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAIQAAAAAAAABBAAAAAAAAAFEA=',
  i1: 'k05VTVBZAQB2AHsnZGVzY3InOiAnfGkxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAU=',
  i2: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAEAAgADAAQABQA=',
  i4: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAQAAAAIAAAADAAAABAAAAAUAAAA=',
  i8: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQAAAAAAAAABQAAAAAAAAA=',
  u1: 'k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAU=',
  u2: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPHUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAEAAgADAAQABQA=',
  u4: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPHU0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAQAAAAIAAAADAAAABAAAAAUAAAA=',
  u8: 'k05VTVBZAQB2AHsnZGVzY3InOiAnPHU4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQAAAAAAAAABQAAAAAAAAA=',
};
const BOOLEANS =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQABAAE=';
const FORTRAN =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAABAQQAAgEAAAIBBAAAAQQAAoEEAAIA/AABQQQAAoEAAAIhBAAAQQQAAqEEAAABAAABgQQAAwEAAAJBBAAAgQQAAsEEAAEBAAABwQQAA4EAAAJhBAAAwQQAAuEE=';
const VERSION_2 =
  'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAIQAAAAAAAABBAAAAAAAAAFEA=';
const VERSION_3 =
  'k05VTVBZAwB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAIQAAAAAAAABBAAAAAAAAAFEA=';
const SCALAR =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAEQA==';
const BIG_ENDIAN =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAP4AAAEAAAABAQAAAQIAAAECgAAA=';
const COMPLEX =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGM4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAgD8AAAAAAAAAQAAAAAAAAEBAAAAAAAAAgEAAAAAAAACgQAAAAAA=';
const OBJECTS =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWQAAAAAAAAAIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwKFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlChLAYwBYZRldJRiLg==';
const TEXT =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPFUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAphAAAAYgAAAGMAAAAAAAAA';
const STRUCTURED =
  'k05VTVBZAQB2AHsnZGVzY3InOiBbKCd4JywgJzxmNCcpLCAoJ3knLCAnPGY4JyldLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAA=';

/** The message of what a call throws; it must be one line. */
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('nothing was thrown');
}

describe('decodeNpy reads what NumPy wrote', () => {
  for (const [dtype, base64] of Object.entries(ARANGE)) {
    it(dtype, () => {
      const array = decodeNpy(bytes(base64));
      expect(array.dtype).toBe(dtype);
      expect(array.shape).toEqual([2, 3]);
      expect(Array.from(array.data, Number)).toEqual([0, 1, 2, 3, 4, 5]);
    });
  }

  it('booleans', () => {
    expect(Array.from(decodeNpy(bytes(BOOLEANS)).data, Number)).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('Fortran order, turned into C order', () => {
    const array = decodeNpy(bytes(FORTRAN));
    expect(parseNpyHeader(bytes(FORTRAN)).fortranOrder).toBe(true);
    expect(array.shape).toEqual([2, 3, 4]);
    expect(Array.from(array.data, Number)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it('versions 2 and 3, and a scalar', () => {
    for (const base64 of [VERSION_2, VERSION_3]) {
      expect(Array.from(decodeNpy(bytes(base64)).data, Number)).toEqual([0, 1, 2, 3, 4, 5]);
    }
    expect(decodeNpy(bytes(SCALAR))).toMatchObject({ shape: [], data: Float64Array.of(2.5) });
  });

  it('never shares memory with the bytes it was given', () => {
    const source = bytes(ARANGE.f4!);
    const { data } = decodeNpy(source);
    source.fill(255);
    expect(Array.from(data, Number)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(data.byteLength).toBe(data.buffer.byteLength);
  });
});

describe('bad files are refused in one line that says where, what and what to do', () => {
  it.each([
    [BIG_ENDIAN, "m.npy: big-endian dtype '>f4' is not read; convert it: np.save(f, a.astype('<f4'))"],
    [COMPLEX, "m.npy: dtype '<c8' holds complex numbers; save real numbers: np.save(f, a.astype('<f4'))"],
    [OBJECTS, "m.npy: dtype '|O' holds Python objects; save real numbers: np.save(f, a.astype('<f4'))"],
    [TEXT, "m.npy: dtype '<U2' holds text; save real numbers: np.save(f, a.astype('<f4'))"],
    [STRUCTURED, "m.npy: a structured array; save one field at a time: np.save(f, a['field'])"],
  ])('%#', (base64, message) => {
    expect(messageOf(() => decodeNpy(bytes(base64), 'm.npy'))).toBe(message);
  });

  it('truncated, with expected and actual bytes', () => {
    const whole = bytes(ARANGE.f4!);
    expect(messageOf(() => decodeNpy(whole.subarray(0, whole.length - 1), 'm.npy'))).toBe(
      'm.npy: truncated: 151 bytes, 152 expected for shape (2, 3) of f4; copy or write the file again',
    );
    expect(messageOf(() => decodeNpy(whole.subarray(0, 50), 'm.npy'))).toBe(
      'm.npy: truncated in its header: 50 bytes, at least 128 expected; copy or write the file again',
    );
  });

  it('anything cut short or no .npy at all', () => {
    const whole = bytes(ARANGE.f8!);
    for (let length = 0; length < whole.length; length++)
      messageOf(() => decodeNpy(whole.subarray(0, length)));
    expect(messageOf(() => decodeNpy(new TextEncoder().encode('hello, world'), 'm.npy'))).toContain(
      'not a .npy file',
    );
  });

  it('headers that are damaged', () => {
    const header = (text: string): Uint8Array => {
      const out = new Uint8Array(10 + text.length);
      out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
      out.set(new TextEncoder().encode(text), 10);
      return out;
    };
    for (const text of [
      '',
      '{}',
      "{'descr': '<f4'}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2.5,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}",
      "{'descr': 'nonsense', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}",
    ]) {
      messageOf(() => parseNpyHeader(header(text)));
    }
    const version9 = bytes(ARANGE.f4!);
    version9[6] = 9;
    expect(messageOf(() => decodeNpy(version9))).toContain('version 9.0');
  });
});

describe('encodeNpy', () => {
  it('writes the bytes that NumPy writes', () => {
    const arrays: Record<string, NpyData> = {
      f4: Float32Array.of(0, 1, 2, 3, 4, 5),
      f8: Float64Array.of(0, 1, 2, 3, 4, 5),
      i1: Int8Array.of(0, 1, 2, 3, 4, 5),
      i2: Int16Array.of(0, 1, 2, 3, 4, 5),
      i4: Int32Array.of(0, 1, 2, 3, 4, 5),
      i8: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n),
      u1: Uint8Array.of(0, 1, 2, 3, 4, 5),
      u2: Uint16Array.of(0, 1, 2, 3, 4, 5),
      u4: Uint32Array.of(0, 1, 2, 3, 4, 5),
      u8: BigUint64Array.of(0n, 1n, 2n, 3n, 4n, 5n),
    };
    for (const [dtype, data] of Object.entries(arrays)) {
      expect(Buffer.from(encodeNpy(data, [2, 3])).toString('base64')).toBe(ARANGE[dtype]);
    }
  });

  it('refuses a shape that does not hold the data', () => {
    expect(() => encodeNpy(new Float32Array(6), [2, 2])).toThrow('shape (2, 2) holds 4 items, the data 6');
    expect(() => encodeNpy(new Float32Array(6), [-2, -3])).toThrow(RangeError);
  });

  it('decode ∘ encode = identity for any shape', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 5 }), (shape) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const data = Float64Array.from({ length: size }, (_, i) => Math.sin(i + 1));
        expect(decodeNpy(encodeNpy(data, shape))).toEqual({ dtype: 'f8', shape, data });
      }),
    );
  });
});

describe('conversions', () => {
  it('fortranToC puts element (i, j, …) in its place', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), (shape) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const out = fortranToC(
          Int32Array.from({ length: size }, (_, i) => i),
          shape,
        );
        for (let c = 0; c < size; c++) {
          let rest = c;
          const index: number[] = [];
          for (const n of [...shape].reverse()) {
            index.unshift(rest % n);
            rest = Math.floor(rest / n);
          }
          const fortran = index.reduceRight((offset, i, axis) => offset * shape[axis]! + i, 0);
          expect(out[c]).toBe(fortran);
        }
      }),
    );
  });

  it('half precision: normal, subnormal, signed, infinite', () => {
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0xfc00].map(halfToNumber)).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(halfToNumber(0x7e00)).toBeNaN();
    expect(Object.is(halfToNumber(0x8000), -0)).toBe(true);
  });

  it('64-bit integers become numbers', () => {
    expect(toFloats(BigInt64Array.of(-3n, 2n ** 53n), 'float64')).toEqual(Float64Array.of(-3, 2 ** 53));
  });
});
