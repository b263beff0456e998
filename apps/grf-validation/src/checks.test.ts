import { describe, expect, it } from 'vitest';
import { atMost, limitText, moreThan, reported, section } from './checks.ts';

describe('checks', () => {
  it('keeps the limit itself, and no NaN', () => {
    expect(atMost('gap', 0.1, 0.1).passed).toBe(true);
    expect(atMost('gap', 0.1000001, 0.1).passed).toBe(false);
    expect(atMost('gap', Number.NaN, 0.1).passed).toBe(false);
    expect(moreThan('p', 0.01, 0.01).passed).toBe(false);
    expect(moreThan('p', 0.011, 0.01).passed).toBe(true);
    expect(moreThan('p', Number.NaN, 0.01).passed).toBe(false);
  });
  it('fails a section for one broken limit, whatever is only reported', () => {
    const good = atMost('a', 1, 2);
    expect(section([good, reported('b', Number.POSITIVE_INFINITY)], {}, {}, 0).passed).toBe(true);
    expect(section([good, moreThan('c', 0, 1)], {}, {}, 0).passed).toBe(false);
  });
  it('refuses a section that proves nothing', () => {
    expect(() => section([reported('b', 1)], {}, {}, 0)).toThrow('no check has a limit');
  });
  it('writes limits', () => {
    expect(limitText({ atMost: 0.1 })).toBe('≤ 0.1');
    expect(limitText({ moreThan: 0.01 })).toBe('> 0.01');
    expect(limitText({ atMost: 2e-6 })).toBe('≤ 2e-6');
  });
});
