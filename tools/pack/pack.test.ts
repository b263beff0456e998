/**
 * Every public package, as a stranger gets it: packed, checked by publint, installed with its own dependencies
 * only into an empty project, where the first example of its README has to type-check, run and print something.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, '../..');
const manifests = new Map<string, Manifest>();
for (const folder of readdirSync(join(root, 'packages'))) {
  const file = join(root, 'packages', folder, 'package.json');
  if (!existsSync(file)) continue;
  const manifest: Manifest = JSON.parse(readFileSync(file, 'utf8'));
  if (!manifest.private) manifests.set(manifest.name, manifest);
}

const work = mkdtempSync(join(tmpdir(), 'equiflow-pack-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Run a program to its end and give its standard output; where it fails, the error holds all it printed. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[program, ...args].join(' ')}\n${stdout ?? ''}\n${stderr ?? error}`);
  }
}

const tarballOf = ({ name, version }: Manifest): string =>
  join(work, 'tarballs', `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);

/** A package's manifest and those of all its dependencies in the workspace. */
function closure(manifest: Manifest, seen: Set<Manifest> = new Set()): Set<Manifest> {
  if (seen.has(manifest)) return seen;
  seen.add(manifest);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const dependency = manifests.get(name);
    if (dependency) closure(dependency, seen);
  }
  return seen;
}

beforeAll(async () => {
  mkdirSync(join(work, 'tarballs'));
  const filter = '--filter=./packages/*';
  await run(
    root,
    'npx',
    '-y',
    'pnpm@12',
    'exec',
    'turbo',
    'run',
    'build',
    filter,
    '--output-logs=errors-only',
  );
  await run(root, 'npx', '-y', 'pnpm@12', '-r', filter, 'pack', '--pack-destination', join(work, 'tarballs'));
}, 180_000);

describe.concurrent('packed and installed alone', () => {
  test.each([...manifests])('%s', { timeout: 120_000 }, async (name, manifest) => {
    const tarball = readFileSync(tarballOf(manifest));
    const { messages, pkg } = await publint({
      pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg as never))).toEqual([]);

    const project = join(work, name.replace('/', '-'));
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    await run(project, 'npm', 'install', ...options, ...[...closure(manifest)].map(tarballOf));

    const readme = join(project, 'node_modules', name, 'README.md');
    if (!existsSync(readme)) throw new Error(`${name} has no README.md`);
    const example = /^```ts\n(.*?)^```/ms.exec(readFileSync(readme, 'utf8'))?.[1];
    if (!example) throw new Error(`the README.md of ${name} has no example in a \`\`\`ts block`);
    writeFileSync(join(project, 'example.mts'), example);
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const checks = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,dom',
    ];
    await run(project, join(root, 'node_modules/.bin/tsc'), ...checks, ...types, 'example.mts');

    const { code } = await transformWithOxc(example, 'example.mts');
    writeFileSync(join(project, 'example.mjs'), code);
    const printed = await run(project, process.execPath, 'example.mjs');
    expect(printed.trim(), `the example of ${name} prints nothing`).not.toBe('');
  });
});
