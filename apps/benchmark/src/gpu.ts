/**
 * TRENF training steps on the GPU against the wasm backend in the same run: from which size the GPU wins, and how far its
 * time is from what its memory traffic alone would take.
 *
 *     node tools/run.mjs benchmark gpu.js [--bandwidth GB/S] [--software] [--json FILE]
 *
 * An adapter in software is refused, since its times say nothing, unless `--software` asks for it (small sizes only).
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { generativeExecutor, initialParameters, type Placement, trenf, trenfDefaults } from '@equiflow/flows';
import { gradients, negate, sum, trace } from '@equiflow/tensor';
import { type GpuBackend, gpu } from '@equiflow/tensor-gpu';
import { openPool } from '@equiflow/tensor-wasm';
import { normalValues } from './cases/random-values.ts';

interface Size {
  readonly shape: readonly number[];
  readonly maps: number;
}

const sizes: readonly Size[] = [
  ...[32, 64, 128, 256].map((n) => ({ shape: [n, n], maps: 32 })),
  ...[32, 64, 128].map((n) => ({ shape: [n, n, n], maps: 1 })),
];
/** What SwiftShader bears. */
const softwareSizes: readonly Size[] = [{ shape: [16, 16], maps: 4 }];

interface Row {
  readonly title: string;
  readonly gpuMs: number;
  readonly wasmMs: number;
  readonly launches: number;
  readonly trafficMB: number;
  readonly deviceMB: number;
  /** Traffic over the given bandwidth, over the time; null without a bandwidth. */
  readonly shareOfBandwidth: number | null;
}

const { values } = parseArgs({
  options: { bandwidth: { type: 'string' }, software: { type: 'boolean' }, json: { type: 'string' } },
});
const device = await gpu();
console.log(`GPU: ${device.adapter} (${device.source})`);
if (device.isSoftware && !values.software) {
  console.log(
    'This adapter is in software: nothing is measured. On a machine with a GPU this prints its table.',
  );
} else {
  const pool = await openPool();
  const bandwidth = values.bandwidth === undefined ? null : Number(values.bandwidth) * 1e9;
  const rows: Row[] = [];
  for (const size of device.isSoftware ? softwareSizes : sizes) {
    const row = await measure(size, device, pool, bandwidth);
    rows.push(row);
    console.log(describe(row));
  }
  const first = rows.find(({ gpuMs, wasmMs }) => gpuMs < wasmMs);
  console.log(first ? `The GPU wins from ${first.title} on` : 'The GPU wins nowhere');
  if (values.json) {
    const text = JSON.stringify({ adapter: device.adapter, workers: pool.workers, rows }, null, 1);
    writeFileSync(values.json, `${text}\n`);
  }
  await pool.close();
}
await device.close();

/** Milliseconds of a step, the least of several after the first. */
async function timeStep(place: Placement, { shape, maps }: Size): Promise<number> {
  const flow = modelOf(shape);
  const executor = await generativeExecutor(flow, place);
  const parameters = Float32Array.from(initialParameters(flow.parameters, 1));
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
    await executor.lossAndGradient(parameters, batch, run);
    if (run > 0) least = Math.min(least, performance.now() - start);
  }
  await executor.close();
  return least;
}

function modelOf(shape: readonly number[]): ReturnType<typeof trenf> {
  const prior = { low: [-1, -1], high: [1, 1] };
  return trenf({ ...trenfDefaults, shape, boxSize: 1000, parameterNames: ['a', 'b'], prior });
}

async function measure(
  size: Size,
  backend: GpuBackend,
  workers: Placement,
  bandwidth: number | null,
): Promise<Row> {
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
  const gpuMs = await timeStep(backend, size);
  return {
    title: `${maps} × ${shape.join('×')}`,
    gpuMs,
    wasmMs: await timeStep(workers, size),
    launches: steps,
    trafficMB: trafficBytes / 1e6,
    deviceMB: memoryBytes / 1e6,
    shareOfBandwidth: bandwidth === null ? null : trafficBytes / bandwidth / (gpuMs / 1e3),
  };
}

function describe({ title, gpuMs, wasmMs, launches, trafficMB, deviceMB, shareOfBandwidth }: Row): string {
  const share =
    shareOfBandwidth === null ? '' : `, ${(100 * shareOfBandwidth).toFixed(1)} % of the bandwidth`;
  return `${title}: GPU ${gpuMs.toFixed(1)} ms, wasm ${wasmMs.toFixed(1)} ms; ${launches} launches, ${trafficMB.toFixed(0)} MB moved${share}, ${deviceMB.toFixed(0)} MB on the device`;
}
