/** Flows of marked points on the torus: symmetries, normalisation, pairs, and that training finds clustering. */
import {
  compile,
  initialParameters,
  key,
  randomNormal,
  randomUniform,
  unpackParameters,
} from '@equiflow/tensor';
import { openPool } from '@equiflow/tensor-wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryDataset } from '../training/dataset.ts';
import { trainingDefaults } from '../training/options.ts';
import { initialState, train } from '../training/trainer.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import { flowMatching } from './flow-matching.ts';
import { haloBase, haloField, periodicTransport, wrapHalos } from './halo-flow.ts';

/** Parameters that make points and marks move. */
function movingParameters(field: ReturnType<typeof haloField>, seed: number, by = 0.2): Float64Array {
  return initialParameters(field.parameters, seed).map((value, i) => value + by * Math.sin(7 * i));
}

/** The image of marked points: axes exchanged and reflected, shifted, by whole sides too, renumbered. */
function image(
  x: Float64Array,
  halos: number,
  {
    order,
    axes,
    signs,
    shift,
    side,
  }: { order: number[]; axes: number[]; signs: number[]; shift: number[]; side: number },
): Float64Array {
  const d = axes.length;
  return Float64Array.from({ length: x.length }, (_, i) => {
    const [halo, axis] = [Math.floor(i / (d + 1)) % halos, i % (d + 1)];
    const from = order[halo]! * (d + 1);
    if (axis === d) return x[from + d]!;
    return signs[axis]! * x[from + axes[axis]!]! + shift[axis]! + side * ((3 * halo + axis) % 5);
  });
}

describe('symmetries of the box', () => {
  const [halos, side] = [4, 1.7];
  const box = [side, side, side];
  const field = haloField({ halos, box, layers: 2, hidden: 6, contextSize: 1 });
  const flat = movingParameters(field, 1);
  const velocity = compile(
    (t, x, theta, parameters) => [
      field.velocity(t!, x!, theta!, unpackParameters(field.parameters, parameters!)),
    ],
    [[1], [1, halos, 4], [1, 1], [flat.length]].map((shape) => ({ shape, dtype: 'float64' as const })),
  );
  const motion = fc.record({
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    axes: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    signs: fc.array(fc.constantFrom(-1, 1), { minLength: 3, maxLength: 3 }),
    shift: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
    side: fc.constant(side),
  });
  const seeds = fc.integer({ min: 1, max: 1e6 });
  const sample = (seed: number): Float64Array => haloBase(halos, box).sample(key(seed), 1);

  test('the field moves with them, to 1e-10', () => {
    fc.assert(
      fc.property(seeds, motion, (seed, moved) => {
        const run = (x: Float64Array): Float64Array =>
          velocity.run([Float64Array.of(0.3), x, Float64Array.of(0.6), flat])[0]!.slice() as Float64Array;
        const x = sample(seed);
        const v = run(x);
        const wanted = image(v, halos, { ...moved, shift: [0, 0, 0], side: 0 });
        run(image(x, halos, moved)).forEach((value, i) => {
          expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-10);
        });
        expect(Math.max(...v.map(Math.abs))).toBeGreaterThan(1e-2);
      }),
      { numRuns: 20 },
    );
  });

  test('the density does not change, to the tolerance of the solver', async () => {
    const flow = openContinuousFlow(field, haloBase(halos, box), flat, {
      contextSize: 1,
      rtol: 1e-9,
      atol: 1e-9,
    });
    await fc.assert(
      fc.asyncProperty(seeds, motion, async (seed, moved) => {
        const x = sample(seed);
        const both = Float64Array.of(...x, ...image(x, halos, moved));
        const [one, other] = await flow.logProb(both, Float64Array.of(0.6, 0.6));
        expect(Math.abs(one! - other!)).toBeLessThan(1e-6);
      }),
      { numRuns: 5 },
    );
    await flow.close();
  });
});

test('the density of two marked points on a circle integrates to 1', async () => {
  const box = [1.5];
  const field = haloField({ halos: 2, box, layers: 2, hidden: 6 });
  const flow = openContinuousFlow(field, haloBase(2, box), movingParameters(field, 2, 0.1), { batch: 1024 });
  // One point at 0, which translations allow; sums over equal steps converge fast for periodic and for decaying functions.
  // Reflections let half of the circle stand for the whole.
  const [turns, marks, most] = [24, 26, 6.5];
  const step = (2 * most) / marks;
  const points: number[] = [];
  const weights: number[] = [];
  for (let a = 0; a <= turns / 2; a++) {
    for (let b = 0; b < marks; b++) {
      for (let c = 0; c < marks; c++) {
        points.push(0, -most + (b + 0.5) * step, (a / turns) * box[0]!, -most + (c + 0.5) * step);
        weights.push(a === 0 || 2 * a === turns ? 1 : 2);
      }
    }
  }
  const values = await flow.logProb(Float64Array.from(points));
  const cell = box[0]! * (box[0]! / turns) * step * step;
  const total = values.reduce((sum, value, i) => sum + weights[i]! * Math.exp(value) * cell, 0);
  expect(total).toBeCloseTo(1, 4);
  // It is not the base density: on the circle, too, it varies.
  const middle = (marks / 2) * marks + marks / 2;
  const half = values[middle + (turns / 2) * marks * marks]!;
  expect(Math.abs(values[middle]! - half)).toBeGreaterThan(0.05);
  await flow.close();
});

