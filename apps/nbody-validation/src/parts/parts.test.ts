import { describe, expect, test } from 'vitest';
import { kept, markdown } from '../part.ts';
import { PARTS } from './index.ts';

describe.each(PARTS)('$title', (part) => {
  test('every limit is kept on small meshes', () => {
    const said: string[] = [];
    const found = part.run('reduced', (what) => said.push(what));
    expect(found.checks.length).toBeGreaterThan(0);
    expect(found.checks.filter((check) => !kept(check))).toEqual([]);
    expect(said.length).toBeGreaterThan(0);
    for (const { columns, rows } of found.tables) {
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
    expect(markdown(part, found).split('\n')[0]).toBe(`## ${part.title}`);
  });
});

test('a figure that is not a number is not kept', () => {
  expect(kept({ name: 'x', value: Number.NaN, atMost: 1 })).toBe(false);
});
