/** A TRENF's loss and gradient in a browser, on WebGPU and on WebGL 2, against the reference kernels. */
import {
  gradients,
  initialParameters,
  key,
  layoutOf,
  negate,
  randomNormal,
  sum,
  trace,
} from '@equiflow/tensor';
import { compareGraph, openForTests } from '@equiflow/tensor-gpu/testing';
import { expect, test } from 'vitest';
import { trenf, trenfDefaults } from './trenf.ts';

const flow = trenf({
  ...trenfDefaults,
  shape: [8, 8],
  boxSize: 100,
  layers: 1,
  hidden: [6],
  parameterNames: ['Omega_m', 'sigma_8'],
  prior: { low: [0.1, 0.6], high: [0.5, 1] },
});

for (const mode of ['webgpu', 'webgl2'] as const) {
  const backend = await openForTests(mode);
  test.skipIf(!backend)(
    mode,
    async () => {
      const { size } = layoutOf(flow.parameters);
      const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
      const graph = trace(
        (flat, x, theta) => {
          const loss = negate(sum(flow.logProb(x!, theta!, flat!)));
          return [loss, ...gradients(loss, [flat!])];
        },
        [float(size), float(2, 8, 8), float(2, 2)],
      );
      const inputs = (seed: number): Float32Array[] => [
        Float32Array.from(initialParameters(flow.parameters, seed), (value, i) => value + 0.05 * Math.sin(i)),
        Float32Array.from(randomNormal(key(seed), [2, 8, 8], 'float64')),
        Float32Array.of(0.2, 0.7, 0.45, 0.95),
      ];
      expect(await compareGraph(backend!, graph, inputs(1), inputs(2))).toBeLessThan(1e-4);
      await backend!.close();
    },
    120_000,
  );
}
