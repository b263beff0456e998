/** Which lengths the mixed-radix passes take, and what Bluestein's method takes for the others. */
import { TensorError } from '@equiflow/tensor';

/** Longest axis of a transform. */
const longest = 2 ** 26;

/**
 * Radices of the passes for length n, a product of 2, 3, 5, 7; null where n has another prime factor.
 * Powers of two go by eights and fours.
 */
export function radices(n: number): number[] | null {
  const found: number[] = [];
  let left = n;
  for (const radix of [7, 5, 3]) {
    while (left % radix === 0) {
      found.push(radix);
      left /= radix;
    }
  }
  let twos = 0;
  while (left % 2 === 0) {
    twos++;
    left /= 2;
  }
  if (left !== 1) return null;
  // 2^e by eights, with the remainder as 4 or 4·4 rather than 2.
  if (twos === 1) found.push(2);
  else if (twos > 1) {
    const fours = twos % 3 === 0 ? 0 : twos % 3 === 1 ? 2 : 1;
    for (let i = 0; i < fours; i++) found.push(4);
    for (let i = 0; i < (twos - 2 * fours) / 3; i++) found.push(8);
  }
  return found;
}

/** Length of Bluestein's cyclic convolution for n: the smallest 2^a 3^b 5^c with a ≥ 2 that is at least 2n − 1. */
export function convolutionLength(n: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let five = 1; five < 4 * n; five *= 5) {
    for (let three = five; three < 4 * n; three *= 3) {
      let m = three * 4;
      while (m < 2 * n - 1) m *= 2;
      best = Math.min(best, m);
    }
  }
  return best;
}

/** @throws TensorError when n is no length of an axis that can be transformed. */
export function checkLength(operation: string, n: number): void {
  if (!Number.isInteger(n) || n < 1 || n > longest) {
    throw new TensorError(`${operation}: length ${n} of an axis; give an integer from 1 to ${longest}`);
  }
}
