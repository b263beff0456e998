import { key, randomUniform } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { uniformStream } from './uniform-stream.ts';
import { testUniformity, uniformsOfRanks } from './uniformity.ts';

test('χ² of known counts', () => {
  // scipy.stats.chisquare([12, 8, 10, 14, 6]) of SciPy 1.17.
  const counts = [12, 8, 10, 14, 6];
  const values = counts.flatMap((count, bin) => Array.from({ length: count }, () => bin / 5 + 0.1));
  const { chiSquare } = testUniformity(values, 5);
  expect([...chiSquare.counts]).toEqual(counts);
  expect(chiSquare.statistic).toBeCloseTo(4, 12);
  expect(chiSquare.pValue).toBeCloseTo(0.4060058497098381, 12);
});

test('p-values of uniform numbers are uniform themselves', () => {
  const ks: number[] = [];
  for (let seed = 0; seed < 200; seed++) {
    ks.push(testUniformity(randomUniform(key(seed), [60], 'float64')).kolmogorovSmirnov.pValue);
  }
  expect(testUniformity(ks).kolmogorovSmirnov.pValue).toBeGreaterThan(0.01);
});

test('ranks spread evenly give uniforms', () => {
  const random = uniformStream(key(3));
  const ranks = Array.from({ length: 1100 }, (_, i) => i % 11);
  const test1 = testUniformity(uniformsOfRanks(ranks, 10, random));
  expect(test1.kolmogorovSmirnov.pValue).toBeGreaterThan(0.05);
  expect(() => uniformsOfRanks([11], 10, random)).toThrow(/rank 11 is not an integer from 0 to 10/);
});

test('a stream of uniforms is the sequence of its key', () => {
  const random = uniformStream(key(9));
  const sequence = randomUniform(key(9), [3000], 'float64');
  for (const value of sequence) expect(random()).toBe(value);
});

test('too few numbers, and bins too many, are refused', () => {
  expect(() => testUniformity([0.5])).toThrow(/1 values; at least 10/);
  expect(() => testUniformity(new Float64Array(50), 20)).toThrow(/20 bins for 50 values; give 2 to 10/);
});
