/** EGNN as the vector field of a continuous flow: the trace of its Jacobian, and the gradient of that. */
import {
  compile,
  gradients,
  initialParameters,
  jacobianTrace,
  reshape,
  subtract,
  sum,
  type Tensor,
  type TypedArray,
  unpackParameters,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { completeGraph } from '../graphs/graph.ts';
import { moved, normals, orthogonal, relativeDifference } from '../testing/motions.ts';
import { egnn } from './egnn.ts';

// As in the E(n) flow (arXiv:2105.09016, section 5): attention, tanh, v = x_L − x_0.
const network = egnn({ nodeFeatures: 1, hidden: 5, layers: 2, attention: true, tanhRange: 3 });
const flat = initialParameters(network.parameters, 3).map((value, i) => value + 0.3 * Math.sin(7 * i));
const [batch, particles, dimensions] = [2, 3, 2];
const width = particles * dimensions;

/** [batch, width] → velocities of the same shape. */
function field(parameters: Tensor, x: Tensor, h: Tensor): Tensor {
  const systems = x.shape[0]!;
  const points = reshape(x, [systems, particles, dimensions]);
  const out = network.apply(
    { h: reshape(h, [systems, particles, 1]), x: points, graph: completeGraph(systems, particles) },
    unpackParameters(network.parameters, parameters),
  );
  return reshape(subtract(out.x, points), x.shape);
}

const specs = [[flat.length], [batch, width], [batch, particles]].map((shape) => ({
  shape,
  dtype: 'float64' as const,
}));
const divergence = (parameters: Tensor, x: Tensor, h: Tensor): Tensor =>
  jacobianTrace((at, features) => field(parameters, at!, features!), x, [h]).trace;
const h = Float64Array.of(1, 1, 1, 1, 1, 1);
const x = normals(4, batch * width);

describe('the trace of the Jacobian', () => {
  const traced = compile(divergence, specs);
  const values = compile(field, specs);

  test('is that of finite differences', () => {
    const step = 1e-5;
    const wanted = [0, 0];
    for (let i = 0; i < x.length; i++) {
      const [above, below] = [step, -step].map(
        (by) => values.run([flat, x.map((value, j) => (i === j ? value + by : value)), h])[0]![i]!,
      );
      wanted[Math.floor(i / width)]! += (above! - below!) / (2 * step);
    }
    expect(relativeDifference(wanted, traced.run([flat, x, h])[0]!)).toBeLessThan(1e-8);
  });

  test('does not change with rotations and reflections', () => {
    const before = traced.run([flat, x, h])[0]!.slice();
    const after = traced.run([flat, moved(x, orthogonal(7, dimensions)), h])[0]!;
    expect(relativeDifference(before, after)).toBeLessThan(1e-12);
  });
});

describe('the gradient of the trace in the parameters', () => {
  const total = (parameters: Tensor, at: Tensor, features: Tensor): Tensor =>
    sum(divergence(parameters, at, features));
  const withGradient = (parameters: Tensor, at: Tensor, features: Tensor): Tensor[] => {
    const value = total(parameters, at, features);
    return [value, ...gradients(value, [parameters, at])];
  };

  test('is that of finite differences', () => {
    const [, gradient] = compile(withGradient, specs).run([flat, x, h]);
    const value = compile(total, specs);
    const step = 1e-5;
    for (let i = 0; i < flat.length; i += 13) {
      const [above, below] = [step, -step].map(
        (by) => value.run([flat.map((each, j) => (i === j ? each + by : each)), x, h])[0]![0]!,
      );
      expect(gradient![i]).toBeCloseTo((above! - below!) / (2 * step), 6);
    }
  });

  test.each(['float32', 'float64'] as const)(
    'is finite at coincident points, on SIMD kernels too, in %s',
    (dtype) => {
      const together = x.slice();
      together.copyWithin(2, 0, 2);
      const typed = (array: Float64Array): TypedArray =>
        dtype === 'float32' ? Float32Array.from(array) : array;
      const inputs = [flat, together, h].map(typed);
      const types = specs.map(({ shape }) => ({ shape, dtype }));
      const wanted = compile(withGradient, types).run(inputs);
      const tolerance = dtype === 'float32' ? 1e-4 : 1e-11;
      compile(withGradient, types, { backend: wasm() })
        .run(inputs)
        .forEach((array, which) => {
          expect(wanted[which]!.every(Number.isFinite)).toBe(true);
          expect(relativeDifference(wanted[which]!, array)).toBeLessThan(tolerance);
        });
    },
  );
});
