import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileError } from '../errors.ts';
import { readJson, writeFileAtomic, writeFolderAtomic, writeJsonAtomic } from './atomic.ts';
import { NpyWriter } from './npy-writer.ts';

let folder: string;
/** This package's Node entry as one JavaScript file, for child processes. */
let bundle: string;
beforeAll(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-atomic-'));
  bundle = join(folder, 'bundle', 'io.mjs');
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: resolve(import.meta.dirname, 'index.ts'),
      outDir: join(folder, 'bundle'),
      rollupOptions: { output: { entryFileNames: 'io.mjs' } },
    },
  });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const partials = (where: string): string[] =>
  fs.readdirSync(where).filter((name) => name.endsWith('.partial'));

describe('writeFileAtomic', () => {
  it('writes text, bytes and parts, replaces, and makes missing folders', () => {
    writeFileAtomic(at('a/b/c.txt'), 'Ω\n');
    expect(fs.readFileSync(at('a/b/c.txt'), 'utf8')).toBe('Ω\n');
    writeFileAtomic(at('a/b/c.txt'), [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
    expect([...fs.readFileSync(at('a/b/c.txt'))]).toEqual([1, 2, 3]);
    expect(partials(at('a/b'))).toEqual([]);
  });

  it('says in one line why it cannot', () => {
    fs.writeFileSync(at('file'), '');
    fs.mkdirSync(at('folder'));
    expect(() => writeFileAtomic(at('file/x.txt'), '')).toThrow(
      /x\.txt: (a part of the path is not a folder|exists already); /,
    );
    expect(() => writeFileAtomic(at('folder'), '')).toThrow(/folder: is a folder; name a file$/);
    expect(partials(folder)).toEqual([]);
    // Node's own recursive mkdir does not return there.
    if (fs.existsSync('/proc/self')) {
      expect(() => writeFileAtomic('/proc/equiflow/maps/x.txt', '')).toThrow(
        /x\.txt: (no folders can be made there|permission denied|operation not permitted); /,
      );
    }
  });

  it('JSON keeps typed arrays and numbers that JSON has not', () => {
    writeJsonAtomic(at('x.json'), {
      a: Float64Array.of(1, Number.NaN),
      b: Number.POSITIVE_INFINITY,
      c: [1n].length,
    });
    expect(readJson(at('x.json'))).toEqual({ a: [1, 'NaN'], b: 'Infinity', c: 1 });
    fs.writeFileSync(at('bad.json'), '{');
    expect(() => readJson(at('bad.json'))).toThrow(/bad\.json: not JSON/);
    expect(() => readJson(at('none.json'))).toThrow(/none\.json: no such file or folder; check the path$/);
  });
});

describe('writeFolderAtomic', () => {
  it('shows a folder only when it is whole, and keeps the older one if filling fails', async () => {
    const target = at('model');
    const out = await writeFolderAtomic(target, (where) => {
      fs.writeFileSync(join(where, 'one'), '1');
      expect(fs.existsSync(target)).toBe(false);
      return 42;
    });
    expect(out).toBe(42);
    await expect(
      writeFolderAtomic(target, async (where) => {
        fs.writeFileSync(join(where, 'two'), '2');
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(fs.readdirSync(target)).toEqual(['one']);
    await writeFolderAtomic(target, (where) => fs.writeFileSync(join(where, 'two'), '2'));
    expect(fs.readdirSync(target)).toEqual(['two']);
    expect(partials(folder)).toEqual([]);
  });
});

describe('a disk that refuses', () => {
  it('a file beyond the process limit: one line, the older file untouched, nothing left', () => {
    const where = fs.mkdtempSync(at('limit-'));
    const script = `
      import { writeFileAtomic, NpyWriter } from ${JSON.stringify(bundle)};
      const say = (call) => { try { call(); } catch (error) { console.log(error.name + ' ' + error.message); } };
      say(() => writeFileAtomic(${JSON.stringify(join(where, 'x.bin'))}, new Uint8Array(1 << 20)));
      const writer = new NpyWriter(${JSON.stringify(join(where, 'x.npy'))}, { dtype: 'f8', rowShape: [1024] });
      say(() => { for (let i = 0; i < 1024; i++) writer.append(new Float64Array(1024)); });
    `;
    fs.writeFileSync(join(where, 'x.bin'), 'old');
    const child = spawnSync(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 64; exec "$0" --input-type=module -`, process.execPath],
      {
        input: script,
        encoding: 'utf8',
      },
    );
    const lines = child.stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines)
      expect(line).toMatch(/^FileError \S+x\.(bin|npy): file too large for the file system/);
    expect(fs.readFileSync(join(where, 'x.bin'), 'utf8')).toBe('old');
    expect(fs.readdirSync(where)).toEqual(['x.bin']);
  });

  it('a full disk: one line, the older file untouched, nothing left', (context) => {
    const where = fs.mkdtempSync(at('full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', where]);
    if (mounted.status !== 0) {
      context.skip('mounting a small tmpfs needs root');
      return;
    }
    try {
      writeFileAtomic(join(where, 'x.bin'), 'old');
      expect(() => writeFileAtomic(join(where, 'x.bin'), new Uint8Array(1 << 20))).toThrow(
        /x\.bin: no space left on the disk; free some space or choose another disk; nothing was half-written$/,
      );
      const writer = new NpyWriter(join(where, 'x.npy'), { dtype: 'f8', rowShape: [1024] });
      const fill = (): void => {
        for (let i = 0; i < 1024; i++) writer.append(new Float64Array(1024));
      };
      expect(fill).toThrow(FileError);
      expect(fs.readFileSync(join(where, 'x.bin'), 'utf8')).toBe('old');
      expect(fs.readdirSync(where)).toEqual(['x.bin']);
    } finally {
      spawnSync('umount', [where]);
    }
  });
});

describe('a process that is killed', () => {
  it('with SIGKILL in the middle of writing leaves a whole file, old or new', async () => {
    const path = at('killed.bin');
    const size = 1 << 22;
    const script = `
      import { writeFileAtomic } from ${JSON.stringify(bundle)};
      for (let i = 0; ; i++) { writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(${size}).fill(i % 251)); if (i === 0) console.log('go'); }
    `;
    for (const delay of [1, 7, 19, 40]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
      await new Promise((done) => child.stdout.once('data', done));
      await new Promise((done) => setTimeout(done, delay));
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      await closed;
      const bytes = fs.readFileSync(path);
      expect(bytes.length).toBe(size);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
  });

  it('that ends by itself takes its temporary files along', () => {
    const where = fs.mkdtempSync(at('exit-'));
    const script = `
      import { NpyWriter } from ${JSON.stringify(bundle)};
      const writer = new NpyWriter(${JSON.stringify(join(where, 'x.npy'))}, { dtype: 'f8', rowShape: [4] });
      writer.append(new Float64Array(8));
      process.exit(130);
    `;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(child.status).toBe(130);
    expect(fs.readdirSync(where)).toEqual([]);
  });
});
