/** Linear modes grow as D₁: the amplitude of the simulation is made so small that nothing else happens. */
import type { ParticleMeshOptions } from '@equiflow/cosmo-sims';
import { compensation, crossPowerSpectrum, paint, powerSpectrum } from '@equiflow/fft-mesh';
import { compile } from '@equiflow/tensor';
import type { Check, Part } from '../part.ts';
import { ratio } from '../part.ts';
import { backend, nyquistEdges, power, STRUCTURE, simulate, worst } from '../simulate.ts';

const FRACTIONS = [1 / 8, 1 / 4, 1 / 2, 3 / 4];
/** Above k = 0. */
const LOWEST = 1e-3;
/** `held`: how many of the bins are held to 1 %. */
const SCHEMES: readonly { name: string; options: Partial<ParticleMeshOptions>; held: number }[] = [
  { name: 'FastPM, CIC', options: {}, held: 1 },
  { name: 'FastPM, TSC', options: { window: 'tsc' }, held: 1 },
  { name: 'FastPM, PCS', options: { window: 'pcs' }, held: 3 },
  { name: 'FastPM, mesh 2, CIC', options: { meshFactor: 2 }, held: 2 },
  { name: 'FastPM, mesh 2, TSC', options: { meshFactor: 2, window: 'tsc' }, held: 2 },
  { name: 'FastPM, mesh 2, PCS', options: { meshFactor: 2, window: 'pcs' }, held: 3 },
  { name: 'FastPM, mesh 3, CIC', options: { meshFactor: 3 }, held: 2 },
  { name: 'COLA, CIC', options: { scheme: 'cola' }, held: 1 },
  { name: 'COLA, PCS', options: { scheme: 'cola', window: 'pcs' }, held: 3 },
  { name: 'four-point gradient, CIC', options: { gradient: 'four-point' }, held: 1 },
  {
    name: 'neither division nor cutoff, mesh 2, TSC',
    options: { meshFactor: 2, window: 'tsc', compensated: false },
    held: 0,
  },
];

/** Overdensity of particles, PCS. */
function density(positions: ArrayLike<number>, mesh: readonly number[], boxSize: number): Float64Array {
  const count = positions.length / mesh.length;
  const executable = compile(
    (x) => paint(x, undefined, { mesh, boxSize, window: 'pcs' }),
    [{ shape: [count, mesh.length], dtype: 'float64' }],
    { backend },
  );
  const painted = executable.run([Float64Array.from(positions)])[0]!;
  const delta = Float64Array.from(painted, (value) => (value * painted.length) / count - 1);
  executable.dispose();
  return delta;
}

/** The part. */
export const linearGrowth: Part = {
  name: 'growth',
  title: 'Linear modes grow as D₁',
  run(effort, say) {
    const n = effort === 'full' ? 64 : 24;
    const boxSize = 16 * n;
    const mesh = [n, n, n];
    const box = { mesh, boxSize, edges: nyquistEdges(n, boxSize, [LOWEST, ...FRACTIONS]), backend };
    const modeFactors = compensation(mesh, 'pcs').map(Math.sqrt);
    const rows: string[][] = [];
    const checks: Check[] = [];
    for (const { name, options, held } of SCHEMES) {
      for (const z of effort === 'full' ? [1, 0] : [0]) {
        say(`${name}, z = ${z}`);
        const end = 1 / (1 + z);
        const { positions, linear } = simulate(
          { particles: n, boxSize, dtype: 'float64', ...options },
          { power: (k) => 1e-6 * power(k), end, steps: 10 },
        );
        const own = powerSpectrum(linear, box).power;
        const growth = crossPowerSpectrum(density(positions, mesh, boxSize), linear, {
          ...box,
          modeFactors,
        }).power.map((value, bin) => value / own[bin]! / STRUCTURE.factor(end));
        rows.push([name, `${z}`, ...[...growth].map(ratio)]);
        if (held > 0) {
          checks.push({
            name: `${name}, z = ${z}, k < ${FRACTIONS[held - 1]} k_Ny`,
            value: worst(growth.slice(0, held)),
            atMost: 0.01,
          });
        }
      }
    }
    say('the amplitude of the universe');
    const wide = 50 * n;
    const wideBox = { mesh, boxSize: wide, edges: nyquistEdges(n, wide, [LOWEST, ...FRACTIONS]), backend };
    const grown = simulate({ particles: n, boxSize: wide }, { steps: 10 });
    const wideOwn = powerSpectrum(grown.linear, wideBox).power;
    const followed = crossPowerSpectrum(density(grown.positions, mesh, wide), grown.linear, {
      ...wideBox,
      modeFactors,
    }).power.map((value, bin) => value / wideOwn[bin]!);
    rows.push([`σ₈ = 0.834, box ${wide} Mpc/h, CIC`, '0', ...[...followed].map(ratio)]);
    checks.push({ name: 'σ₈ = 0.834, z = 0, k < 0.125 k_Ny', value: worst([followed[0]!]), atMost: 0.01 });
    const columns = ['scheme, 10 steps', 'z', ...FRACTIONS.map((f) => `k < ${f} k_Ny`)];
    return {
      tables: [
        { title: `Growth from z = 9 over D₁, ${n}³ particles, cells of 16 Mpc/h, float64.`, columns, rows },
      ],
      checks,
    };
  },
};
