/** `--backend gpu`: train, infer and sample on a GPU, through files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCheckpoint } from '@equiflow/flows';
import { readNpy, writeNpy, writeTable } from '@equiflow/io/node';
import { key, randomNormal, randomUniform } from '@equiflow/tensor';
import { openForTests } from '@equiflow/tensor-gpu/testing';
import { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { addInfer } from './command-line/infer.ts';
import { addSample } from './command-line/sample.ts';
import { addTrain } from './command-line/train.ts';
import { readModel } from './model.ts';
import type { Outcome } from './outcome.ts';

const gpu = await openForTests('webgpu');
await gpu?.close();
const folder = mkdtempSync(join(tmpdir(), 'equiflow-backend-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** What a command line gives. */
async function outcomeOf(...words: string[]): Promise<Outcome> {
  let outcome: Outcome | null = null;
  const program = new Command().exitOverride();
  const run = async (work: () => Promise<Outcome>): Promise<void> => {
    outcome = await work();
  };
  for (const add of [addTrain, addInfer, addSample]) add(program, run);
  await program.parseAsync(words, { from: 'user' });
  return outcome!;
}

writeNpy(at('maps.npy'), randomNormal(key(1), [20, 8, 8], 'float32'), [20, 8, 8]);
const params = randomUniform(key(2), [20, 2], 'float64').map((u, i) => (i % 2 === 0 ? 0.1 : 0.6) + 0.4 * u);
writeTable(at('params.txt'), params, ['Omega_m', 'sigma_8']);
const prior = 'Omega_m:0.1:0.5,sigma_8:0.6:1.0';
const training = (out: string, ...more: string[]): string[] => [
  ...['train', '--maps', at('maps.npy'), '--params', at('params.txt'), '--prior', prior, '--box', '100'],
  ...['--out', at(out), '--layers', '1', '--hidden', '8', '--epochs', '2', '--batch', '9', ...more],
];

test.skipIf(!gpu)(
  'train, infer and sample',
  async () => {
    const here = await outcomeOf(...training('gpu', '--backend', 'gpu'));
    const there = await outcomeOf(...training('wasm', '--workers', '1'));
    expect(here.data.backend).toMatch(/^gpu, /);
    expect(here.lines.at(-1)).toMatch(/^computed by gpu, /);
    expect(there.data.backend).toBe('wasm, 1 workers');
    expect(readModel(at('gpu')).notes.computedBy).toEqual([`${here.data.backend}, webgpu/fused-encoder`]);
    expect(readModel(at('wasm')).notes.computedBy).toEqual(['wasm, 1 workers']);
    const losses = [here, there].map(
      ({ data }) => (data.history as { train: number; validation: number }[]).at(-1)!,
    );
    expect(losses[0]!.train).toBeCloseTo(losses[1]!.train, 2);
    expect(losses[0]!.validation).toBeCloseTo(losses[1]!.validation, 2);

    const sampled = await outcomeOf(
      ...['sample', '--model', at('gpu'), '--theta', '0.3,0.8', '--count', '3', '--out', at('s.npy')],
      ...['--backend', 'gpu'],
    );
    expect(sampled.data.backend).toMatch(/^gpu, /);
    const byDefault = await outcomeOf(
      'sample',
      '--model',
      at('gpu'),
      '--theta',
      '0.3,0.8',
      '--count',
      '3',
      '--out',
      at('w.npy'),
    );
    expect(byDefault.lines.at(-1)).toMatch(/^computed by wasm, \d+ workers$/);
    const [a, b] = [readNpy(at('s.npy')), readNpy(at('w.npy'))].map(({ data }) =>
      Array.from(data as Float32Array),
    );
    expect(Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)))).toBeLessThan(1e-4);

    const inferred = async (backend: RegExp, ...more: string[]): Promise<number[]> => {
      const { data } = await outcomeOf(
        ...['infer', '--model', at('gpu'), '--maps', at('maps.npy'), '--count', '1', '--figures', '0'],
        ...['--samples', '2000', ...more],
      );
      expect(data.backend).toMatch(backend);
      return (data.results as { mean: number[] }[])[0]!.mean;
    };
    const means = [
      await inferred(/^gpu, /, '--out', at('chains-gpu'), '--backend', 'gpu'),
      await inferred(/^wasm, /, '--out', at('chains-wasm')),
    ];
    means[0]!.forEach((mean, axis) => {
      expect(mean).toBeCloseTo(means[1]![axis]!, 2);
    });
  },
  120_000,
);

test.skipIf(!gpu)('a GPU that is not there is one line that says what was looked for', async () => {
  const { navigator } = globalThis as unknown as { navigator: { gpu: unknown } };
  const there = navigator.gpu;
  const nothing = { requestAdapter: () => Promise.resolve(null) };
  Object.defineProperty(navigator, 'gpu', { value: nothing, configurable: true });
  try {
    await expect(outcomeOf(...training('absent', '--backend', 'gpu'))).rejects.toThrow(
      /^gpu: WebGPU is there but finds no adapter; install .* or use the wasm backend$/,
    );
  } finally {
    Object.defineProperty(navigator, 'gpu', { value: there, configurable: true });
  }
});

test('a backend that is none, and workers for a GPU, are refused', async () => {
  await expect(outcomeOf(...training('none', '--backend', 'cuda'))).rejects.toThrow(/wasm.*gpu/);
  await expect(outcomeOf(...training('none', '--backend', 'gpu', '--workers', '2'))).rejects.toThrow(
    /--workers belongs to --backend wasm/,
  );
});

interface Device {
  destroy(): void;
}
test.skipIf(!gpu)('a device that is lost leaves the last step, and the same command goes on', async () => {
  const { GPUDevice, GPUQueue } = globalThis as unknown as {
    GPUDevice: { prototype: { createBuffer(this: Device, ...words: unknown[]): unknown } };
    GPUQueue: { prototype: { submit(...words: unknown[]): unknown } };
  };
  const { createBuffer } = GPUDevice.prototype;
  const { submit } = GPUQueue.prototype;
  let device: Device | null = null;
  let submits = 0;
  GPUDevice.prototype.createBuffer = function keep(this: Device, ...given): unknown {
    device = this;
    return createBuffer.apply(this, given);
  };
  GPUQueue.prototype.submit = function lose(this: unknown, ...given): unknown {
    const result = submit.apply(this, given);
    submits += 1;
    if (submits === 5) device!.destroy();
    return result;
  };
  try {
    await expect(outcomeOf(...training('lost', '--backend', 'gpu'))).rejects.toThrow(/device was lost/);
  } finally {
    GPUDevice.prototype.createBuffer = createBuffer;
    GPUQueue.prototype.submit = submit;
  }
  const { state } = decodeCheckpoint(readFileSync(join(at('lost'), 'model.safetensors')), 'lost');
  expect(state.step).toBeGreaterThan(0);
  expect(state.finished).toBe(false);
  const after = await outcomeOf(...training('lost', '--backend', 'gpu'));
  expect(after.lines[0]).toMatch(/went on and finished after 2 epochs/);
});
