/**
 * Smooth functions of the time of a continuous flow: shifted Legendre polynomials P_n(2t − 1), orthogonal on [0, 1], with
 * their integrals, (P_{n+1} − P_{n−1})(2t − 1)/(2(2n + 1)) (Abramowitz & Stegun 22.7.10, 22.8). Over the whole of [0, 1] all but the first
 * integrate to 0, so that the first coefficient is the mean over time.
 */
import { add, multiply, type Tensor } from '@equiflow/tensor';

/** P_n(y) for n = 0 … count − 1, by the recurrence (n + 1) P_{n+1} = (2n + 1) y P_n − n P_{n−1}. */
function polynomials<T>(
  count: number,
  one: T,
  y: T,
  step: (y: T, last: T, before: T, alpha: number, beta: number) => T,
): T[] {
  const all = [one, y];
  for (let n = 1; all.length < count; n++) {
    all.push(step(y, all[n]!, all[n - 1]!, (2 * n + 1) / (n + 1), -n / (n + 1)));
  }
  return all.slice(0, count);
}

/** P_n(2t − 1), n = 0 … count − 1, at one time. */
export function legendreAt(t: number, count: number): number[] {
  return polynomials(count, 1, 2 * t - 1, (y, last, before, a, b) => a * y * last + b * before);
}

/** The same at times that are a tensor: `count` tensors of its shape. */
export function legendreOf(t: Tensor, count: number): Tensor[] {
  return polynomials(count, add(multiply(t, 0), 1), add(multiply(t, 2), -1), (y, last, before, a, b) =>
    add(multiply(multiply(y, last), a), multiply(before, b)),
  );
}

/** ∫ P_n(2t − 1) dt from `from` to `to`, n = 0 … count − 1. */
export function legendreIntegrals(from: number, to: number, count: number): number[] {
  const [low, high] = [legendreAt(from, count + 1), legendreAt(to, count + 1)];
  return Array.from({ length: count }, (_, n) => {
    if (n === 0) return to - from;
    const primitive = (p: readonly number[]): number => (p[n + 1]! - p[n - 1]!) / (2 * (2 * n + 1));
    return primitive(high) - primitive(low);
  });
}
