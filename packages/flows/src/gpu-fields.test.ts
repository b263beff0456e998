/** What continuous flows are made of, on a GPU: graph networks, and solves of differential equations unrolled into the graph. */
import { completeGraph, edgeListGraph, egnn } from '@equiflow/egnn';
import { dopri5, odeUnrolled } from '@equiflow/ode-solvers';
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
