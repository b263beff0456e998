/** What the fixed steps of a continuous flow miss of ln p, by steps a quarter as long. */
import { type FieldFlow, fieldFlow, openEvaluator } from '@equiflow/flows';
import type { Pool } from '@equiflow/tensor-wasm';
import type { DrawnMaps } from './maps.ts';
import { largest } from './statistics.ts';

/** Differences of ln p, nats a map. */
export interface StepError {
  readonly steps: number;
  /** Steps of the finer solve. */
  readonly finer: number;
  /** ln p − ln p of the finer solve. */
  readonly differences: Float64Array;
  /** Mean and maximum of their absolute values. */
  readonly mean: number;
  readonly largest: number;
}

/** Compares on the first `count` maps. */
export async function stepError(
  flow: FieldFlow,
  parameters: Float32Array,
  pool: Pool,
  maps: DrawnMaps,
  logProb: Float64Array,
  count: number,
): Promise<StepError> {
  const { steps } = flow.spec;
  const finer = 4 * steps;
  const evaluator = openEvaluator(fieldFlow({ ...flow.spec, steps: finer }), parameters, { pool });
  try {
    const cells = maps.maps.length / maps.count;
    const fine = await evaluator.logProb(
      maps.maps.subarray(0, count * cells),
      maps.thetas.subarray(0, 2 * count),
    );
    const differences = fine.map((value, i) => logProb[i]! - value);
    const mean = differences.reduce((sum, value) => sum + Math.abs(value), 0) / count;
    return { steps, finer, differences, mean, largest: largest(differences) };
  } finally {
    await evaluator.close();
  }
}
