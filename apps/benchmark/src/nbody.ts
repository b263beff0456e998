/**
 * Particle-mesh figures that are no races: memory a particle, and how long a suite of maps takes, as `equiflow simulate` makes it,
 * with what a cluster would need. Speed against a peer and the exponent are the cases `pm-*` of `main.js`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growth, type ParticleMeshOptions, particleMesh, whiteNoise } from '@equiflow/cosmo-sims';
import { key } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { step } from './cases/particle-mesh.ts';
import { describeMachine, machineLine } from './machine.ts';
import { type SuiteCost, suiteCost, suiteSeconds } from './suite-cost.ts';
import { markdownTable } from './table.ts';

const USAGE = `Usage: node apps/benchmark/dist/nbody.js [options]; all of it when none is given

  --memory         bytes a particle of a step and of a whole simulation, 64³ and 128³ particles
  --maps N         time a suite of N simulations of 64³ particles, 2LPT and 40 steps, a map of 64² each, over all cores, and
                   extrapolate to 1,000 (default 40; give 1000 for the whole)
  --workers LIST   numbers of processes to try (default: 1 and as many as the machine runs at once)
  --help           this text`;

const CLI: string = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

/** Bytes a particle between and during runs: all that the plans hold, arrays included. */
function memory(): void {
  const rows: string[][] = [];
  for (const n of [64, 128]) {
    const one = step(n);
    one.run();
    rows.push([`${n}³`, 'one step alone, CIC', perParticle(one.bytes?.() ?? Number.NaN, n)]);
    const kinds: readonly (readonly [string, Partial<ParticleMeshOptions>])[] = [
      ['simulation, 1LPT', { order: 1 }],
      ['simulation, 2LPT', {}],
      ['simulation, 3LPT', { order: 3 }],
      ['simulation, COLA', { scheme: 'cola' }],
      ['simulation, 2LPT, mesh 2', { meshFactor: 2 }],
    ];
    for (const [name, options] of kinds) {
      const backend = wasm();
      const simulation = particleMesh({ particles: n, boxSize: 4 * n, backend, ...options });
      simulation.run({
        noise: whiteNoise({ mesh: simulation.lattice, key: key(1), backend }),
        power: (k) => 1e3 * k,
        growth: growth({ omegaM: 0.3 }, 'today'),
        ...{ start: 0.1, end: 1, steps: 1 },
      });
      rows.push([`${n}³`, name, perParticle(simulation.memoryBytes, n)]);
      simulation.dispose();
    }
  }
  console.log('### Memory of the plans, float32\n');
  console.log(`${markdownTable(['particles', 'what', 'bytes a particle'], rows)}\n`);
}

function perParticle(bytes: number, n: number): string {
  return (bytes / n ** 3).toFixed(0);
}

/** Runs `equiflow simulate` on a suite in a folder of its own. @returns seconds of the whole process */
async function timeSuite(count: number, workers: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'equiflow-suite-'));
  const args = [
    ...['simulate', '--kind', 'nbody', '--suite', `${count}`, '--workers', `${workers}`],
    ...['--particles', '64', '--size', '64', '--box', '256', '--steps', '40'],
    ...['--spectrum', 'eh98', '--prior', 'Omega_m:0.1:0.5,sigma_8:0.6:1.0', '--out', join(folder, 'suite')],
  ];
  const start = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint += text;
      });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0
          ? resolve()
          : reject(new Error(`equiflow simulate ended with ${code}: ${complaint.trim()}`)),
      );
    });
    return (performance.now() - start) / 1000;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Times two suites for each number of processes, and says what 1,000 simulations take on machines like this one. */
async function maps(count: number, workerCounts: readonly number[]): Promise<void> {
  const rows: string[][] = [];
  let best: SuiteCost | undefined;
  for (const workers of workerCounts) {
    const first = await timeSuite(workers, workers);
    console.error(`${workers} simulations, ${workers} processes: ${first.toFixed(1)} s`);
    const whole = await timeSuite(count, workers);
    console.error(`${count} simulations, ${workers} processes: ${whole.toFixed(1)} s`);
    const cost = suiteCost(first, whole, count, workers);
    const thousand = count === 1000 ? whole : suiteSeconds(cost, 1000);
    rows.push([
      `${workers}`,
      whole.toFixed(1),
      cost.each.toFixed(2),
      cost.startUp.toFixed(1),
      `${(thousand / 60).toFixed(1)}${count === 1000 ? '' : ' (extrapolated)'}`,
    ]);
    if (!best || suiteSeconds(cost, 1000) < suiteSeconds(best, 1000)) best = cost;
  }
  const header = [
    'processes',
    `s, ${count} simulations`,
    's a simulation and process',
    's, start and merging',
    'min, 1,000 maps',
  ];
  console.log('### Maps of 64² from 64³ particles, 2LPT and 40 steps, through `equiflow simulate`\n');
  console.log(`${markdownTable(header, rows)}\n`);
  if (!best) return;
  const { workers, startUp, each } = best;
  console.log(
    `A cluster of n such machines (job array, \`--shard i/n\`): t = ${startUp.toFixed(1)} s + ⌈1000/(${workers} n)⌉ · ${each.toFixed(2)} s, and one \`--merge\`.\n`,
  );
  const machines = [1, 2, 4, 8, 16, 32].map((n) => [`${n}`, suiteSeconds(best, 1000, n).toFixed(0)]);
  console.log(markdownTable(['machines', 's, 1,000 maps'], machines));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      memory: { type: 'boolean' },
      maps: { type: 'string' },
      workers: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const everything = values.memory === undefined && values.maps === undefined;
  const count = Number(values.maps ?? 40);
  const cores = availableParallelism();
  const workers = values.workers?.split(',').map(Number) ?? [...new Set([1, cores])];
  if (!workers.every((n) => Number.isInteger(n) && n > 0)) {
    throw new Error(`--workers ${values.workers}: give whole numbers ≥ 1, such as 1,2`);
  }
  if (!(Number.isInteger(count) && count >= 2 * Math.max(...workers))) {
    throw new Error(`--maps ${values.maps}: give a whole number, two or more a process`);
  }
  console.error(machineLine(describeMachine()));
  if (everything || values.memory) memory();
  if (everything || values.maps !== undefined) {
    if (!existsSync(CLI))
      throw new Error('the command-line tool is not built: run `npx -y pnpm@12 build` first');
    await maps(count, workers);
  }
}

try {
  await main();
} catch (error) {
  console.error(`nbody: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
