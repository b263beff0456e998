import { describe, expect, it } from 'vitest';
import type { Backend, Executable } from '../compile.ts';
import type { Primitive } from '../primitive.ts';
import * as primitives from '../primitives/index.ts';
import { referenceBackend } from '../reference-backend.ts';
import { applyOne } from '../tensor.ts';
import { checkGradients, compareValues, conformance, materialise, primitivesOf } from './index.ts';

const { expPrimitive, logPrimitive, multiplyPrimitive, sinPrimitive } = primitives;

describe('checkGradients', () => {
  it('accepts what is right', () => {
    expect(checkGradients(multiplyPrimitive)).toEqual([]);
  });

  it('finds a wrong gradient', () => {
    const wrong: Primitive = {
      ...sinPrimitive,
      vjp: (node, [c]) => [primitives.multiply(c!, node.inputs[0]!)],
    };
    expect(checkGradients(wrong)[0]!.message).toMatch(
      /gradient in argument 0 at \d+: .* but differences give/,
    );
  });

  it('finds a gradient that is missing in one input', () => {
    const wrong: Primitive = {
      ...multiplyPrimitive,
      vjp: ({ inputs }, [c]) => [primitives.multiply(c!, inputs[1]!), null],
    };
    expect(checkGradients(wrong)[0]!.message).toMatch(/gradient in argument 1/);
  });

  it('finds a wrong second derivative behind a right first one', () => {
    const slope: Primitive = { ...expPrimitive, vjp: (_, [c]) => [c!] };
    const wrong: Primitive = {
      ...expPrimitive,
      vjp: ({ inputs }, [c]) => [primitives.multiply(c!, applyOne(slope, [inputs[0]!], {}))],
    };
    const messages = checkGradients(wrong).map(({ message }) => message);
    expect(messages[0]).toMatch(/^second derivative/);
    expect(messages.some((message) => message.startsWith('gradient'))).toBe(false);
  });

  it('refuses no rule, no examples, and a decomposition of another function', () => {
    const { vjp: _, ...bare } = expPrimitive;
    expect(checkGradients(bare)[0]!.message).toMatch(/states no vjp/);
    expect(checkGradients({ ...expPrimitive, examples: [] })[0]!.message).toMatch(/no examples/);
    const other: Primitive = { ...expPrimitive, decompose: ([x]) => [primitives.sin(x!)] };
    expect(checkGradients(other)[0]!.message).toMatch(/its decomposition gives/);
  });
});

describe('conformance', () => {
  it('accepts the reference itself', async () => {
    expect(await conformance(referenceBackend, primitivesOf(primitives))).toEqual([]);
  });

  it('finds values that are off, and kernels that are missing', async () => {
    const off: Backend<Executable> = {
      name: 'off',
      compile(graph) {
        const executable = referenceBackend.compile(graph);
        return {
          inputs: graph.inputs,
          outputs: graph.outputs,
          memoryBytes: 0,
          run: (inputs) => executable.run(inputs).map((values) => values.map((v) => v * (1 + 3e-5))),
          dispose: () => executable.dispose(),
        };
      },
    };
    const failures = await conformance(off, [logPrimitive]);
    expect(failures).toHaveLength(2 * logPrimitive.examples.length);
    expect(failures[0]!.message).toMatch(/^float32: output 0 at \d+: .*relative 3\.\de-5/);
    const none: Backend<Executable> = {
      name: 'none',
      compile() {
        throw new Error('no kernel for log');
      },
    };
    expect((await conformance(none, [logPrimitive]))[0]!.message).toBe('float32: no kernel for log');
  });

  it('compares NaN with NaN, infinity with itself, integers exactly', () => {
    expect(
      compareValues(Float32Array.of(Number.NaN, 1e38 * 10), Float32Array.of(Number.NaN, 1e38 * 10), 0),
    ).toBeNull();
    expect(compareValues(Float32Array.of(1), Float32Array.of(Number.NaN), 1)).toMatch(/NaN/);
    expect(compareValues(Float64Array.of(Number.NaN), Float64Array.of(1), 1)).toMatch(/NaN/);
    expect(compareValues(Int32Array.of(1), Int32Array.of(2), 1)).toMatch(/2, expected 1/);
    expect(compareValues(Float32Array.of(1), Float64Array.of(1), 1)).toMatch(/float64/);
  });
});

describe('materialise', () => {
  it('draws in the range, takes values, makes indices', () => {
    const example = {
      attributes: {},
      inputs: [
        { shape: [50], range: [3, 4] as const },
        { shape: [2], values: [5, 6] },
        { shape: [40], below: 3 },
      ],
    };
    const { types, data } = materialise(example, 'float64', 1);
    expect(types.map(({ dtype }) => dtype)).toEqual(['float64', 'float64', 'int32']);
    expect(Math.min(...data[0]!)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...data[0]!)).toBeLessThan(4);
    expect([...data[1]!]).toEqual([5, 6]);
    expect(new Set(data[2]!)).toEqual(new Set([0, 1, 2]));
    expect(materialise(example, 'float32', 1).data[0]).toEqual(Float32Array.from(data[0]!));
  });
});
