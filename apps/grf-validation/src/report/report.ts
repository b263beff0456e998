/** The report: every limit with its value, and the figures that tell what is behind them. */
import {
  htmlPage,
  keyFigures,
  type LimitRow,
  limitsTable,
  type PageSection,
  paragraph,
} from '@equiflow/report';
import { type Check, limitText, type Section } from '../checks.ts';
import type { DifferenceCurve } from '../exact.ts';
import type { ModelFigures } from '../learned/learned.ts';
import type { Part } from '../options.ts';
import { continuousSections } from './continuous-figures.ts';
import { differenceFigure } from './exact-figures.ts';
import { learnedSections } from './learned-figures.ts';

/** What a report is made of. */
export interface ReportInput {
  readonly sections: ReadonlyMap<Part, Section>;
  /** By the part that trained them. */
  readonly models: ReadonlyMap<Part, readonly ModelFigures[]>;
  readonly reduced: boolean;
  readonly seconds: number;
}

/** Rows of the table of limits. */
export function limitRows(checks: readonly Check[]): LimitRow[] {
  return checks.map(({ name, value, error, unit, limit, passed }) => ({
    ...{ name, value },
    ...(error === undefined ? {} : { error }),
    ...(unit === undefined ? {} : { unit }),
    ...(limit === undefined ? {} : { limit: limitText(limit) }),
    ...(passed === undefined ? {} : { passed }),
  }));
}

/** The page as HTML. */
export function report({ sections, models, reduced, seconds }: ReportInput): string {
  const pages: PageSection[] = [summary(sections, models, seconds)];
  const exact = sections.get('exact');
  if (exact) {
    pages.push({
      title: 'Exact limit: a Gaussian field',
      blocks: [
        paragraph(
          'With T̂ = 1/(a √P_k) and ψ(x) = a x a TRENF is the Gaussian random field of spectrum P. Its log-likelihood is compared with −½ Σ_k [|x_k|²/P_k + ln 2πP_k], summed over the modes of a discrete Fourier transform that is written out as sums and shares no code with the flow. Two flows: a whole TRENF whose networks, splines and knots hold the answer (power law), and its layers with T̂ tabulated (cosmological spectra).',
        ),
        ...differenceFigure(exact.figures.curves as readonly DifferenceCurve[], exact.limits),
        limitsTable(limitRows(exact.checks)),
      ],
    });
  }
  const lognormal = sections.get('lognormal');
  if (lognormal) {
    pages.push({
      title: 'Lognormal limit',
      blocks: [
        paragraph(
          'A first layer with T̂ = 1 and ψ = ln, then the whitening: the density of a lognormal field, ln p(x) = ln p_G(ln x) − Σ ln x.',
        ),
        ...differenceFigure(lognormal.figures.curves as readonly DifferenceCurve[], lognormal.limits),
        limitsTable(limitRows(lognormal.checks)),
      ],
    });
  }
  const equivariance = sections.get('equivariance');
  if (equivariance) {
    pages.push({
      title: 'Equivariance',
      blocks: [
        paragraph(
          'f(g x) = g f(x) and ln p(g x) = ln p(x) for translations and for all 8 (48) rotations by 90° and reflections of the square (cube), by TRENFs of 5 layers with random parameters that change the field by about its own size.',
        ),
        limitsTable(limitRows(equivariance.checks)),
      ],
    });
  }
  const learned = sections.get('learned');
  if (learned) pages.push(...learnedSections(learned, models.get('learned') ?? []));
  const continuous = sections.get('continuous');
  if (continuous) pages.push(...continuousSections(continuous, models.get('continuous') ?? []));
  return htmlPage({
    title: 'Flows against the analytic limits',
    subtitle: `Validation of equiflow${reduced ? ', reduced form: fewer meshes, a small learned limit with limits of its own' : ''}`,
    sections: pages,
    footer: `equiflow validate${reduced ? ' --reduced' : ''}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${Math.round(seconds)} s, Node ${process.version}. All draws have fixed seeds.`,
  });
}

function summary(
  sections: ReadonlyMap<Part, Section>,
  models: ReportInput['models'],
  seconds: number,
): PageSection {
  const checks = [...sections.values()].flatMap((section) => section.checks);
  const limited = checks.filter((check) => check.limit !== undefined);
  const kept = limited.filter((check) => check.passed === true);
  const worst = (part: Part, contains: string): number =>
    (sections.get(part)?.checks ?? [])
      .filter(({ name }) => name.startsWith(contains))
      .reduce((most, { value }) => Math.max(most, value), 0);
  return {
    title: 'Summary',
    blocks: [
      keyFigures([
        {
          label: 'limits kept',
          value: `${kept.length} of ${limited.length}`,
          note: `${Math.round(seconds)} s`,
          passed: kept.length === limited.length,
        },
        ...(sections.has('exact')
          ? [
              {
                label: 'flow − exact, a cell, float64',
                value: worst('exact', 'float64').toExponential(1),
                note: 'nats, worst of all meshes',
              },
              {
                label: 'the same in float32',
                value: worst('exact', 'float32').toExponential(1),
                note: 'nats',
              },
            ]
          : []),
        ...(sections.has('equivariance')
          ? [
              {
                label: 'symmetries broken by',
                value: Math.max(
                  worst('equivariance', 'translations'),
                  worst('equivariance', 'rotations'),
                  worst('equivariance', 'reflections'),
                ).toExponential(1),
                note: 'of the field, at most',
              },
            ]
          : []),
        ...(['learned', 'continuous'] as const).flatMap((part) =>
          (models.get(part) ?? []).slice(0, 1).map((model) => ({
            label:
              part === 'learned' ? 'learned flow behind the exact density' : 'the continuous flow behind it',
            value: `${model.gap.mean.toFixed(3)} ± ${model.gap.error.toFixed(3)}`,
            note: `nats a map, ${model.name}, trained in ${Math.round(model.trainingSeconds)} s`,
          })),
        ),
      ]),
    ],
  };
}
