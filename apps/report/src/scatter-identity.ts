/**
 * One quantity computed in two ways: points about the line y = x, and the difference below.
 */
import { extentOf, widened } from './axes.ts';
import { linePlot } from './line-plot.ts';
import { PALETTE, REFERENCE } from './style.ts';
import { formatNumber } from './text.ts';

/** Options of `scatterIdentity`. */
export interface ScatterIdentityOptions {
  /** The reference, such as the analytic log-likelihood. */
  readonly x: ArrayLike<number>;
  /** What is compared with it, such as the flow's. */
  readonly y: ArrayLike<number>;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Label of the panel of y − x (default `difference`). */
  readonly differenceLabel?: string;
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * A scatter plot with y = x and a panel of differences; the legend tells their mean and standard deviation.
 * @throws RangeError if there are no points or the arrays disagree
 */
export function scatterIdentity(options: ScatterIdentityOptions): string {
  const { x, y, xLabel, yLabel, differenceLabel = 'difference', title } = options;
  if (x.length !== y.length) throw new RangeError(`scatterIdentity: ${x.length} x for ${y.length} y`);
  const domain = widened(extentOf('scatterIdentity', [x, y]), false);
  const difference = Float64Array.from(y, (value, i) => value - x[i]!);
  const finite = difference.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const sd = Math.sqrt(
    finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, finite.length - 1),
  );
  const name = `${finite.length.toLocaleString('en-US')} points: difference ${formatNumber(mean)} ± ${formatNumber(sd)}`;
  const opacity = x.length > 300 ? 0.45 : 0.8;
  return linePlot({
    ...(title === undefined ? {} : { title }),
    width: options.width ?? 560,
    height: options.height ?? 600,
    x: { label: xLabel, domain },
    y: { label: yLabel, domain },
    series: [{ x, y, kind: 'dots', name, opacity }],
    rules: [{ identity: true, name: 'y = x' }],
    lower: {
      y: { label: differenceLabel },
      series: [{ x, y: difference, kind: 'dots', opacity }],
      rules: [
        { y: 0, color: REFERENCE },
        { y: mean, color: PALETTE[1]!, dashed: false },
      ],
    },
  });
}
