import { describe, expect, it } from 'vitest';
import * as solvers from './index.ts';
import { type Method, solveOde, type VectorField } from './index.ts';

const oscillator: VectorField = (_, y, dydt) => {
  dydt[0] = y[1]!;
  dydt[1] = -y[0]!;
};
/** An oscillator, a Gaussian in t and a cubic decay: linear, not autonomous, nonlinear, all known. */
const mixed: VectorField = (t, y, dydt) => {
  dydt[0] = y[1]!;
  dydt[1] = -y[0]!;
  dydt[2] = -0.1 * t * y[2]!;
  dydt[3] = -0.02 * y[3]! ** 3;
};
const mixedExact = [Math.cos(4), -Math.sin(4), Math.exp(-0.8), 1 / Math.sqrt(1.16)];

const symplectic: Method[] = [solvers.leapfrog, solvers.yoshida4, solvers.yoshida6];
const isMethod = (value: unknown): value is Method =>
  typeof value === 'object' && value !== null && 'stepper' in value;
// Symplectic methods have problems and tests of their own.
const methods = [...Object.values(solvers), ...[1, 2, 3, 4].map(solvers.bdfMethod)]
  .filter(isMethod)
  .filter((method) => !symplectic.includes(method));

/** Least-squares slope of log error on log step. */
function regression(steps: readonly number[], errors: readonly number[]): number {
  const x = steps.map(Math.log);
  const y = errors.map(Math.log);
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b) / of.length;
  const [mx, my] = [mean(x), mean(y)];
  return (
    x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0) / x.reduce((sum, v) => sum + (v - mx) ** 2, 0)
  );
}

const countsOf = ({ name, order }: Method): number[] => {
  // Its derivatives by differences are good to 1e-8 only.
  if (name === 'rodas4') return [32, 40, 48, 64];
  if (name.startsWith('kvaerno5') || name.startsWith('radau')) return [16, 20, 24, 32];
  if (order >= 8) return [12, 16, 20, 24];
  if (order === 7) return [28, 32, 36, 40];
  if (order === 5) return [120, 160, 200, 240];
  return order >= 3 ? [200, 300, 400, 600] : [1000, 1500, 2000, 3000];
};

describe.each(methods.map((method) => [method.name, method] as const))('%s', (_, method) => {
  it('converges with its order', () => {
    const counts = countsOf(method);
    const errors = counts.map((count) => {
      const { end } = solveOde(mixed, [0, 4], [1, 0, 1, 1], { method, step: 4 / count, saveAt: 'ends' });
      return Math.hypot(...end.y.map((value, i) => value - mixedExact[i]!));
    });
    const slope = regression(
      counts.map((count) => 4 / count),
      errors,
    );
    expect(Math.min(...errors)).toBeGreaterThan(2e-14);
    expect(Math.abs(slope - method.order), `${slope} ${errors}`).toBeLessThan(0.1);
  });
  it.runIf(method.adaptive)('keeps its tolerance, forward and backward', () => {
    const options = { method, rtol: 1e-6, atol: 1e-9 };
    const forward = solveOde(oscillator, [0, 5], [1, 0], options);
    expect(forward.status).toBe('finished');
    expect(Math.abs(forward.end.y[0]! - Math.cos(5))).toBeLessThan(method.order <= 2 ? 1e-3 : 2e-5);
    const back = solveOde(oscillator, [5, 0], forward.end.y, options);
    expect(back.end.t).toBe(0);
    expect(Math.hypot(back.end.y[0]! - 1, back.end.y[1]!)).toBeLessThan(
      method.order <= 2 ? 1e-2 : method.order === 3 ? 2e-4 : 5e-5,
    );
  });
});
