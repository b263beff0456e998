/** A program with a pool ends by itself, with exit code 0, whether or not it closes the pool. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pool-'));
  const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
  await writeFile(
    join(folder, 'entry.js'),
    `export { sum, trace } from ${JSON.stringify(here('../../tensor/src/index.ts'))};
     export { dataParallel, openPool, planOf } from ${JSON.stringify(here('./index.ts'))};`,
  );
  await build({
    configFile: false,
    logLevel: 'silent',
    root: folder,
    ssr: { noExternal: true, resolve: { conditions: ['@equiflow/source'] } },
    build: {
      ssr: 'entry.js',
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'library.mjs' } },
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['', '6'],
  ['await pool.close();', '6'],
])('a program with %j after the run', async (end, printed) => {
  const file = join(folder, `program-${end.length}.mjs`);
  await writeFile(
    file,
    `import { dataParallel, openPool, planOf, sum, trace } from './library.mjs';
     const pool = await openPool({ workers: 2 });
     const plan = (count) => planOf(trace((x) => sum(x), [{ shape: [count], dtype: 'float64' }]));
     const parallel = await dataParallel({ pool, plan, chunk: 1, inputs: ['batch'], outputs: ['sum'] });
     console.log((await parallel.run([Float64Array.of(1, 2, 3)]))[0][0]);
     ${end}`,
  );
  const { stdout } = await run(process.execPath, [file], { timeout: 10_000 });
  expect(stdout.trim()).toBe(printed);
});
