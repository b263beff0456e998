import { expect, test } from 'vitest';
import { compile, evaluate } from './compile.ts';
import {
  broadcastTo,
  cast,
  concatenate,
  matmul,
  pad,
  reshape,
  slice,
  sum,
  transpose,
} from './primitives/index.ts';
import { constant, input } from './tensor.ts';
import type { TypedArray } from './types.ts';

const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);

test('constants take numbers, lists and typed arrays', () => {
  expect(constant(2).shape).toEqual([]);
  expect(constant([1, 2]).dtype).toBe('float32');
  expect(constant(Float64Array.of(1, 2)).dtype).toBe('float64');
  expect([...evaluate(cast(constant([1.9, -1.9, 2]), 'int32'))]).toEqual([1, -1, 2]);
});

test.each<[string, () => unknown, string]>([
  ['count', () => constant([1, 2, 3], [2]), 'constant: 3 values do not fill the shape [2]; give 2'],
  ['negative lengths', () => constant([1, 2], [-1, -2]), 'constant: [-1,-2] is no shape'],
  ['fractions', () => input({ shape: [1.5], dtype: 'float32' }, 'x'), 'input x: [1.5] is no shape'],
  ['array kind', () => constant(Uint8Array.of(1) as unknown as TypedArray), 'a Uint8Array holds no tensor'],
  ['reshape count', () => reshape(x, [4]), 'reshape: float32[2,3] has 6 values, [4] takes 4'],
  ['reshape open', () => reshape(x, [-1, 4]), 'reshape: float32[2,3] does not divide into [-1,4]'],
  ['reshape two open', () => reshape(x, [-1, -1]), 'reshape: [-1,-1] leaves two lengths open'],
  ['reshape negative', () => reshape(x, [-2, -3]), 'reshape: [-2,-3] is no shape'],
  ['broadcast negative', () => broadcastTo(constant(1), [-2]), 'broadcastTo: [-2] is no shape'],
  ['slice fraction', () => slice(x, [[0.5, 1.5]]), 'slice: starts [0.5,0], sizes [1,3], steps [1,1] leave'],
  ['slice beyond', () => slice(x, [[0, 3]]), 'slice: starts [0,0], sizes [3,3], steps [1,1] leave'],
  ['slice rank', () => slice(x, [null, null, null]), 'slice: 3 ranges for float32[2,3]'],
  ['pad', () => pad(x, [[-1, 0]]), 'pad: float32[2,3] at [-1,0]'],
  ['concatenate', () => concatenate([x, constant([1])]), 'concatenate: float32[2,3], float32[1] do not join'],
  ['transpose', () => transpose(x, [0, 0]), 'transpose: [0,0] is not a permutation of the axes'],
  ['matmul', () => matmul(x, x), 'matmul: float32[2,3] times float32[2,3] do not fit'],
  ['sum axis', () => sum(x, { axes: [2] }), 'sum: axes [2] for float32[2,3]; they run from -2 to 1'],
  ['indices', () => sum(constant(Int32Array.of(1))), 'sum: int32[1] holds indices'],
])('an error names the operation and the shapes: %s', (_, act, message) => {
  expect(act).toThrow(message);
});

test('a run refuses what does not fit, and a disposed executable', () => {
  const executable = compile((a) => sum(a), [{ shape: [3], dtype: 'float64' }]);
  expect(() => executable.run([])).toThrow('run: got 0 inputs, the graph has 1');
  expect(() => executable.run([new Float32Array(3)])).toThrow(
    'run: input 0 is float32 with 3 values, expected float64[3] (3 values)',
  );
  executable.dispose();
  expect(() => executable.run([new Float64Array(3)])).toThrow(/disposed/);
});
