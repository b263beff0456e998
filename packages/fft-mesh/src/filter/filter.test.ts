import {
  compile,
  gradients,
  key,
  multiply,
  randomNormal,
  randomUniform,
  type Shape,
  sum,
  type Tensor,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { shells } from '../shells.ts';
import { radialFilter, radialFilterLogDet } from './primitive.ts';

const cellsOf = (mesh: Shape): number => mesh.reduce((a, b) => a * b, 1);

/** The filter as a function of arrays: one map, T from a function of |n|². */
function filterOf(
  mesh: Shape,
  t: (square: number) => number,
  dtype: 'float32' | 'float64',
  backend = wasm(),
) {
  const { squares } = shells(mesh);
  const values = squares.map(t);
  const run = compile(
    (x, filter) => radialFilter(x, filter),
    [
      { shape: [1, ...mesh], dtype },
      { shape: [1, squares.length], dtype },
    ],
    { backend },
  );
  return (x: Float64Array): Float64Array => {
    const convert = (a: Float64Array) => (dtype === 'float64' ? a : Float32Array.from(a));
    return Float64Array.from(run.run([convert(x), convert(values)])[0]!);
  };
}

const largest = (a: Float64Array): number => a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]!));

describe.each([[[16, 16]], [[9, 9]], [[6, 6, 6]], [[5, 5, 5]]])('on the mesh %s', (mesh) => {
  const n = mesh[0]!;
  const filter = filterOf(mesh, (square) => 1 / (1 + 0.3 * square), 'float64');
  const x = randomNormal(key(4), mesh, 'float64');

  test('commutes with translations, rotations by 90° and reflections', () => {
    /** Moves cell (i, j, …) to the place that `to` says. */
    const moved = (a: Float64Array, to: (i: number, j: number) => [number, number]): Float64Array => {
      const rest = a.length / n ** 2;
      const out = new Float64Array(a.length);
      a.forEach((value, cell) => {
        const [i, j] = to(Math.floor(cell / rest / n), Math.floor(cell / rest) % n);
        out[((((i % n) + n) % n) * n + (((j % n) + n) % n)) * rest + (cell % rest)] = value;
      });
      return out;
    };
    const symmetries: readonly ((i: number, j: number) => [number, number])[] = [
      (i, j) => [i + 3, j - 2],
      (i, j) => [-j, i],
      (i, j) => [i, -j],
      (i, j) => [j, i],
    ];
    for (const symmetry of symmetries) {
      expect(difference(filter(moved(x, symmetry)), moved(filter(x), symmetry))).toBeLessThan(
        1e-14 * largest(x),
      );
    }
  });

  test('with T = 1 is the identity, with 1/T its own inverse', () => {
    const identity = filterOf(mesh, () => 1, 'float64');
    expect(difference(identity(x), x)).toBeLessThan(1e-14 * largest(x));
    const back = filterOf(mesh, (square) => 1 + 0.3 * square, 'float64');
    expect(difference(back(filter(x)), x)).toBeLessThan(1e-13 * largest(x));
  });

  test('multiplies a plane wave by T of its shell', () => {
    const wave = Float64Array.from({ length: x.length }, (_, cell) => {
      const rest = x.length / n ** 2;
      const [i, j] = [Math.floor(cell / rest / n), Math.floor(cell / rest) % n];
      return Math.cos((2 * Math.PI * (i - 2 * j)) / n + 0.3);
    });
    const expected = wave.map((value) => value / (1 + 0.3 * 5));
    expect(difference(filter(wave), expected)).toBeLessThan(1e-14);
  });
});

