/** Input data of the cases: the timings must not depend on them, so any fixed values of the right scale do. */

/** `count` standard normal values from a small linear congruential generator and Box and Muller's method. */
export function normalValues(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return values;
}

/** Throws unless two arrays agree to within `tolerance`. */
export function requireClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`the check failed: ${actual.length} values where ${expected.length} were expected`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance)) {
      throw new Error(`the check failed: value ${i} is ${actual[i]}, expected ${expected[i]}`);
    }
  }
}

/** Throws unless every value is finite. */
export function requireFinite(values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) throw new Error(`the check failed: value ${i} is ${values[i]}`);
  }
}
