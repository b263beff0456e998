/** Total momentum stays 0: painting and reading have one window. */
import type { Check, Part } from '../part.ts';
import { simulate } from '../simulate.ts';

/** The part. */
export const momentumConservation: Part = {
  name: 'momentum',
  title: 'Momentum is conserved',
  run(effort, say) {
    const n = effort === 'full' ? 64 : 16;
    const rows: (string | number)[][] = [];
    const checks: Check[] = [];
    for (const window of ['ngp', 'cic', 'tsc', 'pcs'] as const) {
      const values = (['float64', 'float32'] as const).map((dtype) => {
        say(`${window}, ${dtype}`);
        const { momenta } = simulate({ particles: n, boxSize: 2 * n, window, dtype }, { steps: 10 });
        const total = new Float64Array(3);
        let size = 0;
        for (let i = 0; i < momenta.length; i++) {
          total[i % 3]! += momenta[i]!;
          size += Math.abs(momenta[i]!);
        }
        return Math.max(...total.map(Math.abs)) / size;
      });
      rows.push([window.toUpperCase(), ...values]);
      checks.push({ name: `${window.toUpperCase()}, float64`, value: values[0]!, atMost: 1e-12 });
      checks.push({ name: `${window.toUpperCase()}, float32`, value: values[1]!, atMost: 1e-5 });
    }
    return {
      tables: [
        {
          title: `|Σ p|/Σ |p| at z = 0, ${n}³ particles, 2 Mpc/h a cell, 10 steps.`,
          columns: ['window', 'float64', 'float32'],
          rows,
        },
      ],
      checks,
    };
  },
};
