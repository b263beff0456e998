/**
 * Is a posterior calibrated? Ranks of simulation-based calibration (Talts et al. 2018, arXiv:1804.06788) and expected
 * coverage by TARP (Lemos et al. 2023, arXiv:2302.03026), each with the band that a calibrated posterior stays in.
 */
import { type Drawing, drawLinePlot, sideBySide } from './line-plot.ts';
import { MUTED, PALETTE, REFERENCE } from './style.ts';

/** Smallest k with P(K ≤ k) ≥ q for K binomial (n, p). */
export function binomialQuantile(q: number, n: number, p: number): number {
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  let k = 0;
  while (sum < q && k < n) {
    logTerm += Math.log(((n - k) / (k + 1)) * (p / (1 - p)));
    k++;
    sum += Math.exp(logTerm);
  }
  return k;
}

/** Ranks of the true value of one parameter. */
export interface Ranks {
  /** Label of the parameter. */
  readonly label: string;
  /** Ranks as fractions in [0, 1], one a test map: the share of posterior samples below the true value. */
  readonly fractions: ArrayLike<number>;
  /** p value of a test of uniformity, written into the title. */
  readonly pValue?: number;
}

/** Options of `rankHistogram`. */
export interface RankHistogramOptions {
  readonly ranks: readonly Ranks[];
  /** Number of bins (default 20). */
  readonly bins?: number;
  readonly title?: string;
}

/**
 * Rank histograms, one a parameter, with the band that holds 99 % of binomial counts in each bin.
 * @throws RangeError if there are no ranks, or one is not in [0, 1]
 */
export function rankHistogram({ ranks, bins = 20, title }: RankHistogramOptions): string {
  const drawings = ranks.map(({ label, fractions, pValue }, i): Drawing => {
    if (fractions.length === 0) throw new RangeError(`rankHistogram: ${label}: no ranks to draw`);
    const counts = new Float64Array(bins);
    for (let j = 0; j < fractions.length; j++) {
      const f = fractions[j]!;
      if (!(f >= 0 && f <= 1)) throw new RangeError(`rankHistogram: ${label}: rank ${f} is not in [0, 1]`);
      counts[Math.min(bins - 1, Math.floor(f * bins))]!++;
    }
    const edges = Float64Array.from({ length: bins + 1 }, (_, j) => j / bins);
    const expected = fractions.length / bins;
    const low = binomialQuantile(0.005, fractions.length, 1 / bins);
    const high = binomialQuantile(0.995, fractions.length, 1 / bins);
    const p = pValue === undefined ? '' : `, p = ${pValue.toPrecision(2)}`;
    const highest = Math.max(high, ...counts) * 1.12;
    return drawLinePlot(
      {
        title: `${label}${p}`,
        width: 400,
        height: 300,
        x: { label: 'rank of the true value', domain: [0, 1], ticks: 5 },
        y: { label: 'count', domain: [0, highest] },
        series: [
          {
            name: '99 % if calibrated',
            x: [0, 1],
            y: [expected, expected],
            low: [low, low],
            high: [high, high],
            color: MUTED,
            dashed: true,
            size: 1.2,
          },
          { x: edges, y: counts, kind: 'steps', color: PALETTE[i % PALETTE.length]! },
        ],
      },
      'rankHistogram',
    );
  });
  return sideBySide(drawings, 2, title ?? 'ranks of the true values');
}

/** One curve of expected coverage. */
export interface Coverage {
  readonly name: string;
  /** For each test map the credibility level at which its true value is reached, in [0, 1] (TARP's fractions). */
  readonly fractions: ArrayLike<number>;
  readonly color?: string;
}

/** Options of `coverageCurve`. */
export interface CoverageCurveOptions {
  readonly curves: readonly Coverage[];
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * Expected coverage against credibility level, with the pointwise 99 % band of a calibrated posterior, and the
 * difference from the diagonal below.
 * @throws RangeError if there are no fractions
 */
export function coverageCurve(options: CoverageCurveOptions): string {
  const { curves, title } = options;
  if (curves.length === 0) throw new RangeError('coverageCurve: no curves to draw');
  const levels = Float64Array.from({ length: 101 }, (_, i) => i / 100);
  const series = curves.map(({ name, fractions, color }, i) => {
    if (fractions.length === 0) throw new RangeError(`coverageCurve: ${name}: no fractions to draw`);
    const sorted = Float64Array.from(fractions).sort();
    let at = 0;
    const y = levels.map((level) => {
      while (at < sorted.length && sorted[at]! <= level) at++;
      return at / sorted.length;
    });
    return {
      name: `${name} (${sorted.length} maps)`,
      x: levels,
      y,
      color: color ?? PALETTE[i % PALETTE.length]!,
    };
  });
  const n = Math.min(...curves.map(({ fractions }) => fractions.length));
  const low = levels.map((p) => (p === 0 || p === 1 ? p : binomialQuantile(0.005, n, p) / n));
  const high = levels.map((p) => (p === 0 || p === 1 ? p : binomialQuantile(0.995, n, p) / n));
  const band = { x: levels, color: MUTED, dashed: true, size: 1.2 };
  const drawing = drawLinePlot(
    {
      ...(title === undefined ? {} : { title }),
      width: options.width ?? 520,
      height: options.height ?? 560,
      x: { label: 'credibility level', domain: [0, 1] },
      y: { label: 'expected coverage', domain: [0, 1] },
      series: [{ ...band, name: `calibrated, 99 % band`, y: levels, low, high }, ...series],
      lower: {
        y: { label: 'difference' },
        series: [
          {
            ...band,
            y: levels.map(() => 0),
            low: low.map((v, i) => v - levels[i]!),
            high: high.map((v, i) => v - levels[i]!),
          },
          ...series.map((one) => ({ x: levels, y: one.y.map((v, i) => v - levels[i]!), color: one.color })),
        ],
        rules: [{ y: 0, color: REFERENCE }],
      },
    },
    'coverageCurve',
  );
  return sideBySide([drawing], 1, title ?? 'expected coverage');
}
