import { gradients, matmul, sum, tanh, trace } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { gpu } from './index.ts';
import { profileGraph } from './testing/profile.ts';

test('a profile has every launch and every byte of the plan, the slowest kernel first', async () => {
  const backend = await gpu({ mode: 'cpu' });
  const graph = trace(
    (w, x) => {
      const loss = sum(tanh(matmul(x!, w!)));
      return [loss, ...gradients(loss, [w!])];
    },
    [
      { shape: [6, 4], dtype: 'float32' },
      { shape: [50, 6], dtype: 'float32' },
    ],
  );
  const executable = backend.compile(graph);
  const data = [new Float32Array(24).fill(0.1), new Float32Array(300).map((_, i) => Math.sin(i))];
  let ticks = 0;
  const rows = await profileGraph(backend, graph, data, { clock: () => ++ticks });
  expect(rows.reduce((total, { launches }) => total + launches, 0)).toBe(executable.steps);
  expect(rows.reduce((total, { bytes }) => total + bytes, 0)).toBe(executable.trafficBytes);
  // One tick a launch.
  expect(rows.map(({ milliseconds }) => milliseconds)).toEqual(rows.map(({ launches }) => launches));
  expect(rows.map(({ milliseconds }) => milliseconds)).toEqual(
    rows.map(({ milliseconds }) => milliseconds).sort((a, b) => b - a),
  );
  await expect(profileGraph(backend, graph, data, { repeats: 0 })).rejects.toThrow(
    /0 repeats; give at least 1/,
  );
  await backend.close();
});
