/** The continuous flow in figures: its limits where it is linear, its symmetries, then those of every learned flow. */
import { limitsTable, type PageSection, paragraph } from '@equiflow/report';
import type { Section } from '../checks.ts';
import type { ModelFigures } from '../learned/learned.ts';
import { learnedSections } from './learned-figures.ts';
import { limitRows } from './report.ts';

/** Sections of the page. */
export function continuousSections(found: Section, models: readonly ModelFigures[]): PageSection[] {
  const ofModels = (name: string): boolean => models.some((model) => name.startsWith(`${model.name}: `));
  return [
    {
      title: 'Field-level continuous flow',
      blocks: [
        paragraph(
          'dx/dt = w_0(|k|) * x + Σ_f w_f(|k|) * g_f(x), with w and g functions of t and θ. Without the g_f and with w_0 = −½ ln P_k at all times it is the Gaussian random field. The steps of the flow solve the linear part exactly; the adaptive solver is given the equation as it stands.',
        ),
        limitsTable(limitRows(found.checks.filter(({ name }) => !ofModels(name)))),
      ],
    },
    ...learnedSections(found, models),
  ];
}
