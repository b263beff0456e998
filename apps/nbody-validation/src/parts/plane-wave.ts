/**
 * The Zel'dovich plane wave, x = q − D₁ A sin(kq)/k, exact until shells cross at D₁ A = 1.
 *
 * What the mesh can do there. It smooths the force over a cell H, before crossing an error of second order. With
 * ε = 1 − D₁ A the caustic is x = εq + q³/6 (k = 1): its width is ε^{3/2}, and once that is a cell, ε ~ H^{2/3}, a force of q ~ H^{1/3}
 * is unresolved for the time ε that is left. So at crossing momenta are wrong by H^{1/3} H^{2/3} = H, and positions by
 * H^{5/3}. These exponents are those of the smoothing alone (PCS, not divided out), and are held to. With the window divided out
 * errors are up to 10 times smaller, and another source shows: a lattice that is denser or thinner than the mesh beats with it, a
 * force of fixed strength on the scale of a cell, and so an error of H. It falls with the order of the window.
 * Steps have no part in any of it: FastPM's factors are exact for such a wave.
 */
import { latticePositions, type ParticleMeshOptions } from '@equiflow/cosmo-sims';
import type { Check, Part, Table } from '../part.ts';
import { STRUCTURE, simulate } from '../simulate.ts';

interface Errors {
  readonly position: number;
  readonly momentum: number;
}

/** Largest errors in units of the largest displacement and its momentum. */
function errors(n: number, amplitude: number, steps: number, options: Partial<ParticleMeshOptions>): Errors {
  const { dimensions: d = 2 } = options;
  const boxSize = 2 * Math.PI;
  const lattice = new Array<number>(d).fill(n);
  const q = latticePositions(lattice, boxSize);
  const noise = Float64Array.from({ length: n ** d }, (_, cell) => Math.cos(q[cell * d]!));
  const { positions, momenta } = simulate(
    { particles: n, boxSize, dimensions: d, dtype: 'float64', ...options },
    { noise, power: () => amplitude ** 2 * (boxSize / n) ** d, steps },
  );
  const rate = STRUCTURE.rate(1);
  let [position, momentum] = [0, 0];
  for (let i = 0; i < q.length; i += d) {
    const exact = -amplitude * Math.sin(q[i]!);
    position = Math.max(position, Math.abs(positions[i]! - q[i]! - exact));
    momentum = Math.max(momentum, Math.abs(momenta[i]! / rate - exact));
  }
  return { position: position / amplitude, momentum: momentum / amplitude };
}

/** p of error ∝ H^p over meshes that double. */
function exponent(values: readonly number[]): number {
  return Math.log2(values[0]! / values[values.length - 1]!) / (values.length - 1);
}

/** Forces, whether they are the smoothing alone, and the limits at crossing on the finest mesh, [full, reduced]. */
const FORCES: readonly {
  name: string;
  options: Partial<ParticleMeshOptions>;
  smoothing?: true;
  position: readonly [number, number];
  momentum: readonly [number, number];
}[] = [
  {
    name: 'PCS, not divided out',
    options: { window: 'pcs', compensated: false },
    smoothing: true,
    position: [0.001, 0.01],
    momentum: [0.016, 0.06],
  },
  { name: 'PCS', options: { window: 'pcs' }, position: [0.001, 0.0015], momentum: [0.008, 0.025] },
  { name: 'TSC', options: { window: 'tsc' }, position: [0.002, 0.005], momentum: [0.01, 0.025] },
  { name: 'CIC', options: { window: 'cic' }, position: [0.01, 0.025], momentum: [0.02, 0.035] },
  {
    name: 'PCS, mesh 2',
    options: { window: 'pcs', meshFactor: 2 },
    position: [0.0005, 0.002],
    momentum: [0.008, 0.02],
  },
];
const AMPLITUDES = [0.5, 0.8, 0.95, 1];

/** The part. */
export const planeWave: Part = {
  name: 'plane-wave',
  title: 'Zel’dovich plane wave to shell crossing',
  run(effort, say) {
    const full = effort === 'full';
    const sizes = full ? [16, 32, 64, 128, 256] : [16, 32, 64];
    const tables: Table[] = [];
    const checks: Check[] = [];
    for (const { name, options, smoothing, position, momentum } of FORCES) {
      say(name);
      const rows: (string | number)[][] = [];
      for (const amplitude of AMPLITUDES) {
        const found = sizes.map((n) => errors(n, amplitude, 12, options));
        for (const quantity of ['position', 'momentum'] as const) {
          const values = found.map((one) => one[quantity]);
          const slope = exponent(values.slice(-3));
          rows.push([`${amplitude}, ${quantity}`, ...values, slope.toFixed(2)]);
          if (amplitude === 1) {
            checks.push({
              name: `${name}, D₁A = 1, ${sizes[sizes.length - 1]} a wave, ${quantity}`,
              value: values[values.length - 1]!,
              atMost: (quantity === 'position' ? position : momentum)[full ? 0 : 1],
            });
          }
          if (smoothing && (amplitude === 0.5 || amplitude === 1)) {
            const wanted = amplitude < 1 ? 2 : quantity === 'position' ? 5 / 3 : 1;
            checks.push({
              name: `${name}, D₁A = ${amplitude}, ${quantity}: exponent, distance from ${wanted.toFixed(2)}`,
              value: Math.abs(slope - wanted),
              atMost: 0.15,
            });
          }
        }
      }
      tables.push({
        title: `${name}: largest error over largest displacement; two dimensions, 12 steps, float64, N particles a wave.`,
        columns: ['D₁A', ...sizes.map((n) => `N = ${n}`), 'exponent of H'],
        rows,
      });
    }
    say('steps and dimensions');
    const others: (readonly [string, number, Partial<ParticleMeshOptions>])[] = [
      ...[1, 3, 12, 48, 192].map((steps) => [`${steps} steps`, steps, {}] as const),
      ['12 steps, three dimensions', 12, { dimensions: 3 }],
      ['12 steps, COLA', 12, { scheme: 'cola' }],
      ['12 steps, four-point gradient', 12, { gradient: 'four-point' }],
    ];
    const rows = others.map(([name, steps, options]) => {
      const { position, momentum } = errors(32, 1, steps, { window: 'pcs', ...options });
      return [name, position, momentum];
    });
    tables.push({
      title: 'At crossing, PCS, N = 32.',
      columns: ['run', 'position', 'momentum'],
      rows,
    });
    return { tables, checks };
  },
};
