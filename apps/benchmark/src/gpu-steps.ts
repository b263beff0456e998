/**
 * Training steps of a TRENF as GPU pipelines, one after the other: time, bytes and memory as they go, and the loss. The
 * optimiser runs on the host, or K steps with Adam are unrolled in one pipeline, which is compared with K single steps.
 *
 *     node tools/run.mjs benchmark gpu-steps.js [--side 128] [--maps 32] [--layers 5] [--dimensions 2]
 *          [--steps 1000] [--minutes 10] [--unroll K | --profile] [--mode webgpu] [--json FILE]
 *
 * It ends after the steps or the minutes, whichever comes first, and says which. The time of the process itself is told too:
 * it is what an adapter in software takes, and less disturbed by what else the machine does.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { initialParameters, trenf, trenfDefaults } from '@equiflow/flows';
import {
  adam,
  add,
  divide,
  type Graph,
  gradients,
  multiply,
  negate,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  trace,
} from '@equiflow/tensor';
import { type GpuExecutable, type GpuMode, gpu } from '@equiflow/tensor-gpu';
import { profileGraph } from '@equiflow/tensor-gpu/testing';
import { normalValues } from './cases/random-values.ts';
import { errorsInALine } from './errors-in-a-line.ts';

errorsInALine();
const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '128' },
    maps: { type: 'string', default: '32' },
    layers: { type: 'string', default: '5' },
    dimensions: { type: 'string', default: '2' },
    steps: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    unroll: { type: 'string' },
    profile: { type: 'boolean' },
    mode: { type: 'string', default: 'webgpu' },
    json: { type: 'string' },
  },
});

/** A whole number of an option. @throws RangeError, one line. */
function whole(name: 'side' | 'maps' | 'layers' | 'dimensions' | 'steps' | 'unroll'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) {
    throw new RangeError(`--${name} ${values[name]}; give a whole number, 1 or more`);
  }
  return number;
}

const [side, maps, layers, dimensions, steps] = (
  ['side', 'maps', 'layers', 'dimensions', 'steps'] as const
).map(whole) as [number, number, number, number, number];
const minutes = Number(values.minutes);
const shape = new Array<number>(dimensions).fill(side);
const cells = side ** dimensions;
const flow = trenf({
  ...trenfDefaults,
  layers,
  shape,
  boxSize: 1000,
  parameterNames: ['a', 'b'],
  prior: { low: [-1, -1], high: [1, 1] },
});
const rate = 1e-3;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

const float = (...lengths: number[]): TensorType => ({ shape: lengths, dtype: 'float32' });
const lossOf = (flat: Tensor, x: Tensor, theta: Tensor): Tensor =>
  divide(negate(sum(flow.logProb(x, theta, flat))), maps);
const thetaOf = (step: number): Float32Array => normalValues(2 * maps, 2 * step + 1).map(Math.tanh);
/** White noise whose amplitude depends on θ, so that there is something to learn. */
const mapsOf = (step: number): Float32Array => {
  const theta = thetaOf(step);
  return normalValues(maps * cells, 2 * step).map(
    (value, i) => 2 * value * Math.exp(theta[2 * Math.floor(i / cells)]!),
  );
};
const begin = Float32Array.from(initialParameters(flow.parameters, 1));
const bytes = (arrays: readonly { readonly length: number }[]): number =>
  4 * arrays.reduce((total, { length }) => total + length, 0);
const megabytes = (count: number): string => `${(count / 1e6).toPrecision(3)} MB`;

/** Milliseconds that this process has computed, all threads together. */
function processTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Loss and gradient. */
function singleStep(): Graph {
  return trace(
    (flat, x, theta) => {
      const loss = lossOf(flat!, x!, theta!);
      return [loss, ...gradients(loss, [flat!])];
    },
    [float(begin.length), float(maps, ...shape), float(maps, 2)],
  );
}

