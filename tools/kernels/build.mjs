/**
 * Compiles the AssemblyScript kernels of the package in the current directory.
 *
 * `assembly/index.ts` becomes one WebAssembly binary, written in base64 to `src/generated/kernels.ts`, so
 * that a package needs no file loading at run time. JavaScript owns the memory and gives it as `env.memory`.
 * Used as a package's `kernels` script: `node ../../tools/kernels/build.mjs`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compileKernels } from './compile.mjs';

const target = 'src/generated/kernels.ts';
const { name } = JSON.parse(await readFile('package.json', 'utf8'));

try {
  const binary = await compileKernels('assembly/index.ts', name);
  const text = [
    '/** The WebAssembly kernels of this package. Made from `assembly/` by `pnpm kernels`; do not edit. */',
    'export const kernels: { readonly name: string; readonly base64: string } = {',
    `  name: '${name}',`,
    `  base64: '${Buffer.from(binary).toString('base64')}',`,
    '};',
    '',
  ].join('\n');
  const before = await readFile(target, 'utf8').catch(() => '');
  if (before !== text) {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  console.log(`${name}: kernels, ${binary.length} bytes`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
