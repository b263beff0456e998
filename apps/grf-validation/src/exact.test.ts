import { describe, expect, it } from 'vitest';
import { type Comparison, compareOn, gaussianField, machines, trenfField } from './analytic/compare.ts';
import { gaussianFlow } from './analytic/flows.ts';
import { cosmological, powerLaw } from './analytic/spectra.ts';
import { exactLimit, lognormalLimit, summarise } from './exact.ts';

const silent = { step: () => {}, done: () => {} };
const plan = { sides2: [5, 8, 12], sides3: [5, 6] };

describe('the exact and the lognormal limit', () => {
  it.each([
    ['exact', exactLimit],
    ['lognormal', lognormalLimit],
  ])('%s: kept on small meshes by both backends', async (_, limit) => {
    const section = await limit(plan, silent);
    expect(section.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(section.passed).toBe(true);
    // 2 precisions × 2 backends × 2 dimensions, and the fields.
    expect(section.checks).toHaveLength(9);
  });

  it('is broken by another spectrum, or another slope of ψ', () => {
    const field = gaussianField(cosmological, 8, 2, [1], 3);
    const wasm = machines().find(({ name, dtype }) => name === 'wasm' && dtype === 'float64')!;
    expect(compareOn(field, wasm)[0]!.perCell).toBeLessThan(1e-12);
    const wrong = { ...field, flows: [{ a: 1, fixed: gaussianFlow(powerLaw(-1), 8, 2, 1) }] };
    expect(compareOn(wrong, wasm)[0]!.perCell).toBeGreaterThan(1e-3);
    const trenf = trenfField(powerLaw(-1.5), 8, 2, [1], 3);
    const flat = trenf.flows[0]!.fixed.flat.slice();
    flat[flat.length - 1]! += 0.01;
    const steeper = { ...trenf, flows: [{ a: 1, fixed: { ...trenf.flows[0]!.fixed, flat } }] };
    expect(compareOn(steeper, wasm)[0]!.perCell).toBeGreaterThan(1e-5);
  });
});

describe('the summary of comparisons', () => {
  const one = (dtype: 'float32' | 'float64', perCell: number, side: number): Comparison => ({
    ...{ flow: 'f', spectrum: 's', side, dimensions: 2, a: 1, backend: 'wasm', dtype },
    ...{ exact: 0, found: perCell * side ** 2, perCell },
  });
  it('tells the worst of each group against the limit of its precision', () => {
    const { checks, passed } = summarise(
      [one('float64', 1e-13, 5), one('float64', 2e-12, 7), one('float32', 1.9e-6, 5)],
      [1, 2],
      plan,
      0,
    );
    expect(passed).toBe(false);
    expect(checks.map(({ value, passed: kept }) => [value, kept])).toEqual([
      [2e-12, false],
      [1.9e-6, true],
      [2, true],
    ]);
    expect(checks[0]!.name).toContain('worst N = 7');
  });
  it('is broken by a NaN and by fields that were not drawn from P', () => {
    expect(summarise([one('float64', Number.NaN, 5), one('float64', 0, 6)], [0], plan, 0).passed).toBe(false);
    expect(summarise([one('float64', 0, 6)], [6.5], plan, 0).passed).toBe(false);
  });
});