/** K steps with Adam: parameters, its two means and 1/(1 − β^t) for each step in; losses, parameters and means out. */
function unrolledSteps(count: number): Graph {
  const batches = Array.from({ length: count }, () => [float(maps, ...shape), float(maps, 2)]).flat();
  return trace(
    (...inputs) => {
      let [flat, first, second] = inputs as [Tensor, Tensor, Tensor];
      const corrections = inputs.slice(3, 3 + 2 * count);
      const given = inputs.slice(3 + 2 * count);
      const losses: Tensor[] = [];
      for (let step = 0; step < count; step++) {
        const loss = lossOf(flat, given[2 * step]!, given[2 * step + 1]!);
        const [gradient] = gradients(loss, [flat]);
        losses.push(loss);
        first = add(multiply(first, beta1), multiply(gradient!, 1 - beta1));
        second = add(multiply(second, beta2), multiply(square(gradient!), 1 - beta2));
        const mean = multiply(first, corrections[2 * step]!);
        const root = sqrt(multiply(second, corrections[2 * step + 1]!));
        flat = subtract(flat, multiply(divide(mean, add(root, epsilon)), rate));
      }
      return [flat, first, second, ...losses];
    },
    [
      float(begin.length),
      float(begin.length),
      float(begin.length),
      ...Array.from({ length: 2 * count }, () => float()),
      ...batches,
    ],
  );
}

const backend = await gpu({ mode: values.mode as GpuMode });
const note = backend.isSoftware ? ' (in software: its times say nothing about a GPU)' : '';
console.log(`${backend.name}: ${backend.adapter}${note}`);
console.log(`${maps} maps of ${shape.join('×')}, ${layers} layers, ${begin.length} parameters`);
if (values.profile) await profiled();
else if (values.unroll === undefined) await single();
else await unrolled(whole('unroll'));
await backend.close();

/** Compiles and runs once; says what the plan holds and how long the first run took. */
async function opened(graph: Graph, inputs: readonly Float32Array[]): Promise<GpuExecutable> {
  const start = performance.now();
  const executable = backend.compile(graph);
  const outputs = await executable.run(inputs);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${executable.steps} launches; ${megabytes(executable.trafficBytes)} read and written, ${megabytes(executable.memoryBytes)} held on the device; up ${megabytes(bytes(inputs))}, down ${megabytes(bytes(outputs))}; first run with compilation ${seconds.toFixed(1)} s; ran as ${executable.backend}/${executable.executorKind}`,
  );
  return executable;
}

/** One step a pipeline, Adam on the host. */
async function single(): Promise<void> {
  const parameters = begin.slice();
  const executable = await opened(singleStep(), [parameters, mapsOf(0), thetaOf(0)]);
  const optimiser = adam(begin.length, { learningRate: rate, beta1, beta2, epsilon });
  const times: number[] = [];
  const losses: number[] = [];
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  const computed = processTime();
  let said = 0;
  while (times.length < steps && elapsed() < 60 * minutes) {
    const step = times.length;
    const batch = [parameters, mapsOf(step), thetaOf(step)];
    const start = performance.now();
    const [loss, gradient] = (await executable.run(batch)) as [Float32Array, Float32Array];
    optimiser.step(parameters, gradient);
    times.push(performance.now() - start);
    losses.push(loss[0]! / cells);
    if (elapsed() - said > 30 || times.length === steps) {
      said = elapsed();
      const { rss } = process.memoryUsage();
      console.log(
        `step ${times.length}: ${said.toFixed(0)} s, loss ${losses.at(-1)!.toFixed(5)} nats a pixel, process ${megabytes(rss)}`,
      );
    }
  }
  const sorted = [...times].sort((a, b) => a - b);
  const outcome = {
    steps: times.length,
    asked: steps,
    seconds: elapsed(),
    leastMs: sorted[0]!,
    medianMs: sorted[Math.floor(sorted.length / 2)]!,
    processMs: (processTime() - computed) / times.length,
    firstLoss: losses[0]!,
    lastLoss: losses.at(-1)!,
  };
  const why = outcome.steps < steps ? `ended by --minutes ${minutes}` : 'all that were asked for';
  console.log(
    `${outcome.steps} of ${steps} steps in ${outcome.seconds.toFixed(0)} s (${why}): least ${outcome.leastMs.toFixed(1)} ms, median ${outcome.medianMs.toFixed(1)} ms a step, ${outcome.processMs.toFixed(1)} ms of the process's own; loss ${outcome.firstLoss.toFixed(5)} → ${outcome.lastLoss.toFixed(5)} nats a pixel`,
  );
  if (values.json) {
    const { steps: launches, trafficBytes, memoryBytes, executorKind } = executable;
    const device = { adapter: backend.adapter, launches, trafficBytes, memoryBytes, executorKind };
    writeFileSync(
      values.json,
      `${JSON.stringify({ shape, maps, layers, ...device, ...outcome }, null, 1)}\n`,
    );
  }
  await executable.dispose();
}

