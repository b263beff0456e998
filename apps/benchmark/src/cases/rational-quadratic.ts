/**
 * Monotonic rational-quadratic splines (Durkan et al. 2019) on 32 samples of 16,384 values, every sample with a spline
 * of its own from unconstrained numbers: the values with their log-derivatives, and the gradient of
 * ½ Σ y² − Σ ln y′ (a flow's loss) with respect to values and parameters.
 */
import {
  constrainRationalQuadratic,
  rationalQuadratic,
  rationalQuadraticParameterCount,
} from '@equiflow/splines';
import { gradients, multiply, subtract, sum, type Tensor, type TensorType, trace } from '@equiflow/tensor';
import { dataParallel, instantiate, openPool, type Plan, planOf } from '@equiflow/tensor-wasm';
import type { BenchmarkCase, Workload } from '../case.ts';
import { normalValues, requireFinite } from './random-values.ts';

const SAMPLES = 32;
const VALUES = 16_384;
/** Samples of a chunk: 256 KiB of values, which stay in the cache between the passes over them. */
const CHUNK = 4;

function specs(samples: number, knots: number): TensorType[] {
  return [
    { shape: [samples, VALUES], dtype: 'float32' },
    { shape: [samples, rationalQuadraticParameterCount(knots)], dtype: 'float32' },
  ];
}

function forward(x: Tensor, free: Tensor): Tensor[] {
  const { value, logDet } = rationalQuadratic(x, constrainRationalQuadratic(free), { reduce: false });
  return [value, logDet];
}

function gradient(x: Tensor, free: Tensor): Tensor[] {
  const { value, logDet } = rationalQuadratic(x, constrainRationalQuadratic(free));
  const loss = subtract(multiply(sum(multiply(value, value)), 0.5), sum(logDet));
  return gradients(loss, [x, free]);
}

async function splines(
  fn: (x: Tensor, free: Tensor) => Tensor[],
  knots: number,
  workers: number,
): Promise<Workload> {
  const plan = (samples: number): Plan => planOf(trace((x, free) => fn(x!, free!), specs(samples, knots)));
  const pool = await openPool({ workers });
  const parallel = await dataParallel({
    pool,
    plan,
    chunk: CHUNK,
    inputs: ['batch', 'batch'],
    outputs: ['concat', 'concat'],
  });
  const x = normalValues(SAMPLES * VALUES, 0).map((value) => 1.5 * value);
  const free = normalValues(SAMPLES * rationalQuadraticParameterCount(knots), 1).map((value) => 0.3 * value);
  let results: readonly ArrayLike<number>[] = [];
  return {
    async run(): Promise<void> {
      results = await parallel.run([x, free]);
    },
    check(): void {
      results.forEach(requireFinite);
    },
    executable() {
      const executable = instantiate(plan(CHUNK));
      executable.run([x.subarray(0, CHUNK * VALUES), free.subarray(0, CHUNK * (free.length / SAMPLES))]);
      return executable;
    },
    async close(): Promise<void> {
      await parallel.dispose();
      await pool.close();
    },
  };
}

function splineCase(kind: 'forward' | 'gradient', bins: number): BenchmarkCase {
  return {
    id: `rqs-${kind}-${bins}bins`,
    title:
      `Rational-quadratic spline, ${bins + 1} knots, 524,288 values: ` +
      (kind === 'forward' ? "y and ln y'" : 'gradient to values and parameters'),
    threads: [1, 2],
    setUp: (workers) => splines(kind === 'forward' ? forward : gradient, bins + 1, workers),
    peers: [
      { kind: 'python', name: 'torch', threads: [1, 2] },
      { kind: 'python', name: 'jax', threads: [1, 2] },
    ],
    targets: kind === 'forward' ? [] : [{ peer: 'torch', quantity: 'time', atLeast: 5, goal: 10 }],
  };
}

export const RATIONAL_QUADRATIC_CASES: readonly BenchmarkCase[] = [7, 8].flatMap((bins) => [
  splineCase('forward', bins),
  splineCase('gradient', bins),
]);
