import { describe, expect, it } from 'vitest';
import { applySymmetry, pointGroup } from './symmetry.ts';

describe('symmetries of the mesh', () => {
  it('has 8 elements in two dimensions and 48 in three, all different', () => {
    for (const [dimensions, count] of [
      [2, 8],
      [3, 48],
    ] as const) {
      const field = Float64Array.from({ length: 4 ** dimensions }, (_, i) => Math.sin(i * i + 1));
      const images = pointGroup(dimensions).map((symmetry) => applySymmetry(field, 4, symmetry).join());
      expect(images[0]).toBe(field.join());
      expect(new Set(images).size).toBe(count);
    }
  });
  it('moves cells around the box', () => {
    const moved = applySymmetry(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), 3, {
      order: [0, 1],
      reversed: [false, false],
      shift: [1, -1],
    });
    expect([...moved]).toEqual([7, 8, 6, 1, 2, 0, 4, 5, 3]);
  });
  it('turns by 90°', () => {
    const turned = applySymmetry(Float64Array.of(0, 1, 2, 3), 2, {
      order: [1, 0],
      reversed: [true, false],
      shift: [0, 0],
    });
    expect([...turned]).toEqual([1, 3, 0, 2]);
  });
});
