/**
 * TRENF training steps on the GPU against the wasm backend in the same run, and against PyTorch eager on the same GPU: from
 * which size the GPU wins, and how far its time is from what its memory traffic alone would take.
 *
 *     node tools/run.mjs benchmark gpu.js [--sizes 32x128x128,1x64x64x64] [--torch PYTHON [--torch-device cuda]]
 *          [--bandwidth GB/S] [--software] [--json FILE]
 *
 * A size is the number of maps and the sides of one. The bandwidth is measured where it is not given. An adapter in
 * software is refused, since its times say nothing, unless `--software` asks for it (small sizes; figures marked).
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generativeExecutor, initialParameters, type Placement, trenf, trenfDefaults } from '@equiflow/flows';
import { adam, constant, gradients, multiply, negate, sum, trace } from '@equiflow/tensor';
import { type GpuBackend, gpu } from '@equiflow/tensor-gpu';
import { openPool } from '@equiflow/tensor-wasm';
import { normalValues } from './cases/random-values.ts';
import { errorsInALine } from './errors-in-a-line.ts';

interface Size {
  readonly shape: readonly number[];
  readonly maps: number;
}

const defaultSizes = '32x32x32,32x64x64,32x128x128,32x256x256,1x32x32x32,1x64x64x64,1x128x128x128';
/** What SwiftShader bears. */
const softwareSizes = '4x16x16,4x32x32,1x16x16x16';

interface Row {
  readonly title: string;
  readonly gpuMs: number;
  readonly wasmMs: number;
  /** PyTorch eager on `torchDevice`; null where it was not asked for. */
  readonly torchMs: number | null;
  readonly launches: number;
  readonly trafficMB: number;
  readonly deviceMB: number;
  /** Milliseconds that the traffic would take at the device's bandwidth. */
  readonly trafficMs: number;
}

errorsInALine();
const { values } = parseArgs({
  options: {
    sizes: { type: 'string' },
    torch: { type: 'string' },
    'torch-device': { type: 'string', default: 'cuda' },
    bandwidth: { type: 'string' },
    software: { type: 'boolean' },
    json: { type: 'string' },
  },
});
const torchDevice = values['torch-device'];
const device = await gpu();
console.log(`GPU: ${device.adapter} (${device.source})`);
if (device.isSoftware && !values.software) {
  console.log(
    'This adapter is in software: nothing is measured. On a machine with a GPU this prints its table.',
  );
} else {
  const sizes = sizesOf(values.sizes ?? (device.isSoftware ? softwareSizes : defaultSizes));
  const note = device.isSoftware ? ' [software adapter: no figure of a GPU]' : '';
  const bandwidth =
    values.bandwidth === undefined
      ? await measuredBandwidth(device)
      : positive('bandwidth', values.bandwidth);
  console.log(
    `memory bandwidth, ${values.bandwidth === undefined ? 'measured' : 'given'}: ${bandwidth.toPrecision(3)} GB/s${note}`,
  );
  const pool = await openPool();
  console.log(`wasm: ${pool.workers} workers`);
  const rows: Row[] = [];
  for (const size of sizes) {
    const row = await measure(size, device, pool, bandwidth);
    rows.push(row);
    console.log(`${describe(row)}${note}`);
  }
  const first = rows.find(({ gpuMs, wasmMs }) => gpuMs < wasmMs);
  console.log(`${first ? `The GPU wins from ${first.title} on` : 'The GPU wins nowhere'}${note}`);
  if (values.json) {
    const { adapter, isSoftware } = device;
    const text = JSON.stringify(
      { adapter, isSoftware, workers: pool.workers, torchDevice, bandwidth, rows },
      null,
      1,
    );
    writeFileSync(values.json, `${text}\n`);
  }
  await pool.close();
}
await device.close();

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`--${name} ${text}; give a number above 0`);
  return number;
}

function sizesOf(text: string): Size[] {
  return text.split(',').map((one) => {
    const [maps, ...shape] = one.split('x').map((word) => positive('sizes', word));
    if (shape.length !== 2 && shape.length !== 3) {
      throw new RangeError(`--sizes ${one}; give maps and 2 or 3 sides, as 32x128x128`);
    }
    return { maps: maps!, shape };
  });
}

/**
 * GB/s of reading: sums over one large constant array, each a read of all of it. The difference of many and one, so that
 * what a run costs by itself does not count.
 */
