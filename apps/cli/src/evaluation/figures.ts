/** The figures of `evaluate`, as SVG with captions: what each shows, and what to look for. */
import {
  coverageCurve,
  linePlot,
  mapPanel,
  rankHistogram,
  type Series,
  type SplinePanel,
  scatterIdentity,
  splineFigure,
} from '@equiflow/report';
import { label } from '../names.ts';
import type { Calibration } from './calibrate.ts';
import type { HistogramData } from './histogram.ts';
import type { Inside } from './inside.ts';
import { type Likelihoods, withError } from './likelihood.ts';
import type { Examples, SampleComparison } from './samples.ts';

/** A figure, and where it belongs. */
export interface Figure {
  readonly name: string;
  readonly svg: string;
  readonly caption: string;
}

const FLOW = '#0072b2';
const EXACT = '#d55e00';
const PAIR = { width: 520, height: 470 } as const;

/** ln p of the flow against the exact one. */
export function likelihoodFigure({ flow, exact, gap }: Likelihoods): Figure | null {
  if (!exact || !gap) return null;
  return {
    name: 'likelihood',
    svg: scatterIdentity({
      x: exact,
      y: flow,
      xLabel: 'ln p(x|θ), exact [nats]',
      yLabel: 'ln p(x|θ), flow [nats]',
      differenceLabel: 'flow − exact',
      title: 'Likelihood of each map',
      width: 520,
      height: 540,
    }),
    caption: `The flow against the analytic likelihood, map by map. Mean of exact − flow: ${withError(gap, 3)} nats a map (the Kullback-Leibler divergence; 0 is perfect, and less than 0 is impossible but for noise).`,
  };
}

/** T(k) and ψ. */
export function insideFigure({ responses, nonlinearities, knots }: Inside, names: readonly string[]): Figure {
  const transfer: SplinePanel | Series[] = responses[0]!.limit
    ? {
        title: 'Transfer function',
        x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
        y: { label: 'T(k)', scale: 'log' },
        compare: 'ratio',
        knots,
        curves: responses.map(({ theta, k, transfer: learned, limit }) => ({
          name: pointLabel(names, theta),
          x: k,
          learned,
          limit: limit!,
        })),
      }
    : responses.map(({ theta, k, transfer: learned }) => ({
        name: pointLabel(names, theta),
        x: k,
        y: learned,
      }));
  const psi: SplinePanel = {
    title: 'Nonlinearities, scaled',
    x: { label: 'input / its standard deviation' },
    y: { label: 'output, scaled' },
    compare: 'difference',
    curves: nonlinearities.map(({ name, x, y }) => ({ name, x, learned: y, limit: x })),
  };
  if (!Array.isArray(transfer)) {
    return {
      name: 'inside',
      svg: splineFigure(
        nonlinearities.length > 0 ? [transfer, psi] : [transfer],
        'What the flow has learned',
      ),
      caption:
        'Left: the linear response of the latent to the map, T(k), at three θ, against 1/√P_k, the filter that whitens a field of that spectrum. Right: the pixel functions of the flow at the middle of the prior; for Gaussian fields they are straight lines.',
    };
  }
  return {
    name: 'inside',
    svg: linePlot({
      title: 'Transfer function',
      x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
      y: { label: 'T(k)', scale: 'log' },
      series: transfer,
    }),
    caption: 'The linear response of the latent to the map at three θ.',
  };
}

function pointLabel(names: readonly string[], theta: readonly number[]): string {
  return names.map((name, axis) => `${label(name)} = ${Number(theta[axis]!.toPrecision(3))}`).join(', ');
}

/** Maps and samples side by side. */
export function mapsFigure({ data, samples }: Examples, side: number, logDensity: boolean): Figure {
  const shown = logDensity ? (map: Float64Array) => map.map(Math.log1p) : (map: Float64Array) => map;
  return {
    name: 'maps',
    svg: mapPanel({
      maps: [...data, ...samples].map((map) => ({ values: shown(map), rows: side, columns: side })),
      columns: data.length,
      rowTitles: ['data', 'samples'],
      label: logDensity ? 'ln(1 + δ)' : 'δ',
      title: 'Maps and samples',
    }),
    caption: 'Above: maps that the flow has not seen. Below: samples of the flow at the same θ.',
  };
}

