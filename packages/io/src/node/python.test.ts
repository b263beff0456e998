/** The files of this package in the hands of their Python libraries, and theirs in ours. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openRows,
  readGetDist,
  readNpz,
  readSafetensors,
  readTable,
  writeGetDist,
  writeNpz,
  writeSafetensors,
  writeTable,
} from './files.ts';
import { openNpy } from './npy-file.ts';
import { NpyWriter, writeNpy } from './npy-writer.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-python-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

function has(module: string): boolean {
  return spawnSync('python3', ['-c', `import ${module}`]).status === 0;
}

/** Runs Python in the folder; what it prints must be JSON. */
function python(script: string): unknown {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

describe.skipIf(!has('numpy'))('NumPy (skipped without python3 and numpy)', () => {
  it('loads what we write', () => {
    const data = Float64Array.from({ length: 24 }, (_, i) => i / 7);
    writeNpy(at('a.npy'), data, [2, 3, 4]);
    const writer = new NpyWriter(at('w.npy'), { dtype: 'f4', rowShape: [2] });
    for (let i = 0; i < 5; i++) writer.append(Float32Array.of(i, -i - 1));
    writer.close();
    writeNpz(at('z.npz'), { x: { data, shape: [4, 6] } }, { compress: true });
    writeTable(at('t.txt'), data, ['a', 'b', 'c']);
    expect(
      python(`
import numpy as np, json
w = np.load('w.npy', mmap_mode='r')
print(json.dumps([np.load('a.npy').tolist(), w.tolist(), str(w.dtype), np.load('z.npz')['x'].shape, np.loadtxt('t.txt').ravel().tolist()]))`),
    ).toEqual(
      [
        [0, 1].map((i) => [0, 1, 2].map((j) => [0, 1, 2, 3].map((k) => (12 * i + 4 * j + k) / 7))),
        [0, 1, 2, 3, 4].map((i) => [i, -i - 1]),
        'float32',
        [4, 6],
        Array.from(data),
      ].map((value) => JSON.parse(JSON.stringify(value))),
    );
  });

  it('is read by us: orders, dtypes, archives, tables', () => {
    python(`
import numpy as np
a = np.arange(60, dtype='<f4').reshape(5, 3, 4)
np.save('c.npy', a); np.save('f.npy', np.asfortranarray(a)); np.save('t.npy', a.transpose(2, 0, 1))
np.save('big.npy', a.astype('>f8')); np.save('h.npy', a.astype('<f2'))
np.savez('s.npz', a=a); np.savez_compressed('d.npz', a=a, b=np.int64(3))
np.savetxt('p.txt', a.reshape(20, 3), header='x y z'); np.savetxt('p.csv', a.reshape(20, 3), delimiter=',')
`);
    const all = Array.from({ length: 60 }, (_, i) => i);
    for (const name of ['c.npy', 'f.npy', 'h.npy', 's.npz']) {
      const source = openRows(at(name));
      expect(Array.from(source.readRowsSync(0, 5))).toEqual(all);
      expect(Array.from(source.gatherRowsSync([4]))).toEqual(all.slice(48));
      source.close();
    }
    const transposed = openNpy(at('t.npy'));
    expect(Array.from(transposed.readRowsSync(1, 2))).toEqual(
      Array.from({ length: 15 }, (_, i) => 4 * i + 1),
    );
    transposed.close();
    expect(() => openNpy(at('big.npy'))).toThrow(
      "big-endian dtype '>f8' is not read; convert it: np.save(f, a.astype('<f8'))",
    );
    expect(Array.from(readNpz(at('d.npz')).get('b')!.data, Number)).toEqual([3]);
    expect(readTable(at('p.txt'))).toMatchObject({ names: ['x', 'y', 'z'], rows: 20 });
    expect(Array.from(readTable(at('p.csv')).data)).toEqual(all);
  });
});

describe.skipIf(!has('safetensors.numpy'))('safetensors (skipped without its Python package)', () => {
  it('reads ours, and we read its', () => {
    writeSafetensors(
      at('a.safetensors'),
      { w: { shape: [1, 2], data: Float32Array.of(1, 2) }, n: { shape: [], data: BigInt64Array.of(9n) } },
      { v: '1' },
    );
    const read = python(`
import json
from safetensors import safe_open
from safetensors.numpy import save_file
import numpy as np
with safe_open('a.safetensors', 'np') as f:
    print(json.dumps([f.metadata(), f.get_tensor('w').tolist(), int(f.get_tensor('n'))]))
save_file({'x': np.arange(3, dtype='f8'), 'y': np.arange(5, dtype='f4').reshape(5, 1)}, 'b.safetensors', metadata={'k': 'v'})`);
    expect(read).toEqual([{ v: '1' }, [[1, 2]], 9]);
    const back = readSafetensors(at('b.safetensors'));
    expect(back.metadata).toEqual({ k: 'v' });
    expect(back.tensors.get('x')).toEqual({ shape: [3], data: Float64Array.of(0, 1, 2) });
    expect(back.tensors.get('y')).toEqual({ shape: [5, 1], data: Float32Array.of(0, 1, 2, 3, 4) });
  });
});

describe.skipIf(!has('getdist'))('GetDist (skipped without its Python package)', () => {
  it('loads our chains with names, labels, ranges and weights', () => {
    const n = 200;
    const chain = {
      parameters: [
        { name: 'Omega_m', label: '\\Omega_m', lower: 0.1, upper: 0.5 },
        { name: 'sigma_8', label: '\\sigma_8', lower: 0.6 },
      ],
      weights: Float64Array.from({ length: n }, (_, i) => 1 + (i % 3)),
      minusLogPosterior: Float64Array.from({ length: n }, (_, i) => i / 10),
      samples: Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 0.8 : 0.3) + 0.01 * Math.sin(i)),
    };
    writeGetDist(at('chain'), chain);
    expect(readGetDist(at('chain'))).toEqual(chain);
    const [names, labels, bounds, mean] = python(`
import json, sys, io
out = sys.stdout; sys.stdout = io.StringIO()
from getdist import loadMCSamples
s = loadMCSamples('./chain', no_cache=True)
sys.stdout = out
print(json.dumps([s.getParamNames().list(), s.getParamNames().labels(), [s.ranges.getLower('Omega_m'), s.ranges.getUpper('Omega_m'), s.ranges.getLower('sigma_8'), s.ranges.getUpper('sigma_8')], s.mean('Omega_m')]))`) as [
      string[],
      string[],
      (number | null)[],
      number,
    ];
    expect(names).toEqual(['Omega_m', 'sigma_8']);
    expect(labels).toEqual(['\\Omega_m', '\\sigma_8']);
    expect(bounds).toEqual([0.1, 0.5, 0.6, null]);
    const sum = chain.weights.reduce((a, b) => a + b, 0);
    const expected = chain.weights.reduce((total, w, i) => total + w * chain.samples[2 * i]!, 0) / sum;
    expect(mean).toBeCloseTo(expected, 12);
  });
});
