/** One HTML page about a trained flow of particles: what the command prints, energies of samples against data, the loss. */
import { figure, histogram, htmlPage, linePlot, paragraph, row, table } from '@equiflow/report';
import type { ParticleEvaluation } from './particle-evaluation.ts';

/** What the page shows. */
export interface ParticlePage {
  readonly name: string;
  /** Names of figures and what they are, as the command prints them. */
  readonly figures: readonly (readonly [name: string, value: string])[];
  readonly remarks: readonly string[];
  /** Mean losses, a sample each. */
  readonly history: readonly { readonly step: number; readonly loss: number }[];
  readonly drawn: ParticleEvaluation['drawn'];
}

/** The page as text. */
export function particlePage({ name, figures, remarks, history, drawn }: ParticlePage): string {
  const { dataEnergies, sampleEnergies } = drawn;
  const sorted = dataEnergies.slice().sort();
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  const [least, highest] = [sorted[0]!, quantile(0.99)];
  const beyond = highest + 0.5 * (highest - least);
  const left = sampleEnergies.reduce((count, value) => count + (value > beyond ? 1 : 0), 0);
  const energies = figure(
    histogram({
      samples: [
        { name: 'test data', values: dataEnergies },
        { name: 'samples of the flow', values: sampleEnergies },
      ],
      x: { label: 'U', domain: [least - 0.05 * (highest - least), beyond] },
      title: 'Energies',
    }),
    `Energies of test data and of samples, not reweighted. ${left} of ${sampleEnergies.length} samples lie beyond the right end.`,
  );
  const shown = history.filter(({ step }) => step > 0);
  const loss =
    shown.length < 2
      ? []
      : [
          figure(
            linePlot({
              title: 'Loss',
              x: { label: 'step' },
              y: { label: 'loss of the training, a sample' },
              series: [
                { name: 'loss', x: shown.map(({ step }) => step), y: shown.map(({ loss: value }) => value) },
              ],
            }),
            'Mean over the steps between two points.',
          ),
        ];
  return htmlPage({
    title: `An E(n) flow of ${name.toUpperCase()}`,
    sections: [
      {
        title: 'Results',
        blocks: [
          table({ columns: ['', ''], rows: figures.map((pair) => [...pair]) }),
          ...remarks.map((remark) => paragraph(remark)),
        ],
      },
      { title: 'Figures', blocks: [row(energies, ...loss)] },
    ],
  });
}
