/** Runs take no memory, say what is wrong, and can be ended. */
import { add, compile, gather, matmul, multiply, sum, type Tensor, tanh } from '@equiflow/tensor';
import { expect, test, vi } from 'vitest';
import { wasm } from './index.ts';

const float32 = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;

test('10,000 runs leave no memory behind', () => {
  const layer = (x: Tensor, w: Tensor): Tensor[] => [sum(tanh(matmul(x, w))), add(x, multiply(x, 2))];
  const executable = compile(layer, [float32(4, 8), float32(8, 8)], { backend: wasm() });
  const inputs = [new Float32Array(32).fill(0.5), new Float32Array(64).fill(0.1)];
  const [first] = executable.run(inputs);
  const bytes = first!.buffer.byteLength;
  // Node runs the tests with --expose-gc; a browser has neither a collector to call nor a heap to ask.
  const { gc: collect, process } = globalThis as {
    gc?: () => void;
    process?: { memoryUsage(): { heapUsed: number } };
  };
  const used = (): number => {
    collect?.();
    return collect && process ? process.memoryUsage().heapUsed : 0;
  };
  for (let i = 0; i < 2000; i++) executable.run(inputs);
  // What else runs in this process leaves its traces in one batch or another; a leak grows in every one.
  const growths = Array.from({ length: 4 }, () => {
    const before = used();
    for (let i = 0; i < 10_000; i++) executable.run(inputs);
    return used() - before;
  });
  expect(Math.min(...growths)).toBeLessThan(2e5);
  const again = executable.run(inputs);
  expect(again[0]).toBe(first);
  expect(first!.buffer.byteLength).toBe(bytes);
  expect(executable.memoryBytes).toBe(bytes);
});

test('inputs may be written in place', () => {
  const executable = compile((x) => add(x, 1), [float32(3)], { backend: wasm() });
  executable.inputArrays[0]!.set([1, 2, 3]);
  expect([...executable.run(executable.inputArrays)[0]!]).toEqual([2, 3, 4]);
});

test('a result fed back as an input is read before it is written over', () => {
  const executable = compile((x, y) => [add(x, y), x], [float32(2), float32(2)], { backend: wasm() });
  let [a, b] = executable.run([Float32Array.of(1, 2), Float32Array.of(10, 20)]);
  [a, b] = executable.run([a!, b!]);
  expect([...a!, ...b!]).toEqual([12, 24, 11, 22]);
});

test('wrong inputs, indices out of range and runs after the end are refused', () => {
  const executable = compile((x, at) => gather(x, at), [float32(3), { shape: [2], dtype: 'int32' }], {
    backend: wasm(),
  });
  const x = Float32Array.of(5, 6, 7);
  expect(() => executable.run([x])).toThrow('got 1 inputs, the graph has 2');
  expect(() => executable.run([x, new Float32Array(2)])).toThrow(/input 1 is float32/);
  expect(() => executable.run([x, Int32Array.of(0, 3)])).toThrow(
    /gather32 stopped .* index outside its axis/,
  );
  expect(() => executable.run([x, Int32Array.of(-1, 0)])).toThrow(/gather32/);
  expect([...executable.run([x, Int32Array.of(2, 0)])[0]!]).toEqual([7, 5]);
  executable.dispose();
  expect(() => executable.run([x, Int32Array.of(2, 0)])).toThrow('disposed');
});

test('a machine without SIMD is told what to do', () => {
  const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  expect(() => wasm()).toThrow('wasm: this machine has no WebAssembly SIMD; use the reference backend');
  validate.mockRestore();
});
