import { shells } from '@equiflow/fft-mesh';
import {
  compile,
  constant,
  gradients,
  jacobianTrace,
  key,
  layoutOf,
  randomNormal,
  reshape,
  slice,
  sum,
  type Tensor,
  unpackParameters,
  vjp,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { logAbsDeterminant } from '../testing/log-abs-determinant.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import { type FieldFlow, type FieldFlowSpec, fieldFlow, fieldFlowDefaults } from './field-flow.ts';
import { legendreAt, legendreIntegrals } from './field-flow-time.ts';

const prior = { low: [0.1, 0.6], high: [0.5, 1] };
const specOf = (shape: number[], changes: Partial<FieldFlowSpec> = {}): FieldFlowSpec => ({
  ...fieldFlowDefaults,
  ...{ units: 4, timeFunctions: 3, bound: 2 },
  shape,
  boxSize: 100,
  hidden: [6],
  parameterNames: ['Omega_m', 'sigma_8'],
  prior,
  ...changes,
});

/** Parameters far from the start, so that every part does something. */
const parametersOf = (flow: FieldFlow, scale = 0.3): Float64Array => {
  const { slots, size } = layoutOf(flow.parameters);
  const flat = randomNormal(key(4), [size], 'float64').map((value) => scale * value);
  const bias = slots.find(({ name }) => name === 'bias1')!;
  for (let i = bias.offset; i < bias.offset + bias.size; i++) flat[i]! *= 3;
  return flat;
};

const float64 = (...shape: number[]) => ({ shape, dtype: 'float64' as const });
const theta = Float64Array.of(0.3, 0.8, 0.15, 0.95);
const fieldOf = (shape: readonly number[], count = 2): Float64Array =>
  randomNormal(key(8), [count, ...shape], 'float64');

const compileFlow = (flow: FieldFlow, method: 'logProb' | 'latent' | 'generate', count = 2) =>
  compile(
    (x, context, flat) => flow[method](x!, context!, flat!),
    [float64(count, ...flow.spec.shape), float64(count, 2), float64(layoutOf(flow.parameters).size)],
  );

const run = (
  flow: FieldFlow,
  method: 'logProb' | 'latent' | 'generate',
  x: Float64Array,
  flat: Float64Array,
) => Float64Array.from(compileFlow(flow, method).run([x, theta, flat])[0]!);

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const cases: [string, FieldFlowSpec][] = [
  ['2-D', specOf([6, 6])],
  ['2-D odd, two channels', specOf([5, 5], { channels: 2 })],
  ['3-D', specOf([4, 4, 4])],
  ['constant in time, one unit', specOf([6, 6], { timeFunctions: 1, units: 1 })],
  ['linear', specOf([6, 6], { channels: 0 })],
];

describe('the field', () => {
  test.each(cases)('%s: the divergence is the trace of the Jacobian by autodiff', (_, spec) => {
    const { field } = fieldFlow(spec);
    const flat = parametersOf(fieldFlow(spec));
    const program = compile(
      (t, x, context, given) => {
        const parameters = unpackParameters(field.parameters, given!);
        const { trace } = jacobianTrace(
          (points, times, thetas) => field.velocity(times!, points, thetas!, parameters),
          x!,
          [t!, context!],
        );
        const { divergence } = field.velocityAndDivergence!(t!, x!, context!, parameters);
        return [trace, divergence];
      },
      [float64(2), float64(2, ...spec.shape), float64(2, 2), float64(flat.length)],
    );
    const times = Float64Array.of(0.2, 0.9);
    const [trace, divergence] = program.run([times, fieldOf(spec.shape), theta, flat]);
    for (let i = 0; i < 2; i++) {
      expect(Math.abs(divergence![i]!)).toBeGreaterThan(0.1);
      expect(Math.abs(divergence![i]! - trace![i]!)).toBeLessThan(1e-10);
    }
  });
});

describe('the flow', () => {
  test.each(cases)(
    '%s: commutes with translations and permutations and reflections of the axes',
    (_, spec) => {
      const flow = fieldFlow(spec);
      const flat = parametersOf(flow);
      const n = spec.shape[0]!;
      const d = spec.shape.length;
      const x = fieldOf(spec.shape);
      const z = run(flow, 'latent', x, flat);
      const density = run(flow, 'logProb', x, flat);
      expect(largestDifference(z, x)).toBeGreaterThan(0.3);
      const moves: ((index: number[]) => number[])[] = [
        (index) => index.map((i, axis) => (i + 2 + axis) % n),
        (index) => index.toReversed(),
        (index) => index.map((i, axis) => (axis === 0 ? (n - i) % n : i)),
        (index) => [index[1]!, (n - index[0]!) % n, ...index.slice(2)],
      ];
      for (const move of moves) {
        const moved = (field: Float64Array): Float64Array =>
          field.map((_, at) => {
            const cell = at % n ** d;
            const index = Array.from({ length: d }, (_, axis) => Math.floor(cell / n ** (d - 1 - axis)) % n);
            return field[at - cell + move(index).reduce((place, i) => place * n + i, 0)]!;
          });
        const movedX = moved(x);
        expect(largestDifference(run(flow, 'latent', movedX, flat), moved(z))).toBeLessThan(1e-10);
        expect(largestDifference(run(flow, 'logProb', movedX, flat), density)).toBeLessThan(1e-10);
      }
    },
  );

  test('a new flow is a standardisation, whatever θ', () => {
    const flow = fieldFlow(specOf([6, 6], { mean: 2, deviation: 3 }));
    const x = fieldOf([6, 6]);
    const { slots, size } = layoutOf(flow.parameters);
    const start = new Float64Array(size);
    for (const { name, offset } of slots) start.set(flow.parameters[name]!.values ?? [], offset);
    expect(
      largestDifference(
        run(flow, 'latent', x, start),
        x.map((value) => (value - 2) / 3),
      ),
    ).toBeLessThan(1e-12);
  });

  test('latent, density and inverse are those of the equation to the order of the steps', async () => {
    const spec = specOf([6, 6]);
    const flat = parametersOf(fieldFlow(spec));
    const x = fieldOf(spec.shape);
    const { field } = fieldFlow(spec);
    const adaptive = openContinuousFlow(field, standardNormal(spec.shape), flat, {
      ...{ contextSize: 2, prior, rtol: 1e-11, atol: 1e-11 },
    });
    const exact = await adaptive.density(x, theta);
    await adaptive.close();
    const errors = [4, 8, 16].map((steps) => {
      const flow = fieldFlow({ ...spec, steps });
      const z = run(flow, 'latent', x, flat);
      return {
        latent: largestDifference(z, exact.latent),
        density: largestDifference(run(flow, 'logProb', x, flat), exact.logProb),
        inverse: largestDifference(run(flow, 'generate', z, flat), x),
      };
    });
    for (const what of ['latent', 'density', 'inverse'] as const) {
      const [coarse, , fine] = errors.map((error) => error[what]) as [number, number, number];
      // Order 4: a factor of 256 over two halvings, in the limit.
      expect(fine).toBeLessThan(coarse / 60);
      expect(fine).toBeLessThan(1e-4);
      expect(coarse).toBeGreaterThan(1e-7);
    }
  });

  test('the log-determinant is that of the Jacobian by autodiff, to the order of the steps', () => {
    const errors = [4, 16].map((steps) => {
      const flow = fieldFlow(specOf([4, 4], { steps }));
      const flat = parametersOf(flow);
      const x = fieldOf([4, 4], 1);
      const outputs = compile(
        (field, context, parameters) => {
          const z = reshape(flow.latent(field!, context!, parameters!), [16]);
          const rows = Array.from(
            { length: 16 },
            (_, i) => vjp([slice(z, [[i, i + 1]])], [constant([1], [1], 'float64')], [field!])[0] as Tensor,
          );
          return [...rows, z, flow.logProb(field!, context!, parameters!)];
        },
        [float64(1, 4, 4), float64(1, 2), float64(flat.length)],
      ).run([x, theta.subarray(0, 2), flat]);
      const logDet = logAbsDeterminant(outputs.slice(0, 16).map((row) => Float64Array.from(row)));
      const base =
        -0.5 *
        Float64Array.from(outputs[16]!).reduce(
          (total, value) => total + value * value,
          16 * Math.log(2 * Math.PI),
        );
      return Math.abs(outputs[17]![0]! - base - logDet);
    });
    expect(errors[1]).toBeLessThan(errors[0]! / 100);
    expect(errors[1]).toBeLessThan(1e-5);
  });

  test('gradients of the training objective are those of finite differences', () => {
    const flow = fieldFlow(specOf([5, 5], { channels: 2, units: 2, steps: 2 }));
    const flat = parametersOf(flow);
    const program = compile(
      (x, context, p) => {
        const total = sum(flow.trainingObjective!(x!, context!, p!));
        return [total, ...gradients(total, [p!, context!, x!])];
      },
      [float64(2, 5, 5), float64(2, 2), float64(flat.length)],
    );
    const inputs = [fieldOf([5, 5]), theta.slice(), flat];
    const [, ...found] = program.run(inputs).map((values) => Float64Array.from(values));
    [2, 1, 0].forEach((slot, output) => {
      const direction = randomNormal(key(20 + slot), [inputs[slot]!.length], 'float64');
      const along = (epsilon: number): number =>
        program.run(
          inputs.map((values, i) =>
            i === slot ? values.map((v, j) => v + epsilon * direction[j]!) : values,
          ),
        )[0]![0]!;
      const difference = (along(1e-5) - along(-1e-5)) / 2e-5;
      const exact = found[output]!.reduce((total, value, i) => total + value * direction[i]!, 0);
      expect(Math.abs(difference - exact)).toBeLessThan(1e-6 * (1 + Math.abs(exact)));
    });
  });

  test('what a training maximises is below ln p by what the steps miss, which goes with their sixth power', () => {
    const missed = [8, 16].map((steps) => {
      const flow = fieldFlow(specOf([6, 6], { steps }));
      const flat = parametersOf(flow);
      const [logProb, objective] = compile(
        (x, context, p) => [flow.logProb(x!, context!, p!), flow.trainingObjective!(x!, context!, p!)],
        [float64(2, 6, 6), float64(2, 2), float64(flat.length)],
      ).run([fieldOf([6, 6]), theta, flat]);
      return logProb![0]! - objective![0]!;
    });
    expect(missed[1]).toBeGreaterThan(0);
    // Σ over the steps of h⁶: fifth power.
    expect(missed[0]! / missed[1]!).toBeGreaterThan(20);
    expect(missed[0]! / missed[1]!).toBeLessThan(50);
  });

  test('the Gaussian limit: w_0 = ln T constant in time and no nonlinear part gives the density of the field', () => {
    for (const channels of [0, 1]) {
      const flow = fieldFlow(specOf([8, 8], { channels }));
      const { slots, size } = layoutOf(flow.parameters);
      const flat = new Float64Array(size);
      const { offset } = slots.find(({ name }) => name === 'bias1')!;
      // ln T rises by 1/3 from knot to knot: P_k = (k/k_f)^(−n), uniform in ln k.
      const [first, slope] = [-0.7, 1 / 3];
      flat.set([0.4, ...Array.from({ length: 8 }, (_, i) => first + slope * i)], offset);
      const x = fieldOf([8, 8]);
      const found = run(flow, 'logProb', x, flat);
      const { squares, multiplicity } = shells([8, 8]);
      const corner = squares.at(-1)!;
      const logT = Array.from(squares, (square) =>
        square === 0 ? 0.4 : first + (7 * slope * Math.log(square)) / Math.log(corner),
      );
      for (let map = 0; map < 2; map++) {
        let expected = -32 * Math.log(2 * Math.PI);
        multiplicity.forEach((modes, s) => {
          expected += modes * logT[s]!;
        });
        for (let a = 0; a < 8; a++) {
          for (let b = 0; b < 8; b++) {
            let [re, im] = [0, 0];
            for (let i = 0; i < 64; i++) {
              const phase = (-2 * Math.PI * (a * Math.floor(i / 8) + b * (i % 8))) / 8;
              re += x[64 * map + i]! * Math.cos(phase);
              im += x[64 * map + i]! * Math.sin(phase);
            }
            const square = Math.min(a, 8 - a) ** 2 + Math.min(b, 8 - b) ** 2;
            expected -= (0.5 * Math.exp(2 * logT[squares.indexOf(square)]!) * (re * re + im * im)) / 64;
          }
        }
        expect(Math.abs(found[map]! - expected)).toBeLessThan(1e-10);
      }
    }
  });

  test('the wasm backend gives the density and its gradients of the reference, in float64 and float32', () => {
    const flow = fieldFlow(specOf([8, 8], { steps: 2 }));
    const flat = parametersOf(flow);
    const x = fieldOf([8, 8]);
    const graph = (field: Tensor, context: Tensor, parameters: Tensor): Tensor[] => {
      const logProb = flow.logProb(field, context, parameters);
      return [logProb, ...gradients(sum(logProb), [parameters, context, field])];
    };
    const types = (dtype: 'float32' | 'float64') =>
      [[2, 8, 8], [2, 2], [flat.length]].map((shape) => ({ shape, dtype }));
    const expected = compile(graph, types('float64')).run([x, theta, flat]);
    for (const dtype of ['float64', 'float32'] as const) {
      const arrays = [x, theta, flat].map((data) => (dtype === 'float32' ? Float32Array.from(data) : data));
      const found = compile(graph, types(dtype), { backend: wasm() }).run(arrays);
      found.forEach((values, output) => {
        const reference = Float64Array.from(expected[output]!);
        const scale = Math.sqrt(
          reference.reduce((total, value) => total + value * value, 0) / reference.length,
        );
        expect(largestDifference(values, reference) / scale).toBeLessThan(dtype === 'float64' ? 1e-11 : 2e-4);
      });
    }
  });

  test('choices that cannot be are refused by name', () => {
    expect(() => fieldFlow(specOf([6, 8]))).toThrow(/fieldFlow: shape \[6,8\]/);
    expect(() => fieldFlow(specOf([6, 6], { steps: 0 }))).toThrow(/0 steps/);
    expect(() => fieldFlow(specOf([6, 6], { channels: -1 }))).toThrow(/-1 channels/);
    expect(() => fieldFlow(specOf([6, 6], { timeFunctions: 0 }))).toThrow(/0 polynomials/);
    expect(() => fieldFlow(specOf([6, 6], { units: 0 }))).toThrow(/0 units/);
    expect(() => fieldFlow(specOf([6, 6], { transferKnots: 1 }))).toThrow(/1 knots/);
    expect(() => fieldFlow(specOf([6, 6], { bound: 0 }))).toThrow(/bound 0/);
  });
});

test('polynomials of time: values, and integrals against sums of many values', () => {
  expect(legendreAt(0.25, 4)).toEqual([1, -0.5, -0.125, 0.4375]);
  const integrals = legendreIntegrals(0.1, 0.7, 4);
  const n = 20_000;
  integrals.forEach((integral, order) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += legendreAt(0.1 + (0.6 * (i + 0.5)) / n, 4)[order]! * (0.6 / n);
    expect(Math.abs(total - integral)).toBeLessThan(1e-9);
  });
  expect(legendreIntegrals(0, 1, 4).map((value) => Math.abs(value) < 1e-15)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});
