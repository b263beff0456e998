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
      peers: { python: 'python3', named: false, repositories: {} },
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
      peers: { python: '/usr/bin/p=3', named: true, repositories: {} },
    });
    expect(parseOptions(['--peers=none']).peers).toBe('none');
    const clones = ['--peers', 'egnn=/a', '--peers', 'en_flows=/b'];
    expect(parseOptions(clones).peers).toEqual({
      python: 'python3',
      named: false,
      repositories: { egnn: '/a', en_flows: '/b' },
    });
  });

  it.each([
    [['--cases'], /Unknown option '--cases'; see --help/],
    [['fft'], /Unexpected argument 'fft'/],
    [['--json'], /--json/],
    [['--json', ''], /--json needs a value/],
    [['--peers', 'perl=/bin/perl'], /--peers perl=\/bin\/perl: give none or python=PATH/],
    [['--peers', 'python='], /give none or python=PATH/],
    [['--peers', 'none', '--peers', 'egnn=a'], /--peers none: give it alone/],
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
