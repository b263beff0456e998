import { key, randomNormal } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { fisherMatrix } from './fisher.ts';

test('a normal with mean and ln σ as parameters has F = diag(n/σ², 2n)', async () => {
  const [mean, logSigma, n, maps] = [0.3, -0.2, 50, 2000];
  const sigma = Math.exp(logSigma);
  const data = randomNormal(key(1), [maps, n], 'float64').map((value) => mean + sigma * value);
  const gradient = async (theta: Float64Array): Promise<Float64Array> => {
    const [m, s] = [theta[0]!, Math.exp(theta[1]!)];
    const out = new Float64Array(2 * maps);
    for (let map = 0; map < maps; map++) {
      for (let i = 0; i < n; i++) {
        const u = (data[map * n + i]! - m) / s;
        out[2 * map]! += u / s;
        out[2 * map + 1]! += u * u - 1;
      }
    }
    return out;
  };
  const { fisher, error } = await fisherMatrix(gradient, [mean, logSigma], [1e-3, 1e-3]);
  expect(fisher[0]! / (n / sigma ** 2)).toBeCloseTo(1, 6);
  expect(Math.abs(fisher[3]! - 2 * n)).toBeLessThan(4 * error[3]!);
  expect(Math.abs(fisher[1]!)).toBeLessThan(4 * error[1]!);
  expect(fisher[1]).toBe(fisher[2]);
  // Var of the mean Hessian of ln σ: 4 Var(Σu²)/maps = 8 n/maps.
  expect(error[3]! / Math.sqrt((8 * n) / maps)).toBeCloseTo(1, 1);
});
