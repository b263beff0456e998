/** Prints results as Markdown: one table a case, a table of the targets, a table of the fitted exponents. */
import { OURS } from './case.ts';
import { type Machine, machineLine } from './machine.ts';
import { best, type CaseResult, type Judgement, type Measured, ourBest } from './run.ts';
import { fitExponent, MEASURABLE, type Verdict } from './statistics.ts';

/** A Markdown table; columns of numbers are aligned right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]!.length)));
  const numeric = header.map((_, i) =>
    rows.every((row) => /^$|^-?[\d.]+( ×)?$|^not measurable$/.test(row[i]!)),
  );
  const pad = (cell: string, i: number): string =>
    numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  const rule = widths.map((width, i) => '-'.repeat(width + 1) + (numeric[i] ? ':' : '-'));
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const milliseconds = (time: number): string => (time < 100 ? time.toPrecision(3) : time.toFixed(0));

function ratioCell(result: CaseResult, one: Measured): string {
  const ours = ourBest(result.measured);
  if (ours === undefined || one.name === OURS) return '';
  if (!ours.time.measurable || !one.time.measurable) return 'not measurable';
  return `${(one.time.minimum / ours.time.minimum).toPrecision(3)} ×`;
}

/** One case: a row a side and number of threads. */
export function caseTable(result: CaseResult): string {
  // A column of its own where the sides tell how far they are from the truth.
  const withError = result.measured.some((one) => one.error !== undefined);
  const errorCell = (cell: string): string[] => (withError ? [cell] : []);
  const header = [
    'side',
    'threads',
    'min ms',
    'median ms',
    'spread',
    'peak MiB',
    'of it libraries',
    'time / ours',
    ...errorCell('error'),
  ];
  const rows = result.measured.map((one) => [
    `${one.name} ${one.version}`,
    String(one.threads),
    milliseconds(one.time.minimum),
    milliseconds(one.time.median),
    one.time.spread.toFixed(2),
    mebibytes(one.peakBytes),
    mebibytes(one.baselineBytes),
    ratioCell(result, one),
    ...errorCell(one.error?.toExponential(1) ?? ''),
  ]);
  for (const one of result.failed) {
    rows.push([
      `${one.name}: failed: ${one.message}`,
      String(one.threads),
      '',
      '',
      '',
      '',
      '',
      '',
      ...errorCell(''),
    ]);
  }
  for (const name of result.notInstalled) {
    rows.push([`${name}: not installed`, '', '', '', '', '', '', '', ...errorCell('')]);
  }
  return `### ${result.title} (\`${result.id}\`)\n\n${markdownTable(header, rows)}`;
}

const WORDS: Record<Verdict, string> = {
  goal: 'goal reached',
  met: 'met',
  'short of the goal': 'short of the goal',
  missed: 'MISSED',
  'not measurable': 'not measurable',
};

function targetRow(result: CaseResult, { target, ratio, verdict }: Judgement, concluding: boolean): string[] {
  const threads = target.threads === undefined ? 'at its best' : `on ${target.threads} thread`;
  const wanted = [
    ...(target.atLeast === undefined ? [] : [`≥ ${target.atLeast}`]),
    ...(target.goal === undefined ? [] : [`goal ${Number(target.goal.toPrecision(3))}`]),
  ].join(', ');
  return [
    result.id,
    `${target.quantity} of ${target.peer} ${threads} / ours ${wanted}`,
    ratio.toPrecision(3),
    concluding ? WORDS[verdict] : 'quick run: no verdict',
  ];
}

/** Growth of memory below this, in bytes, is noise of the runtime. */
const NOISE = 8 * 2 ** 20;

/** Exponent as text, where there are points enough. */
function exponent(points: readonly { readonly size: number; readonly cost: number }[]): string {
  if (new Set(points.map((point) => point.size)).size < 2) return 'none';
  return fitExponent(
    points.map((point) => point.size),
    points.map((point) => point.cost),
  ).toFixed(2);
}

/**
 * Exponents of time and memory over the sizes of a series, for each side that was measured on two sizes or more. Time:
 * its best; memory, on the fewest threads: the bytes of its plans where they are known, else the peak memory beyond that of
 * the smallest size.
 */
export function seriesRows(results: readonly CaseResult[]): string[][] {
  const names = new Set(
    results.flatMap((result) => (result.series === undefined ? [] : [result.series.name])),
  );
  return [...names].flatMap((name) => {
    const series = results.filter((result) => result.series?.name === name);
    const sides = new Set(series.flatMap((result) => result.measured.map((one) => one.name)));
    return [...sides].flatMap((side) => {
      const points = series
        .flatMap((result) => {
          const fastest = best(result.measured, side);
          const leanest = result.measured
            .filter((one) => one.name === side)
            .sort((a, b) => a.threads - b.threads)[0];
          return fastest && leanest ? [{ size: result.series!.size, fastest, leanest }] : [];
        })
        .sort((a, b) => a.size - b.size);
      if (points.length < 2) return [];
      const times = points.map(({ size, fastest }) => ({ size, cost: fastest.time.minimum }));
      const planned = points.every(({ leanest }) => leanest.arrayBytes !== undefined);
      const memory = points
        .map(({ size, leanest }) => ({
          size,
          cost: planned ? leanest.arrayBytes! : leanest.peakBytes - points[0]!.leanest.peakBytes,
        }))
        .filter(({ cost }) => planned || cost > NOISE);
      return [
        [
          name,
          side,
          `${points[0]!.size} to ${points.at(-1)!.size}`,
          exponent(times),
          exponent(times.slice(-3)),
          exponent(memory.slice(-3)),
          planned ? 'plans' : 'beyond the smallest',
          points.every(({ fastest }) => fastest.time.measurable) ? 'yes' : 'no',
        ],
      ];
    });
  });
}

/** The whole run. `concluding` is false for a quick run, from which nothing may be concluded. */
export function report(machine: Machine, results: readonly CaseResult[], concluding: boolean): string {
  const parts = [
    `Machine: ${machineLine(machine)}.`,
    `Times are minima over processes; spread is the slowest over the fastest process minimum; above ${MEASURABLE}, or with ` +
      'fewer than 3 processes, a row is not measurable. Ratios compare each row with our best steady one.',
    ...results.map(caseTable),
  ];
  const series = seriesRows(results);
  if (series.length > 0) {
    parts.push(
      `### Exponents: cost ∝ N^p\n\n${markdownTable(
        ['series', 'side', 'N', 'time', 'time, largest 3', 'memory, largest 3', 'memory is', 'measurable'],
        series,
      )}`,
    );
  }
  const judged = results.flatMap((result) =>
    result.judgements.map((one) => targetRow(result, one, concluding)),
  );
  if (judged.length > 0) {
    parts.push(`### Targets\n\n${markdownTable(['case', 'target', 'ratio', 'verdict'], judged)}`);
  }
  return `${parts.join('\n\n')}\n`;
}
