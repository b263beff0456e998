import { key } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { type CovarianceTable, covarianceAt, drawTheta, tableNodes } from './theta-draws.ts';

const box = { low: [0.1, 0.6], high: [0.5, 1] };
const covariance = [0.016 ** 2, 0.13 * 0.016 * 0.009, 0.13 * 0.016 * 0.009, 0.009 ** 2];
const table: CovarianceTable = {
  box,
  nodes: 2,
  covariances: [1, 2, 3, 4].flatMap((s) => covariance.map((c) => c * s)),
};

test('the table is exact at its nodes and linear between', () => {
  tableNodes(box, 2).forEach((node, i) => {
    expect(covarianceAt(table, node)[0]).toBeCloseTo((i + 1) * covariance[0]!, 12);
  });
  expect(covarianceAt(table, [0.3, 0.8])[3]).toBeCloseTo(2.5 * covariance[3]!, 12);
});

test('draw 0 is the truth; draws outside the prior weigh nothing; the weights of the others average to one', () => {
  const theta = [0.3175, 0.834, 0.105, 0.995];
  const draws = 40_001;
  const drawn = drawTheta(key(3), theta, table, draws, 3);
  for (let map = 0; map < 2; map++) {
    expect([...drawn.theta.subarray(map * draws * 2, map * draws * 2 + 2)]).toEqual(
      theta.slice(2 * map, 2 * map + 2).map(Math.fround),
    );
    let sum = 0;
    for (let draw = 1; draw < draws; draw++) {
      const at = map * draws + draw;
      const inside = [0, 1].every(
        (axis) =>
          drawn.theta[2 * at + axis]! >= box.low[axis]! && drawn.theta[2 * at + axis]! <= box.high[axis]!,
      );
      if (!inside) expect(drawn.logWeights[at]).toBeLessThan(-1e29);
      sum += Math.exp(drawn.logWeights[at]!);
    }
    expect(sum / (draws - 1)).toBeCloseTo(1, 1);
  }
});

test('the importance-weighted evidence of a normal likelihood agrees with its integral', () => {
  const centre = [0.3, 0.8];
  const theta = [0.312, 0.795];
  const draws = 4001;
  const { theta: points, logWeights } = drawTheta(key(5), theta, table, draws, 3);
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const u = (points[2 * draw]! - centre[0]!) / 0.016;
    const v = (points[2 * draw + 1]! - centre[1]!) / 0.009;
    sum += Math.exp(logWeights[draw]! - (u * u + v * v) / 2);
  }
  const exact = (2 * Math.PI * 0.016 * 0.009) / 0.16;
  expect(Math.abs(sum / draws / exact - 1)).toBeLessThan(0.06);
});

test('an even number of draws is refused', () => {
  expect(() => drawTheta(key(1), [0.3, 0.8], table, 8, 3)).toThrow(/8 draws/);
});
