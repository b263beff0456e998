import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileKernels } from '../compile.mjs';

type Kernel = (count: number, x: number, y: number) => void;

/** Each function with its float64 truth and the argument ranges that are sampled; `ulp` is the error allowed. */
const functions: Record<string, { truth(x: number): number; ranges: [number, number][]; ulp: number }> = {
  exp: {
    truth: Math.exp,
    ranges: [
      [-1, 1],
      [-110, 90],
      [-750, 712],
    ],
    ulp: 1,
  },
  expm1: {
    truth: Math.expm1,
    ranges: [
      [-1e-3, 1e-3],
      [-2, 2],
      [-50, 90],
      [-50, 712],
    ],
    ulp: 2,
  },
  log: {
    truth: Math.log,
    ranges: [
      [0.5, 2],
      [0, 100],
      [0, 1e30],
    ],
    ulp: 1,
  },
  log1p: {
    truth: Math.log1p,
    ranges: [
      [-1e-3, 1e-3],
      [-1, 2],
      [-1, 1e30],
    ],
    ulp: 2,
  },
  tanh: {
    truth: Math.tanh,
    ranges: [
      [-1e-3, 1e-3],
      [-2, 2],
      [-30, 30],
    ],
    ulp: 3,
  },
  sigmoid: {
    truth: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    ranges: [
      [-2, 2],
      [-100, 100],
    ],
    ulp: 3,
  },
  softplus: {
    truth: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ranges: [
      [-2, 2],
      [-100, 100],
    ],
    ulp: 3,
  },
  sin: {
    truth: Math.sin,
    ranges: [
      [-0.8, 0.8],
      [-10, 10],
      [-1e4, 1e4],
      [-1e9, 1e9],
      [-1e38, 1e38],
      [-1e308, 1e308],
    ],
    ulp: 2,
  },
  cos: {
    truth: Math.cos,
    ranges: [
      [-0.8, 0.8],
      [-10, 10],
      [-1e4, 1e4],
      [-1e9, 1e9],
      [-1e38, 1e38],
      [-1e308, 1e308],
    ],
    ulp: 2,
  },
};
const special = [
  0,
  -0,
  1,
  -1,
  1e-40,
  5e-324,
  2.2e-308,
  1e-300,
  3e-39,
  Infinity,
  -Infinity,
  Number.NaN,
  1e300,
  -1e300,
  3e38,
  -3e38,
  88.8,
  -87.5,
  -103,
  709.7,
  709.9,
  -744.5,
  -745.3,
];

const folder = mkdtempSync(join(tmpdir(), 'simd-math-'));
let memory: WebAssembly.Memory;
let kernels: Record<string, Kernel>;

beforeAll(async () => {
  const source = Object.keys(functions).flatMap((name) =>
    [
      ['F32', 'f32'],
      ['F64', 'f64'],
    ].map(
      ([suffix, type]) => `export function ${name}${suffix}(n: i32, x: usize, y: usize): void {
  for (let i: usize = 0; i < <usize>n * sizeof<${type}>(); i += 16) v128.store(y + i, math.${name}<${type}>(v128.load(x + i)));
}`,
    ),
  );
  const library = relative(folder, join(import.meta.dirname, 'simd-math'));
  writeFileSync(join(folder, 'index.ts'), [`import * as math from '${library}';`, ...source].join('\n'));
  const binary = await compileKernels('index.ts', 'simd-math', folder);
  memory = new WebAssembly.Memory({ initial: 64 });
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, { env: { memory } });
  kernels = instance.exports as unknown as Record<string, Kernel>;
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The distance of neighbouring numbers at |x|. */
function spacing(x: number, digits: number, least: number): number {
  return Math.max(2 ** (Math.floor(Math.log2(Math.abs(x))) - digits), least);
}

const precisions = [
  { suffix: 'F32', ArrayType: Float32Array, digits: 23, least: 2 ** -149 },
  { suffix: 'F64', ArrayType: Float64Array, digits: 52, least: 2 ** -1074 },
] as const;

for (const { suffix, ArrayType, digits, least } of precisions) {
  const run = (name: string, values: number[]) => {
    const padded = Math.ceil(values.length / 4) * 4;
    const x = new ArrayType(memory.buffer, 0, padded);
    x.fill(0).set(values);
    kernels[name + suffix]!(padded, 0, 1 << 21);
    return { x, y: new ArrayType(memory.buffer, 1 << 21, padded) };
  };

  describe(suffix, () => {
    test.each(Object.entries(functions))('%s is right to the last places', (name, { truth, ranges, ulp }) => {
      for (const [from, to] of ranges) {
        const values = Array.from(
          { length: 20_000 },
          (_, i) => from + (to - from) * ((i * 0.6180339887498949) % 1),
        );
        const { x, y } = run(name, values);
        let worst = 0;
        let where = 0;
        for (let i = 0; i < values.length; i++) {
          const want = truth(x[i]!);
          const got = y[i]!;
          if (Object.is(ArrayType.of(want)[0], got)) continue;
          const error = Math.abs(got - want) / spacing(want, digits, least);
          if (!(error <= worst)) [worst, where] = [error, x[i]!];
        }
        // Math itself may be off by almost one unit.
        expect(worst, `worst at ${where}, range ${from} to ${to}`).toBeLessThanOrEqual(
          ulp + (digits === 52 ? 1 : 0.1),
        );
      }
    });

    test.each(Object.entries(functions))('%s of special values', (name, { truth }) => {
      const { x, y } = run(name, special);
      special.forEach((_, i) => {
        const want = ArrayType.of(truth(x[i]!))[0]!;
        const got = y[i]!;
        if (Number.isNaN(want) || !Number.isFinite(want)) expect(got, `${name}(${x[i]})`).toBe(want);
        else
          expect(Math.abs(got - want), `${name}(${x[i]})`).toBeLessThanOrEqual(
            3 * spacing(want, digits, least),
          );
      });
    });
  });
}
