/**
 * Reducing a large angle to [-pi/4, pi/4], for sin and cos: the method of Payne and Hanek (1983), SIGNUM
 * Newsletter 18, 19. Of x * 2/pi only the bits modulo 4 matter, so the angle's integer significand is multiplied
 * by the 192 bits of 2/pi that lie there. Exact to the last place for every finite float64.
 */

/** 64 bits of 2/pi, counted from the binary point: word i holds the bits 64 i + 1 to 64 i + 64. */
function twoOverPi(word: i32): u64 {
  switch (word) {
    case 0: return 0xa2f9836e4e441529;
    case 1: return 0xfc2757d1f534ddc0;
    case 2: return 0xdb6295993c439041;
    case 3: return 0xfe5163abdebbc561;
    case 4: return 0xb7246e3a424dd2e0;
    case 5: return 0x06492eea09d1921c;
    case 6: return 0xfe1deb1cb129a73e;
    case 7: return 0xe88235f52ebb4484;
    case 8: return 0xe99c7026b45f7e41;
    case 9: return 0x3991d639835339f4;
    case 10: return 0x9c845f8bbdf9283b;
    case 11: return 0x1ff897ffde05980f;
    case 12: return 0xef2f118b5a0a6d1f;
    case 13: return 0x6d367ecf27cb09b7;
    case 14: return 0x4f463f669e5fea2d;
    case 15: return 0x7527bac7ebe5f17b;
    case 16: return 0x3d0739f78a5292ea;
    case 17: return 0x6bfb5fb11f8d5d08;
    case 18: return 0x56033046fc7b6bab;
    case 19: return 0xf0cfbc209af4361d;
    default: return 0;
  }
}

/** 64 bits of 2/pi that begin after bit `offset` >= -64; those before the binary point are 0. */
function bitsAfter(offset: i32): u64 {
  const word = offset >> 6;
  const shift = <u64>(offset & 63);
  const bits = twoOverPi(word) << shift;
  return shift == 0 ? bits : bits | (twoOverPi(word + 1) >> (64 - shift));
}

/** The upper half of the 128-bit product. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  return a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & 0xffffffff)) >> 32);
}

/**
 * Reduce `x`, 1 <= |x|, to r = x - n pi/2 in [-pi/4, pi/4].
 *
 * @returns r in lane 0 and the integer n modulo 4 in lane 1; r = NaN where x is not finite
 */
export function reduceLargeAngle(x: f64): v128 {
  const bits = reinterpret<u64>(x) & 0x7fffffffffffffff;
  const exponent = <i32>(bits >> 52) - 1023;
  if (exponent > 1023) return f64x2.splat(NaN);
  const significand = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // |x| = significand 2^(exponent - 52); bits of 2/pi up to exponent - 54 give multiples of 4.
  const offset = exponent - 54;
  const w1 = bitsAfter(offset + 64);
  const w2 = bitsAfter(offset + 128);
  let low = significand * w1;
  let high = significand * bitsAfter(offset) + multiplyHigh(significand, w1);
  const carry = multiplyHigh(significand, w2);
  low += carry;
  high += <u64>(low < carry);
  // (high, low) counts quarter turns in units of 2^-126. The nearest whole number of them:
  let n = ((high >> 61) + 1) >> 1;
  high -= n << 62;
  // The rest, as a signed 128-bit number, is made positive and shifted until its first bit is 1.
  let negative = <i64>high < 0;
  if (negative) {
    low = ~low + 1;
    high = ~high + <u64>(low == 0);
  }
  let units = -126;
  if (high == 0) {
    high = low;
    low = 0;
    units -= 64;
  }
  const zeros = clz(high);
  if (zeros > 0) {
    high = (high << zeros) | (low >> (64 - zeros));
    units -= <i32>zeros;
  }
  // 20 bits times the 33 of the first part of pi/2 is exact, so that the sum rounds once.
  const scale = reinterpret<f64>(<u64>(units + 64 + 1023) << 52);
  const top = <f64>(high & 0xfffff00000000000);
  const rest = <f64>(high & 0x00000fffffffffff);
  const r = (top * 1.5707963267341256 + (top * 6.077100506506192e-11 + rest * 1.5707963267948966)) * scale;
  if (x < 0) {
    negative = !negative;
    n = 0 - n;
  }
  return i64x2.replace_lane(f64x2.splat(negative ? -r : r), 1, <i64>(n & 3));
}
