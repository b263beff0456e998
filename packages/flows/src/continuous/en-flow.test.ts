import {
  adam,
  compile,
  full,
  initialParameters,
  jacobianTrace,
  key,
  layoutOf,
  type ParameterSpecs,
  permutation,
  randomNormal,
  unpackParameters,
} from '@equiflow/tensor';
import { openPool } from '@equiflow/tensor-wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { removeCentreOfMass } from '../particles/centre-of-mass.ts';
import { parallelTempering } from '../particles/parallel-tempering.ts';
import { dw4System } from '../particles/systems.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import { equivariantTransport } from './coupling.ts';
import { type EnFieldOptions, enField, zeroMeanNormal } from './en-flow.ts';
import { flowMatching } from './flow-matching.ts';

/** Parameters of a field that moves points about, as a trained one does: a new one hardly moves them. */
function lively(specs: ParameterSpecs, seed: number): Float64Array {
  const flat = initialParameters(specs, seed);
  for (const { name, offset, size } of layoutOf(specs).slots) {
    if (!name.endsWith('coordinate.1.weight')) continue;
    const noise = randomNormal(key(seed), [size], 'float64');
    for (let i = 0; i < size; i++) flat[offset + i] = 0.3 * noise[i]!;
  }
  return flat;
}

/** A rotation in the plane of the first two axes, perhaps a reflection, a renumbering and a shift of one configuration. */
function motion(points: number, dimensions: number, seed: number, shift: number) {
  const [angle, mirror] = randomNormal(key(seed), [2], 'float64');
  const order = permutation(key(seed), points);
  const [c, s] = [Math.cos(3 * angle!), Math.sin(3 * angle!)];
  return (x: Float64Array): Float64Array => {
    const moved = new Float64Array(x.length);
    for (let start = 0; start < x.length; start += points * dimensions) {
      for (let i = 0; i < points; i++) {
        const from = start + order[i]! * dimensions;
        const to = start + i * dimensions;
        const [a, b] = [x[from]!, x[from + 1]!];
        moved[to] = (mirror! > 0 ? -1 : 1) * (c * a - s * b) + shift;
        moved[to + 1] = s * a + c * b - 2 * shift;
        if (dimensions === 3) moved[to + 2] = x[from + 2]! + shift;
      }
    }
    return moved;
  };
}

describe.each([
  [4, 2],
  [5, 3],
])('an E(n) flow of %i points in %i dimensions', (points, dimensions) => {
  const field = enField({ particles: points, dimensions, layers: 2, hidden: 8 });
  const base = zeroMeanNormal(points, dimensions, 1.3);
  const parameters = lively(field.parameters, 1);
  const x = base.sample(key(2), 3);

  test('log p does not change under the group (1e-6 at a tolerance of 1e-8)', async () => {
    const flow = openContinuousFlow(field, base, parameters, { rtol: 1e-8, atol: 1e-8 });
    const before = await flow.logProb(x);
    // The flow is no identity.
    const latent = await flow.latent(x);
    expect(Math.max(...latent.map((value, i) => Math.abs(value - x[i]!)))).toBeGreaterThan(0.1);
    for (const seed of [1, 2, 3, 4]) {
      const after = await flow.logProb(motion(points, dimensions, seed, 0.7)(x));
      after.forEach((value, i) => {
        expect(Math.abs(value - before[i]!)).toBeLessThan(1e-6);
      });
    }
    await flow.close();
  });

  test('samples of moved latents are moved samples (1e-6 at a tolerance of 1e-8), with their centre at 0', async () => {
    const flow = openContinuousFlow(field, base, parameters, { rtol: 1e-8, atol: 1e-8 });
    const samples = await flow.generate(x);
    const move = motion(points, dimensions, 5, 0);
    const moved = await flow.generate(move(x));
    const expected = move(samples);
    moved.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
    });
    const centred = samples.slice();
    removeCentreOfMass(centred, points, dimensions);
    samples.forEach((value, i) => {
      expect(Math.abs(value - centred[i]!)).toBeLessThan(1e-10);
    });
    await flow.close();
  });

  test('the exact divergence is the trace over all coordinates, translations included (1e-12)', () => {
    const f64 = (...shape: number[]) => ({ shape, dtype: 'float64' as const });
    const executable = compile(
      (at, flat) => {
        const t = full(0.3, [3], 'float64');
        const theta = full(0, [3, 0], 'float64');
        const tensors = unpackParameters(field.parameters, flat!);
        const { value, trace } = jacobianTrace(
          (y, times, context) => field.velocity(times!, y, context!, tensors),
          at!,
          [t, theta],
        );
        const own = field.velocityAndDivergence!(t, at!, theta, tensors);
        return [trace, own.divergence, value, own.velocity];
      },
      [f64(3, points, dimensions), f64(parameters.length)],
    );
    const [trace, divergence, value, velocity] = executable.run([x, parameters]);
    expect(Math.max(...trace!.map(Math.abs))).toBeGreaterThan(0.05);
    trace!.forEach((expected, i) => {
      expect(Math.abs(divergence![i]! - expected)).toBeLessThan(1e-12);
    });
    value!.forEach((expected, i) => {
      expect(Math.abs(velocity![i]! - expected)).toBeLessThan(1e-12);
    });
  });
});

