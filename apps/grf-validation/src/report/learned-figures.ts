/** The learned limit in figures: likelihood, T̂ and ψ, posteriors, loss, whitening, Fisher information, calibration, samples. */
import {
  cornerPlot,
  coverageCurve,
  figure,
  limitsTable,
  linePlot,
  lossCurve,
  mapPanel,
  type PageSection,
  paragraph,
  rankHistogram,
  row,
  scatterIdentity,
  splineFigure,
  table,
} from '@equiflow/report';
import type { Section } from '../checks.ts';
import { PARAMETER_LABELS } from '../learned/gaussian-family.ts';
import type { ModelFigures } from '../learned/learned.ts';
import { limitRows } from './report.ts';

const capitalised = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

const thetaName = ([omegaM, sigma8]: readonly number[]): string =>
  `Ω_m = ${omegaM!.toPrecision(3)}, σ_8 = ${sigma8!.toPrecision(3)}`;

/** Sections of the page: one a model, the first with all figures. */
export function learnedSections(learned: Section, models: readonly ModelFigures[]): PageSection[] {
  const { side, boxSize, trainingMaps } = learned.figures as {
    side: number;
    boxSize: number;
    trainingMaps: number;
  };
  return models.map((model, i) => {
    const checks = learned.checks
      .filter(({ name }) => name.startsWith(`${model.name}: `))
      .map((check) => ({ ...check, name: check.name.slice(model.name.length + 2) }));
    return {
      title: `${i === 0 ? 'Learned limit' : 'Reported'}: ${model.name}`,
      blocks: [
        paragraph(
          `${capitalised(model.description)} (${model.parameters.toLocaleString('en-US')} parameters), trained from scratch in ${Math.round(model.trainingSeconds)} s on ${trainingMaps.toLocaleString('en-US')} maps of ${side}² from disk: projections of boxes of ${boxSize} Mpc/h, ${model.transfer === 'eh98' ? 'EH98 with wiggles' : 'EH98 without wiggles'}, Ω_m in [0.1, 0.5], σ_8 in [0.6, 1].`,
        ),
        limitsTable(limitRows(checks)),
        ...likelihoodBlocks(model),
        splineBlock(model),
        ...whiteningBlock(model, learned.limits.whitening),
        ...posteriorBlocks(model),
        ...fisherBlock(model),
        ...calibrationBlocks(model),
        samplesBlock(model),
      ],
    };
  });
}

function likelihoodBlocks(model: ModelFigures): string[] {
  const { exact, flow } = model.likelihoods;
  const { mean, error } = model.gap;
  return [
    row(
      figure(
        scatterIdentity({
          ...{ x: exact, y: flow, width: 500, height: 480 },
          ...{ xLabel: 'analytic ln p(x|θ) [nats]', yLabel: 'flow ln p(x|θ) [nats]' },
          differenceLabel: 'flow − analytic',
        }),
        `Analytic against flow likelihood of ${exact.length.toLocaleString('en-US')} fresh maps, each at its own θ of the prior. The flow loses ${mean.toFixed(3)} ± ${error.toFixed(3)} nats a map: an estimate of the Kullback-Leibler divergence, which is never negative.`,
      ),
      figure(
        lossCurve({
          train: epochs(model, 'train'),
          validation: epochs(model, 'validation'),
          floor: { value: model.validationFloor, name: 'exact density, validation maps' },
          ...{ best: model.bestEpoch, xLabel: 'epoch', width: 500, height: 480 },
        }),
        'Mean −ln p of the training and the validation maps, which differ in their maps and so in their floors; the exact density of the validation maps is the dashed line.',
      ),
    ),
  ];
}

function epochs(
  { history }: ModelFigures,
  which: 'train' | 'validation',
): { step: number[]; loss: number[] } {
  return { step: history.map(({ epoch }) => epoch), loss: history.map((record) => record[which]) };
}

function splineBlock(model: ModelFigures): string {
  const fiducial = model.curves[0]!;
  const continuous = model.steps !== undefined;
  return figure(
    splineFigure([
      {
        title: continuous ? 'T̂(k) from t = 0 to 1' : 'T̂(k), all layers together',
        x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
        y: { label: continuous ? 'exp ∫ w dt / s' : 'Π_l a_l T_l / s', scale: 'log' },
        compare: 'ratio',
        curves: model.curves.map((curves) => ({
          name: thetaName(curves.theta),
          x: curves.wavenumbers,
          learned: curves.transfer,
          limit: curves.limit,
        })),
      },
      ...fiducial.layers.map((layer) => ({
        title: `${layer.name} at ${thetaName(fiducial.theta)}`,
        x: { label: 'x' },
        y: { label: layer.name },
        compare: 'difference' as const,
        knots: layer.knots.filter((knot) => knot >= layer.x[0]! && knot <= layer.x.at(-1)!),
        curves: [{ name: layer.name, x: layer.x, learned: layer.learned, limit: layer.limit }],
      })),
    ]),
    continuous
      ? 'The filter of the whole flow, w = w_0 + Σ_f w_f E[g_f′] along the paths of Gaussian maps, against its limit 1/√P_k; and what the nonlinear part v = Σ_f w_f(lag 0) g_f does to single cells, which should be a line, shown over ±4 standard deviations of the cells at that time.'
      : 'T̂ and ψ against their limits. Layers may share the whitening in any way: the limit 1/√P_k is that of the product of all filters T_l and of the slopes a_l of ψ_l; each ψ_l should be a line a_l x + b_l, shown over ±4 standard deviations of what enters it.',
  );
}

