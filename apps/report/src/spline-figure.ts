/**
 * What a TRENF learned against its analytic limit: transfer functions T̂(k) and nonlinearities ψ(x), each with a panel of
 * the ratio or the difference below (Dai & Seljak 2022, arXiv:2202.05282).
 */
import type { AxisOptions } from './axes.ts';
import type { Drawing } from './line-plot.ts';
import { drawLinePlot, sideBySide } from './line-plot.ts';
import type { Series } from './series.ts';
import { colorOf, MUTED, REFERENCE } from './style.ts';

/** A learned curve and what it should be. */
export interface LearnedCurve {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly learned: ArrayLike<number>;
  /** The analytic limit at the same x. */
  readonly limit: ArrayLike<number>;
}

/** One column of the figure. */
export interface SplinePanel {
  readonly title: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly curves: readonly LearnedCurve[];
  /** What the lower panel shows: learned/limit, or learned − limit. */
  readonly compare: 'ratio' | 'difference';
  /** Knots of the spline, marked on the x axis. */
  readonly knots?: ArrayLike<number>;
  /** Range of the lower panel. */
  readonly lowerDomain?: readonly [number, number];
}

function panel({ title, x, y, curves, compare, knots, lowerDomain }: SplinePanel): Drawing {
  if (curves.length === 0) throw new RangeError(`splineFigure: ${title}: no curves to draw`);
  const series: Series[] = [];
  const limits: Series[] = [];
  const below: Series[] = [];
  for (const [i, curve] of curves.entries()) {
    if (curve.limit.length !== curve.learned.length) {
      throw new RangeError(
        `splineFigure: ${curve.name}: ${curve.learned.length} learned for ${curve.limit.length} values`,
      );
    }
    const color = colorOf(i);
    series.push({ name: curve.name, x: curve.x, y: curve.learned, color, size: 2.4 });
    limits.push({ x: curve.x, y: curve.limit, color: REFERENCE, dashed: true, size: 1.3 });
    const compared = Float64Array.from(curve.learned, (value, j) =>
      compare === 'ratio' ? value / curve.limit[j]! : value - curve.limit[j]!,
    );
    below.push({ x: curve.x, y: compared, color });
  }
  limits[0] = { ...limits[0]!, name: 'analytic limit' };
  const rest = compare === 'ratio' ? 1 : 0;
  return drawLinePlot(
    {
      title,
      width: 520,
      height: 470,
      x,
      y,
      series: [...series, ...limits],
      rules: Array.from(knots ?? [], (knot, i) => ({
        x: knot,
        color: MUTED,
        tick: true,
        ...(i === 0 ? { name: 'knots' } : {}),
      })),
      lower: {
        y: {
          label: compare === 'ratio' ? 'learned / limit' : 'learned − limit',
          ...(lowerDomain ? { domain: lowerDomain } : {}),
        },
        series: below,
        rules: [{ y: rest }],
      },
    },
    'splineFigure',
  );
}

/**
 * The learned splines against their limits, two panels a row.
 * @throws RangeError if there are no panels or a panel has no curves
 */
export function splineFigure(
  panels: readonly SplinePanel[],
  title = 'learned splines and their analytic limits',
): string {
  return sideBySide(panels.map(panel), 2, title);
}
