import { describe, expect, it } from 'vitest';
import { FileFormatError } from './errors.ts';
import { type Chain, encodeGetDist, parseGetDist } from './getdist.ts';

const CHAIN: Chain = {
  parameters: [
    { name: 'Omega_m', label: '\\Omega_m', lower: 0.1, upper: 0.5 },
    { name: 'sigma_8', label: '\\sigma_8', lower: 0.6 },
    { name: 'S_8', label: 'S_8', derived: true },
  ],
  weights: Float64Array.of(1, 0.25),
  minusLogPosterior: Float64Array.of(-5200.123456789, 3),
  samples: Float64Array.of(0.3, 0.8, 0.8, 1 / 3, 0.7, 1e-30),
};

describe('GetDist chains', () => {
  it('have the three files that GetDist reads', () => {
    expect(encodeGetDist(CHAIN)).toEqual({
      txt: '1e+0 -5.200123456789e+3 3e-1 8e-1 8e-1\n2.5e-1 3e+0 3.333333333333333e-1 7e-1 1e-30\n',
      paramnames: 'Omega_m\t\\Omega_m\nsigma_8\t\\sigma_8\nS_8*\tS_8\n',
      ranges: 'Omega_m 0.1 0.5\nsigma_8 0.6 N\nS_8 N N\n',
    });
  });

  it('come back to the last bit', () => {
    expect(parseGetDist(encodeGetDist(CHAIN))).toEqual(CHAIN);
  });

  it('without ranges nothing is bounded; a name without a label is its own', () => {
    const chain = parseGetDist({ txt: '1 2 3\n', paramnames: 'x\n' });
    expect(chain.parameters).toEqual([{ name: 'x', label: 'x' }]);
  });

  it('refuse files that disagree', () => {
    const files = encodeGetDist(CHAIN);
    expect(() => parseGetDist({ ...files, paramnames: 'a\n' }, 'out/c')).toThrow(
      'out/c.txt: 5 columns, but 1 names in out/c.paramnames',
    );
    expect(() => parseGetDist({ ...files, ranges: 'Omega_m 0.1 high\n' }, 'c')).toThrow(
      "c.ranges, line 1: 'high' is no bound",
    );
    expect(() => parseGetDist({ ...files, txt: '1 2 3 4 x\n' }, 'c')).toThrow(FileFormatError);
  });

  it('refuse chains that cannot be written', () => {
    expect(() => encodeGetDist({ ...CHAIN, weights: Float64Array.of(1) })).toThrow(
      '1 weights, 2 log-posteriors',
    );
    expect(() =>
      encodeGetDist({ ...CHAIN, parameters: [{ name: 'a b' }, { name: 'c' }, { name: 'd' }] }),
    ).toThrow("'a b'");
    expect(() => encodeGetDist({ ...CHAIN, samples: Float64Array.of(0, 1, 2, 3, 4, Number.NaN) })).toThrow(
      'sample 1 is not finite',
    );
  });
});