/** Spectra of maps and samples. */
export function spectraFigure({ k, data, samples, logRatio, logRatioError, maps }: SampleComparison): Figure {
  return {
    name: 'spectra',
    svg: linePlot({
      ...PAIR,
      title: 'Power spectra',
      x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
      y: { label: 'P(k)', scale: 'log' },
      series: [
        { name: 'data', x: k, y: data, color: EXACT },
        { name: 'samples', x: k, y: samples, color: FLOW, dashed: true },
      ],
      lower: {
        y: { label: 'ratio' },
        series: [
          {
            x: k,
            y: logRatio.map(Math.exp),
            low: logRatio.map((value, i) => Math.exp(value - logRatioError[i]!)),
            high: logRatio.map((value, i) => Math.exp(value + logRatioError[i]!)),
            color: FLOW,
          },
        ],
        rules: [{ y: 1 }],
      },
    }),
    caption: `Mean spectra of ${maps} maps and of one sample for each at its θ; below, the geometric mean of the ratio of each pair with its standard error.`,
  };
}

/** Reduced bispectra of maps and samples. */
export function bispectrumFigures({ bispectra, maps }: SampleComparison): Figure[] {
  return bispectra.map((one) => {
    const band = (value: Float64Array, error: Float64Array): Pick<Series, 'y' | 'low' | 'high'> => ({
      y: value,
      low: value.map((v, i) => v - error[i]!),
      high: value.map((v, i) => v + error[i]!),
    });
    const which =
      one.kind === 'equilateral'
        ? 'triangles of equal sides'
        : `a long wave of k = ${one.long.toPrecision(2)} h/Mpc and two short ones`;
    return {
      name: `bispectrum-${one.kind}`,
      svg: linePlot({
        ...PAIR,
        title: `Reduced bispectrum, ${one.kind}`,
        x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
        y: { label: 'Q(k)' },
        series: [
          { name: 'data', x: one.k, ...band(one.data, one.dataError), color: EXACT },
          {
            name: 'samples',
            x: one.k,
            ...band(one.samples, one.samplesError),
            color: FLOW,
            dashed: true,
          },
        ],
        rules: [{ y: 0 }],
        lower: {
          y: { label: 'difference' },
          series: [{ x: one.k, ...band(one.difference, one.differenceError), color: FLOW }],
          rules: [{ y: 0 }],
        },
      }),
      caption: `Q = ⟨B⟩/⟨P₁P₂ + P₂P₃ + P₃P₁⟩ of ${which}, over ${maps} maps and one sample for each at its θ, with standard errors (jackknife over simulations); 0 for Gaussian fields. Below, samples − data.`,
    };
  });
}

const steps = ({ edges, density }: HistogramData): Pick<Series, 'x' | 'y' | 'kind'> => ({
  x: edges,
  y: density,
  kind: 'steps',
});

/** One-point functions of maps and samples. */
export function onePointFigure({ dataOnePoint, samplesOnePoint }: SampleComparison): Figure {
  return {
    name: 'one-point',
    svg: linePlot({
      ...PAIR,
      title: 'One-point functions',
      x: { label: 'value of a cell' },
      y: { label: 'density', scale: 'log' },
      series: [
        { name: 'data', ...steps(dataOnePoint), color: EXACT },
        { name: 'samples', ...steps(samplesOnePoint), color: FLOW },
      ],
    }),
    caption: 'How often a cell of a map, or of a sample, has a value; over all θ.',
  };
}

/** Whiteness of the latents. */
export function latentSpectrumFigure({ latent }: Likelihoods): Figure {
  const { k, power, error, exact } = latent;
  const paired = exact
    ? ' The exact whitening of the same maps shares their scatter: what the flow adds is the distance of the two lines, below.'
    : '';
  return {
    name: 'latent-spectrum',
    svg: linePlot({
      ...PAIR,
      title: 'Spectrum of the latents',
      x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
      y: { label: '⟨|z_k|^2⟩', domain: whiteDomain(power, error) },
      series: [
        {
          name: 'latents',
          x: k,
          y: power,
          low: power.map((value, i) => value - 2 * error[i]!),
          high: power.map((value, i) => value + 2 * error[i]!),
          color: FLOW,
        },
        ...(exact ? [{ name: 'exact whitening', x: k, y: exact.power, color: EXACT, dashed: true }] : []),
      ],
      rules: [{ y: 1, name: 'white noise' }],
      ...(exact
        ? {
            lower: {
              y: { label: 'ratio', domain: whiteDomain(exact.powerRatio, new Float64Array(k.length), 0.02) },
              series: [{ x: k, y: exact.powerRatio, color: FLOW }],
              rules: [{ y: 1 }],
            },
          }
        : {}),
    }),
    caption: `The latent of a map should be white noise: its power, averaged over all maps, with two standard errors of that average. ${farthestFromWhite(latent)}${paired}`,
  };
}

