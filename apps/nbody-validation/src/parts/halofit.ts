/**
 * Non-linear spectra against two fits to N-body simulations of other codes, as CAMB has them: halofit (Takahashi et al. 2012,
 * arXiv:1208.2701, good to 5 % at k < 1) and HMcode-2020 (Mead et al. 2021, arXiv:2009.01858, good to 2.5 %, with baryonic wiggles damped).
 * The initial conditions have CAMB's own linear spectrum, with fixed amplitudes, a pair of opposite phases: no scatter of
 * first order remains (Angulo & Pontzen 2016).
 */
import { readFileSync } from 'node:fs';
import { parsePowerTable } from '@equiflow/cosmo-sims';
import type { Check, Part } from '../part.ts';
import { ratio } from '../part.ts';
import { simulate, spectrum, worst } from '../simulate.ts';

/** What each fit says of itself. */
const ACCURACY = { takahashi: 0.05, mead2020: 0.025 } as const;
/** What a simulation may miss below the wavenumbers that are held: by its mesh and by its start at z = 9. */
const LOSS = 0.025;

const FILE = new URL('../../fixtures/camb-nonlinear.txt', import.meta.url);

/** A column of the fixture, counted from 1 after k. */
function column(which: number): (k: number) => number {
  const lines = readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const rows = lines.map((line) => {
    const cells = line.trim().split(/\s+/);
    return `${cells[0]} ${cells[which]}`;
  });
  return parsePowerTable(rows.join('\n'), 'camb-nonlinear.txt').power;
}

/** The part. */
export const nonLinear: Part = {
  name: 'halofit',
  title: 'Non-linear spectra against halofit and HMcode',
  run(effort, say) {
    const full = effort === 'full';
    const linear = column(1);
    const fits = { takahashi: [column(3), column(4)], mead2020: [column(5), column(6)] } as const;
    const boxes = full
      ? ([
          { n: 128, boxSize: 512, meshFactor: 1 },
          { n: 128, boxSize: 256, meshFactor: 1 },
          { n: 96, boxSize: 192, meshFactor: 2 },
        ] as const)
      : ([{ n: 48, boxSize: 256, meshFactor: 1 }] as const);
    const centres = [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1];
    const edges = [...centres.map((k) => 0.9 * k), 1.1];
    const rows: string[][] = [];
    const checks: Check[] = [];
    for (const { n, boxSize, meshFactor } of boxes) {
      for (const z of [1, 0]) {
        const pair = [false, true].map((inverted) => {
          say(`${n}³ in ${boxSize} Mpc/h, mesh ${meshFactor}, z = ${z}${inverted ? ', inverted' : ''}`);
          const snapshot = simulate(
            { particles: n, boxSize, meshFactor },
            { power: linear, fixed: true, inverted, end: 1 / (1 + z), steps: full ? 40 : 20 },
          );
          return spectrum(snapshot, boxSize, Math.min(2 * n, 256), edges);
        });
        const { k } = pair[0]!;
        const mean = k.map((_, bin) => (pair[0]!.power[bin]! + pair[1]!.power[bin]!) / 2);
        const nyquist = (Math.PI * n) / boxSize;
        // Beyond, the mesh matters more than the fits (see the tables of finer lattices). Small boxes have few modes below.
        const reach = nyquist * (full ? (meshFactor === 1 ? 0.25 : 0.4) : 0.5);
        for (const fit of ['takahashi', 'mead2020'] as const) {
          const wanted = fits[fit][z === 0 ? 0 : 1];
          const ratios = Array.from(mean, (value, bin) => value / wanted(k[bin]!));
          rows.push([
            `${n}³, ${boxSize}, mesh ${meshFactor}`,
            `${z}`,
            fit,
            ...ratios.map((value, bin) => (centres[bin]! * 1.1 < nyquist ? ratio(value) : '')),
          ]);
          checks.push({
            name: `${n}³ in ${boxSize} Mpc/h, mesh ${meshFactor}, z = ${z}, ${fit}, k < ${reach.toFixed(2)}`,
            value: worst(ratios.filter((_, bin) => k[bin]! < reach)),
            atMost: full ? ACCURACY[fit] + LOSS : 0.08,
          });
        }
      }
    }
    const table = {
      title:
        'Mean P(k) of a pair over the fit, shot noise not subtracted; k in h/Mpc, to the Nyquist frequency of the lattice.',
      columns: ['particles, box, mesh', 'z', 'fit', ...centres.map((k) => `${k}`)],
      rows,
    };
    return { tables: [table], checks };
  },
};
