import { dop853, radau5 } from '@equiflow/ode-solvers';
import { add, initialParameters, key, matmul, type ParameterTensors, randomNormal } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import type { FlowField } from './vector-field.ts';

/** v = A x + b, with A = [[0.3, −0.5], [0.8, −0.2]]: x(1) = e^A x + φ(A) b, ln |det| = Tr A. */
const matrix = [0.3, -0.5, 0.8, -0.2];
const shift = [0.4, -0.7];
const affine: FlowField = {
  shape: [2],
  parameters: { matrix: { shape: [2, 2], values: matrix }, shift: { shape: [2], values: shift } },
  velocity: (_, x, __, { matrix: a, shift: b }: ParameterTensors) =>
    add(matmul(x, a!, { transposeB: true }), b!),
};
const affineParameters = initialParameters(affine.parameters, 1);

/** e^A x + φ(A) b by the power series. */
function affineEnd(x: ArrayLike<number>): number[] {
  const times = ([u, v]: number[]): number[] => [
    matrix[0]! * u! + matrix[1]! * v!,
    matrix[2]! * u! + matrix[3]! * v!,
  ];
  let [power, rest] = [[x[0]!, x[1]!], [...shift]];
  const end = [...power];
  for (let n = 1; n < 30; n++) {
    end[0]! += rest[0]! / factorial(n);
    end[1]! += rest[1]! / factorial(n);
    [power, rest] = [times(power), times(rest)];
    end[0]! += power[0]! / factorial(n);
    end[1]! += power[1]! / factorial(n);
  }
  return end;
}
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const logNormal = (z: ArrayLike<number>): number =>
  Array.from(z).reduce((sum, value) => sum - 0.5 * value ** 2 - 0.5 * Math.log(2 * Math.PI), 0);

const points = randomNormal(key(4), [5, 2], 'float64');

test.each([dop853, radau5])('an affine field against its closed form: $name', async (method) => {
  const flow = openContinuousFlow(affine, standardNormal([2]), affineParameters, {
    method,
    sharing: method === radau5 ? 'shared' : 'own',
    rtol: 1e-13,
    atol: 1e-13,
  });
  const { logProb, latent } = await flow.density(points);
  for (let i = 0; i < 5; i++) {
    const end = affineEnd(points.subarray(2 * i, 2 * i + 2));
    expect(Math.abs(latent[2 * i]! - end[0]!)).toBeLessThan(1e-10);
    expect(Math.abs(latent[2 * i + 1]! - end[1]!)).toBeLessThan(1e-10);
    expect(Math.abs(logProb[i]! - (logNormal(end) + 0.1))).toBeLessThan(1e-10);
  }
  await flow.close();
});