describe('the normal distribution without centre of mass', () => {
  const logProbOf = (
    points: number,
    dimensions: number,
    deviation: number,
    z: Float64Array,
  ): Float64Array => {
    const base = zeroMeanNormal(points, dimensions, deviation);
    const count = z.length / (points * dimensions);
    const executable = compile(
      (at) => base.logProb(at!),
      [{ shape: [count, points, dimensions], dtype: 'float64' }],
    );
    return Float64Array.from(executable.run([z])[0]!);
  };

  test('integrates to 1 over orthonormal coordinates of the subspace (1e-10)', () => {
    // Three points on a line: u (1, −1, 0)/√2 + w (1, 1, −2)/√6.
    const h = 0.2;
    const grid = Array.from({ length: 121 }, (_, i) => (i - 60) * h);
    const z = Float64Array.from(
      grid.flatMap((u) =>
        grid.flatMap((w) => {
          const [a, b] = [u / Math.SQRT2, w / Math.sqrt(6)];
          return [a + b, b - a, -2 * b];
        }),
      ),
    );
    const total = logProbOf(3, 1, 1.5, z).reduce((sum, value) => sum + Math.exp(value) * h * h, 0);
    expect(Math.abs(total - 1)).toBeLessThan(1e-10);
  });

  test('does not see the centre of mass, and its draws have none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 3 }), (points, dimensions) => {
        const z = zeroMeanNormal(points, dimensions, 2).sample(key(points), 400);
        const centred = z.slice();
        removeCentreOfMass(centred, points, dimensions);
        expect(Math.max(...z.map((value, i) => Math.abs(value - centred[i]!)))).toBeLessThan(1e-12);
        const [plain, shifted] = [z, z.map((value) => value + 5)].map((values) =>
          logProbOf(points, dimensions, 2, values),
        );
        plain!.forEach((value, i) => {
          expect(Math.abs(value - shifted![i]!)).toBeLessThan(1e-10 * 400);
        });
        // Minus the entropy, ½ (M − 1) n ln 2πe s², within 5 standard errors.
        const freedom = (points - 1) * dimensions;
        const mean = plain!.reduce((sum, value) => sum + value / 400, 0);
        const entropy = (freedom / 2) * Math.log(2 * Math.PI * Math.E * 4);
        expect(Math.abs(mean + entropy)).toBeLessThan((5 * Math.sqrt(freedom / 2)) / 20);
      }),
      { numRuns: 10 },
    );
  });
});

