/** Uniform and normal numbers one at a time out of a counter-based key, drawn in blocks. */
import { foldIn, type RandomKey, randomNormal, randomUniform } from '@equiflow/tensor';

/** Two streams of one key. */
export interface RandomStream {
  /** In [0, 1). */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
}

const BLOCK = 1024;

/** The streams of a key: the same numbers whenever they are opened. */
export function randomStream(key: RandomKey): RandomStream {
  const stream = (draw: (offset: number) => Float64Array): (() => number) => {
    let values = new Float64Array(0);
    let offset = 0;
    let next = 0;
    return () => {
      if (next === values.length) {
        values = draw(offset) as Float64Array<ArrayBuffer>;
        offset += BLOCK;
        next = 0;
      }
      return values[next++]!;
    };
  };
  const [first, second] = [foldIn(key, 0), foldIn(key, 1)];
  return {
    uniform: stream((offset) => randomUniform(first, [BLOCK], 'float64', offset)),
    normal: stream((offset) => randomNormal(second, [BLOCK], 'float64', offset)),
  };
}
