import { describe, expect, it } from 'vitest';
import { leapfrog, OdeError, solveOde, type VectorField, yoshida4, yoshida6 } from '../index.ts';

const pendulum: VectorField = (_, y, dydt) => {
  dydt[0] = y[1]!;
  dydt[1] = -Math.sin(y[0]!);
};
const energy = (y: ArrayLike<number>): number => 0.5 * y[1]! ** 2 - Math.cos(y[0]!);

describe.each([
  ['leapfrog', leapfrog, 0.15, 1e5],
  ['yoshida4', yoshida4, 0.1, 1e5],
  ['yoshida6', yoshida6, 0.05, 1e5],
] as const)('%s', (_, method, bound, orbits) => {
  it('converges with its order', () => {
    const exact = solveOde(pendulum, [0, 4], [1, 0.3], { rtol: 1e-13, atol: 1e-15, saveAt: 'ends' }).end.y;
    const steps = [32, 64].map((count) => 4 / (method.order === 2 ? 8 * count : count));
    const errors = steps.map((step) => {
      const { end } = solveOde(pendulum, [0, 4], [1, 0.3], { method, step, saveAt: 'ends' });
      return Math.hypot(end.y[0]! - exact[0]!, end.y[1]! - exact[1]!);
    });
    expect(Math.abs(Math.log2(errors[0]! / errors[1]!) - method.order)).toBeLessThan(0.1);
  });

  it('keeps the energy over 1e5 orbits, without drift', () => {
    const orbit = 4 * 1.8540746773013719; // Period of the pendulum from rest at 90°: 4 K(1/√2).
    const start = [Math.PI / 2, 0];
    let [early, late, count] = [0, 0, 0];
    const solution = solveOde(pendulum, [0, orbits * orbit], start, {
      method,
      step: orbit / 10,
      saveAt: 'ends',
      maximumSteps: 1e8,
      onStep({ y }) {
        count++;
        const error = Math.abs(energy(y));
        if (count <= 10000) early = Math.max(early, error);
        else late = Math.max(late, error);
        return true;
      },
    });
    expect(solution.statistics.steps).toBe(10 * orbits);
    expect(late).toBeLessThan(bound);
    expect(late).toBeLessThan(1.05 * early);
  });

  it('has dense output of order 3 or its own', () => {
    const worst = (step: number): number => {
      const { dense } = solveOde(pendulum, [0, 2], [1, 0.3], { method, step, dense: true });
      const fine = solveOde(pendulum, [0, 2], [1, 0.3], { method: yoshida6, step: 0.002, dense: true })
        .dense!;
      const at = Array.from({ length: 99 }, (__, i) => (i + 0.5) / 50);
      return Math.max(
        ...at.map((t) => Math.hypot(...dense!.evaluate(t).map((value, i) => value - fine.evaluate(t)[i]!))),
      );
    };
    const ratio = worst(0.1) / worst(0.05);
    expect(ratio).toBeGreaterThan(0.85 * 2 ** Math.min(4, method.order));
  });

  it('goes back the way it came', () => {
    const options = { method, step: 0.1, saveAt: 'ends' } as const;
    const there = solveOde(pendulum, [0, 20], [1, 0.3], options).end.y;
    const back = solveOde(pendulum, [20, 0], there, options).end.y;
    expect(Math.hypot(back[0]! - 1, back[1]! - 0.3)).toBeLessThan(1e-12);
  });
});

it('wants positions and momenta', () => {
  expect(() => solveOde(() => {}, [0, 1], [1, 2, 3], { method: leapfrog, step: 0.1 })).toThrow(OdeError);
});
