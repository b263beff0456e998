/** Suites by the real command: workers, kill -9, shards; and by Slurm's own daemons where they are installed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readNpy, readNpz, readTable } from '@equiflow/io/node';
import type { Dataset, Group } from 'h5wasm/node';
import { build, defaultServerConditions } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let cache: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-suite-'));
  const modules = resolve(import.meta.dirname, '../../../report/node_modules');
  fs.mkdirSync(join(modules, '.cache'), { recursive: true });
  cache = fs.mkdtempSync(join(modules, '.cache', 'equiflow-suite-'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      external: ['@resvg/resvg-js'],
      resolve: { conditions: ['@equiflow/source', ...defaultServerConditions] },
    },
    build: {
      ssr: true,
      outDir: cache,
      minify: false,
      rollupOptions: {
        input: { main: resolve(import.meta.dirname, '../main.ts') },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  });
}, 60_000);
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(cache, { recursive: true, force: true });
});

const words = (out: string, ...more: string[]): string[] => [
  ...['simulate', '--kind', 'nbody', '--suite', '12', '--spectrum', 'eh98-nowiggle', '--prior'],
  ...['Omega_m:0.1:0.5,sigma_8:0.6:1.0', '--size', '16', '--box', '250', '--depth', '125', '--steps', '4'],
  ...['--maps-per-simulation', '2', '--out', at(out), ...more],
];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(cache, 'main.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout!.on('data', (text: Buffer) => {
    out += text.toString();
  });
  child.stderr!.on('data', (text: Buffer) => {
    error += text.toString();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => done({ code, out, error }));
  });
  return { child, ended };
}
const equiflow = (...args: string[]): Promise<Ended> => start(args).ended;
const bytes = (out: string): Buffer[] =>
  ['maps.npy', 'linear.npy', 'params.txt'].map((name) => fs.readFileSync(at(out, name)));

test('the bytes do not depend on workers, shards, or kill -9; what is there is not made twice', async () => {
  const one = await equiflow(...words('one', '--workers', '1', '--json'));
  expect(one).toMatchObject({ code: 0, error: '' });
  expect(JSON.parse(one.out)).toMatchObject({ simulated: 12, count: 12, names: ['Omega_m', 'sigma_8'] });
  expect(readNpy(at('one', 'maps.npy')).shape).toEqual([24, 16, 16]);
  expect(readTable(at('one', 'params.txt')).rows).toBe(12);
  expect(fs.existsSync(at('one', 'rows'))).toBe(false);

  expect((await equiflow(...words('two', '--workers', '2'))).code).toBe(0);
  expect(bytes('two')).toEqual(bytes('one'));

  // Killed once some rows are there: the parent, and its workers end by themselves.
  const { child, ended } = start(words('killed', '--workers', '2'));
  const made = (): number =>
    fs.existsSync(at('killed', 'rows'))
      ? fs.readdirSync(at('killed', 'rows')).filter((n) => n.endsWith('.npz')).length
      : 0;
  while (made() < 3) await new Promise((done) => setTimeout(done, 5));
  child.kill('SIGKILL');
  await ended;
  expect(fs.existsSync(at('killed', 'maps.npy'))).toBe(false);
  const again = await equiflow(...words('killed', '--workers', '1', '--json'));
  expect((JSON.parse(again.out) as { simulated: number }).simulated).toBeLessThanOrEqual(9);
  expect(bytes('killed')).toEqual(bytes('one'));
  // Complete: nothing is simulated again.
  expect(JSON.parse((await equiflow(...words('killed', '--json'))).out)).toMatchObject({ simulated: 0 });

  // Killed at moments that nobody chose, also while rows are joined: again and again, then left alone.
  for (const delay of [120, 350, 600, 900]) {
    const { child: victim, ended: gone } = start(words('often', '--workers', '2'));
    await new Promise((done) => setTimeout(done, delay));
    victim.kill('SIGKILL');
    await gone;
  }
  expect((await equiflow(...words('often', '--workers', '2'))).code).toBe(0);
  expect(bytes('often')).toEqual(bytes('one'));

  const first = await equiflow(...words('shards', '--shard', '1/3', '--workers', '1'));
  expect(first.out).toMatch(/shard 1\/3: 4 simulations made/);
  const early = await equiflow(...words('shards', '--merge'));
  expect(early.code).toBe(2);
  expect(early.error).toMatch(
    /8 of 12 simulations are missing \(1, 2, 4, 5, 7, 8, 10, 11\); .* without --merge/,
  );
  await Promise.all(
    ['2/3', '3/3'].map((shard) => equiflow(...words('shards', '--shard', shard, '--workers', '1'))),
  );
  expect((await equiflow(...words('shards', '--merge'))).code).toBe(0);
  expect(bytes('shards')).toEqual(bytes('one'));
}, 120_000);

test('one line for what cannot be done', async () => {
  const refused = async (args: string[]): Promise<string> => {
    const { code, error } = await equiflow(...args);
    expect(code).toBe(2);
    expect(error.trim().split('\n').length).toBe(1);
    return error;
  };
  expect(await refused(words('one', '--steps', '9'))).toMatch(/holds a suite with steps = 4, not 9/);
  fs.mkdirSync(at('other'));
  fs.writeFileSync(at('other', 'thesis.tex'), '');
  expect(await refused(words('other'))).toMatch(/holds other files \(thesis.tex\)/);
  expect(await refused(words('new', '--shard', '4/3'))).toMatch(/--shard '4\/3': write i\/n/);
  expect(await refused(words('new', '--shard', '1/3', '--merge'))).toMatch(/leave --shard out/);
  expect(await refused(words('new', '--depth', '300'))).toMatch(/at most the box/);
  expect(await refused(words('new', '--set', 'w=1'))).toMatch(/no parameter w/);
  expect(
    await refused([
      'simulate',
      '--spectrum',
      'eh98',
      '--prior',
      'h:0.6:0.8',
      '--steps',
      '3',
      '--out',
      at('new'),
    ]),
  ).toMatch(/--steps belongs to --kind nbody/);
  expect(fs.existsSync(at('new'))).toBe(false);
  // A worker that fails ends, and the suite with it.
  expect((await equiflow(...words('failing', '--snapshots', '--shard', '1/12', '--workers', '1'))).code).toBe(
    0,
  );
  fs.mkdirSync(at('failing', 'snapshots', '0000003.hdf5', 'thesis'), { recursive: true });
  expect(await refused(words('failing', '--snapshots', '--workers', '2'))).toMatch(
    /a worker ended with code 2: .*0000003\.hdf5.*run the same command again/,
  );
  if (fs.existsSync('/proc/self')) {
    expect(await refused(words('new', '--out', '/proc/equiflow/suite'))).toMatch(
      /\/proc\/equiflow\/suite.*(no folders can be made there|permission denied|not permitted)/,
    );
  }
}, 60_000);

test('HDF5: a suite with its choices, and snapshots in the layout of Gadget', async () => {
  expect((await equiflow(...words('hdf5', '--hdf5', '--snapshots', '--workers', '2'))).code).toBe(0);
  await equiflow(...words('plain', '--workers', '1'));
  expect(bytes('hdf5')).toEqual(bytes('plain'));
  const { default: h5wasm, ready } = await import('h5wasm/node');
  await ready;
  const suite = new h5wasm.File(at('hdf5', 'suite.hdf5'), 'r');
  const maps = suite.get('maps') as Dataset;
  expect(maps.shape).toEqual([24, 16, 16]);
  expect([...(maps.value as Float32Array)]).toEqual([...readNpy(at('hdf5', 'maps.npy')).data]);
  expect(suite.attrs.boxSize!.value).toBe(250);
  expect(suite.attrs.names!.value).toBe('["Omega_m","sigma_8"]');
  suite.close();
  const snapshot = new h5wasm.File(at('hdf5', 'snapshots', '0000005.hdf5'), 'r');
  const header = (snapshot.get('Header') as Group).attrs;
  expect([...(header.NumPart_Total!.value as Uint32Array)]).toEqual([0, 4096, 0, 0, 0, 0]);
  expect(header.BoxSize!.value).toBe(250_000);
  expect(header.Time!.value).toBe(1);
  const omegaM = readTable(at('hdf5', 'params.txt')).data[2 * 5]!;
  expect(header.Omega0!.value).toBeCloseTo(omegaM, 12);
  // Mass of all particles: Ω_m of 2.775e11 (M☉/h)/(Mpc/h)³, in 1e10 M☉/h.
  expect((header.MassTable!.value as Float64Array)[1]! * 4096).toBeCloseTo(omegaM * 27.753662 * 250 ** 3, -1);
  const [x, v, ids] = ['Coordinates', 'Velocities', 'ParticleIDs'].map(
    (name) => (snapshot.get(`PartType1/${name}`) as Dataset).value as Float32Array,
  );
  expect(x!.every((value) => value >= 0 && value < 250_000)).toBe(true);
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b * b, 0) / values.length;
  // One-dimensional velocities of some hundred km/s, as matter has them today.
  expect(Math.sqrt(mean(v!))).toBeGreaterThan(50);
  expect(Math.sqrt(mean(v!))).toBeLessThan(1000);
  expect(new Set(ids!).size).toBe(4096);
  snapshot.close();
}, 60_000);

const hasH5py = spawnSync('python3', ['-c', 'import h5py']).status === 0;
test.skipIf(!hasH5py)(
  `h5py opens them${hasH5py ? '' : ' (skipped: python3 has no h5py here; the structure is tested above)'}`,
  () => {
    const python = (script: string, path: string): string =>
      execFileSync('python3', ['-c', `import h5py, sys; f = h5py.File(sys.argv[1]); ${script}`, path], {
        encoding: 'utf8',
      }).trim();
    expect(
      python(
        'h = f["Header"].attrs; print(f["PartType1/Coordinates"].shape, int(h["NumPart_Total"][1]), h["BoxSize"], f["Parameters"].attrs["transfer"])',
        at('hdf5', 'snapshots', '0000000.hdf5'),
      ),
    ).toBe('(4096, 3) 4096 250000.0 eh98-nowiggle');
    const maps = readNpy(at('hdf5', 'maps.npy')).data as Float32Array;
    const sum = maps.reduce((total, value) => total + Math.abs(value), 0);
    const told = python(
      'print(f.attrs["boxSize"], f["maps"].shape, abs(f["maps"][:].astype("f8")).sum())',
      at('hdf5', 'suite.hdf5'),
    );
    expect(told).toMatch(/^250\.0 \(24, 16, 16\) /);
    expect(Number(told.split(' ').at(-1))).toBeCloseTo(sum, 6);
  },
);

const suite = (out: string, ...more: string[]): string[] => [
  ...['simulate', '--kind', 'nbody', '--spectrum', 'eh98-nowiggle', '--size', '8', '--box', '25'],
  ...['--steps', '3', '--workers', '1', '--out', at(out), ...more],
];
const TRAINING = [
  ...['--box', '25', '--layers', '1', '--hidden', '4', '--transfer-knots', '4', '--spline-knots', '4'],
  ...['--epochs', '1', '--batch', '8', '--workers', '1'],
];

test('the layout of CAMELS: names, units, 15 maps a row; and it is read back', async () => {
  const prior = 'Omega_m:0.1:0.5,sigma_8:0.6:1.0';
  const made = await equiflow(...suite('camels', '--suite', '4', '--prior', prior, '--layout', 'camels'));
  expect(made).toMatchObject({ code: 0, error: '' });
  const maps = at('camels', 'Maps_Mtot_Nbody_equiflow_LH_z=0.00.npy');
  const params = at('camels', 'params_LH_Nbody_equiflow.txt');
  const { shape, data } = readNpy(maps);
  expect(shape).toEqual([60, 8, 8]);
  const table = readTable(params);
  expect([table.rows, table.columns, table.names]).toEqual([4, 6, undefined]);
  expect(fs.existsSync(at('camels', 'maps.npy'))).toBe(false);
  // The five slabs along an axis hold all of the mass: Ω_m of 2.775e11 (M☉/h)/(Mpc/h)³, over 25 Mpc/h.
  for (const row of [0, 3]) {
    const omegaM = table.data[6 * row]!;
    for (const axis of [0, 1, 2]) {
      let sum = 0;
      for (let slab = 0; slab < 5; slab++) {
        const map = 15 * row + 3 * slab + axis;
        for (let cell = 0; cell < 64; cell++) sum += Number(data[map * 64 + cell]) / 64;
      }
      expect(sum / (omegaM * 2.7753662e11 * 25)).toBeCloseTo(1, 5);
    }
  }
  const model = at('camels-model');
  const trained = await equiflow(
    ...['train', '--maps', maps, '--params', params, '--columns', '0,1', '--names', 'Omega_m,sigma_8'],
    ...['--prior', prior, '--log-density', '--out', model, ...TRAINING],
  );
  expect(trained).toMatchObject({ code: 0, error: '' });
  const refused = async (...more: string[]): Promise<string> => {
    const { code, error } = await equiflow(...suite('refused', '--suite', '4', ...more));
    expect(code).toBe(2);
    return error;
  };
  const camels = ['--layout', 'camels', '--prior'];
  expect(await refused(...camels, 'h:0.6:0.8')).toMatch(/columns for Omega_m and sigma_8 alone, not for h/);
  expect(await refused(...camels, prior, '--design', 'sobol')).toMatch(/file names say Latin hypercube/);
  expect(await refused(...camels, prior, '--maps-per-simulation', '3')).toMatch(/15 maps a simulation/);
  expect(await refused('--layout', 'quijote', '--prior', prior)).toMatch(/give --dimensions 3/);
}, 60_000);

test('the layout of Quijote: a cube a realisation; and it is read back', async () => {
  const prior = 'Omega_m:0.1:0.5,h:0.5:0.9,sigma_8:0.6:1.0';
  const cubes = ['--suite', '5', '--prior', prior, '--dimensions', '3'];
  expect(await equiflow(...suite('cubes', ...cubes, '--design', 'latin-hypercube'))).toMatchObject({
    code: 0,
  });
  expect(await equiflow(...suite('quijote', ...cubes, '--layout', 'quijote', '--hdf5'))).toMatchObject({
    code: 0,
    error: '',
  });
  const folder3d = at('quijote', '3D_cubes', 'latin_hypercube');
  expect(fs.readdirSync(folder3d).sort()).toEqual(['0', '1', '2', '3', '4']);
  const whole = readNpy(at('cubes', 'maps.npy'));
  expect(whole.shape).toEqual([5, 8, 8, 8]);
  const cube = readNpy(join(folder3d, '3', 'df_m_8_CIC_z=0.npy'));
  expect(cube.shape).toEqual([8, 8, 8]);
  expect([...cube.data]).toEqual([...whole.data.subarray(3 * 512, 4 * 512)]);
  expect(Math.abs([...cube.data].reduce<number>((a, b) => a + Number(b), 0))).toBeLessThan(1e-3);
  const params = at('quijote', 'latin_hypercube_params.txt');
  const table = readTable(params);
  expect([table.rows, table.columns]).toEqual([5, 5]);
  // Ω_m, Ω_b, h, n_s, σ_8: what is held has Quijote's fiducial values.
  expect(table.data[1]).toBe(0.049);
  expect(table.data[3]).toBe(0.9624);
  const own = readTable(at('cubes', 'params.txt'));
  expect([table.data[10], table.data[12], table.data[14]]).toEqual([...own.data.subarray(6, 9)]);

  const train = (maps: string, ...rest: string[]): string[] => [
    ...['train', '--maps', maps, '--prior', prior, '--mean-draw', ...TRAINING, ...rest],
  ];
  const quijote = ['--params', params, '--columns', '0,2,4', '--names', 'Omega_m,h,sigma_8'];
  const loss = async (words: string[]): Promise<unknown> => {
    const { code, out, error } = await equiflow(...words, '--json');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    return (JSON.parse(out) as { bestValidation: unknown }).bestValidation;
  };
  const losses = [
    await loss(train(folder3d, ...quijote, '--out', at('quijote-model'))),
    // The same maps, out of HDF5.
    await loss(
      train(
        at('quijote', 'suite.hdf5'),
        ...['--params', at('quijote', 'suite.hdf5'), '--out', at('quijote-hdf5-model')],
      ),
    ),
  ];
  expect(losses[0]).toBeTypeOf('number');
  expect(losses[1]).toBe(losses[0]);
  fs.rmSync(join(folder3d, '2'), { recursive: true });
  const { code, error } = await equiflow(...train(folder3d, ...quijote, '--out', at('gap')));
  expect(code).toBe(2);
  expect(error).toMatch(/realisation 2 is missing/);
}, 90_000);

test('halos of a suite and of a snapshot: the same catalogue, with a graph and a mass function', async () => {
  const box = ['--size', '8', '--particles', '24', '--box', '60', '--mesh-factor', '2', '--window', 'tsc'];
  const made = await equiflow(
    ...['simulate', '--kind', 'nbody', '--suite', '2', '--spectrum', 'eh98-nowiggle', '--steps', '8'],
    ...['--prior', 'Omega_m:0.25:0.35,sigma_8:0.8:0.9', ...box, '--snapshots', '--halos'],
    ...['--workers', '2', '--out', at('halos')],
  );
  expect(made).toMatchObject({ code: 0, error: '' });
  const snapshot = at('halos', 'snapshots', '0000001.hdf5');
  const found = await equiflow(
    ...['halos', '--snapshot', snapshot, '--neighbours', '3', '--json', '--out', at('catalogue.npz')],
  );
  expect(found).toMatchObject({ code: 0, error: '' });
  const told = JSON.parse(found.out) as {
    halos: number;
    massFunction: { bins: { count: number; expected: number }[] };
  };
  expect(told.halos).toBeGreaterThan(10);
  const { bins } = told.massFunction;
  const sum = (of: (bin: (typeof bins)[number]) => number): number => bins.reduce((a, b) => a + of(b), 0);
  expect(sum((bin) => bin.count)).toBe(told.halos);
  // A soft force makes fewer small halos; the order of magnitude is Sheth and Tormen's.
  expect(told.halos / sum((bin) => bin.expected)).toBeGreaterThan(0.3);
  expect(told.halos / sum((bin) => bin.expected)).toBeLessThan(2);
  const own = readNpz(at('catalogue.npz'));
  const suites = readNpz(at('halos', 'halos', '0000001.npz'));
  expect(own.get('positions')!.shape).toEqual([told.halos, 3]);
  expect(own.get('senders')!.shape).toEqual([3 * told.halos]);
  // Of the snapshot, in float32 of kpc/h, to its rounding.
  expect(suites.get('masses')!.shape).toEqual([told.halos]);
  for (const name of ['positions', 'velocities', 'masses']) {
    const [a, b] = [own, suites].map((all) => all.get(name)!.data as Float64Array);
    const scale = Math.max(...b!.map(Math.abs));
    expect(Math.max(...a!.map((value, i) => Math.abs(value - b![i]!))) / scale).toBeLessThan(1e-5);
  }
  const hdf5 = await equiflow(
    ...['halos', '--snapshot', snapshot, '--linking-length', '0.25', '--out', at('catalogue.hdf5')],
  );
  expect(hdf5.out).toMatch(/halos of at least 20 particles[\s\S]*sheth-tormen/);
  const { default: h5wasm, ready } = await import('h5wasm/node');
  await ready;
  const file = new h5wasm.File(at('catalogue.hdf5'), 'r');
  expect((file.get('velocities') as Dataset).shape![1]).toBe(3);
  expect(file.attrs.BoxSize!.value).toBeCloseTo(60, 3);
  file.close();
  const { code, error } = await equiflow(
    ...['halos', '--snapshot', at('halos', 'suite.json'), '--out', at('x.npz')],
  );
  expect(code).toBe(2);
  expect(error).toMatch(/suite.json: no HDF5 file/);
}, 90_000);

/** Slurm for one node on loopback, as root; `stop` ends its daemons, which write their state to the last. */
async function startSlurm(
  root: string,
): Promise<{ environment: NodeJS.ProcessEnv; stop: () => Promise<void> }> {
  for (const name of ['state', 'spool', 'log']) fs.mkdirSync(join(root, name), { recursive: true });
  fs.mkdirSync(join(root, 'munge'), { mode: 0o700 });
  const configuration = join(root, 'slurm.conf');
  fs.writeFileSync(
    configuration,
    `ClusterName=probe
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16827
SlurmdPort=16828
AuthType=auth/munge
AuthInfo=socket=${root}/munge/socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=${root}/state
SlurmdSpoolDir=${root}/spool
SlurmctldPidFile=${root}/slurmctld.pid
SlurmdPidFile=${root}/slurmd.pid
SlurmctldLogFile=${root}/log/slurmctld.log
SlurmdLogFile=${root}/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const munge = join(root, 'munge');
  fs.writeFileSync(join(munge, 'key'), Buffer.alloc(1024, 7), { mode: 0o400 });
  const environment = { ...process.env, SLURM_CONF: configuration };
  const daemons: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    // In the order of their dependence: munged last.
    for (const daemon of [...daemons].reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = new Promise((done) => daemon.once('close', done));
      daemon.kill('SIGTERM');
      const forced = setTimeout(() => daemon.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(forced);
    }
  };
  const daemon = (name: string, ...args: string[]): void => {
    daemons.push(spawn(name, args, { env: environment, stdio: 'ignore' }));
  };
  const until = async (ready: () => boolean, what: string): Promise<void> => {
    for (let i = 0; i < 300; i++) {
      if (ready()) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    await stop();
    throw new Error(`slurm: ${what} did not come up`);
  };
  const files = ['key', 'socket', 'pid', 'log', 'seed'].map((name) => join(munge, name));
  const flags = ['key-file', 'socket', 'pid-file', 'log-file', 'seed-file'].map(
    (name, i) => `--${name}=${files[i]}`,
  );
  daemon('munged', '--force', '--foreground', ...flags);
  await until(() => fs.existsSync(join(munge, 'socket')), 'munged');
  daemon('slurmctld', '-D', '-f', configuration);
  daemon('slurmd', '-D', '-N', 'localhost', '-f', configuration);
  const node = (): string =>
    spawnSync('sinfo', ['-h', '-o', '%t'], { env: environment, encoding: 'utf8' }).stdout.trim();
  await until(() => /^(idle|mix|alloc)$/.test(node()), 'the node');
  return { environment, stop };
}

const hasSlurm =
  process.getuid?.() === 0 &&
  ['munged', 'slurmctld', 'slurmd', 'sbatch'].every((name) => spawnSync('which', [name]).status === 0);

test.skipIf(!hasSlurm)(
  'a job array of Slurm makes the same suite, and joins it when all tasks have succeeded',
  async () => {
    const { environment, stop } = await startSlurm(at('slurm'));
    try {
      const script = resolve(import.meta.dirname, '../../slurm/submit-suite.sh');
      const submit = (...args: string[]): string =>
        execFileSync(script, args, {
          env: { ...environment, EQUIFLOW: `${process.execPath} ${join(cache, 'main.mjs')}` },
          encoding: 'utf8',
          cwd: folder,
        });
      const jobs = submit('3', '--cpus-per-task=1', '--', ...words('cluster').slice(1)).trim();
      expect(jobs).toMatch(/^\d+ \d+$/);
      for (let i = 0; i < 600 && !fs.existsSync(at('cluster', 'simulation.json')); i++) {
        await new Promise((done) => setTimeout(done, 100));
      }
      expect((await equiflow(...words('alone', '--workers', '2'))).code).toBe(0);
      expect(bytes('cluster')).toEqual(bytes('alone'));
      expect(() => submit('none', '--', '--kind', 'nbody')).toThrow(/'none' is no number of tasks/);
    } finally {
      await stop();
    }
  },
  120_000,
);
