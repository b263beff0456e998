import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runCommandLine } from '../program.ts';

// Workers start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const root = mkdtempSync(join(tmpdir(), 'equiflow-charges-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = '--train 40 --validation 20 --test 20 --layers 1 --hidden 8 --batch 20 --workers 2';

/** Runs `equiflow experiment`; gives the exit code and both streams. */
async function run(words: string): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runCommandLine(['experiment', ...words.split(' ').filter((word) => word !== '')], {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}

describe('equiflow experiment charged-particles', () => {
  test('trains all models, and goes on to the bits of a training that was not stopped', async () => {
    const whole = join(root, 'whole');
    const parts = join(root, 'parts');
    const command = (folder: string, epochs: number): string =>
      `charged-particles --models linear,radial-field,graph-network,egnn ${small} --epochs ${epochs} --out ${folder} --json`;
    const { code, out } = await run(command(whole, 10));
    expect(code).toBe(0);
    const { results } = JSON.parse(out) as { results: { model: string; test: number; epochs: number }[] };
    expect(results.map(({ model }) => model)).toEqual(['linear', 'radial-field', 'graph-network', 'egnn']);
    for (const row of results) {
      expect(row.epochs).toBe(10);
      expect(row.test).toBeGreaterThan(0);
    }
    expect(readdirSync(whole).sort()).toEqual([
      'egnn.safetensors',
      'experiment.json',
      'graph-network.safetensors',
      'linear.safetensors',
      'radial-field.safetensors',
    ]);
    // A budget that is spent after the first epoch, then the rest.
    const stopped = await run(`${command(parts, 10)} --budget 1e-6`);
    expect(stopped.code).toBe(0);
    const { results: early } = JSON.parse(stopped.out) as {
      results: { epochs: number; bestEpoch: number }[];
    };
    for (const row of early) expect([row.epochs, row.bestEpoch]).toEqual([1, 1]);
    expect((await run(command(parts, 10))).code).toBe(0);
    for (const { model } of results) {
      const bytes = (folder: string): Buffer => readFileSync(join(folder, `${model}.safetensors`));
      expect(bytes(parts).equals(bytes(whole)), model).toBe(true);
    }
  });

  test('prints a table for people', async () => {
    const { out } = await run(
      `charged-particles --models linear ${small} --epochs 5 --out ${join(root, 'table')}`,
    );
    expect(out).toMatch(
      /^model +test error +paper +epochs +best +time\nlinear +\d\.\d+ +0\.0819 +5 +5 +0:\d\d\n/,
    );
  });

  test.each([
    ['', 'name an experiment: charged-particles, dw4, lj13 or halos'],
    ['chargd', 'there is no experiment chargd; name an experiment'],
    [`charged-particles --models egn --out ${root}/x`, "--models 'egn': give linear or graph-network"],
    [`charged-particles --budget 0 --out ${root}/x`, '--budget 0: must be above 0'],
    ['charged-particles', "required option '--out <folder>'"],
  ])('refuses `%s` in one line', async (words, message) => {
    const { code, error } = await run(words);
    expect(code).toBe(2);
    expect(error).toContain(message);
    expect(error.trim().split('\n')).toHaveLength(1);
  });

  test('refuses to go on with other choices, and a folder of somebody else', async () => {
    const folder = join(root, 'choices');
    const start = `charged-particles --models linear ${small} --out ${folder}`;
    expect((await run(`${start} --epochs 5`)).code).toBe(0);
    expect((await run(`${start} --epochs 5 --seed 2`)).error).toContain(
      'holds a training with seed 1, not 2',
    );
    const other = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(other, 'thesis.tex'), '');
    expect((await run(`charged-particles --out ${other}`)).error).toContain('holds other files (thesis.tex)');
  });
});