function whiteningBlock({ whitening, curves }: ModelFigures, limit: number | undefined): string[] {
  const unit = curves[0]!.wavenumbers[0]!;
  const centres = Array.from(
    whitening.cross,
    (_, i) => unit * Math.sqrt(whitening.edges[i]! * whitening.edges[i + 1]!),
  );
  return [
    figure(
      linePlot({
        height: 340,
        x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
        y: { label: 'ratio − 1' },
        series: [
          { name: '⟨z w*⟩/⟨|w|²⟩ − 1', x: centres, y: whitening.cross },
          { name: '⟨|z|²⟩/⟨|w|²⟩ − 1', x: centres, y: whitening.power },
        ],
        rules: [
          { y: 0 },
          ...(limit === undefined
            ? []
            : [
                { y: limit, dashed: true, name: 'limit' },
                { y: -limit, dashed: true },
              ]),
        ],
      }),
      `Is the latent z of the flow the white noise w of the same maps? The mean of the map (k = 0): ⟨z w⟩/⟨w²⟩ − 1 = ${whitening.mean.toFixed(4)}.`,
    ),
  ];
}

function posteriorBlocks({ posteriors, pictures }: ModelFigures): string[] {
  if (!posteriors) return [];
  const corners = pictures.map(({ truth, axes, exact, flow }) =>
    figure(
      cornerPlot({
        labels: [...PARAMETER_LABELS],
        posteriors: [
          { name: 'analytic', grid: { axes, density: exact } },
          { name: 'flow', grid: { axes, density: flow }, linesOnly: true },
        ],
        truth,
        size: 160,
      }),
      `Posterior of a map of ${thetaName(truth)}.`,
    ),
  );
  const sigmas = PARAMETER_LABELS.map((label, a) =>
    figure(
      scatterIdentity({
        x: posteriors.moments.map(({ exactSigma }) => exactSigma[a]!),
        y: posteriors.moments.map(({ flowSigma }) => flowSigma[a]!),
        ...{ xLabel: `analytic σ(${label})`, yLabel: `flow σ(${label})`, width: 500, height: 440 },
      }),
      `Width of the posteriors of ${posteriors.count} maps: the flow must neither beat nor lose to the power spectrum.`,
    ),
  );
  return [row(...corners), row(...sigmas)];
}

function fisherBlock({ fisher }: ModelFigures): string[] {
  if (!fisher) return [];
  return [
    table({
      caption: 'Fisher information, mean Hessian of the flow against ½ Σ_k (∂ ln P/∂θ_a) (∂ ln P/∂θ_b)',
      columns: ['θ', 'element', 'analytic', 'flow', 'flow/analytic − 1', 'its error'],
      rows: fisher.flatMap(({ theta, analytic, flow, relative, error }) =>
        [
          [0, 'F(Ω_m, Ω_m)'],
          [1, 'F(Ω_m, σ_8)'],
          [3, 'F(σ_8, σ_8)'],
        ].map(([at, name]) => {
          const i = at as number;
          return [
            ...[thetaName(theta), name as string],
            ...[analytic[i]!, flow[i]!, relative[i]!, error[i]!],
          ];
        }),
      ),
    }),
  ];
}

function calibrationBlocks({ calibration, exactCalibration }: ModelFigures): string[] {
  if (!calibration || !exactCalibration) return [];
  const ranks = rankHistogram({
    ranks: calibration.ranks.map((fractions, a) => ({
      ...{ label: PARAMETER_LABELS[a]!, fractions },
      pValue: calibration.rankPValues[a]!,
    })),
  });
  const coverage = coverageCurve({
    curves: [
      { name: 'flow', fractions: calibration.coverage },
      { name: 'analytic posterior', fractions: exactCalibration.coverage },
    ],
  });
  const count = calibration.coverage.length;
  return [
    figure(
      ranks,
      `Simulation-based calibration, ${count} maps: p = ${calibration.sbc.toPrecision(2)} (the analytic posterior: ${exactCalibration.sbc.toPrecision(2)}).`,
    ),
    figure(
      coverage,
      `TARP, ${count} maps: p = ${calibration.tarp.toPrecision(2)} (the analytic posterior: ${exactCalibration.tarp.toPrecision(2)}).`,
    ),
  ];
}

function samplesBlock({ samples }: ModelFigures): string {
  const { side, thetas, exact, flow } = samples;
  const panel = (values: Float64Array, i: number) => ({
    ...{ values, rows: side, columns: side },
    title: thetaName(thetas[i]!),
  });
  return figure(
    mapPanel({
      maps: [...flow.map(panel), ...exact.map((values) => ({ values, rows: side, columns: side }))],
      columns: thetas.length,
      rowTitles: ['flow', 'exact'],
      colormap: 'diverging',
      label: 'δ',
    }),
    'Maps from the same white noise: by the flow, and by the exact √P_k.',
  );
}
