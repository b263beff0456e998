import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('has defaults', () => {
    expect(parseOptions([])).toEqual({
      list: false,
      help: false,
      quick: false,
      profile: false,
      case: undefined,
      json: undefined,
      peers: { python: 'python3', named: false },
    });
  });

  it('reads every option', () => {
    expect(
      parseOptions(['--case', 'fft*', '--quick', '--json', 'a.json', '--peers', 'python=/usr/bin/p=3']),
    ).toEqual({
      list: false,
      help: false,
      quick: true,
      profile: false,
      case: 'fft*',
      json: 'a.json',
      peers: { python: '/usr/bin/p=3', named: true },
    });
    expect(parseOptions(['--peers=none']).peers).toBe('none');
  });

  it.each([
    [['--cases'], /Unknown option '--cases'; see --help/],
    [['fft'], /Unexpected argument 'fft'/],
    [['--json'], /--json/],
    [['--json', ''], /--json needs a value/],
    [['--peers', 'perl=/bin/perl'], /--peers perl=\/bin\/perl: give none or python=PATH/],
    [['--peers', 'python='], /give none or python=PATH/],
  ])('answers %j in one line', (args, message) => {
    let text = '';
    try {
      parseOptions(args);
    } catch (error) {
      text = (error as Error).message;
    }
    expect(text).toMatch(message);
    expect(text).not.toContain('\n');
  });
});
