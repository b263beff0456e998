/** What a report says of the flow beside the power spectrum: whose posteriors are narrower, and whether they may be. */
import { paragraph, table } from '@equiflow/report';
import type { Evaluation } from './commands/evaluate.ts';
import { posteriorQuality } from './evaluation/calibrate.ts';
import { withError } from './evaluation/likelihood.ts';
import { label } from './names.ts';

/** The comparison over the calibration maps; nothing where none was asked for. */
export function spectrumBlocks({ calibration, parameters }: Evaluation): string[] {
  if (!calibration?.spectrum) return [];
  const { spectrum, posteriors, truths, maps } = calibration;
  const rows = [
    { name: 'flow', coverage: calibration, quality: posteriorQuality(posteriors, truths) },
    { name: 'power spectrum', coverage: spectrum, quality: posteriorQuality(spectrum.posteriors, truths) },
  ];
  const { mean, error } = spectrum.information;
  const more = mean > 0 ? 'more' : 'less';
  const verdict =
    Math.abs(mean) < 2 * error
      ? 'no clear difference'
      : `the flow tells ${more} about the parameters than the power spectrum does`;
  return [
    paragraph(
      `The opponent is a likelihood of the binned power spectrum of the same maps (${spectrum.bins} bins; cube roots of P̂, Gaussian with a mean and a covariance that are functions of the parameters, fitted to ${spectrum.fittedTo.toLocaleString('en-US')} simulated maps, with the noise of that fit included). ln p(truth | map), the score that a posterior cannot improve by being too narrow or too wide, is ${withError(spectrum.information, 2)} nats higher for the flow: ${verdict}.`,
    ),
    table({
      columns: [
        '',
        ...parameters.flatMap((name) => [
          `σ(${label(name)})`,
          `error of ${label(name)}`,
          `error / σ of ${label(name)}`,
        ]),
        'p (SBC)',
        'p (TARP)',
      ],
      rows: rows.map(({ name, coverage, quality }) => [
        name,
        ...parameters.flatMap((_, axis) => [
          quality.sigma[axis]!.toPrecision(3),
          quality.error[axis]!.toPrecision(3),
          quality.pull[axis]!.toFixed(2),
        ]),
        coverage.sbcPValue.toPrecision(2),
        coverage.tarpPValue.toPrecision(2),
      ]),
      caption: `Over ${maps} maps of known parameters: median σ of the posteriors, rms of mean − truth, and rms of (mean − truth)/σ, which is 1 for posteriors that are right.`,
    }),
  ];
}
