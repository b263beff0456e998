/**
 * A stream of uniforms out of a counter-based key, for algorithms that ask for one number at a time.
 */
import { type RandomKey, randomUniform } from '@equiflow/tensor';

/**
 * The key's sequence of float64 uniforms, one a call: the i-th call gives element i of `randomUniform(key, …)`.
 *
 * @param key of `@equiflow/tensor`'s counter-based generator
 * @returns a function that gives the next number in [0, 1)
 */
export function uniformStream(key: RandomKey): () => number {
  const block = 1024;
  let values = new Float64Array(0);
  let next = 0;
  let offset = 0;
  return () => {
    if (next === values.length) {
      values = randomUniform(key, [block], 'float64', offset);
      offset += block;
      next = 0;
    }
    return values[next++]!;
  };
}
