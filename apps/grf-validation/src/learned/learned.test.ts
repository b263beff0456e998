import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { report } from '../report/report.ts';
import { learnedLimit } from './learned.ts';
import { type LearnedPlan, reducedPlan } from './plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'grf-validation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny: LearnedPlan = {
  ...reducedPlan,
  ...{ side: 12, boxSize: 200, trainingMaps: 160, bins: 3 },
  models: [
    {
      ...reducedPlan.models[0]!,
      epochs: 2,
      counts: { gap: 20, posteriors: 4, calibration: 20, fisher: 4, whitening: 4 },
    },
    {
      ...reducedPlan.models[0]!,
      ...{ name: 'reported', epochs: 1, flow: { kind: 'trenf' as const, layers: 1 } },
      counts: { gap: 10, posteriors: 0, calibration: 0, fisher: 0, whitening: 4 },
      limits: undefined,
    },
  ].map(({ limits, ...model }) => ({ ...model, ...(limits ? { limits } : {}) })),
};

describe('the learned limit', () => {
  it('trains, measures, judges and draws, and leaves no maps behind', async () => {
    const { section, models } = await learnedLimit(tiny, folder, { step: () => {}, done: () => {} });
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
    const judged = section.checks.filter(({ limit }) => limit !== undefined);
    expect(judged.map(({ name }) => name.split(': ')[0])).toEqual(new Array(judged.length).fill('2 layers'));
    // Training, gap, 2 × 2 of posteriors, 3 Fisher matrices, 2 of whitening, SBC and TARP.
    expect(judged).toHaveLength(13);
    // Two epochs do not make a flow exact: the gap is there, is positive, and breaks the limit.
    expect(models[0]!.gap.mean).toBeGreaterThan(1);
    expect(section.passed).toBe(false);
    expect(Object.keys(section.figures)).toEqual(['side', 'boxSize', 'trainingMaps', 'models']);
    const page = report({
      sections: new Map([['learned', section]]),
      models: new Map([['learned', models]]),
      reduced: true,
      seconds: 1,
    });
    expect(page.match(/<svg/g)!.length).toBeGreaterThan(8);
    expect(page).toContain('✗ failed');
    expect(page).not.toContain('NaN');
  }, 30_000);
});
