import {
  compile,
  constant,
  key,
  layoutOf,
  randomNormal,
  reshape,
  slice,
  sum,
  type Tensor,
  vjp,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { logAbsDeterminant } from './testing/log-abs-determinant.ts';
import { type Trenf, type TrenfSpec, trenf, trenfDefaults } from './trenf.ts';

const specOf = (shape: number[], changes: Partial<TrenfSpec> = {}): TrenfSpec => ({
  ...trenfDefaults,
  shape,
  boxSize: 100,
  layers: 2,
  hidden: [6],
  parameterNames: ['Omega_m', 'sigma_8'],
  prior: { low: [0.1, 0.6], high: [0.5, 1] },
  ...changes,
});

/** Parameters far from the start, so that every part does something. */
const parametersOf = (flow: Trenf): Float64Array =>
  randomNormal(key(4), [layoutOf(flow.parameters).size], 'float64').map((value) => 0.3 * value);

const float64 = (...shape: number[]) => ({ shape, dtype: 'float64' as const });
const theta = Float64Array.of(0.3, 0.8, 0.15, 0.95);

const compileFlow = (flow: Trenf, method: 'logProb' | 'latent' | 'generate', count = 2) =>
  compile(
    (x, context, flat) => flow[method](x!, context!, flat!),
    [float64(count, ...flow.spec.shape), float64(count, 2), float64(layoutOf(flow.parameters).size)],
  );

const cases: [string, TrenfSpec][] = [
  ['2-D', specOf([6, 6])],
  ['2-D odd', specOf([5, 5])],
  ['3-D', specOf([4, 4, 4])],
  ['ln(1 + δ), standardised', specOf([6, 6], { logDensity: true, mean: -0.1, deviation: 0.6 })],
  ['knots uniform in k', specOf([6, 6], { transferSpacing: 'linear', transferKnots: 4, layers: 1 })],
];

/** A field with values that ln(1 + δ) takes. */
const fieldOf = (spec: TrenfSpec, count = 2): Float64Array =>
  randomNormal(key(8), [count, ...spec.shape], 'float64').map((value) =>
    spec.logDensity ? Math.expm1(0.5 * value) : value,
  );

test.each(cases)('%s: generate inverts latent', (_, spec) => {
  const flow = trenf(spec);
  const flat = parametersOf(flow);
  const x = fieldOf(spec);
  const z = compileFlow(flow, 'latent').run([x, theta, flat])[0]!.slice();
  const [back] = compileFlow(flow, 'generate').run([z, theta, flat]);
  x.forEach((value, i) => {
    expect(back![i]).toBeCloseTo(value, 10);
  });
});

test.each(cases)('%s: the log-determinant is that of the Jacobian by autodiff', (_, spec) => {
  const flow = trenf(spec);
  const flat = parametersOf(flow);
  const x = fieldOf(spec, 1);
  const n = x.length;
  const jacobian = compile(
    (field, context, parameters) => {
      const z = reshape(flow.latent(field!, context!, parameters!), [n]);
      return Array.from(
        { length: n },
        (_, i) => vjp([slice(z, [[i, i + 1]])], [constant([1], [1], 'float64')], [field!])[0] as Tensor,
      );
    },
    [float64(1, ...spec.shape), float64(1, 2), float64(flat.length)],
  ).run([x, theta.subarray(0, 2), flat]);
  const logDet = logAbsDeterminant(jacobian.map((row) => Float64Array.from(row)));
  const [z] = compileFlow(flow, 'latent', 1).run([x, theta.subarray(0, 2), flat]);
  const base =
    -0.5 * Float64Array.from(z!).reduce((total, value) => total + value * value, n * Math.log(2 * Math.PI));
  const [logProb] = compileFlow(flow, 'logProb', 1).run([x, theta.subarray(0, 2), flat]);
  expect(logProb![0]! - base).toBeCloseTo(logDet, 9);
});

test('commutes with translations, rotations by 90° and reflections to 1e-10', () => {
  const spec = specOf([6, 6]);
  const flow = trenf(spec);
  const flat = parametersOf(flow);
  const latent = compileFlow(flow, 'latent');
  const n = 6;
  const moves: ((i: number, j: number) => [number, number])[] = [
    (i, j) => [(i + 2) % n, (j + 5) % n],
    (i, j) => [j, (n - i) % n],
    (i, j) => [(n - i) % n, j],
  ];
  const x = fieldOf(spec);
  const z = latent.run([x, theta, flat])[0]!.slice();
  for (const move of moves) {
    const moved = (field: ArrayLike<number>): Float64Array =>
      Float64Array.from(field, (_, at) => {
        const [i, j] = move(Math.floor(at / n) % n, at % n);
        return field[Math.floor(at / (n * n)) * n * n + i * n + j]!;
      });
    const [after] = latent.run([moved(x), theta, flat]);
    const expected = moved(z);
    after!.forEach((value, at) => {
      expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-10);
    });
  }
});

