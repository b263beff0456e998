import { fieldFlow, fieldFlowDefaults, initialParameters, layoutOf } from '@equiflow/flows';
import { describe, expect, it } from 'vitest';
import { fieldFlowCurves } from './field-curves.ts';
import { gaussianFamily, PARAMETER_NAMES, PRIOR } from './gaussian-family.ts';

const family = gaussianFamily(16, 200, 'eh98-nowiggle');
const flow = fieldFlow({
  ...fieldFlowDefaults,
  ...{ units: 4, timeFunctions: 3 },
  ...{ shape: [16, 16], boxSize: 200, parameterNames: PARAMETER_NAMES, prior: PRIOR },
  ...{ mean: 0.2, deviation: 2 },
});
const start = (): Float32Array => Float32Array.from(initialParameters(flow.parameters, 1));
const bias = layoutOf(flow.parameters).slots.find(({ name }) => name === 'bias2')!;
/** Outputs of the network at one power of time: w_0, w_f, c. */
const width = bias.size / flow.spec.timeFunctions;

describe('fieldFlowCurves', () => {
  it('finds a new flow to be the standardisation alone', () => {
    const { transfer, limit, layers } = fieldFlowCurves(family, flow, start(), [0.3, 0.8]);
    for (const value of transfer) expect(value).toBeCloseTo(1 / 2, 6);
    const variances = family.variances(0.3, 0.8);
    for (const [i, value] of limit.entries()) expect(value).toBeCloseTo(variances[i + 1]! ** -0.5, 10);
    expect(layers.map(({ name }) => name)).toEqual(['0', '0.5', '1'].map((t) => `x + v(x) at t = ${t}`));
    for (const { learned, limit: line, slope } of layers) {
      expect(slope).toBeCloseTo(1, 5);
      for (const [i, value] of learned.entries()) expect(value).toBeCloseTo(line[i]!, 5);
    }
  });
  it('counts w_0, and shows what bends', () => {
    const parameters = start();
    parameters.fill(Math.log(3), bias.offset, bias.offset + flow.spec.transferKnots + 1);
    const straight = fieldFlowCurves(family, flow, parameters, [0.3, 0.8]);
    for (const value of straight.transfer) expect(value).toBeCloseTo(3 / 2, 5);
    // c of the first unit.
    parameters[bias.offset + 2 * (flow.spec.transferKnots + 1)] = 10;
    const { layers } = fieldFlowCurves(family, flow, parameters, [0.3, 0.8]);
    const bend = layers[0]!.learned.map((value, i) => Math.abs(value - layers[0]!.limit[i]!));
    expect(Math.max(...bend)).toBeGreaterThan(0.01);
    expect(width).toBe(9 + 9 + 5);
  });
});
