import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteOptions } from '@equiflow/cosmo-sims';
import { memoryRows } from '@equiflow/io';
import { expect, test } from 'vitest';
import { loadHdf5, openHdf5Rows, readHdf5Table } from '../hdf5-rows.ts';
import { writeSuiteHdf5 } from './hdf5.ts';

const OPTIONS: SuiteOptions = {
  ...{ names: ['Omega_m', 'sigma_8'], low: [0.1, 0.6], high: [0.5, 1], held: { h: 0.7 } },
  ...{ design: 'sobol', count: 5, seed: 1, transfer: 'eh98', boxSize: 100, particles: 4, meshFactor: 1 },
  ...{ window: 'cic', scheme: 'fastpm', steps: 2, startRedshift: 9, redshift: 0, amplitudes: 'random' },
  ...{ mapSize: 4, mapsPerSimulation: 2, depth: 100 },
};

test.each([16, 48, 1000])('a suite in blocks of %i values, read back in slices', async (blockValues) => {
  const folder = mkdtempSync(join(tmpdir(), 'equiflow-hdf5-'));
  try {
    const path = join(folder, 'suite.hdf5');
    const values = (offset: number): Float32Array => Float32Array.from({ length: 160 }, (_, i) => i + offset);
    const rows = (offset: number) =>
      memoryRows({ dtype: 'f4', shape: [10, 4, 4], data: values(offset) }, 'rows');
    const theta = Float64Array.from({ length: 10 }, (_, i) => 0.1 * i);
    await writeSuiteHdf5(path, { maps: rows(0), linear: rows(0.5), theta }, OPTIONS, blockValues);
    await loadHdf5();
    const maps = openHdf5Rows(path);
    expect(maps.shape).toEqual([10, 4, 4]);
    expect([...maps.readRowsSync(0, 10)]).toEqual([...values(0)]);
    expect([...maps.gatherRowsSync([7, 2], 'float64')]).toEqual([
      ...values(0).subarray(112, 128),
      ...values(0).subarray(32, 48),
    ]);
    expect(() => maps.readRowsSync(9, 11)).toThrow(/rows 9 to 11/);
    maps.close();
    const linear = openHdf5Rows(path, 'linear');
    expect([...(await linear.readRows(3, 4))]).toEqual([...values(0.5).subarray(48, 64)]);
    linear.close();
    const table = readHdf5Table(path);
    expect([table.names, table.rows, table.columns]).toEqual([['Omega_m', 'sigma_8'], 5, 2]);
    expect([...table.data]).toEqual([...theta]);
    expect(() => openHdf5Rows(path, 'halos')).toThrow(/no dataset 'halos' \(it has .*maps.*--array/);
    expect(() => openHdf5Rows(join(folder, 'none.h5'))).toThrow(/none\.h5: no such file/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
