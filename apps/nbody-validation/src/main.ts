/** `validate:nbody`: runs the parts, prints tables as Markdown, and tells by its exit code whether every limit is kept. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FileError } from '@equiflow/io';
import { writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { type Found, kept, markdown } from './part.ts';
import { PARTS } from './parts/index.ts';

/** Below this line a page holds tables. */
const MARK = '<!-- tables -->';

const HELP = `validate:nbody: holds the N-body simulations against analytic solutions, finer runs and fits to other codes

  --reduced      small meshes: seconds instead of minutes
  --only PARTS   of ${PARTS.map((part) => part.name).join(',')} (default: all)
  --json FILE    writes every figure there
  --page FILE    puts the tables into a page, in place of all below its line ${MARK}
  --help

Tables go to stdout as Markdown, progress to stderr. Exit code 0 if every limit is kept, 1 if one is broken, 2 if it
could not run.
`;

/** A command line that makes no sense. */
class UsageError extends Error {}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        reduced: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        page: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const named = values.only?.split(',') ?? PARTS.map((part) => part.name);
    const unknown = named.find((name) => !PARTS.some((part) => part.name === name));
    if (unknown !== undefined) {
      throw new UsageError(
        `--only ${unknown}: no such part; give some of ${PARTS.map((p) => p.name).join(',')}`,
      );
    }
    return { ...values, parts: PARTS.filter((part) => named.includes(part.name)) };
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

function readPage(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`--page ${file}: cannot be read; give a page with a line ${MARK}`);
  }
}

function main(): void {
  const { reduced, json, page, help, parts } = options();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  if (page !== undefined && !readPage(page).includes(MARK)) {
    throw new UsageError(`--page ${page}: it has no line ${MARK}; write one where the tables go`);
  }
  const shown: string[] = [];
  const figures: Record<string, Found & { seconds: number }> = {};
  let broken = 0;
  for (const part of parts) {
    const start = performance.now();
    const found = part.run(reduced ? 'reduced' : 'full', (what) => console.error(`${part.name}: ${what}`));
    const seconds = (performance.now() - start) / 1000;
    figures[part.name] = { ...found, seconds };
    broken += found.checks.filter((check) => !kept(check)).length;
    shown.push(markdown(part, found));
    console.log(shown[shown.length - 1]);
    console.error(`${part.name}: ${seconds.toFixed(0)} s`);
  }
  if (json !== undefined) writeJsonAtomic(json, { reduced, node: process.version, parts: figures });
  if (page !== undefined) {
    const text = readPage(page);
    const above = text.slice(0, text.indexOf(MARK) + MARK.length);
    writeFileAtomic(page, `${above}\n\n${shown.join('\n')}`);
  }
  console.log(broken === 0 ? 'Every limit is kept.' : `${broken} LIMITS ARE BROKEN.`);
  process.exitCode = broken === 0 ? 0 : 1;
}

try {
  main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof FileError)) throw error;
  console.error(`validate:nbody: ${error.message}`);
  process.exitCode = 2;
}