/** The kernels that take most of a step, each step of the plan run by itself. */
async function profiled(): Promise<void> {
  const clock = backend.isSoftware ? processTime : () => performance.now();
  const rows = await profileGraph(backend, singleStep(), [begin, mapsOf(0), thetaOf(0)], { clock });
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const launches = rows.reduce((sum, row) => sum + row.launches, 0);
  console.log(`${rows.length} kernels, ${launches} launches, ${total.toFixed(0)} ms, each by itself`);
  for (const { operation, milliseconds, launches: times, threads, bytes: moved } of rows.slice(0, 20)) {
    const share = ((100 * milliseconds) / total).toFixed(1);
    console.log(
      `${milliseconds.toFixed(1)} ms (${share} %): ${operation}, ${times} × ${threads} threads, ${megabytes(moved)}`,
    );
  }
}

/** K steps in one pipeline against K pipelines with Adam on the host: time a step, the least of several. */
async function unrolled(count: number): Promise<void> {
  const repeats = 10;
  const batches = Array.from({ length: count }, (_, step) => [mapsOf(step), thetaOf(step)] as const);
  console.log('One step a pipeline:');
  const parameters = begin.slice();
  const one = await opened(singleStep(), [parameters, ...batches[0]!]);
  let leastSingle = Number.POSITIVE_INFINITY;
  let ownSingle = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) {
    parameters.set(begin);
    const optimiser = adam(begin.length, { learningRate: rate, beta1, beta2, epsilon });
    const [start, computed] = [performance.now(), processTime()];
    for (const batch of batches) {
      const [, gradient] = (await one.run([parameters, ...batch])) as [Float32Array, Float32Array];
      optimiser.step(parameters, gradient);
    }
    leastSingle = Math.min(leastSingle, (performance.now() - start) / count);
    ownSingle = Math.min(ownSingle, (processTime() - computed) / count);
  }
  await one.dispose();
  console.log(`${count} steps a pipeline:`);
  const zeros = new Float32Array(begin.length);
  const corrections = batches.flatMap((_, step) =>
    [beta1, beta2].map((beta) => Float32Array.of(1 / (1 - beta ** (step + 1)))),
  );
  const inputs = [begin, zeros, zeros, ...corrections, ...batches.flat()];
  const many = await opened(unrolledSteps(count), inputs);
  let leastUnrolled = Number.POSITIVE_INFINITY;
  let ownUnrolled = Number.POSITIVE_INFINITY;
  let ended: Float32Array = begin;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const [start, computed] = [performance.now(), processTime()];
    [ended] = (await many.run(inputs)) as [Float32Array];
    leastUnrolled = Math.min(leastUnrolled, (performance.now() - start) / count);
    ownUnrolled = Math.min(ownUnrolled, (processTime() - computed) / count);
  }
  await many.dispose();
  const apart = Math.max(...ended.map((value, i) => Math.abs(value - parameters[i]!)));
  console.log(
    `a step: ${leastSingle.toFixed(2)} ms (the process's own ${ownSingle.toFixed(2)}) by itself with Adam on the host, ${leastUnrolled.toFixed(2)} ms (${ownUnrolled.toFixed(2)}) as one of ${count}; after ${count} steps the parameters differ by at most ${apart.toExponential(1)}`,
  );
}