test('samples of a batch do not mix: each alone gives the same density', () => {
  const spec = specOf([6, 6]);
  const flow = trenf(spec);
  const flat = parametersOf(flow);
  const x = fieldOf(spec);
  const both = compileFlow(flow, 'logProb').run([x, theta, flat])[0]!.slice();
  const alone = compileFlow(flow, 'logProb', 1);
  for (let i = 0; i < 2; i++) {
    const [one] = alone.run([x.subarray(36 * i, 36 * (i + 1)), theta.subarray(2 * i, 2 * i + 2), flat]);
    expect(one![0]).toBeCloseTo(both[i]!, 9);
  }
});

test('the wasm backend gives the density and its gradients of the reference, in float64 and float32', () => {
  const spec = specOf([8, 8]);
  const flow = trenf(spec);
  const flat = parametersOf(flow);
  const x = fieldOf(spec);
  const graph = (field: Tensor, context: Tensor, parameters: Tensor): Tensor[] => {
    const logProb = flow.logProb(field, context, parameters);
    return [
      logProb,
      ...(vjp([sum(logProb)], [constant(1, [], field.dtype)], [parameters, context, field]) as Tensor[]),
    ];
  };
  const expected = compile(graph, [float64(2, 8, 8), float64(2, 2), float64(flat.length)]).run([
    x,
    theta,
    flat,
  ]);
  for (const dtype of ['float64', 'float32'] as const) {
    const run = compile(
      graph,
      [
        { shape: [2, 8, 8], dtype },
        { shape: [2, 2], dtype },
        { shape: [flat.length], dtype },
      ],
      { backend: wasm() },
    );
    const arrays = [x, theta, flat].map((data) => (dtype === 'float32' ? Float32Array.from(data) : data));
    run.run(arrays).forEach((values, output) => {
      const reference = Float64Array.from(expected[output]!);
      const scale = Math.sqrt(
        reference.reduce((total, value) => total + value * value, 0) / reference.length,
      );
      values.forEach((value, i) => {
        expect(Math.abs(value - reference[i]!) / scale).toBeLessThan(dtype === 'float64' ? 1e-11 : 2e-4);
      });
    });
  }
});

test('a new flow is a standardisation, whatever θ', () => {
  const flow = trenf(specOf([6, 6], { mean: 2, deviation: 3 }));
  const x = fieldOf(flow.spec);
  const start = new Float64Array(layoutOf(flow.parameters).size);
  const [z] = compileFlow(flow, 'latent').run([x, theta, start]);
  x.forEach((value, i) => {
    expect(z![i]).toBeCloseTo((value - 2) / 3, 12);
  });
});

test('specs that cannot be are refused by name', () => {
  expect(() => trenf(specOf([6, 8]))).toThrow(/shape \[6,8\]/);
  expect(() => trenf(specOf([6, 6], { boxSize: 0 }))).toThrow(/box size 0/);
  expect(() => trenf(specOf([6, 6], { prior: { low: [0.1], high: [0.5] } }))).toThrow(/Omega_m, sigma_8/);
  expect(() => trenf(specOf([6, 6], { prior: { low: [0.5, 0], high: [0.1, 1] } }))).toThrow(
    /Omega_m from 0.5 to 0.1/,
  );
});
