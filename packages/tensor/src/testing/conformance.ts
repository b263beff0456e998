/** Holds a backend against the reference kernels, primitive by primitive, on their examples. */
import { type Backend, trace } from '../compile.ts';
import type { Example, Primitive } from '../primitive.ts';
import { referenceBackend } from '../reference-backend.ts';
import { apply } from '../tensor.ts';
import { dtypeOf, type TypedArray } from '../types.ts';
import { type Failure, materialise } from './materialise.ts';

/** What `conformance` may be told. */
export interface ConformanceOptions {
  /** Float types to try. Default both. */
  readonly dtypes?: readonly ('float32' | 'float64')[];
  /** Largest error, relative to the larger of the value and the mean magnitude. Default 1e-5 and 1e-12. */
  readonly tolerances?: Readonly<Record<'float32' | 'float64', number>>;
  /** Seed of the inputs. Default 1. */
  readonly seed?: number;
}

/** What a backend's executables must do; CPU ones give arrays, GPU ones a Promise. */
interface Runs {
  run(inputs: readonly TypedArray[]): TypedArray[] | Promise<TypedArray[]>;
  dispose(): void;
}

/**
 * Everything in which a backend departs from the reference; nothing when all is well. Every executable runs
 * twice, the second time on other inputs first, so that state left between runs shows.
 */
export async function conformance(
  backend: Backend<Runs>,
  primitives: readonly Primitive[],
  options: ConformanceOptions = {},
): Promise<Failure[]> {
  const { dtypes = ['float32', 'float64'], seed = 1 } = options;
  const tolerances = options.tolerances ?? { float32: 1e-5, float64: 1e-12 };
  const failures: Failure[] = [];
  for (const primitive of primitives) {
    for (const [index, example] of primitive.examples.entries()) {
      for (const dtype of dtypes) {
        if (example.dtype && example.dtype !== dtype) continue;
        let messages: string[];
        try {
          messages = await compareExample(backend, primitive, example, dtype, seed, tolerances[dtype]);
        } catch (error) {
          messages = [error instanceof Error ? error.message : String(error)];
        }
        for (const message of messages) {
          failures.push({ primitive: primitive.name, example: index, message: `${dtype}: ${message}` });
        }
      }
    }
  }
  return failures;
}

async function compareExample(
  backend: Backend<Runs>,
  primitive: Primitive,
  example: Example<object>,
  dtype: 'float32' | 'float64',
  seed: number,
  tolerance: number,
): Promise<string[]> {
  const { types, data } = materialise(example, dtype, seed);
  const other = materialise(example, dtype, seed + 1);
  const graph = trace((...inputs) => apply(primitive, inputs, example.attributes), types);
  const expected = referenceBackend.compile(graph).run(data);
  const executable = backend.compile(graph);
  try {
    await executable.run(data);
    await executable.run(other.data);
    const actual = await executable.run(data);
    return expected.flatMap((values, output) => {
      const message = compareValues(values, actual[output], tolerance);
      return message ? [`output ${output} ${message}`] : [];
    });
  } finally {
    executable.dispose();
  }
}

/**
 * How two arrays differ, or null when they agree: integers exactly, NaN with NaN, infinities with
 * themselves, floats to `tolerance` times the larger of the expected value and its array's mean magnitude.
 */
export function compareValues(
  expected: TypedArray,
  actual: TypedArray | undefined,
  tolerance: number,
): string | null {
  if (!actual || dtypeOf(actual) !== dtypeOf(expected) || actual.length !== expected.length) {
    const given = actual ? `${dtypeOf(actual)} with ${actual.length} values` : 'missing';
    return `is ${given}, expected ${dtypeOf(expected)} with ${expected.length}`;
  }
  let total = 0;
  let finite = 0;
  for (const value of expected) {
    if (!Number.isFinite(value)) continue;
    total += Math.abs(value);
    finite++;
  }
  const mean = total / Math.max(finite, 1);
  const limit = expected instanceof Int32Array ? 0 : tolerance;
  let worst = -1;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const [e, a] = [expected[i]!, actual[i]!];
    if (e === a || (Number.isNaN(e) && Number.isNaN(a))) continue;
    const error = Math.abs(a - e) / Math.max(Math.abs(e), mean);
    const relative = Number.isFinite(e) && Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
    if (relative > limit && relative > largest) {
      largest = relative;
      worst = i;
    }
  }
  if (worst < 0) return null;
  return `at ${worst}: ${actual[worst]}, expected ${expected[worst]} (relative ${largest.toExponential(1)} > ${limit})`;
}
