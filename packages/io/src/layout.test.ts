import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { mapLayout, requireFinite, rowOfMap, squareMaps } from './layout.ts';

describe('which row belongs to a map', () => {
  it('15 maps a simulation in CAMELS: row floor(i / 15)', () => {
    const layout = mapLayout(15000, 1000);
    expect(layout.mapsPerRow).toBe(15);
    expect([0, 14, 15, 14999].map((i) => rowOfMap(layout, i))).toEqual([0, 0, 1, 999]);
    expect(() => rowOfMap(layout, 15000)).toThrow(RangeError);
  });

  it('one map a row', () => {
    const layout = mapLayout(7, 7);
    expect([0, 3, 6].map((i) => rowOfMap(layout, i))).toEqual([0, 3, 6]);
  });

  it.each([
    [100, 7],
    [5, 10],
    [10, 0],
    [0, 10],
  ])('%i maps and %i rows disagree', (maps, rows) => {
    expect(() => mapLayout(maps, rows, 'maps.npy')).toThrow(FileFormatError);
    expect(() => mapLayout(maps, rows, 'maps.npy')).toThrow(
      `maps.npy: count of maps and rows disagree: ${maps} maps, ${rows} rows of parameters`,
    );
  });
});

describe('checks of maps', () => {
  it('squares and cubes', () => {
    expect(squareMaps([10, 64, 64])).toEqual({ side: 64, dimensions: 2 });
    expect(squareMaps([2, 8, 8, 8])).toEqual({ side: 8, dimensions: 3 });
    expect(() => squareMaps([10, 64, 32], 'm.npy')).toThrow('m.npy: maps not square: shape (10, 64, 32)');
    expect(() => squareMaps([64, 64], 'm.npy')).toThrow('m.npy: shape (64, 64) is no stack of maps');
  });

  it('NaN is named with its map and cell', () => {
    const values = new Float32Array(12);
    requireFinite(values, 4, 100, 'm.npy');
    values[9] = Number.NaN;
    expect(() => requireFinite(values, 4, 100, 'm.npy')).toThrow('m.npy: map 102 holds NaN (cell 1)');
    values[9] = Number.NEGATIVE_INFINITY;
    expect(() => requireFinite(values, 4, 100, 'm.npy')).toThrow('map 102 holds an infinite value (cell 1)');
  });
});
