/**
 * Runs against runs with four times the steps, and against finer lattices and meshes with the same initial modes.
 * Spectra have the full shot noise of Poisson points in them: particles of a lattice have none at first, those of halos have.
 */
import type { ParticleMeshOptions } from '@equiflow/cosmo-sims';
import type { Check, Part } from '../part.ts';
import { ratio } from '../part.ts';
import { nyquistEdges, simulate, spectrum, worst } from '../simulate.ts';

const FRACTIONS = [0.02, 0.2, 0.4, 0.6, 0.8, 1];
const columns = FRACTIONS.slice(1).map((f) => `k < ${f} k_Ny`);

/** The part. */
export const timeSteps: Part = {
  name: 'steps',
  title: 'Four times the steps',
  run(effort, say) {
    const full = effort === 'full';
    const n = full ? 64 : 24;
    const counts = full ? [5, 10, 20, 40] : [5, 10, 20];
    const rows: string[][] = [];
    const checks: Check[] = [];
    for (const cell of [2, 4]) {
      const boxSize = cell * n;
      const edges = nyquistEdges(n, boxSize, FRACTIONS);
      for (const scheme of ['fastpm', 'cola'] as const) {
        const powers = new Map<number, Float64Array>();
        for (const steps of [...counts, ...(full ? [80, 160] : [40, 80])]) {
          say(`${scheme}, cells of ${cell} Mpc/h, ${steps} steps`);
          const mesh = { particles: n, boxSize, scheme } as const;
          powers.set(steps, spectrum(simulate(mesh, { steps }), boxSize, 2 * n, edges).power);
        }
        for (const steps of counts) {
          const reference = powers.get(4 * steps)!;
          const ratios = Array.from(powers.get(steps)!, (value, bin) => value / reference[bin]!);
          rows.push([`${scheme}, ${cell}`, `${steps} / ${4 * steps}`, ...ratios.map(ratio)]);
          if (steps === (full ? 40 : 20)) {
            checks.push({
              name: `${scheme}, cells of ${cell} Mpc/h, ${steps} steps, k < 0.6 k_Ny`,
              value: worst(ratios.slice(0, 3)),
              atMost: full ? 0.01 : 0.03,
            });
          }
        }
      }
    }
    const table = {
      title: `P(k) at z = 0 over that of a run with four times the steps, ${n}³ particles, mesh ${n}³, CIC.`,
      columns: ['scheme, cell in Mpc/h', 'steps', ...columns],
      rows,
    };
    return { tables: [table], checks };
  },
};

/** The part. */
export const meshes: Part = {
  name: 'mesh',
  title: 'Finer lattices and meshes',
  run(effort, say) {
    const full = effort === 'full';
    const [n, fine] = full ? [48, 144] : [24, 48];
    const steps = full ? 30 : 10;
    // Limits for cells of 2 and 4 Mpc/h: on a mesh of as many cells as particles the force misses what a finer one has.
    const kinds: readonly (readonly [string, Partial<ParticleMeshOptions>, ...number[]])[] = [
      ['mesh 1, CIC', {}, 0.06, 0.025],
      ['mesh 1, TSC', { window: 'tsc' }, 0.05, 0.02],
      ['mesh 1, PCS', { window: 'pcs' }, 0.04, 0.02],
      ['mesh 1, CIC, not divided out', { compensated: false }],
      ['mesh 1, CIC, four-point', { gradient: 'four-point' }],
      ['mesh 2, CIC', { meshFactor: 2 }, 0.01, 0.01],
      ['mesh 2, PCS', { meshFactor: 2, window: 'pcs' }, 0.01, 0.01],
      ['mesh 3, CIC', { meshFactor: 3 }, 0.01, 0.01],
    ];
    const rows: string[][] = [];
    const checks: Check[] = [];
    for (const [which, cell] of [2, 4].entries()) {
      const boxSize = cell * n;
      const edges = nyquistEdges(n, boxSize, FRACTIONS);
      say(`cells of ${cell} Mpc/h, ${fine}³`);
      const reference = spectrum(
        simulate({ particles: fine, boxSize }, { steps }),
        boxSize,
        2 * n,
        edges,
      ).power;
      const noise = (particles: number): number => (boxSize / particles) ** 3;
      for (const [name, options, ...limits] of kinds) {
        say(`cells of ${cell} Mpc/h, ${name}`);
        const found = spectrum(
          simulate({ particles: n, boxSize, ...options }, { steps }),
          boxSize,
          2 * n,
          edges,
        );
        const ratios = Array.from(found.power, (value, bin) => value / reference[bin]!);
        const without = found.power.map((value, bin) => (value - noise(n)) / (reference[bin]! - noise(fine)));
        rows.push([`${name}, ${cell}`, ...ratios.map(ratio)]);
        rows.push([`less shot noise`, ...[...without].map(ratio)]);
        const atMost = limits[which];
        if (atMost !== undefined) {
          checks.push({
            name: `${name}, cells of ${cell} Mpc/h, k < 0.4 k_Ny`,
            value: worst(ratios.slice(0, 2)),
            atMost,
          });
        }
      }
    }
    const table = {
      title: `P(k) at z = 0, ${n}³ particles, over that of ${fine}³ in the same box, ${steps} steps.`,
      columns: ['force, cell in Mpc/h', ...columns],
      rows,
    };
    return { tables: [table], checks };
  },
};