test.each([[[4, 4]], [[3, 4]], [[3, 3, 2]]])(
  'the log-determinant is that of the matrix of the filter, mesh %s',
  (mesh) => {
    const { squares } = shells(mesh);
    const cells = cellsOf(mesh);
    const logT = randomUniform(key(6), [squares.length], 'float64').map((u) => 2 * u - 1);
    const filter = filterOf(mesh, (square) => Math.exp(logT[squares.indexOf(square)]!), 'float64');
    const matrix = Array.from({ length: cells }, (_, column) => {
      const basis = new Float64Array(cells);
      basis[column] = 1;
      return Array.from(filter(basis));
    });
    // Gaussian elimination with pivots.
    let logDet = 0;
    for (let step = 0; step < cells; step++) {
      let pivot = step;
      for (let row = step; row < cells; row++) {
        if (Math.abs(matrix[row]![step]!) > Math.abs(matrix[pivot]![step]!)) pivot = row;
      }
      [matrix[step], matrix[pivot]] = [matrix[pivot]!, matrix[step]!];
      logDet += Math.log(Math.abs(matrix[step]![step]!));
      for (let row = step + 1; row < cells; row++) {
        const factor = matrix[row]![step]! / matrix[step]![step]!;
        for (let column = step; column < cells; column++)
          matrix[row]![column]! -= factor * matrix[step]![column]!;
      }
    }
    const run = compile(
      (t) => radialFilterLogDet(t, mesh),
      [{ shape: [1, squares.length], dtype: 'float64' }],
    );
    expect(run.run([logT])[0]![0]).toBeCloseTo(logDet, 11);
  },
);

test.each([
  ['float64', [32, 24]],
  ['float64', [48, 65]],
  ['float32', [128, 32]],
  ['float64', [32, 16, 8]],
  ['float32', [16, 9, 12]],
] as const)('kernels and reference agree where passes reach into memory: %s %s', (dtype, mesh) => {
  const { squares } = shells(mesh);
  const specs = [
    { shape: [2, ...mesh], dtype },
    { shape: [2, squares.length], dtype },
  ];
  const graph = (x: Tensor, filter: Tensor): Tensor[] => {
    const y = radialFilter(x, filter);
    const loss = sum(multiply(y, multiply(y, y)));
    return [y, ...gradients(loss, [x, filter])];
  };
  const x = randomNormal(key(1), [2, ...mesh], dtype);
  const filter = randomUniform(key(2), [2, squares.length], dtype);
  const want = compile(graph, specs).run([x, filter]);
  const got = compile(graph, specs, { backend: wasm() }).run([x, filter]);
  want.forEach((expected, output) => {
    const exact = Float64Array.from(expected);
    const tolerance = (dtype === 'float64' ? 1e-14 : 4e-6) * largest(exact);
    expect(difference(Float64Array.from(got[output]!), exact)).toBeLessThan(tolerance);
  });
});

test('float32 at 128²: a few rounding errors from float64', () => {
  const mesh = [128, 128];
  const t = (square: number): number => Math.exp(-square / 2000) + 0.2;
  const x = randomNormal(key(7), mesh, 'float64');
  const exact = filterOf(mesh, t, 'float64')(x);
  expect(difference(filterOf(mesh, t, 'float32')(x), exact)).toBeLessThan(1.5e-6 * largest(exact));
});

test('errors name the operation and the shapes', () => {
  const compileWith = (shape: number[], count: number) =>
    compile(
      (x, filter) => sum(multiply(radialFilter(x, filter), 2)),
      [
        { shape, dtype: 'float32' },
        { shape: [2, count], dtype: 'float32' },
      ],
    );
  expect(() => compileWith([2, 4, 4], 5)).toThrow(/radialFilter: T is float32\[2,5\].*give \[2, 6\]/);
  expect(() => compileWith([2, 4], 6)).toThrow(/give maps \[B, N, N\] or \[B, N, N, N\]/);
});

// Columns of odd length share a transform in pairs; where their number is no multiple of a block, places stay empty.
test.each([[[2, 5, 5, 5]], [[3, 5, 5]], [[2, 7, 7, 7]], [[2, 9, 9]], [[1, 45, 45]]])(
  'what went before in the memory of a filter of %j leaves no trace',
  (shape) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const size = shape.reduce((a, b) => a * b, 1);
      const { multiplicity } = shells(shape.slice(1));
      const types = [
        { shape, dtype },
        { shape: [shape[0]!, multiplicity.length], dtype },
      ];
      const make = () => compile((x, filter) => radialFilter(x!, filter!), types, { backend: wasm() });
      const typed = (values: Float64Array) => (dtype === 'float32' ? Float32Array.from(values) : values);
      const data = typed(Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i * i)));
      const filter = typed(
        Float64Array.from({ length: shape[0]! * multiplicity.length }, (_, i) => 1 / (1 + i)),
      );
      const clean = make().run([data, filter])[0]!.slice();
      const used = make();
      for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
        used.run([data.map(() => poison), filter]);
        expect(used.run([data, filter])[0]).toEqual(clean);
      }
    }
  },
);
