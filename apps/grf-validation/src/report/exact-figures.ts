/** The exact and lognormal limits over the side of the mesh. */
import { figure, linePlot, row, type Series } from '@equiflow/report';
import type { DifferenceCurve } from '../exact.ts';

/** Differences below this are drawn at it: a logarithm has no zero. */
const FLOOR = 1e-18;

/** |ln p_flow − ln p_exact|/N^d against N, a panel a dimension. */
export function differenceFigure(
  curves: readonly DifferenceCurve[],
  limits: Readonly<Record<string, number>>,
): string[] {
  const panels = [2, 3].flatMap((dimensions) => {
    const here = curves.filter((curve) => curve.dimensions === dimensions);
    if (here.length === 0) return [];
    const svg = linePlot({
      title: `${dimensions}-D meshes`,
      width: 520,
      height: 420,
      x: { label: 'side N', scale: 'log' },
      y: {
        label: `|ln p_{flow} − ln p_{exact}| / N^${dimensions} [nats]`,
        scale: 'log',
        domain: [FLOOR, 1e-5],
      },
      series: worstOf(here),
      rules: (['float64', 'float32'] as const).map((dtype) => ({
        y: limits[dtype]!,
        dashed: true,
        name: `limit ${dtype}`,
      })),
    });
    return [figure(svg, '')];
  });
  return [row(...panels)];
}

/** One series a precision and backend: the worst of all spectra and slopes at every side. */
function worstOf(curves: readonly DifferenceCurve[]): Series[] {
  return (['float64', 'float32'] as const).flatMap((dtype) =>
    ['reference', 'wasm'].map((backend) => {
      const bySide = new Map<number, number>();
      for (const curve of curves) {
        if (curve.dtype !== dtype || curve.backend !== backend) continue;
        curve.sides.forEach((side, i) => {
          bySide.set(side, Math.max(bySide.get(side) ?? FLOOR, curve.perCell[i]!));
        });
      }
      const sides = [...bySide.keys()].sort((a, b) => a - b);
      return {
        name: `${dtype}, ${backend}`,
        kind: 'dots' as const,
        x: sides,
        y: sides.map((side) => bySide.get(side)!),
      };
    }),
  );
}
