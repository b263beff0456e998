import { bdf, dop853, kvaerno5, radau5, rk4, rodas4 } from '@equiflow/ode-solvers';
import {
  add,
  initialParameters,
  key,
  layoutOf,
  matmul,
  multiply,
  type ParameterTensors,
  randomNormal,
  reshape,
  sin,
  square,
  type Tensor,
} from '@equiflow/tensor';
import { openPool } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { posteriorOnGrid } from '../posterior/flow-posterior.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import type { ContinuousFlowOptions } from './continuous-flow-types.ts';
import { perceptronField } from './perceptron-field.ts';
import type { FlowField } from './vector-field.ts';

/** v = A x + b, with A = [[0.3, −0.5], [0.8, −0.2]]: x(1) = e^A x + φ(A) b, ln |det| = Tr A. */
const matrix = [0.3, -0.5, 0.8, -0.2];
const shift = [0.4, -0.7];
const affine: FlowField = {
  shape: [2],
  parameters: { matrix: { shape: [2, 2], values: matrix }, shift: { shape: [2], values: shift } },
  velocity: (_, x, __, { matrix: a, shift: b }: ParameterTensors) =>
    add(matmul(x, a!, { transposeB: true }), b!),
};
const affineParameters = initialParameters(affine.parameters, 1);

/** e^A x + φ(A) b by the power series. */
function affineEnd(x: ArrayLike<number>): number[] {
  const times = ([u, v]: number[]): number[] => [
    matrix[0]! * u! + matrix[1]! * v!,
    matrix[2]! * u! + matrix[3]! * v!,
  ];
  let [power, rest] = [[x[0]!, x[1]!], [...shift]];
  const end = [...power];
  for (let n = 1; n < 30; n++) {
    end[0]! += rest[0]! / factorial(n);
    end[1]! += rest[1]! / factorial(n);
    [power, rest] = [times(power), times(rest)];
    end[0]! += power[0]! / factorial(n);
    end[1]! += power[1]! / factorial(n);
  }
  return end;
}
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const logNormal = (z: ArrayLike<number>): number =>
  Array.from(z).reduce((sum, value) => sum - 0.5 * value ** 2 - 0.5 * Math.log(2 * Math.PI), 0);

const points = randomNormal(key(4), [5, 2], 'float64');

test.each([dop853, radau5])('an affine field against its closed form: $name', async (method) => {
  const flow = openContinuousFlow(affine, standardNormal([2]), affineParameters, {
    method,
    sharing: method === radau5 ? 'shared' : 'own',
    rtol: 1e-13,
    atol: 1e-13,
  });
  const { logProb, latent } = await flow.density(points);
  for (let i = 0; i < 5; i++) {
    const end = affineEnd(points.subarray(2 * i, 2 * i + 2));
    expect(Math.abs(latent[2 * i]! - end[0]!)).toBeLessThan(1e-10);
    expect(Math.abs(latent[2 * i + 1]! - end[1]!)).toBeLessThan(1e-10);
    expect(Math.abs(logProb[i]! - (logNormal(end) + 0.1))).toBeLessThan(1e-10);
  }
  await flow.close();
});

/** A free-form field whose parameters are all drawn, large enough to fold the plane. */
const free = perceptronField({ dimension: 2, contextSize: 1, hidden: [12, 12] });
const freeParameters = randomNormal(key(1), [layoutOf(free.parameters).size], 'float64').map((z) => 0.5 * z);
const count = 40;
const x = randomNormal(key(2), [count, 2], 'float64');
const theta = randomNormal(key(3), [count, 1], 'float64');
const open = (options: ContinuousFlowOptions = {}, field = free, parameters = freeParameters) =>
  openContinuousFlow(field, standardNormal([2]), parameters, { contextSize: 1, ...options });
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test('implicit methods follow a field that depends on time', async () => {
  const few = [x.subarray(0, 6), theta.subarray(0, 3)] as const;
  const expected = await open({ method: dop853, rtol: 1e-10, atol: 1e-10 }).logProb(...few);
  for (const method of [bdf, kvaerno5, radau5, rodas4]) {
    const flow = open({ method, rtol: 1e-6, atol: 1e-6, sharing: 'shared' });
    const { logProb, statistics } = await flow.density(...few);
    expect(distance(logProb, expected)).toBeLessThan(2e-4);
    expect(statistics.steps).toBeLessThan(150);
    await flow.close();
  }
});

test('a density in the plane integrates to 1', async () => {
  const flow = open({ rtol: 1e-5, atol: 1e-5 });
  const [side, half] = [70, 10];
  const width = (2 * half) / (side - 1);
  const grid = Float64Array.from({ length: 2 * side * side }, (_, at) => {
    const cell = Math.floor(at / 2);
    return width * (at % 2 === 0 ? cell % side : Math.floor(cell / side)) - half;
  });
  for (const value of [-1, 0.7]) {
    const thetas = new Float64Array(side * side).fill(value);
    const logProb = await flow.logProb(grid, thetas);
    const integral = logProb.reduce((sum, log) => sum + Math.exp(log), 0) * width ** 2;
    expect(Math.abs(integral - 1)).toBeLessThan(1e-4);
    // It is not the base density.
    expect(
      distance(
        logProb,
        grid.subarray(0, side * side).map((_, i) => logNormal(grid.subarray(2 * i, 2 * i + 2))),
      ),
    ).toBeGreaterThan(1);
  }
  await flow.close();
});