/** Where the latents are least white, in words. */
function farthestFromWhite({ k, power, error }: Likelihoods['latent']): string {
  const away = power.map((value, bin) => (value - 1) / error[bin]!);
  const worst = away.reduce((most, value, bin) => (Math.abs(value) > Math.abs(away[most]!) ? bin : most), 0);
  const [percent, sigmas] = [100 * (power[worst]! - 1), away[worst]!].map(
    (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`,
  );
  const beyond = away.filter((value) => Math.abs(value) > 3).length;
  return `Farthest from it: k = ${k[worst]!.toPrecision(2)} h/Mpc, ${percent} % or ${sigmas} standard errors; ${beyond} of ${k.length} bins are off by more than 3.`;
}

/** Around 1, at least ± `least`. */
function whiteDomain(power: Float64Array, error: Float64Array, least = 0.05): [number, number] {
  const reach = power.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - 1) + 2.2 * error[i]!),
    least,
  );
  return [1 - reach, 1 + reach];
}

/** One-point function of the latents. */
export function latentOnePointFigure({ latent }: Likelihoods): Figure {
  const x = Float64Array.from({ length: 201 }, (_, i) => -5 + i / 20);
  return {
    name: 'latent-one-point',
    svg: linePlot({
      ...PAIR,
      title: 'Values of the latents',
      x: { label: 'z' },
      y: { label: 'density', scale: 'log', domain: [1e-6, 1] },
      series: [
        { name: 'latents', ...steps(latent.onePoint), color: FLOW },
        {
          name: 'normal',
          x,
          y: x.map((value) => Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI)),
          dashed: true,
          color: '#111111',
          size: 1.3,
        },
      ],
    }),
    caption: `Cells of the latents against the unit normal: variance ${latent.variance.toFixed(4)}, skewness ${latent.skewness.toFixed(3)}, excess kurtosis ${latent.excessKurtosis.toFixed(3)}.`,
  };
}

/** Ranks of the truths. */
export function ranksFigure({ ranks, rankPValues, maps }: Calibration, names: readonly string[]): Figure {
  return {
    name: 'ranks',
    svg: rankHistogram({
      ranks: ranks.map((fractions, axis) => ({
        label: label(names[axis]!),
        fractions,
        pValue: rankPValues[axis]!,
      })),
      bins: Math.min(20, Math.max(5, Math.floor(maps / 15))),
    }),
    caption:
      'Simulation-based calibration: the rank of the true value in its posterior is uniform if posteriors are right. A ∪ tells overconfidence, a ∩ the opposite, a slope a bias.',
  };
}

/** Expected coverage by TARP. */
export function coverageFigure({ tarp, tarpPValue, spectrum }: Calibration): Figure {
  const beside = spectrum
    ? ` Power spectrum of the same maps: p = ${spectrum.tarpPValue.toPrecision(2)}.`
    : '';
  return {
    name: 'coverage',
    svg: coverageCurve({
      curves: [
        { name: 'flow', fractions: tarp },
        ...(spectrum ? [{ name: 'power spectrum', fractions: spectrum.tarp }] : []),
      ],
      title: 'Expected coverage (TARP)',
      height: 470,
    }),
    caption: `All parameters at once: how often the truth lies within the credible region of a level, around random points. p = ${tarpPValue.toPrecision(2)}.${beside}`,
  };
}

/** Widths and means of the posteriors against the exact ones. */
export function posteriorFigures(
  { posteriors, exact }: Calibration,
  names: readonly string[],
): Figure | null {
  if (!exact) return null;
  const series = names.map(
    (name, axis): Series => ({
      name: label(name),
      kind: 'dots',
      x: posteriors.map(
        (flow, i) => (flow.mean[axis]! - exact.posteriors[i]!.mean[axis]!) / exact.posteriors[i]!.std[axis]!,
      ),
      y: posteriors.map((flow, i) => flow.std[axis]! / exact.posteriors[i]!.std[axis]!),
      size: 3,
      opacity: 0.7,
    }),
  );
  return {
    name: 'posteriors',
    svg: linePlot({
      width: 520,
      height: 540,
      title: 'Posteriors against the exact ones',
      x: { label: '(mean_{flow} − mean_{exact})/σ_{exact}' },
      y: { label: 'σ_{flow} / σ_{exact}' },
      series,
      rules: [{ x: 0 }, { y: 1 }],
    }),
    caption: names
      .map(
        (name, axis) =>
          `${label(name)}: widths agree to ${(100 * exact.widthError[axis]!).toFixed(1)} % rms, means to ${exact.meanShift[axis]!.toFixed(3)} σ on average`,
      )
      .join('; ')
      .concat('.'),
  };
}
