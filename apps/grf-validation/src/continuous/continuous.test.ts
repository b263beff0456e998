import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { reducedContinuousPlan } from '../learned/plan.ts';
import { report } from '../report/report.ts';
import { continuousLimit } from './continuous.ts';
import type { ContinuousPlan } from './plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'grf-validation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny: ContinuousPlan = {
  exact: { sides2: [5, 8], sides3: [5] },
  adaptive: { sides2: [6], sides3: [] },
  equivariance: { sides2: [5], sides3: [] },
  learned: {
    ...reducedContinuousPlan,
    ...{ side: 12, boxSize: 200, trainingMaps: 160, bins: 3 },
    models: [
      {
        ...reducedContinuousPlan.models[0]!,
        epochs: 2,
        counts: { gap: 20, posteriors: 4, calibration: 0, fisher: 4, whitening: 4 },
      },
    ],
  },
};

describe('the limits of the continuous flow', () => {
  it('are measured, judged and drawn', async () => {
    const { section, models } = await continuousLimit(tiny, folder, { step: () => {}, done: () => {} });
    const broken = section.checks.filter(({ passed }) => passed === false).map(({ name }) => name);
    // Two epochs do not make a flow exact; what needs no training holds.
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.every((name) => name.startsWith('continuous: '))).toBe(true);
    const judged = section.checks.filter(({ limit }) => limit !== undefined);
    // Two precisions, the adaptive solve, 5 of symmetries; training, gap, 2 × 2 of posteriors, 3 Fisher matrices, steps, 2 of whitening.
    expect(judged).toHaveLength(8 + 12);
    expect(models[0]!.steps!.finer).toBe(4 * models[0]!.steps!.steps);
    const page = report({
      sections: new Map([['continuous', section]]),
      models: new Map([['continuous', models]]),
      reduced: true,
      seconds: 1,
    });
    expect(page).toContain('Field-level continuous flow');
    expect(page.match(/<svg/g)!.length).toBeGreaterThan(6);
    expect(page).not.toContain('NaN');
  }, 60_000);
});
