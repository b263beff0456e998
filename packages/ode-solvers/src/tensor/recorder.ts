/** Collects the accepted steps of a solve on tensors, for one state or for rows that have steps of their own. */
import { type DType, sizeOf, type TensorType, type TypedArray } from '@equiflow/tensor';
import { typed } from './executables.ts';
import type { Recording } from './recorded-steps.ts';

/** Which states are kept: 'all', 'sqrt' of the steps, or one every so many. */
export type CheckpointPolicy = 'all' | 'sqrt' | number;

/** What collects steps. */
export interface Recorder {
  /** A step of one row, from its state `y[offset …]`. */
  add(row: number, t: number, h: number, y: ArrayLike<number>, offset: number): void;
  /** Forgets the steps of a row from this number on: it is thought to have ended before them. */
  truncate(row: number, steps: number): void;
  /** @param end where the rows ended, @param yEnd and their states there, the whole state. */
  finish(
    end: Float64Array,
    yEnd: ArrayLike<number>,
  ): Pick<Recording, 't' | 'h' | 'checkpoints' | 'rows' | 'end'>;
}

/**
 * Step number n of the record holds every row's own n-th step. With 'sqrt' the distance of checkpoints doubles whenever
 * there are more than twice as many of them as it.
 */
export function recorder(policy: CheckpointPolicy, state: TensorType, rows: number): Recorder {
  const dtype: DType = state.dtype;
  const size = sizeOf(state.shape);
  const width = size / rows;
  const t: Float64Array[] = [];
  const h: Float64Array[] = [];
  const made = new Int32Array(rows);
  const checkpoints = new Map<number, TypedArray>();
  let every = typeof policy === 'number' ? Math.max(1, Math.floor(policy)) : 1;
  return {
    add(row, time, step, y, offset) {
      const n = made[row]!++;
      if (n === t.length) {
        t.push(new Float64Array(rows));
        h.push(new Float64Array(rows));
        if (n % every === 0) checkpoints.set(n, typed(dtype, new Float64Array(size)));
        if (policy === 'sqrt' && checkpoints.size > 2 * every) {
          every *= 2;
          for (const index of checkpoints.keys()) if (index % every !== 0) checkpoints.delete(index);
        }
      }
      t[n]![row] = time;
      h[n]![row] = step;
      const kept = checkpoints.get(n);
      if (kept) for (let i = 0; i < width; i++) kept[row * width + i] = y[offset + i]!;
    },
    truncate(row, steps) {
      made[row] = steps;
    },
    finish(end, yEnd) {
      if (t.length === 0) checkpoints.set(0, typed(dtype, yEnd));
      for (let row = 0; row < rows; row++) {
        // A row that is done waits where it ended.
        for (let n = made[row]!; n < t.length; n++) {
          t[n]![row] = end[row]!;
          h[n]![row] = 0;
          const kept = checkpoints.get(n);
          if (kept) for (let i = row * width; i < (row + 1) * width; i++) kept[i] = yEnd[i]!;
        }
      }
      return { t, h, checkpoints, rows, end };
    },
  };
}
