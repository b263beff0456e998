import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dw4System } from '@equiflow/flows';
import { readNpy, writeNpy } from '@equiflow/io/node';
import { afterAll, describe, expect, test } from 'vitest';
import { computeLogZ } from '../experiments/particle-log-z.ts';
import { runCommandLine } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'equiflow-particles-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = '--layers 1 --hidden 8 --batch 16 --tested 10 --samples 10 --workers 2';

/** Runs `equiflow experiment`; gives the exit code and both streams. */
async function run(words: string): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runCommandLine(['experiment', ...words.split(' ')], {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}

interface Printed {
  readonly training: { readonly steps: number };
  readonly evaluation: {
    readonly nll: { readonly mean: number };
    readonly klOfData: { readonly mean: number };
    readonly energies: { readonly data: { readonly mean: number } };
  };
}

describe('equiflow experiment dw4', () => {
  test('samples, trains and evaluates; a stopped training goes on to the same bits', async () => {
    const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
    const command = (folder: string): string => `dw4 --n 40 ${small} --steps 12 --out ${folder} --json`;
    const first = await run(command(whole));
    expect(first.error).toBe('');
    expect(first.code).toBe(0);
    const { training, evaluation } = JSON.parse(first.out) as Printed;
    expect(training.steps).toBe(12);
    // E[−U − ln Z − ln q] out of its parts.
    const { nll, klOfData, energies } = evaluation;
    expect(klOfData.mean).toBeCloseTo(nll.mean - energies.data.mean - dw4System().logZ.value, 9);
    expect(readdirSync(whole).sort()).toEqual([
      'experiment.json',
      'flow.safetensors',
      'report.html',
      'test.npy',
      'train.npy',
    ]);
    const page = readFileSync(join(whole, 'report.html'), 'utf8');
    expect(page).toContain('effective samples by reweighting');

    const stopped = await run(`${command(parts)} --budget 1e-6`);
    expect((JSON.parse(stopped.out) as Printed).training.steps).toBe(1);
    expect((await run(command(parts))).code).toBe(0);
    const average = (folder: string): Buffer => {
      const bytes = readFileSync(join(folder, 'flow.safetensors'));
      // Behind the header, which holds the time.
      return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
    };
    expect(average(parts).equals(average(whole))).toBe(true);

    // Other times make other parameters, in a training of their own.
    const crowded = join(root, 'crowded');
    expect((await run(`${command(crowded)} --time-power 2`)).code).toBe(0);
    expect(average(crowded).equals(average(whole))).toBe(false);
    expect((await run(command(crowded))).error).toContain('timePower 2, not 1');

    const other = await run(`${command(whole)} --learning-rate 1e-4`);
    expect([other.code, other.error]).toEqual([2, expect.stringContaining('learningRate 0.005, not 0.0001')]);
    expect((await run(`dw4 --n 50 ${small} --out ${whole}`)).error).toContain('is of n 40, not 50');
  });

  test('reads a .npy whose centres of mass are anywhere, and trains by likelihood from another training', async () => {
    const own = readNpy(join(root, 'whole', 'train.npy'));
    const shifted = Float32Array.from(own.data as Float32Array, (value, i) => value + Math.floor(i / 8));
    const file = join(root, 'given.npy');
    writeNpy(file, shifted, [40, 8]);
    const { code, out, error } = await run(
      `dw4 --data ${file} --n 30 ${small} --train likelihood --solver-steps 2 --init ${join(root, 'whole')} --steps 2 --out ${join(root, 'given')}`,
    );
    expect([code, error]).toEqual([0, '']);
    expect(out).toMatch(/2 of 2 steps of 16 \(likelihood\), n = 30/);
    expect(out).toContain('KL(p|q) if these data are in equilibrium');
    expect((await run(`dw4 --data ${file} --n 31 --tested 10 --out ${join(root, 'x')}`)).error).toContain(
      '40 configurations; 41 are asked for',
    );
    expect((await run(`lj13 --data ${file} --n 3 --out ${join(root, 'y')}`)).error).toContain(
      'lj13 needs (rows, 39)',
    );
  });
});

test('ln Z of DW4 by two methods and quadrature', () => {
  const effort = { groups: 6, sweeps: 200, burnIn: 80, walkers: 80, rungs: 120 };
  const { tempering, annealing, quadrature, entropy } = computeLogZ(dw4System(), 1, effort);
  expect(quadrature!.logZ).toBeCloseTo(dw4System().logZ.value, 4);
  for (const { value, error } of [tempering, annealing]) {
    expect(error).toBeLessThan(0.4);
    expect(Math.abs(value - quadrature!.logZ)).toBeLessThan(4 * error);
  }
  expect(Math.abs(entropy.value - quadrature!.entropy)).toBeLessThan(4 * entropy.error);
});
