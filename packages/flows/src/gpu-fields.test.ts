/** What continuous flows are made of, on a GPU: graph networks, and solves of differential equations unrolled into the graph. */
import { completeGraph, edgeListGraph, egnn } from '@equiflow/egnn';
import { compileDeviceOde, compileOde, dopri5, odeUnrolled } from '@equiflow/ode-solvers';
import {
  add,
  gradients,
  initialParameters,
  layoutOf,
  matmul,
  multiply,
  reshape,
  sin,
  square,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  tanh,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import { compareGraph, openForTests } from '@equiflow/tensor-gpu/testing';
import { afterAll, expect, test } from 'vitest';

const backend = await openForTests('webgpu');
afterAll(() => backend?.close());

const float = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });
const draw = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1) * seed));

test.skipIf(!backend).each([
  ['rk4', undefined, 4],
  ['dopri5', dopri5, 2],
] as const)(
  'an unrolled solve, its gradients in state, parameters and end time: %s',
  async (_, method, steps) => {
    const graph = trace(
      (y0, w, t1) => {
        const y1 = odeUnrolled(
          (t, y, weights) => add(tanh(matmul(y, weights!)), multiply(sin(t), y)),
          [0, t1!],
          y0!,
          { steps, parameters: [w!], ...(method && { method }) },
        );
        return [y1, ...gradients(sum(square(y1)), [y0!, w!, t1!])];
      },
      [float(3, 4), float(4, 4), float()],
    );
    const inputs = (seed: number): Float32Array[] => [
      draw(12, seed),
      draw(16, seed + 1),
      Float32Array.of(1.2),
    ];
    expect(await compareGraph(backend!, graph, inputs(1), inputs(5))).toBeLessThan(1e-5);
  },
);

test.skipIf(!backend)(
  'an adaptive solve and its gradient, step by step: right, and says that it waits',
  async () => {
    const field = (t: Tensor, y: Tensor, weights?: Tensor): Tensor =>
      add(tanh(matmul(y, weights!)), multiply(sin(multiply(t, 3)), y));
    const [y0, w] = [draw(6, 1), draw(4, 2)];
    const solver = compileDeviceOde(field, { backend: backend!, shape: [3, 2], parameters: [[2, 2]] });
    const { y, accepted, note, gradients } = await solver.solve([0, 2], y0, [w]);
    const ofY = draw(6, 3);
    const found = await gradients(ofY);
    await solver.dispose();
    expect(accepted).toBeGreaterThan(3);
    expect(note).toMatch(
      /adaptive steps on gpu \(webgpu\), each of which waited for the host: slow; odeUnrolled/,
    );
    const exact = compileOde(field, {
      state: { shape: [3, 2], dtype: 'float64' },
      parameters: [{ shape: [2, 2], dtype: 'float64' }],
    });
    const solution = exact.solve([0, 2], Float64Array.from(y0), [Float64Array.from(w)], { rtol: 1e-9 });
    // Of both times; the first is y0 itself.
    const wanted = solution.vjp(Float64Array.of(0, 0, 0, 0, 0, 0, ...ofY));
    const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
    expect(apart(y, solution.y.subarray(6))).toBeLessThan(2e-4);
    expect(apart(found.y0, wanted.y0)).toBeLessThan(1e-3);
    expect(apart(found.parameters[0]!, wanted.parameters[0]!)).toBeLessThan(1e-3);
    exact.dispose();
  },
);

const nodes = 6;
const network = egnn({ nodeFeatures: 2, hidden: 4, layers: 2 });
const { size } = layoutOf(network.parameters);

test.skipIf(!backend).each(['complete', 'list of edges'] as const)(
  'a graph network and its gradients: %s',
  async (form) => {
    const edges = 11;
    const lists = form === 'complete' ? 0 : edges;
    const graph = trace(
      (flat, h, x, senders, receivers) => {
        const whole = form === 'complete';
        const leading = whole ? [2, nodes / 2] : [nodes];
        const out = network.apply(
          {
            h: reshape(h!, [...leading, 2]),
            x: reshape(x!, [...leading, 3]),
            graph: whole ? completeGraph(2, nodes / 2) : edgeListGraph(senders!, receivers!, nodes),
          },
          unpackParameters(network.parameters, flat!),
        );
        const moved = subtract(reshape(out.x, [nodes, 3]), x!);
        const loss = add(sum(square(moved)), sum(square(out.h)));
        return [out.h, out.x, ...gradients(loss, [flat!, h!, x!])];
      },
      [
        float(size),
        float(nodes, 2),
        float(nodes, 3),
        { shape: [lists], dtype: 'int32' },
        { shape: [lists], dtype: 'int32' },
      ],
    );
    const places = (shift: number): Int32Array =>
      Int32Array.from({ length: lists }, (_, edge) => (edge * 5 + shift) % nodes);
    const inputs = (seed: number): (Float32Array | Int32Array)[] => [
      Float32Array.from(initialParameters(network.parameters, seed), (value, i) => value + 0.2 * Math.sin(i)),
      draw(2 * nodes, seed),
      draw(3 * nodes, seed + 1),
      places(seed),
      places(seed + 2),
    ];
    expect(await compareGraph(backend!, graph, inputs(1), inputs(3))).toBeLessThan(2e-5);
  },
);
