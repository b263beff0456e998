import { initialParameters, layoutOf, trenf, trenfDefaults } from '@equiflow/flows';
import { describe, expect, it } from 'vitest';
import { learnedCurves } from './curves.ts';
import { gaussianFamily, PARAMETER_NAMES, PRIOR } from './gaussian-family.ts';

const family = gaussianFamily(8, 200, 'eh98-nowiggle');
const flow = trenf({
  ...trenfDefaults,
  ...{ shape: [8, 8], boxSize: 200, layers: 2, parameterNames: PARAMETER_NAMES, prior: PRIOR },
  ...{ mean: 0.2, deviation: 2 },
});

describe('learnedCurves', () => {
  it('finds a new flow to be the standardisation alone', () => {
    const parameters = Float32Array.from(initialParameters(flow.parameters, 1));
    const { transfer, limit, layers, wavenumbers } = learnedCurves(family, flow, parameters, [0.3, 0.8]);
    expect(wavenumbers).toHaveLength(family.squares.length - 1);
    for (const value of transfer) expect(value).toBeCloseTo(1 / 2, 6);
    const variances = family.variances(0.3, 0.8);
    for (const [i, value] of limit.entries()) expect(value).toBeCloseTo(variances[i + 1]! ** -0.5, 10);
    for (const { x, learned, limit: line, slope } of layers) {
      expect(slope).toBeCloseTo(1, 6);
      expect(x[80]).toBeCloseTo(-0.1, 6);
      for (const [i, value] of learned.entries()) expect(value).toBeCloseTo(line[i]!, 5);
    }
  });
  it('counts slopes and filters of all layers in the product', () => {
    const parameters = Float32Array.from(initialParameters(flow.parameters, 1));
    const { slots } = layoutOf(flow.parameters);
    const lastOf = (name: string): number => {
      const { offset, size } = slots.find((slot) => slot.name === name)!;
      return offset + size - 1;
    };
    // ln height of ψ_1's interval, and every ln T̂ of layer 2.
    parameters[lastOf('1.1.bias2')] = Math.log(3);
    const { offset, size } = slots.find(({ name }) => name === '2.0.bias2')!;
    parameters.fill(Math.log(0.5), offset, offset + size);
    const { transfer, layers } = learnedCurves(family, flow, parameters, [0.3, 0.8]);
    for (const value of transfer) expect(value).toBeCloseTo((3 * 0.5) / 2, 5);
    expect(layers[0]!.slope).toBeCloseTo(3, 5);
    expect(layers[1]!.x[80]).toBeCloseTo(-0.1 * 3 * 0.5, 5);
  });
});