test('the error in log p shrinks with the tolerance and covers the true error', async () => {
  const exact = await open({ method: dop853, rtol: 1e-13, atol: 1e-13 }).logProb(x, theta);
  const reported: number[] = [];
  for (const tolerance of [1e-3, 1e-5, 1e-7]) {
    const { logProb, error } = await open({ rtol: tolerance, atol: tolerance }).density(x, theta);
    const wrong = logProb.map((value, i) => Math.abs(value - exact[i]!));
    const covered = wrong.reduce((sum, value, i) => sum + Number(value <= error[i]! + 1e-12), 0);
    expect(covered).toBeGreaterThanOrEqual(0.95 * count);
    expect(Math.max(...wrong)).toBeLessThan(Math.max(...error));
    expect(Math.max(...error)).toBeLessThan(300 * tolerance);
    reported.push(error.reduce((a, b) => a + b) / count);
  }
  expect(reported[1]! / reported[0]!).toBeLessThan(0.2);
  expect(reported[2]! / reported[1]!).toBeLessThan(0.2);
});

test('a density does not depend on the batch that a sample is in', async () => {
  const [small, large] = [open({ batch: 3, rtol: 1e-4 }), open({ batch: 64, rtol: 1e-4 })];
  expect(distance(await small.logProb(x, theta), await large.logProb(x, theta))).toBeLessThan(1e-10);
  expect(await small.logProb(x.subarray(0, 2), theta.subarray(0, 1))).toEqual(
    (await small.logProb(x, theta)).subarray(0, 1),
  );
});

test('log p in the error norm: the divergence is followed where x hardly moves', async () => {
  // v = 5 sin(20 t) x at points so near 0 that their own error is never seen; ∫ div v dt = (1 − cos 20)/2.
  const still: FlowField = {
    shape: [2],
    parameters: {},
    velocity: (t, at) => multiply(at, multiply(reshape(sin(multiply(t, 20)), [at.shape[0]!, 1]), 5)),
  };
  const near = x.map((value) => 1e-9 * value);
  const exact = (1 - Math.cos(20)) / 2 - Math.log(2 * Math.PI);
  const worst = (values: Float64Array): number => distance(values, new Float64Array(count).fill(exact));
  const [xOnly, both] = [open({ errorNorm: 'x' }, still), open({ errorNorm: 'x and log p' }, still)];
  expect(worst(await both.logProb(near, theta))).toBeLessThan(1e-4);
  expect(worst(await xOnly.logProb(near, theta))).toBeGreaterThan(0.01);
  // The reported error tells.
  expect(Math.min(...(await xOnly.density(near, theta)).error)).toBeGreaterThan(0.01);
  expect(Math.max(...(await both.density(near, theta)).error)).toBeLessThan(1e-4);
});

test('generate undoes latent, and samples come with their own densities and path lengths', async () => {
  const flow = open({ rtol: 1e-9, atol: 1e-9 });
  expect(distance(await flow.generate(await flow.latent(x, theta), theta), x)).toBeLessThan(1e-6);
  const drawn = await flow.sample(key(5), count, theta);
  const again = await flow.density(drawn.samples, theta);
  expect(distance(drawn.logProb, again.logProb)).toBeLessThan(1e-6);
  expect(distance(drawn.pathLength, again.pathLength)).toBeLessThan(1e-6);
  expect(Math.min(...drawn.pathLength)).toBeGreaterThan(0);
  expect(distance(again.latent, standardNormal([2]).sample(key(5), count))).toBeLessThan(1e-6);
  await flow.close();
});

test('gradients in θ are those of differences', async () => {
  const flow = open({ rtol: 1e-10, atol: 1e-10, prior: { low: [-1], high: [2] } });
  const gradient = await flow.thetaGradient(x, theta);
  const step = 1e-4;
  const at = (sign: number) =>
    flow.logProb(
      x,
      theta.map((value) => value + sign * step),
    );
  const [above, below] = [await at(1), await at(-1)];
  expect(
    distance(
      gradient,
      above.map((value, i) => (value - below[i]!) / (2 * step)),
    ),
  ).toBeLessThan(1e-5);
});

test('a posterior: the mean of a normal whose mean is θ', async () => {
  // v = θ: x(1) = x + θ, a normal about −θ.
  const shifted: FlowField = {
    shape: [2],
    parameters: {},
    velocity: (_, at, context) => add(multiply(at, 0), context),
  };
  const flow = open({ rtol: 1e-8, atol: 1e-8 }, shifted);
  const posterior = await posteriorOnGrid(flow, Float64Array.of(0.4, -1), { low: [-8], high: [8] });
  expect(posterior.mean[0]).toBeCloseTo(0.3, 3);
  expect(posterior.covariance[0]).toBeCloseTo(0.5, 2);
});

