/**
 * Work-precision diagrams of initial-value problems: error at the end against evaluations of the field and against time,
 * ours beside SciPy and torchdiffeq, over tolerances from 1e-3 to 1e-11.
 *
 *     node dist/work-precision.js [--python PATH] [--out FOLDER]
 *
 * Writes one SVG a problem and quantity, and a Markdown table to stdout.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dop853, dopri5, solveOde, tsit5, vern7 } from '@equiflow/ode-solvers';
import { linePlot } from '@equiflow/report';
import { problems } from './cases/ode.ts';
import { errorsInALine } from './errors-in-a-line.ts';

/** One run of one side. */
interface Point {
  readonly problem: string;
  readonly side: string;
  readonly tolerance: number;
  readonly error: number;
  readonly evaluations: number;
  readonly milliseconds: number;
}

errorsInALine();
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    out: { type: 'string', default: 'work-precision' },
  },
});

function ours(): Point[] {
  return Object.entries(problems).flatMap(([problem, { field, y0, t1 }]) => {
    const exact = solveOde(field, [0, t1], y0, { method: dop853, rtol: 3e-14, atol: 1e-15, saveAt: 'ends' })
      .end.y;
    return [dopri5, tsit5, vern7, dop853].flatMap((method) =>
      [3, 4, 5, 6, 7, 8, 9, 10, 11].map((exponent) => {
        const tolerance = 10 ** -exponent;
        const options = { method, rtol: tolerance, atol: tolerance, saveAt: 'ends' } as const;
        let milliseconds = Number.POSITIVE_INFINITY;
        let solution = solveOde(field, [0, t1], y0, options);
        for (let repeat = 0; repeat < 600; repeat++) {
          const start = performance.now();
          solution = solveOde(field, [0, t1], y0, options);
          milliseconds = Math.min(milliseconds, performance.now() - start);
        }
        const error = Math.max(...exact.map((value, i) => Math.abs(solution.end.y[i]! - value)));
        const { evaluations } = solution.statistics;
        return { problem, side: `equiflow ${method.name}`, tolerance, error, evaluations, milliseconds };
      }),
    );
  });
}

const script = join(dirname(fileURLToPath(import.meta.url)), '..', 'peers', 'ode.py');
const points = [
  ...ours(),
  ...(JSON.parse(execFileSync(values.python, [script], { encoding: 'utf8' })) as Point[]),
];
mkdirSync(values.out, { recursive: true });
for (const problem of Object.keys(problems)) {
  for (const quantity of ['evaluations', 'milliseconds'] as const) {
    const sides = [...new Set(points.map(({ side }) => side))];
    const series = sides.map((name) => {
      const own = points.filter((point) => point.problem === problem && point.side === name);
      return {
        name,
        x: own.map(({ error }) => error),
        y: own.map((point) => point[quantity]),
        dashed: !name.startsWith('equiflow'),
      };
    });
    const svg = linePlot({
      title: `${problem}: ${quantity} against error`,
      x: { label: 'error at the end', scale: 'log' },
      y: { label: quantity, scale: 'log' },
      series,
    });
    writeFileSync(join(values.out, `${problem}-${quantity}.svg`), svg);
  }
}
console.log('| problem | side | tolerance | error | evaluations | ms |\n|---|---|---|---|---|---|');
for (const { problem, side, tolerance, error, evaluations, milliseconds } of points) {
  const row = [tolerance.toExponential(0), error.toExponential(1), evaluations, milliseconds.toPrecision(3)];
  console.log(`| ${problem} | ${side} | ${row.join(' | ')} |`);
}
