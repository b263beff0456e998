/** `validate`: runs the parts, writes JSON and report, and tells by its exit code whether every limit is kept. */
import { join } from 'node:path';
import { FileError } from '@equiflow/io';
import { writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { limitText, type Section } from './checks.ts';
import { continuousLimit } from './continuous/continuous.ts';
import { equivariance } from './equivariance.ts';
import { exactLimit, lognormalLimit } from './exact.ts';
import { learnedLimit, type ModelFigures } from './learned/learned.ts';
import { HELP, type Options, type Part, parseOptions, UsageError } from './options.ts';
import { full, reduced } from './plan.ts';
import { progressTo } from './progress.ts';
import { report } from './report/report.ts';

async function main(options: Options): Promise<boolean> {
  const start = performance.now();
  const plan = options.reduced ? reduced : full;
  const progress = progressTo(process.stderr);
  const sections = new Map<Part, Section>();
  const models = new Map<Part, readonly ModelFigures[]>();
  for (const part of options.only) {
    let section: Section;
    if (part === 'exact') section = await exactLimit(plan.exact, progress);
    else if (part === 'lognormal') section = await lognormalLimit(plan.lognormal, progress);
    else if (part === 'equivariance') section = await equivariance(plan.equivariance, progress);
    else {
      const result =
        part === 'learned'
          ? await learnedLimit(plan.learned, options.out, progress)
          : await continuousLimit(plan.continuous, options.out, progress);
      section = result.section;
      models.set(part, result.models);
    }
    sections.set(part, section);
    progress.done(`${part}: ${section.passed ? 'passed' : 'FAILED'} (${Math.round(section.seconds)} s)`);
  }
  const passed = [...sections.values()].every((section) => section.passed);
  const seconds = (performance.now() - start) / 1000;
  const result = {
    passed,
    reduced: options.reduced,
    seconds,
    date: new Date().toISOString(),
    node: process.version,
    ...Object.fromEntries(sections),
  };
  writeJsonAtomic(join(options.out, 'validation.json'), result);
  if (options.json !== undefined) writeJsonAtomic(options.json, result);
  const page = join(options.out, 'report.html');
  writeFileAtomic(page, report({ sections, models, reduced: options.reduced, seconds }));
  print(sections);
  console.log(`${passed ? 'Every limit is kept' : 'A LIMIT IS BROKEN'}. Report: ${page}`);
  return passed;
}

/** One line a check on stdout. */
function print(sections: ReadonlyMap<Part, Section>): void {
  for (const [part, { checks }] of sections) {
    for (const { name, value, error, unit, limit, passed } of checks) {
      const mark = limit === undefined ? '      ' : passed ? 'ok    ' : 'BROKEN';
      const shown = `${value.toPrecision(3)}${error === undefined ? '' : ` ± ${error.toPrecision(2)}`}`;
      const rest = `${unit === undefined ? '' : ` ${unit}`}${limit === undefined ? '' : `  (${limitText(limit)})`}`;
      console.log(`${mark} ${part}  ${name}: ${shown}${rest}`);
    }
  }
}

process.once('SIGINT', () => process.exit(130));
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError || error instanceof FileError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