test.each([1, 2])(
  'the density of three points on a line integrates to 1 over the subspace (1e-4): field %i',
  async (seed) => {
    // 6 orders of the points, whose gaps are the coordinates: (0, u, u + v) has the volume du dv/√3. Simpson's rule in √u and √v.
    const field = enField({ particles: 3, dimensions: 1, layers: 2, hidden: 8 });
    const base = zeroMeanNormal(3, 1, 0.9);
    const flow = openContinuousFlow(field, base, lively(field.parameters, seed), { rtol: 1e-5, atol: 1e-5 });
    const intervals = 40;
    const h = 3 / intervals;
    const roots = Array.from({ length: intervals + 1 }, (_, i) => i * h);
    const weights = roots.map(
      (root, i) => (h / 3) * (i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2) * 2 * root,
    );
    const x = Float64Array.from(roots.flatMap((u) => roots.flatMap((v) => [0, u ** 2, u ** 2 + v ** 2])));
    const logProb = await flow.logProb(x);
    const latent = await flow.latent(x.subarray(0, 3 * roots.length));
    await flow.close();
    // The flow is no identity: gaps change.
    const gap = (values: Float64Array): number => values[3 * 20 + 2]! - values[3 * 20 + 1]!;
    expect(Math.abs(gap(latent) - gap(x))).toBeGreaterThan(0.1);
    const total = weights.reduce(
      (sum, u, i) =>
        sum + weights.reduce((row, v, j) => row + u * v * Math.exp(logProb[i * weights.length + j]!), 0),
      0,
    );
    expect(Math.abs((6 / Math.sqrt(3)) * total - 1)).toBeLessThan(1e-4);
  },
);

test('what is no set of points is told in one line', async () => {
  expect(() => enField({ particles: 1, dimensions: 3 })).toThrow(
    'enField: particles is 1; give a whole number, 2 or more',
  );
  expect(() => enField({ dimensions: 3 } as EnFieldOptions)).toThrow('enField: particles is undefined');
  expect(() => zeroMeanNormal(1, 2)).toThrow('zeroMeanNormal: particles is 1');
  expect(() => zeroMeanNormal(4, 2, 0)).toThrow('zeroMeanNormal: a deviation of 0; give a positive number');
  const field = enField({ particles: 3, dimensions: 1, hidden: 4 });
  const flow = openContinuousFlow(field, zeroMeanNormal(3, 1), initialParameters(field.parameters, 1));
  await expect(flow.sample(key(1), -1)).rejects.toThrow('the count of samples is -1');
  await expect(flow.density([1, 0, -1] as unknown as Float64Array)).rejects.toThrow(
    'x is no Float64Array or Float32Array',
  );
  await flow.close();
});

test('a short training by flow matching brings DW4 below a normal of the best width', async () => {
  const { energy, samplingLadder } = dw4System();
  const sampled = (seed: number, sweeps: number): Float64Array =>
    parallelTempering({ energy, ladder: samplingLadder(), key: key(seed), groups: 8, sweeps, burnIn: 60 })
      .samples;
  const data = Float32Array.from(sampled(1, 128));
  const held = sampled(2, 16);
  const field = enField({ particles: 4, dimensions: 2, layers: 2, hidden: 16 });
  const base = zeroMeanNormal(4, 2, 1.8);
  const parameters = Float32Array.from(initialParameters(field.parameters, 1));
  const negativeLogProb = async (): Promise<number> => {
    const flow = openContinuousFlow(field, base, parameters, { rtol: 1e-4, atol: 1e-4, dtype: 'float32' });
    const logProb = await flow.logProb(held);
    await flow.close();
    return -logProb.reduce((sum, value) => sum + value / logProb.length, 0);
  };
  const before = await negativeLogProb();
  const pool = await openPool({ workers: 2 });
  const executor = await flowMatching(field, base, pool, {
    coupling: equivariantTransport({ exchange: false }),
    chunk: 64,
  });
  const optimiser = adam(parameters.length, { learningRate: 5e-3 });
  for (let step = 0; step < 160; step++) {
    const first = ((step * 128) % 1024) * 8;
    const batch = { size: 128, maps: data.slice(first, first + 1024), parameters: new Float32Array(0) };
    const { gradient } = await executor.lossAndGradient(parameters, batch, step);
    optimiser.step(
      parameters,
      gradient.map((value) => value / 128),
    );
  }
  await executor.close();
  await pool.close();
  const after = await negativeLogProb();
  expect(before).toBeGreaterThan(11);
  expect(after).toBeLessThan(before - 1);
});
