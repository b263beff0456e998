/** What order, aliases and start of the initial conditions do to the spectrum at z = 0. */
import type { ParticleMeshOptions, RunOptions } from '@equiflow/cosmo-sims';
import type { Check, Part } from '../part.ts';
import { nyquistEdges, simulate, spectrum, worst } from '../simulate.ts';

const FRACTIONS = [0.02, 0.2, 0.4, 0.6, 0.8, 1];

/** The part. */
export const initialConditions: Part = {
  name: 'initial-conditions',
  title: 'Initial conditions: order, aliases, start',
  run(effort, say) {
    const full = effort === 'full';
    const n = full ? 64 : 24;
    const rows: string[][] = [];
    const checks: Check[] = [];
    const late = { steps: full ? 32 : 8 };
    const early = { start: 0.02, steps: full ? 64 : 24, spacing: 'log' } as const;
    const kinds: readonly (readonly [string, Partial<ParticleMeshOptions>, Partial<RunOptions>])[] = [
      ['2LPT, z = 9', { order: 2 }, late],
      ['2LPT dealiased, z = 9', { order: 2, dealiased: true }, late],
      ['3LPT, z = 9', { order: 3 }, late],
      ['3LPT dealiased, z = 9', { order: 3, dealiased: true }, late],
      ['1LPT, z = 9', { order: 1 }, late],
      ['1LPT, z = 49', { order: 1 }, early],
      ['2LPT, z = 49', { order: 2 }, early],
      ['2LPT dealiased, z = 49', { order: 2, dealiased: true }, early],
      ['3LPT, z = 49', { order: 3 }, early],
      ['3LPT dealiased, z = 49', { order: 3, dealiased: true }, early],
    ];
    for (const cell of full ? [1, 4] : [2]) {
      const boxSize = cell * n;
      const edges = nyquistEdges(n, boxSize, FRACTIONS);
      const found = new Map<string, Float64Array>();
      for (const [name, options, run] of kinds) {
        say(`cells of ${cell} Mpc/h, ${name}`);
        const mesh = { particles: n, boxSize, window: 'pcs', ...options } as const;
        found.set(name, spectrum(simulate(mesh, run), boxSize, 2 * n, edges).power);
      }
      for (const [name, power] of found) {
        const reference = found.get('3LPT dealiased, z = 49')!;
        rows.push([
          `${cell}`,
          name,
          ...Array.from(power, (value, bin) => (value / reference[bin]!).toFixed(4)),
        ]);
        const aliased = found.get(name.replace(' dealiased', ''));
        if (aliased && aliased !== power && cell > 1) {
          checks.push({
            name: `cells of ${cell} Mpc/h, ${name} against aliased, k < k_Ny`,
            value: worst(Array.from(power, (value, bin) => value / aliased[bin]!)),
            atMost: full ? 0.01 : 0.005,
          });
        }
      }
    }
    return {
      tables: [
        {
          title: `P(k) at z = 0 over that of 3LPT, dealiased, from z = 49; ${n}³ particles, mesh ${n}³, PCS.`,
          columns: ['cell, Mpc/h', 'start', ...FRACTIONS.slice(1).map((f) => `k < ${f} k_Ny`)],
          rows,
        },
      ],
      checks,
    };
  },
};