test('base: uniform in the box, with normal marks', () => {
  const box = [2, 3];
  const base = haloBase(5, box);
  const samples = base.sample(key(3), 400);
  const means = [0, 0, 0];
  samples.forEach((value, i) => {
    means[i % 3]! += value / 2000;
    if (i % 3 < 2) expect(value >= 0 && value < box[i % 3]!).toBe(true);
  });
  expect(means[0]).toBeCloseTo(1, 1);
  expect(means[1]).toBeCloseTo(1.5, 1);
  expect(means[2]).toBeCloseTo(0, 1);
  const [logProb] = compile((z) => [base.logProb(z!)], [{ shape: [1, 5, 3], dtype: 'float64' }]).run([
    samples.slice(0, 15),
  ]);
  const marks = [2, 5, 8, 11, 14].reduce((sum, i) => sum + samples[i]! ** 2, 0);
  expect(logProb![0]).toBeCloseTo(-5 * Math.log(6) - 2.5 * Math.log(2 * Math.PI) - marks / 2, 12);
});

describe('pairs on the torus', () => {
  const box = [1, 2, 3];
  const [count, halos] = [3, 6];
  const draw = (seed: number): Float64Array => haloBase(halos, box).sample(key(seed), count);
  const lengths = (x: Float64Array, z: Float64Array): number =>
    x.reduce((sum, value, i) => {
      const side = box[i % 4];
      const apart = z[i]! - value;
      return sum + (side === undefined ? apart : apart - side * Math.round(apart / side)) ** 2;
    }, 0);

  test('are the latents themselves, renumbered, at the image nearest to the data, and nearer in total', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const [x, z] = [draw(seed), draw(seed + 1)];
        const paired = z.slice();
        periodicTransport(box)({ count, shape: [halos, 4], x, z: paired, context: new Float64Array(0) });
        expect(lengths(x, paired)).toBeLessThanOrEqual(lengths(x, z) + 1e-12);
        paired.forEach((value, i) => {
          const side = box[i % 4];
          if (side !== undefined) expect(Math.abs(value - x[i]!)).toBeLessThanOrEqual(side / 2 + 1e-12);
        });
        wrapHalos(paired, box);
        for (let start = 0; start < z.length; start += 4 * halos) {
          const rows = (values: Float64Array): string[] =>
            Array.from({ length: halos }, (_, h) =>
              [...values.subarray(start + 4 * h, start + 4 * h + 4)].map((v) => v.toFixed(9)).join(),
            ).sort();
          expect(rows(paired)).toEqual(rows(z));
        }
      }),
      { numRuns: 10 },
    );
  });

  test('refuse samples of another box', () => {
    const z = new Float64Array(6);
    expect(() => periodicTransport([1, 1])({ count: 1, shape: [3, 2], x: z, z, context: z })).toThrow(
      'samples of [3,2]; marked points of this box are [N, 3]',
    );
  });
});

test('flow matching finds pairs of near points and the mean mark of θ', async () => {
  const [count, side] = [512, 2];
  const box = [side, side];
  const theta = randomUniform(key(5), [count, 1], 'float64').map((u) => 2 * u - 1);
  const places = randomUniform(key(6), [count, 2], 'float64');
  const noise = randomNormal(key(7), [count, 2, 3], 'float64');
  const maps = Float64Array.from(noise, (value, i) => {
    const [sample, axis] = [Math.floor(i / 6), i % 3];
    if (axis === 2) return theta[sample]! + 0.3 * value;
    return side * places[2 * sample + axis]! + 0.1 * value;
  });
  const dataset = memoryDataset({ maps, shape: [2, 3], parameters: theta, parameterNames: ['mean'] });
  const field = haloField({ halos: 2, box, layers: 2, hidden: 16, contextSize: 1 });
  const base = haloBase(2, box);
  const pool = await openPool({ workers: 2 });
  try {
    const executor = await flowMatching(field, base, pool, {
      contextSize: 1,
      coupling: periodicTransport(box),
    });
    const state = initialState(field, 1);
    const options = { ...trainingDefaults, batch: 64, epochs: 60, learningRate: 1e-2 };
    for await (const _ of train(dataset, executor, options, state));
    await executor.close();
    const flow = openContinuousFlow(field, base, state.best, { contextSize: 1, rtol: 1e-4, atol: 1e-4 });
    const held = 64;
    const values = await flow.logProb(maps.subarray(0, 6 * held), theta.subarray(0, held));
    const mean = values.reduce((sum, value) => sum + value, 0) / held;
    await flow.close();
    // Entropies: uniform with standard normal marks; and that of these data, whose points are 0.14 apart a coordinate.
    const unclustered = -2 * Math.log(side ** 2) - Math.log(2 * Math.PI) - (1 / 3 + 0.09);
    const exact =
      -Math.log(side ** 2) - Math.log(2 * Math.PI * Math.E * 0.02) - Math.log(2 * Math.PI * Math.E * 0.09);
    expect(mean).toBeGreaterThan(unclustered + 0.7 * (exact - unclustered));
    expect(mean).toBeLessThan(exact + 0.3);
  } finally {
    await pool.close();
  }
});
