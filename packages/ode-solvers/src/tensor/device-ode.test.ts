import { type Graph, multiply, negate, referenceBackend } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { rk4 } from '../runge-kutta/fixed.ts';
import { compileDeviceOde, type DeviceBackend } from './device-ode.ts';

/** The reference backend behind Promises. */
const backend: DeviceBackend = {
  name: 'elsewhere',
  compile(graph: Graph) {
    const executable = referenceBackend.compile(graph);
    return {
      run: (inputs) => Promise.resolve(executable.run(inputs)),
      dispose: () => Promise.resolve(executable.dispose()),
    };
  },
};

test.each([
  [[0, 1.5], Math.exp(-3)],
  [[1, 0], Math.exp(2)],
] as const)('dy/dt = −k y over %j, with its gradients', async (span, factor) => {
  const solver = compileDeviceOde((_, y, k) => negate(multiply(y, k!)), {
    backend,
    shape: [2],
    parameters: [[]],
    rtol: 1e-6,
  });
  const solution = await solver.solve(span, Float32Array.of(1, -3), [Float32Array.of(2)]);
  expect(solution.y[0]).toBeCloseTo(factor, 4);
  expect(solution.y[1]).toBeCloseTo(-3 * factor, 3);
  expect(solution.note).toMatch(/adaptive steps on elsewhere, each of which waited for the host: slow/);
  const { y0, parameters } = await solution.gradients(Float32Array.of(1, 0));
  expect(y0[0]).toBeCloseTo(factor, 3);
  expect(y0[1]).toBe(0);
  expect(parameters[0]![0]).toBeCloseTo(-(span[1] - span[0]) * factor, 3);
  await solver.dispose();
});

test('too many steps, steps too short, and methods without an error are one line', async () => {
  const explodes = compileDeviceOde((_, y) => multiply(y, y), { backend, shape: [1] });
  await expect(explodes.solve([0, 2], Float32Array.of(1))).rejects.toThrow(
    /steps below 1e-7 of the span at t = 1/,
  );
  const few = compileDeviceOde((_, y) => negate(y), { backend, shape: [1], maximumSteps: 3 });
  await expect(few.solve([0, 100], Float32Array.of(1))).rejects.toThrow(
    /more than 3 steps, at t = .*; raise/,
  );
  await expect(few.solve([0, 1], Float32Array.of(1, 2))).rejects.toThrow(
    /2 values and 0 parameters; give 1 and 0/,
  );
  expect(() => compileDeviceOde((_, y) => y, { backend, shape: [1], method: rk4 })).toThrow(
    /no single embedded error; give dopri5/,
  );
});
