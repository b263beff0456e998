/** TRENF on a GPU: the exact Gaussian limit, training that follows the CPU's, likelihoods and samples, no leak. */
import { radialFilter, radialFilterLogDet, realFft, shells } from '@equiflow/fft-mesh';
import {
  add,
  compile,
  constant,
  evaluate,
  exp,
  key,
  multiply,
  randomNormal,
  randomUniform,
  square,
  subtract,
  sum,
} from '@equiflow/tensor';
import { openForTests } from '@equiflow/tensor-gpu/testing';
import { openPool } from '@equiflow/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEvaluator } from './evaluator.ts';
import type { Placement } from './placement.ts';
import { memoryDataset } from './training/dataset.ts';
import { generativeExecutor } from './training/loss-executor.ts';
import { type TrainingOptions, trainingDefaults } from './training/options.ts';
import { initialState, train } from './training/trainer.ts';
import { trenf, trenfDefaults } from './trenf.ts';

const gpu = await openForTests('webgpu');
let pool: Awaited<ReturnType<typeof openPool>>;
beforeAll(async () => {
  pool = await openPool({ workers: 1 });
});
afterAll(async () => {
  await pool.close();
  await gpu?.close();
});

const flow = trenf({
  ...trenfDefaults,
  shape: [8, 8],
  boxSize: 100,
  layers: 1,
  hidden: [8],
  parameterNames: ['amplitude'],
  prior: { low: [0.5], high: [2] },
});
const count = 250;
const parameters = randomUniform(key(1), [count, 1], 'float64').map((u) => 0.5 + 1.5 * u);
const maps = Float32Array.from(
  randomNormal(key(2), [count, 64], 'float64'),
  (value, i) => value * parameters[Math.floor(i / 64)]!,
);
const dataset = memoryDataset({ maps, shape: [8, 8], parameters, parameterNames: ['amplitude'] });
const options: TrainingOptions = {
  ...trainingDefaults,
  batch: 20,
  epochs: 20,
  patience: 100,
  learningRate: 1e-2,
  validationFraction: 0.2,
};

async function losses(place: Placement): Promise<{ losses: number[]; parameters: Float32Array }> {
  const executor = await generativeExecutor(flow, place);
  const state = initialState(flow, 3);
  const found: number[] = [];
  for await (const { loss } of train(dataset, executor, options, state)) found.push(loss);
  await executor.close();
  return { losses: found, parameters: state.best };
}

test.skipIf(!gpu)(
  'a training of 200 steps follows that on the CPU; what it learned is the same flow on both',
  async () => {
    const here = await losses(gpu!);
    const there = await losses(pool);
    expect(here.losses.length).toBe(200);
    const differences = here.losses.map((loss, step) => Math.abs(loss - there.losses[step]!));
    console.log(
      `loss ${there.losses[0]!.toFixed(3)} → ${there.losses.at(-1)!.toFixed(3)} nats; the GPU's differs by ${differences[0]!.toExponential(1)} at first, at most ${Math.max(...differences).toExponential(1)}`,
    );
    // Rounding grows along a training; the noise of a batch is some nats.
    expect(differences[0]).toBeLessThan(1e-4);
    expect(Math.max(...differences)).toBeLessThan(0.05);
    expect(there.losses.at(-1)!).toBeLessThan(there.losses[0]! - 1);

    const own = openEvaluator(flow, here.parameters, { pool: gpu! });
    const reference = openEvaluator(flow, here.parameters, { pool });
    const [x, theta] = [maps.subarray(0, 640), parameters.subarray(0, 10)];
    const [a, b] = [await own.logProb(x, theta), await reference.logProb(x, theta)];
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!) / 64))).toBeLessThan(1e-5);
    const z = await own.latent(x, theta);
    const back = await own.generate(z, theta);
    expect(Math.max(...back.map((value, i) => Math.abs(value - x[i]!)))).toBeLessThan(1e-4);
    await own.close();
    await reference.close();
  },
  240_000,
);

