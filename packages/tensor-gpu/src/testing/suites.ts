/** What every mode has to compute: the primitives' examples, values and gradients, against the reference kernels. */
import {
  add,
  apply,
  constant,
  type Example,
  type Graph,
  gradients,
  multiply,
  type Primitive,
  referenceBackend,
  sum,
  type Tensor,
  type TypedArray,
  trace,
} from '@equiflow/tensor';
import { materialise } from '@equiflow/tensor/testing';
import type { GpuBackend } from '../open.ts';

/** How far a run is from the reference: the largest |Δ| over max(|ref|, rms ref) of an array. */
export interface Deviation {
  readonly what: string;
  readonly relative: number;
}

/** The largest deviation of one array; infinite where NaN, infinities or integers differ. */
export function deviationOf(expected: TypedArray, actual: TypedArray): number {
  let squares = 0;
  let finite = 0;
  for (const value of expected) {
    if (!Number.isFinite(value)) continue;
    squares += value * value;
    finite++;
  }
  const rms = Math.sqrt(squares / Math.max(finite, 1));
  let worst = expected.length === actual.length ? 0 : Number.POSITIVE_INFINITY;
  expected.forEach((e, i) => {
    const a = actual[i]!;
    if (e === a || (Number.isNaN(e) && Number.isNaN(a))) return;
    const relative = Math.abs(a - e) / Math.max(Math.abs(e), rms);
    const counts = Number.isFinite(relative) && Number.isFinite(e) && !(expected instanceof Int32Array);
    worst = Math.max(worst, counts ? relative : Number.POSITIVE_INFINITY);
  });
  return worst;
}

/** Runs a graph here and on the reference backend, here twice, with other inputs first: the deviation of each output. */
async function compareOutputs(
  backend: GpuBackend,
  graph: Graph,
  data: readonly TypedArray[],
  other: readonly TypedArray[],
): Promise<number[]> {
  const expected = referenceBackend.compile(graph).run(data);
  const executable = backend.compile(graph);
  try {
    await executable.run(other);
    const actual = await executable.run(data);
    return expected.map((values, slot) => deviationOf(values, actual[slot]!));
  } finally {
    await executable.dispose();
  }
}

/** The largest deviation of a graph's outputs from the reference backend's. */
export async function compareGraph(
  backend: GpuBackend,
  graph: Graph,
  data: readonly TypedArray[],
  other: readonly TypedArray[],
): Promise<number> {
  return Math.max(...(await compareOutputs(backend, graph, data, other)));
}

/**
 * The deviations of the examples of primitives in float32: of the values, and of the gradients of Σ c y, c fixed weights.
 * All examples of a primitive are one graph, so that they share kernels, which take their time to compile.
 */
export async function primitiveDeviations(
  backend: GpuBackend,
  primitives: readonly Primitive[],
  includes: (primitive: Primitive, example: Example<object>) => boolean = () => true,
): Promise<Deviation[]> {
  const deviations: Deviation[] = [];
  for (const primitive of primitives) {
    const chosen = [...primitive.examples.entries()].filter(
      ([, example]) => includes(primitive, example) && (example.dtype ?? 'float32') === 'float32',
    );
    const inputs = chosen.map(([, example]) => materialise(example, 'float32', 1));
    const others = chosen.flatMap(([, example]) => materialise(example, 'float32', 2).data);
    const ends: number[] = [];
    const graph = trace(
      (...tensors) => {
        const given = [...tensors];
        const outputs: Tensor[] = [];
        chosen.forEach(([, example], at) => {
          outputs.push(...withGradients(primitive, example, given.splice(0, inputs[at]!.types.length)));
          ends.push(outputs.length);
        });
        return outputs;
      },
      inputs.flatMap(({ types }) => types),
    );
    const found = await compareOutputs(
      backend,
      graph,
      inputs.flatMap(({ data }) => data),
      others,
    );
    chosen.forEach(([index], at) => {
      const relative = Math.max(...found.slice(ends[at - 1] ?? 0, ends[at]));
      deviations.push({ what: `${primitive.name} ${index}`, relative });
    });
  }
  return deviations.sort((a, b) => b.relative - a.relative);
}

/** The outputs, and the gradients of their weighted sum in the float inputs, where there are any. */
function withGradients(primitive: Primitive, example: Example<object>, inputs: readonly Tensor[]): Tensor[] {
  const outputs = [...apply(primitive, inputs, example.attributes)];
  const floats = inputs.filter((tensor) => tensor.dtype !== 'int32');
  const weighed = outputs.filter((tensor) => tensor.dtype !== 'int32');
  if (primitive.differentiable === false || floats.length === 0 || weighed.length === 0) return outputs;
  const weights = weighed.map(({ shape, size }) =>
    constant(
      Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 2.3 * i)),
      shape,
    ),
  );
  const loss = weighed
    .map((tensor, slot) => sum(multiply(tensor, weights[slot]!)))
    .reduce((total, term) => add(total, term));
  return [...outputs, ...gradients(loss, floats)];
}
