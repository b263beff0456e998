import { describe, expect, it } from 'vitest';
import { PARTS, parseOptions } from './options.ts';

describe('the command line', () => {
  it('runs everything unless told otherwise', () => {
    expect(parseOptions([])).toEqual({ reduced: false, only: PARTS, out: 'out/validate', help: false });
  });
  it('takes parts in any order and runs them in its own', () => {
    expect(parseOptions(['--only', 'learned,exact', '--json', 'a.json', '--reduced'])).toMatchObject({
      only: ['exact', 'learned'],
      json: 'a.json',
      reduced: true,
    });
  });
  it('refuses what it does not know in one line', () => {
    expect(() => parseOptions(['--only', 'exactly'])).toThrow(
      '--only exactly: no such part; give some of exact,',
    );
    expect(() => parseOptions(['--fast'])).toThrow("Unknown option '--fast'");
    expect(() => parseOptions(['stray'])).toThrow(/stray/);
  });
});
