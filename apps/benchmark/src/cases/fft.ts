/** A real Fourier transform and back, float32: batched maps and volumes, which every later case is made of. */
import { irfft, rfft } from '@equiflow/fft-mesh';
import { type Tensor, trace } from '@equiflow/tensor';
import { dataParallel, instantiate, openPool, type Plan, planOf } from '@equiflow/tensor-wasm';
import type { BenchmarkCase, Workload } from '../case.ts';
import { fftJs } from './fft-js.ts';
import { normalValues, requireClose } from './random-values.ts';

type Axes = 2 | 3;

function thereAndBack(x: Tensor, axes: Axes): Tensor {
  const { re, im } = rfft(x, { axes });
  return irfft(re, im, { axes });
}

function planFor(shape: readonly number[], axes: Axes): Plan {
  return planOf(trace((x) => thereAndBack(x!, axes), [{ shape, dtype: 'float32' }]));
}

/** On one thread: the compiled plan alone, its input in its place. */
function alone(shape: readonly number[], axes: Axes): Workload {
  const executable = instantiate(planFor(shape, axes));
  const x = executable.inputArrays[0]!;
  x.set(
    normalValues(
      shape.reduce((a, b) => a * b, 1),
      0,
    ),
  );
  let y: ArrayLike<number> = [];
  return {
    bytes: () => executable.memoryBytes,
    run(): void {
      y = executable.run([x])[0]!;
    },
    check(): void {
      requireClose(y, x, 1e-4);
    },
    executable: () => executable,
  };
}

/** Maps shared out among workers, a half of the batch each. */
async function shared(shape: readonly number[], axes: Axes, workers: number): Promise<Workload> {
  const [batch, ...grid] = shape as [number, ...number[]];
  const pool = await openPool({ workers });
  const parallel = await dataParallel({
    pool,
    plan: (count) => planFor([count, ...grid], axes),
    chunk: Math.ceil(batch / workers),
    inputs: ['batch'],
    outputs: ['concat'],
  });
  const x = normalValues(
    shape.reduce((a, b) => a * b, 1),
    0,
  );
  let y: ArrayLike<number> = [];
  return {
    async run(): Promise<void> {
      y = (await parallel.run([x]))[0]!;
    },
    check(): void {
      requireClose(y, x, 1e-4);
    },
    async close(): Promise<void> {
      await parallel.dispose();
      await pool.close();
    },
  };
}

function fftCase(grid: readonly number[], axes: Axes, batch: number): BenchmarkCase {
  const shape = batch === 1 ? grid : [batch, ...grid];
  return {
    id: `fft-${grid.join('x')}${batch === 1 ? '' : `-batch${batch}`}`,
    title: `Real FFT and back, ${batch === 1 ? '' : `${batch} × `}${grid[0]}${axes === 2 ? '²' : '³'}, float32`,
    threads: batch === 1 ? [1] : [1, 2],
    setUp: (workers) => (workers === 1 ? alone(shape, axes) : shared(shape, axes, workers)),
    peers: [
      { kind: 'python', name: 'scipy', threads: [1, 2] },
      { kind: 'python', name: 'pyfftw', threads: [1, 2] },
      { kind: 'python', name: 'torch', threads: [1, 2] },
      { kind: 'python', name: 'jax', threads: [1, 2] },
      { kind: 'node', name: 'fft.js', threads: [1], setUp: () => fftJs(shape, axes) },
      {
        kind: 'node',
        name: '@jax-js/jax',
        threads: [1],
        setUp: async () => (await import('./jax-js.ts')).jaxJs(shape, axes),
      },
    ],
    targets: [
      { peer: 'scipy', threads: 1, quantity: 'time', atLeast: 1 },
      { peer: 'pyfftw', quantity: 'time', goal: 1 / 1.2 },
    ],
  };
}

export const FFT_CASES: readonly BenchmarkCase[] = [
  fftCase([128, 128], 2, 32),
  fftCase([64, 64, 64], 3, 1),
  fftCase([128, 128, 128], 3, 1),
];
