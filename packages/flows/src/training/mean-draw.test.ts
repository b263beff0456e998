import { expect, test } from 'vitest';
import { memoryDataset, readBatch } from './dataset.ts';
import { drawnMean, meanDrawLogDensity, withMeanDraw } from './mean-draw.ts';

const draw = { deviation: 0.3, seed: 7 };

test('every map gets its own draw, the same at every reading, with the stated deviation', async () => {
  const count = 4000;
  const dataset = memoryDataset({
    maps: new Float32Array(count * 4),
    shape: [2, 2],
    parameters: new Float64Array(count),
    parameterNames: ['a'],
  });
  const drawn = withMeanDraw(dataset, draw);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const { maps } = await readBatch(drawn, all);
  const again = await readBatch(drawn, all.toReversed());
  expect(again.maps[0]).toBe(maps[maps.length - 1]);
  const square = maps.reduce((sum, value) => sum + value * value, 0) / maps.length;
  expect(Math.sqrt(square) / draw.deviation).toBeCloseTo(1, 1);
  expect(maps[4 * 17]).toBe(Math.fround(drawnMean(draw, 17)));
});

test('the log-density is that of the k = 0 mode √N x̄, and integrates to one', () => {
  const pixels = 16;
  const sigma = draw.deviation * Math.sqrt(pixels);
  const mode = drawnMean(draw, 3) * Math.sqrt(pixels);
  const expected = -0.5 * (mode / sigma) ** 2 - 0.5 * Math.log(2 * Math.PI * sigma * sigma);
  expect(meanDrawLogDensity(draw, 3, pixels)).toBeCloseTo(expected, 12);
});

test('a deviation of zero is refused', () => {
  const dataset = memoryDataset({
    maps: new Float32Array(4),
    shape: [2, 2],
    parameters: new Float64Array(1),
    parameterNames: ['a'],
  });
  expect(() => withMeanDraw(dataset, { deviation: 0, seed: 1 })).toThrow(/deviation 0/);
});