async function measuredBandwidth(backend: GpuBackend): Promise<number> {
  const count = backend.isSoftware ? 2 ** 20 : 2 ** 24;
  const [few, many] = backend.isSoftware ? [1, 5] : [4, 36];
  const array = constant(normalValues(count, 3), [count]);
  const secondsOf = async (sums: number): Promise<number> => {
    const executable = backend.compile(
      trace(
        (scale) => Array.from({ length: sums }, (_, i) => sum(multiply(array, multiply(scale!, 1 + i)))),
        [{ shape: [], dtype: 'float32' }],
      ),
    );
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 6; run++) {
      const start = performance.now();
      await executable.run([Float32Array.of(1)]);
      if (run > 0) least = Math.min(least, (performance.now() - start) / 1000);
    }
    await executable.dispose();
    return least;
  };
  const seconds = (await secondsOf(many)) - (await secondsOf(few));
  return (4 * count * (many - few)) / seconds / 1e9;
}

/** Milliseconds of a step with Adam on the host, the least of several after the first. */
async function timeStep(place: Placement, { shape, maps }: Size): Promise<number> {
  const flow = modelOf(shape);
  const executor = await generativeExecutor(flow, place);
  const parameters = Float32Array.from(initialParameters(flow.parameters, 1));
  const optimiser = adam(parameters.length, { learningRate: 1e-4 });
  const cells = shape.reduce((a, b) => a * b, 1);
  const batch = {
    maps: normalValues(maps * cells, 0),
    parameters: normalValues(2 * maps, 1).map(Math.tanh),
    size: maps,
  };
  let least = Number.POSITIVE_INFINITY;
  const begun = performance.now();
  for (let run = 0; run < 30 && (run < 4 || performance.now() - begun < 20_000); run++) {
    const start = performance.now();
    const { gradient } = await executor.lossAndGradient(parameters, batch, run);
    optimiser.step(parameters, gradient);
    if (run > 0) least = Math.min(least, performance.now() - start);
  }
  await executor.close();
  return least;
}

/** The same step by PyTorch eager, in a process of its own. */
function timeTorch(python: string, { shape, maps }: Size): number {
  const script = fileURLToPath(new URL('../peers/peers.py', import.meta.url));
  const name = `trenf-step-${shape.length}d-${shape[0]}-batch${maps}`;
  const text = execFileSync(python, [script, name, 'torch', '--device', torchDevice], { encoding: 'utf8' });
  const { times } = JSON.parse(text.trimEnd().split('\n').at(-1)!) as { times: readonly number[] };
  return Math.min(...times);
}

function modelOf(shape: readonly number[]): ReturnType<typeof trenf> {
  const prior = { low: [-1, -1], high: [1, 1] };
  return trenf({ ...trenfDefaults, shape, boxSize: 1000, parameterNames: ['a', 'b'], prior });
}

async function measure(size: Size, backend: GpuBackend, workers: Placement, bandwidth: number): Promise<Row> {
  const { shape, maps } = size;
  const flow = modelOf(shape);
  const count = initialParameters(flow.parameters, 1).length;
  const float = (...lengths: number[]) => ({ shape: lengths, dtype: 'float32' as const });
  const plan = backend.compile(
    trace(
      (flat, x, theta) => {
        const loss = negate(sum(flow.logProb(x!, theta!, flat!)));
        return [loss, ...gradients(loss, [flat!])];
      },
      [float(count), float(maps, ...shape), float(maps, 2)],
    ),
  );
  const { steps, trafficBytes, memoryBytes } = plan;
  await plan.dispose();
  return {
    title: `${maps} × ${shape.join('×')}`,
    gpuMs: await timeStep(backend, size),
    wasmMs: await timeStep(workers, size),
    torchMs: values.torch === undefined ? null : timeTorch(values.torch, size),
    launches: steps,
    trafficMB: trafficBytes / 1e6,
    deviceMB: memoryBytes / 1e6,
    trafficMs: trafficBytes / bandwidth / 1e6,
  };
}

function describe(row: Row): string {
  const { title, gpuMs, wasmMs, torchMs, launches, trafficMB, deviceMB, trafficMs } = row;
  const torch = torchMs === null ? '' : `, PyTorch on ${torchDevice} ${torchMs.toFixed(1)} ms`;
  return `${title}: GPU ${gpuMs.toFixed(1)} ms, wasm ${wasmMs.toFixed(1)} ms${torch}; ${launches} launches, ${trafficMB.toFixed(1)} MB moved, ${trafficMs.toPrecision(2)} ms at the bandwidth (${((100 * trafficMs) / gpuMs).toFixed(1)} % of the step), ${deviceMB.toFixed(1)} MB on the device`;
}
