/** `count` values in [−2, 2), shuffled, at least 4/count apart: examples of operations with kinks at ties. */
export function distinctValues(count: number): number[] {
  let stride = Math.ceil(count * 0.618);
  while (greatestCommonDivisor(stride, count) !== 1) stride++;
  return Array.from({ length: count }, (_, index) => (4 * ((index * stride) % count)) / count - 2);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
