import { crossPowerSpectrum, powerSpectrum } from '@equiflow/fft-mesh';
import { wasm } from '@equiflow/tensor-wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parameterDesign, sobolInteger } from './design.ts';
import { type SuiteOptions, shardRows, suiteSimulator } from './suite.ts';

test('the Sobol sequence is that of SciPy 1.x, qmc.Sobol(8, scramble=False)', () => {
  const row = (i: number): number[] =>
    Array.from({ length: 8 }, (_, axis) => (sobolInteger(i, axis) / 2 ** 32) * 1024);
  expect(row(1)).toEqual(new Array<number>(8).fill(512));
  expect(row(4).map((v) => v / 32)).toEqual([12, 12, 20, 28, 12, 4, 12, 28]);
  expect(row(7).map((v) => v / 32)).toEqual([4, 20, 12, 4, 4, 12, 20, 20]);
  expect(row(100)).toEqual([424, 264, 792, 744, 904, 760, 24, 488]);
});

test.each(['sobol', 'latin-hypercube'] as const)('%s: every slice of every parameter has one row', (kind) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, log) => {
      const count = 2 ** log;
      const low = [0.1, 0.03, 0.5, 0.8, 0.6];
      const high = [0.5, 0.07, 0.9, 1.2, 1];
      const design = parameterDesign({ kind, low, high, count, seed });
      for (let axis = 0; axis < 5; axis++) {
        const slices = Array.from({ length: count }, (_, i) =>
          Math.floor((count * (design(i)[axis]! - low[axis]!)) / (high[axis]! - low[axis]!)),
        );
        expect(new Set(slices).size).toBe(count);
        for (const slice of slices) expect(slice >= 0 && slice < count).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});

test('pairs of Sobol dimensions fill their squares, and a longer suite begins with a shorter one', () => {
  const box = { low: [0, 0, 0], high: [1, 1, 1], seed: 4, kind: 'sobol' } as const;
  const long = parameterDesign({ ...box, count: 64 });
  const short = parameterDesign({ ...box, count: 16 });
  for (let i = 0; i < 16; i++) expect(short(i)).toEqual(long(i));
  const boxes = new Set(
    Array.from({ length: 16 }, (_, i) => `${Math.floor(4 * long(i)[0]!)},${Math.floor(4 * long(i)[1]!)}`),
  );
  expect(boxes.size).toBe(16);
});

const options: SuiteOptions = {
  names: ['Omega_m', 'sigma_8'],
  low: [0.2, 0.6],
  high: [0.4, 1],
  held: { Omega_b: 0.049, h: 0.6711, n_s: 0.9624 },
  design: 'sobol',
  count: 8,
  seed: 1,
  transfer: 'eh98-nowiggle',
  boxSize: 200,
  particles: 16,
  meshFactor: 1,
  window: 'cic',
  scheme: 'fastpm',
  steps: 4,
  startRedshift: 9,
  redshift: 0,
  amplitudes: 'random',
  mapSize: 16,
  mapsPerSimulation: 4,
  depth: 100,
};

test('a row is the same to the bit whoever simulates it, after whatever else', () => {
  const one = suiteSimulator(options, wasm());
  const other = suiteSimulator(options, wasm());
  one.simulate(3);
  const a = one.simulate(5);
  const b = other.simulate(5);
  expect(a).toEqual(b);
  expect(a.theta).toEqual(one.theta(5));
  expect(a.maps.length).toBe(4 * 256);
  expect(one.simulate(6).maps).not.toEqual(a.maps);
});

test('maps correlate with their linear maps on large scales, on a mesh of another size too', () => {
  for (const mapSize of [16, 12]) {
    const { maps, linear } = suiteSimulator({ ...options, mapSize }, wasm()).simulate(2);
    const box = { mesh: [mapSize, mapSize], boxSize: 200, edges: [0.02, 0.08] };
    for (let map = 0; map < 4; map++) {
      const pick = (from: Float32Array) => from.slice(map * mapSize ** 2, (map + 1) * mapSize ** 2);
      const cross = crossPowerSpectrum(pick(maps), pick(linear), box).power[0]!;
      const own = powerSpectrum(pick(maps), box).power[0]! * powerSpectrum(pick(linear), box).power[0]!;
      expect(cross / Math.sqrt(own)).toBeGreaterThan(0.8);
    }
  }
});

test('shards share the rows out', () => {
  const all = [1, 2, 3].flatMap((shard) => shardRows(10, shard, 3));
  expect(all.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(() => shardRows(10, 0, 3)).toThrow(/shard 0\/3/);
});

test('nonsense is refused', () => {
  const make = (changes: Partial<SuiteOptions>) => () => suiteSimulator({ ...options, ...changes }, wasm());
  expect(make({ held: { Omega_b: 0.05, h: 0.7 } })).toThrow(/n_s is neither varied nor held/);
  expect(make({ held: { ...options.held, sigma_8: 0.8 } })).toThrow(/sigma_8 is both/);
  expect(make({ mapsPerSimulation: 7 })).toThrow(/holds 1 to 6/);
  expect(make({ high: [0.1, 1] })).toThrow(/low < high/);
  expect(make({ low: [-0.1, 0.6] })).toThrow(/Omega_m = -0.1; give values above 0/);
  expect(make({ low: [0.03, 0.6] })).toThrow(/Omega_b from 0.049 to 0.049, Omega_m from 0.03; give baryons/);
  expect(make({ design: 'grid' as 'sobol' })).toThrow(/design 'grid'/);
  expect(() => suiteSimulator(options, wasm()).theta(8)).toThrow(/row 8 of 8/);
});