test.skipIf(!gpu).each([
  [[16, 16], 1.3],
  [[15, 15], 0.7],
  [[8, 8, 8], 2],
] as const)(
  'Gaussian limit on %j: T = 1/(a √P), ψ = a x gives the exact ln p to 1e-5 nats a pixel',
  async (mesh, a) => {
    const cells = mesh.reduce((product, n) => product * n, 1);
    const { squares, index } = shells(mesh);
    const power = squares.map((n2) => (0.5 + n2) ** -1.5 * 4);
    const logT = Float32Array.from(power, (p) => -Math.log(a) - 0.5 * Math.log(p));
    const white = Float32Array.from(randomNormal(key(5), [1, ...mesh], 'float64'));
    const roots = Float32Array.from(power, Math.sqrt);
    const field = radialFilter(constant(white, [1, ...mesh]), constant(roots, [1, roots.length]));
    const x = evaluate(field) as Float32Array;
    const logProb = compile(
      (field, logFilter) => {
        const z = multiply(radialFilter(field, exp(logFilter)), a);
        const logDet = add(radialFilterLogDet(logFilter, mesh), cells * Math.log(a));
        return subtract(logDet, multiply(add(sum(square(z)), cells * Math.log(2 * Math.PI)), 0.5));
      },
      [
        { shape: [1, ...mesh], dtype: 'float32' },
        { shape: [1, squares.length], dtype: 'float32' },
      ],
      { backend: gpu! },
    );
    const [[value]] = (await logProb.run([x, logT])) as [Float32Array];
    expect(logProb.backend).toBe('webgpu');
    expect(logProb.executorKind).toBe('fused-encoder');
    const exact = exactLogProb(x, mesh, index, power);
    console.log(`${mesh}: ${(Math.abs(value! - exact) / cells).toExponential(1)} nats a pixel`);
    expect(Math.abs(value! - exact) / cells).toBeLessThan(1e-5);
    await logProb.dispose();
  },
);

/** −½ Σ_k [|x_k|²/P_k + ln 2πP_k] over all modes, summed directly: the transform along each axis in float64. */
function exactLogProb(
  x: Float32Array,
  mesh: readonly number[],
  index: Int32Array,
  power: Float64Array,
): number {
  const cells = x.length;
  const last = mesh.at(-1)!;
  const half = Math.floor(last / 2) + 1;
  const outer = cells / last;
  let re = new Float64Array(outer * half);
  let im = new Float64Array(outer * half);
  for (let row = 0; row < outer; row++) {
    const spectrum = realFft(x.subarray(row * last, (row + 1) * last));
    re.set(spectrum.re, row * half);
    im.set(spectrum.im, row * half);
  }
  for (let axis = mesh.length - 2; axis >= 0; axis--) {
    const n = mesh[axis]!;
    const inner = mesh.slice(axis + 1, -1).reduce((product, length) => product * length, half);
    const [nextRe, nextIm] = [new Float64Array(re.length), new Float64Array(im.length)];
    for (let at = 0; at < re.length; at++) {
      const k = Math.floor(at / inner) % n;
      const start = at - k * inner;
      for (let j = 0; j < n; j++) {
        const angle = (-2 * Math.PI * ((j * k) % n)) / n;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const from = start + j * inner;
        nextRe[at]! += re[from]! * c - im[from]! * s;
        nextIm[at]! += re[from]! * s + im[from]! * c;
      }
    }
    [re, im] = [nextRe, nextIm];
  }
  let total = 0;
  for (let at = 0; at < re.length; at++) {
    const column = at % half;
    const weight = column === 0 || 2 * column === last ? 1 : 2;
    const p = power[index[at]!]!;
    total -= 0.5 * weight * ((re[at]! ** 2 + im[at]! ** 2) / cells / p + Math.log(2 * Math.PI * p));
  }
  return total;
}
