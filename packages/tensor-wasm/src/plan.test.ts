/** What planning promises: no copies for views, memory used again, nothing overwritten that is still read. */
import {
  add,
  apply,
  broadcastTo,
  compile,
  constant,
  describe as describeType,
  exp,
  matmul,
  multiply,
  negate,
  type Primitive,
  referenceBackend,
  reshape,
  slice,
  sum,
  type Tensor,
  type TensorType,
  type TypedArray,
  tanh,
  trace,
  transpose,
} from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { wasm } from './index.ts';
import { type Plan, planOf } from './plan.ts';

type Traced = (...inputs: Tensor[]) => Tensor | readonly Tensor[];
const float32 = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });
const plan = (fn: Traced, ...specs: TensorType[]): Plan => planOf(trace(fn, specs));
const names = ({ calls }: Plan): string[] => calls.map(({ name }) => name);

/** Runs on both backends and wants the same numbers (all results here are exact in float32). */
function agrees(fn: Traced, specs: readonly TensorType[], data: readonly TypedArray[]): void {
  const expected = compile(fn, specs).run(data);
  const executable = compile(fn, specs, { backend: wasm() });
  for (let round = 0; round < 2; round++) expect(executable.run(data)).toEqual(expected);
}

describe('views', () => {
  test('reshapes, transposes, slices and broadcasts cost no call', () => {
    const fn = (x: Tensor): Tensor => {
      const columns = slice(transpose(reshape(x, [4, 6])), [[1, 3]]);
      return matmul(columns, transpose(broadcastTo(slice(x, [[0, 4]]), [5, 4])));
    };
    expect(names(plan(fn, float32(24)))).toEqual(['matmulF32']);
    agrees(fn, [float32(24)], [Float32Array.from({ length: 24 }, (_, i) => i - 11)]);
  });

  test.each([
    ['a scalar', []],
    ['a row', [5]],
    ['a column', [4, 1]],
    ['middle axes', [4, 1]],
  ])('%s is read where it lies', (_, shape) => {
    const fn = (x: Tensor, y: Tensor): Tensor => add(x, y);
    const specs = [float32(3, 4, 5), float32(...shape)];
    expect(names(plan(fn, ...specs))).toEqual(['addF32']);
    agrees(fn, specs, [
      Float32Array.from({ length: 60 }, (__, i) => i),
      Float32Array.from({ length: 5 }, (__, i) => 100 * i).subarray(
        0,
        shape.reduce((a, b) => a * b, 1),
      ),
    ]);
  });

  test('what repeats is computed once', () => {
    const planned = plan((x) => sum(multiply(exp(broadcastTo(x, [1000, 3])), 2)), float32(3));
    expect(planned.calls[0]!.arguments.at(-1)).toBe(3);
    expect(planned.bytes).toBeLessThan(16_384);
  });
});

describe('memory', () => {
  test('an elementwise chain works in one buffer', () => {
    const size = 1 << 16;
    const fn = (x: Tensor): Tensor => tanh(negate(add(multiply(x, x), 1)));
    expect(plan(fn, float32(size)).bytes).toBeLessThan(2.1 * 4 * size);
  });

  test('a hundred layers take the memory of three', () => {
    const fn = (x: Tensor): Tensor => Array.from({ length: 100 }).reduce<Tensor>((y) => matmul(y, y), x);
    expect(plan(fn, float32(64, 64)).bytes).toBeLessThan(3.5 * 4 * 64 * 64 + 4096);
  });

  test('a buffer is not written over while a view of it is still read', () => {
    const fn = (x: Tensor): Tensor[] => {
      const base = add(x, 1);
      const view = slice(reshape(base, [6]), [[2, 5]]);
      const over = negate(base);
      return [add(over, over), add(view, 10), transpose(base)];
    };
    agrees(fn, [float32(2, 3)], [Float32Array.of(1, 2, 3, 4, 5, 6)]);
  });

  test('inputs and constants keep their values, also as results', () => {
    const table = constant(Float32Array.of(5, 6, 7));
    const fn = (x: Tensor): Tensor[] => [x, table, add(x, table), reshape(x, [3, 1])];
    const executable = compile(fn, [float32(3)], { backend: wasm() });
    const x = Float32Array.of(1, 2, 3);
    executable.run([x])[1]!.fill(0);
    executable.run([x])[0]!.fill(0);
    expect(executable.run([x]).map((each) => [...each])).toEqual([
      [1, 2, 3],
      [5, 6, 7],
      [6, 8, 10],
      [1, 2, 3],
    ]);
    expect([...executable.inputArrays[0]!]).toEqual([1, 2, 3]);
  });

  test('a constant that comes late lies where no earlier value was', () => {
    const scratchy = (x: Tensor): Tensor => sum(exp(x), { axes: [0] });
    const fn = (x: Tensor): Tensor =>
      multiply(scratchy(broadcastTo(negate(scratchy(x)), [3])), constant([2], [1]));
    const executable = compile(fn, [float32(100)], { backend: wasm() });
    const x = new Float32Array(100).fill(-4);
    const first = executable.run([x])[0]![0];
    expect(executable.run([x])[0]![0]).toBe(first);
    expect(first).toBeCloseTo(compile(fn, [float32(100)]).run([x])[0]![0]!, 5);
  });

  test('equal constants are kept once', () => {
    const fn = (x: Tensor): Tensor => add(multiply(x, constant([1, 2, 3])), constant([1, 2, 3]));
    expect(plan(fn, float32(3)).constants.length).toBe(1);
  });
});

describe('refusals', () => {
  test('a plan beyond the memory is refused with its largest tensors', () => {
    const graph = trace((x) => multiply(transpose(x), x), [float32(1024, 1024)]);
    expect(() => wasm({ maxBytes: 2 ** 20 }).compile(graph)).toThrow(
      /the graph needs 8 MiB of memory, the limit is 1 MiB; largest tensors: input float32\[1024,1024\] 4 MiB, multiply/,
    );
    const huge = trace((x) => tanh(x), [float32(2 ** 15, 2 ** 15)]);
    expect(() => wasm().compile(huge)).toThrow('the limit is 4,096 MiB');
  });

  const bare: Primitive = {
    name: '@equiflow/elsewhere#barePrimitive',
    infer: ([x]) => [x!],
    reference([x], [y]) {
      y!.set(x!);
    },
    examples: [],
  };

  test('a primitive without a kernel is named', () => {
    const graph = trace((x) => apply(bare, [x], {}), [float32(2, 3)]);
    expect(() => wasm().compile(graph)).toThrow(
      'wasm: no WebAssembly kernel for @equiflow/elsewhere#barePrimitive (float32[2,3]); use another backend',
    );
  });

  test('one that is made of others runs as those', () => {
    const made: Primitive = { ...bare, decompose: ([x]) => [add(negate(x!), describeType(x!).length)] };
    const twice: Primitive = {
      ...bare,
      name: 'twice',
      decompose: ([x]) => apply(made, apply(made, [x!], {}), {}),
    };
    const graph = trace((x) => apply(twice, [negate(x)], {}), [float32(2)]);
    expect([
      ...wasm()
        .compile(graph)
        .run([Float32Array.of(1, 2)])[0]!,
    ]).toEqual([-1, -2]);
  });

  test('no node and no result: a graph of inputs alone', () => {
    const executable = compile((x) => x, [float32(2)], { backend: wasm() });
    expect(executable.run([Float32Array.of(3, 4)])).toEqual([Float32Array.of(3, 4)]);
    expect(referenceBackend.name).toBe('reference');
  });
});
