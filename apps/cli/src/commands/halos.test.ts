import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@equiflow/io/node';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { fromUnits, haloUnits, meanPairs, toUnits } from '../experiments/halo-catalogues.ts';
import { runCommandLine } from '../program.ts';

// Workers start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const root = mkdtempSync(join(tmpdir(), 'equiflow-halos-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small =
  '--boxes 10 --test 3 --halos 3 --particles 16 --box-size 80 --steps 4 --layers 1 --hidden 6 --batch 2 --tolerance 1e-3';

async function run(words: string): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runCommandLine(['experiment', 'halos', ...words.split(' ')], {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}

describe('equiflow experiment halos', () => {
  test('simulates, trains, tests; goes on to the bits of a run that was not stopped', async () => {
    const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
    const { code, out } = await run(`${small} --epochs 6 --out ${whole} --json`);
    expect(code).toBe(0);
    const { training, evaluation } = JSON.parse(out);
    expect([training.epochs, training.plannedEpochs]).toEqual([6, 6]);
    expect(evaluation.tested).toBe(3);
    expect(evaluation.solverError).toBeLessThan(0.5);
    expect(evaluation.gain.mean).toBeCloseTo(evaluation.unclustered - evaluation.nll, 9);
    expect(evaluation.pairs.samples).toHaveLength(evaluation.radii.length);
    // A budget that is spent within the first epoch, then the rest.
    const early = JSON.parse((await run(`${small} --epochs 6 --budget 1e-6 --out ${parts} --json`)).out);
    expect(early.training.epochs).toBe(0);
    expect((await run(`${small} --epochs 6 --trace hutchinson --out ${parts}`)).out).toMatch(
      /^7 boxes of 80 Mpc\/h with their 3 most massive halos; \d+ parameters, 6 of 6 epochs/,
    );
    const tensors = (folder: string, file: string): unknown[] =>
      [...readSafetensors(join(folder, `${file}.safetensors`)).tensors].sort();
    for (const file of ['flow', 'catalogues']) expect(tensors(parts, file)).toEqual(tensors(whole, file));

    const { tensors: catalogues } = readSafetensors(join(whole, 'catalogues.safetensors'));
    const values = catalogues.get('values')!.data as Float64Array;
    for (let i = 0; i < values.length; i += 4) {
      for (let axis = 0; axis < 3; axis++)
        expect(values[i + axis]! >= 0 && values[i + axis]! < 80).toBe(true);
      // From the most massive on, up to half a particle each way.
      if (i % 12 > 0) expect(Math.exp(values[i + 3]!)).toBeLessThan(1.2 * Math.exp(values[i - 1]!));
    }
    const refused = await run(`${small} --epochs 6 --seed 2 --out ${whole}`);
    expect(refused.code).toBe(2);
    expect(refused.error).toContain('holds catalogues with seed 1, not 2');
  });

  test('measures costs', async () => {
    const folder = join(root, 'cost');
    const { code, out } = await run(`--cost 2,5 --layers 1 --hidden 4 --out ${folder}`);
    expect(code).toBe(0);
    expect(out).toMatch(/halos +training MiB +ms +exact MiB/);
    const { costs } = JSON.parse(readFileSync(join(folder, 'experiment.json'), 'utf8'));
    expect(costs.map(({ halos }: { halos: number }) => halos)).toEqual([2, 5]);
    for (const cost of costs) {
      expect(cost.exact.bytes).toBeGreaterThan(cost.hutchinson.bytes);
      expect(cost.training.milliseconds).toBeGreaterThan(0);
    }
  });

  test.each([
    [`--boxes 10 --test 8 --out ${root}/x`, '--test 8 of --boxes 10: at least 4 have to be left to train on'],
    [
      `--boxes 10 --test 3 --halos 60 --particles 8 --steps 2 --out ${root}/y`,
      /box 0 \(Omega_m [\d.]+, sigma_8 [\d.]+\) has \d+ halos of at least 8 particles, --halos 60; give fewer/,
    ],
    ['--halos 3', "required option '--out <folder>'"],
  ])('refuses `%s` in one line', async (words, message) => {
    const { code, error } = await run(words);
    expect(code).toBe(2);
    expect(error.trim().split('\n')).toHaveLength(1);
    expect(error).toMatch(message);
  });

  test('refuses a folder of somebody else', async () => {
    const other = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(other, 'thesis.tex'), '');
    expect((await run(`--out ${other}`)).error).toContain('holds other files (thesis.tex)');
  });
});

test('units: mean distance 1, marks of mean 0 and deviation 1, and back, around the box', () => {
  const values = Float64Array.from({ length: 2 * 8 * 4 }, (_, i) =>
    i % 4 === 3 ? 30 + Math.sin(i) : 25 + 24 * Math.sin(3 * i),
  );
  const units = haloUnits(values, 8, 50);
  expect(units.box).toEqual([2, 2, 2]);
  const scaled = toUnits(values, units);
  const marks = scaled.filter((_, i) => i % 4 === 3);
  expect(marks.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9);
  expect(marks.reduce((sum, value) => sum + value * value, 0) / marks.length).toBeCloseTo(1, 9);
  const outside = scaled.map((value, i) => (i % 4 === 1 ? value + 2 : value));
  fromUnits(outside, units).forEach((value, i) => {
    expect(value).toBeCloseTo(values[i]!, 9);
  });
  expect(units.logJacobian).toBeCloseTo(8 * (3 * Math.log(0.04) - Math.log(units.deviation)), 12);
});

test('pairs are counted around the box', () => {
  const catalogue = Float64Array.of(1, 5, 5, 30, 9, 5, 5, 30, 5, 5, 5, 30);
  expect(meanPairs(catalogue, 3, 10, [1.9, 2.1, 4.1])).toEqual([0, 1, 3]);
});