test("Hutchinson's noise is fixed by the seed and the place; its densities are right in mean", async () => {
  const { velocityAndDivergence: _, ...unknown } = free;
  const samples = 8;
  const exact = await open({}, unknown).logProb(x.subarray(0, 2 * samples), theta.subarray(0, samples));
  const repeats = 40;
  const many = Float64Array.from({ length: 2 * samples * repeats }, (_, i) => x[i % (2 * samples)]!);
  const thetas = Float64Array.from({ length: samples * repeats }, (_, i) => theta[i % samples]!);
  const options: ContinuousFlowOptions = { trace: 'hutchinson', rtol: 1e-3, atol: 1e-3, batch: 64 };
  const flow = open(options, unknown);
  const estimates = await flow.logProb(many, thetas);
  expect(await flow.logProb(many, thetas)).toEqual(estimates);
  expect(await open({ ...options, seed: 2 }, unknown).logProb(many, thetas)).not.toEqual(estimates);
  let chi = 0;
  for (let i = 0; i < samples; i++) {
    const own = Array.from({ length: repeats }, (_, k) => estimates[k * samples + i]!);
    const mean = own.reduce((a, b) => a + b) / repeats;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (repeats - 1);
    expect(variance).toBeGreaterThan(1e-6);
    chi += (mean - exact[i]!) ** 2 / (variance / repeats);
  }
  expect(chi / samples).toBeLessThan(2.5);
});

test('densities over workers: the same paths, the same integrals', async () => {
  const pool = await openPool({ workers: 2 });
  const { velocityAndDivergence: _, ...unknown } = free;
  const cases: [FlowField, ContinuousFlowOptions][] = [
    [free, {}],
    [unknown, { sharing: 'shared', method: rk4, step: 0.25 }],
    [unknown, { trace: 'hutchinson', probes: 2, prior: { low: [-2], high: [3] } }],
  ];
  for (const [field, options] of cases) {
    const common = { ...options, errorNorm: 'x', batch: 16 } as const;
    const [here, there] = [open(common, field), open({ ...common, place: pool, chunk: 7 }, field)];
    const [a, b] = [await here.density(x, theta), await there.density(x, theta)];
    expect(distance(a.logProb, b.logProb)).toBeLessThan(1e-11);
    expect(distance(a.error, b.error)).toBeLessThan(1e-11);
    expect(distance(a.pathLength, b.pathLength)).toBeLessThan(1e-11);
    expect(distance(a.latent, b.latent)).toBeLessThan(1e-11);
    const [c, d] = [
      await here.sample(key(6), 5, theta.subarray(0, 5)),
      await there.sample(key(6), 5, theta.subarray(0, 5)),
    ];
    expect(distance(c.logProb, d.logProb)).toBeLessThan(1e-11);
    expect(distance(c.pathLength, d.pathLength)).toBeLessThan(1e-11);
    await here.close();
    await there.close();
  }
  expect(() => open({ place: pool })).toThrow(/errorNorm: 'x'/);
  expect(() => open({ place: pool, errorNorm: 'x', method: radau5, sharing: 'shared' })).toThrow(
    /explicit method/,
  );
  await pool.close();
});

test('failures say which samples, when, and what to do', async () => {
  await expect(open({ maximumSteps: 3 }).logProb(x, theta)).rejects.toThrow(/samples 0 to 39.*steps/);
  const exploding: FlowField = {
    shape: [2],
    parameters: {},
    velocity: (_, at: Tensor) => multiply(square(at), 4),
  };
  await expect(open({ rtol: 1e-4 }, exploding).logProb(x, theta)).rejects.toThrow(
    /samples 0 to 39: .*t = 0\./,
  );
  await expect(open().logProb(x, theta.subarray(1))).rejects.toThrow(
    /80 values of samples \[2\] with 39 values of 1 parameters/,
  );
  await expect(open({ method: radau5 }).logProb(x, theta)).rejects.toThrow(
    /explicit method with an error estimate, which radau5 is not; give sharing: 'shared'/,
  );
  expect(() => openContinuousFlow(free, standardNormal([3]), freeParameters)).toThrow(
    /the field moves samples \[2\], the base density has samples \[3\]/,
  );
  expect(() => open({ trace: 'exakt' as 'exact' })).toThrow(/trace is 'exakt'; give 'exact' or 'hutchinson'/);
  expect(() => open({ batch: 0 })).toThrow(/batch is 0; give a whole number/);
});

test('implicit methods follow a field that does not move, where path lengths have no slope', async () => {
  const still: FlowField = { shape: [2], parameters: {}, velocity: (_, at: Tensor) => multiply(at, 0) };
  const flow = openContinuousFlow(still, standardNormal([2]), new Float64Array(0), {
    method: radau5,
    sharing: 'shared',
  });
  const { logProb, pathLength } = await flow.density(points);
  for (let i = 0; i < 5; i++) {
    expect(Math.abs(logProb[i]! - logNormal(points.subarray(2 * i, 2 * i + 2)))).toBeLessThan(1e-12);
    expect(pathLength[i]).toBeLessThan(1e-12);
  }
  await flow.close();
});
