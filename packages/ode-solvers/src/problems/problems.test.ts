/** The suites: reference values by SciPy at tight tolerances (fixtures/problems.py), and SciPy's own runs beside ours. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as solvers from '../index.ts';
import { type Jacobian, type Method, solveOde, type VectorField } from '../index.ts';
import { detest, hires, medazko, robertson, robertsonJacobian, vanDerPol } from './index.ts';

interface Run {
  readonly evaluations: number;
  readonly error: number;
}
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/problems.json', import.meta.url), 'utf8'),
) as {
  readonly detest: Record<string, { readonly end: number[]; readonly scipy: Record<string, Run> }>;
  readonly stiff: Record<string, { readonly end: number[] }>;
};

const miss = (y: ArrayLike<number>, exact: readonly number[]): number =>
  Math.max(...exact.map((value, i) => Math.abs(y[i]! - value) / Math.max(1, Math.abs(value))));
const key = (name: string, tolerance: number): string =>
  `${name} ${tolerance === 1e-3 ? '0.001' : tolerance === 1e-6 ? '1e-06' : '1e-09'}`;

describe.each([
  ['dopri5', solvers.dopri5, 'RK45'],
  ['dop853', solvers.dop853, 'DOP853'],
] as const)('DETEST by %s', (_, method, scipyName) => {
  it.each([1e-3, 1e-6, 1e-9])('at %d misses no more and evaluates no more than SciPy', (tolerance) => {
    let [ours, theirs] = [0, 0];
    for (const { name, field, span, y0 } of detest) {
      const { end, statistics, status } = solveOde(field, span, y0, {
        method,
        rtol: tolerance,
        atol: tolerance,
        saveAt: 'ends',
      });
      const { end: exact, scipy } = reference.detest[name]!;
      const run = scipy[key(scipyName, tolerance)]!;
      expect(status).toBe('finished');
      // Where both pass by luck of a shorter last step, twice the tolerance is as good.
      expect(miss(end.y, exact), name).toBeLessThan(Math.max(1.6 * run.error, 8 * tolerance));
      ours += statistics.evaluations;
      theirs += run.evaluations;
    }
    expect(ours).toBeLessThanOrEqual(theirs);
  });
});

describe('DETEST by the other methods', () => {
  const others: Method[] = [
    solvers.tsit5,
    solvers.vern7,
    solvers.fehlberg5,
    solvers.radau5,
    solvers.bdf,
    solvers.kvaerno5,
  ];
  it.each(others.map((method) => [method.name, method] as const))('%s', (_, method) => {
    for (const { name, field, span, y0 } of detest) {
      const { end } = solveOde(field, span, y0, { method, rtol: 1e-6, atol: 1e-6, saveAt: 'ends' });
      const worst = Math.max(
        ...Object.entries(reference.detest[name]!.scipy).flatMap(([run, { error }]) =>
          run.endsWith('1e-06') ? [error] : [],
        ),
      );
      expect(miss(end.y, reference.detest[name]!.end), name).toBeLessThan(Math.max(1e-4, 60 * worst));
    }
  });
});

describe("SciPy's rational problem", () => {
  const rational: VectorField = (t, y, dydt) => {
    dydt[0] = y[1]! / t;
    dydt[1] = (y[1]! * (y[0]! + 2 * y[1]! - 1)) / (t * (y[0]! - 1));
  };
  const jacobian: Jacobian = (t, y, j) => {
    j[1] = 1 / t;
    j[2] = (-2 * y[1]! ** 2) / (t * (y[0]! - 1) ** 2);
    j[3] = (y[0]! + 4 * y[1]! - 1) / (t * (y[0]! - 1));
  };
  const exact = (t: number): number[] => [t / (t + 10), (10 * t) / (t + 10) ** 2];
  const methods: Method[] = [
    solvers.bosh3,
    solvers.dopri5,
    solvers.tsit5,
    solvers.dop853,
    solvers.radau5,
    solvers.bdf,
  ];
  it.each(methods.map((method) => [method.name, method] as const))(
    '%s: scaled error below 5, few evaluations',
    (_, method) => {
      for (const end of [9, 1]) {
        const solution = solveOde(rational, [5, end], [1 / 3, 2 / 9], {
          method,
          rtol: 1e-3,
          atol: 1e-6,
          dense: true,
          jacobian,
        });
        expect(solution.statistics.evaluations).toBeLessThan(method === solvers.dop853 ? 50 : 40);
        const times = [
          ...solution.t,
          ...Array.from({ length: 20 }, (__, i) => 5 + ((end - 5) * (i + 0.5)) / 20),
        ];
        for (const t of times) {
          const y = solution.dense!.evaluate(t);
          const scaled = exact(t).map((value, i) => (y[i]! - value) / (1e-6 + 1e-3 * Math.abs(value)));
          expect(Math.hypot(...scaled) / Math.SQRT2).toBeLessThan(5);
        }
      }
    },
  );
});

const stiffMethods: Method[] = [
  solvers.bdf,
  solvers.radau5,
  solvers.rodas4,
  solvers.kvaerno3,
  solvers.kvaerno4,
  solvers.kvaerno5,
  solvers.trBdf2,
];
describe.each(stiffMethods.map((method) => [method.name, method] as const))(
  'stiff problems by %s',
  (_, method) => {
    const relative = (y: ArrayLike<number>, exact: readonly number[], floor = 0): number =>
      Math.max(...exact.map((value, i) => Math.abs(y[i]! - value) / Math.max(Math.abs(value), floor)));
    const slack = method.order === 2 ? 100 : 15;

    it('Robertson to 1e11, with its Jacobian and without', () => {
      for (const jacobian of [undefined, robertsonJacobian]) {
        const { end, status, statistics } = solveOde(robertson.field, robertson.span, robertson.y0, {
          method,
          rtol: 1e-5,
          atol: 1e-14,
          saveAt: 'ends',
          ...(jacobian ? { jacobian } : {}),
        });
        expect(status).toBe('finished');
        expect(relative(end.y, reference.stiff.robertson!.end)).toBeLessThan(slack * 1e-5);
        expect(Math.abs(end.y[0]! + end.y[1]! + end.y[2]! - 1)).toBeLessThan(1e-4);
        expect(statistics.steps).toBeLessThan(3000);
      }
    });
    it.each([
      ['Van der Pol, μ = 1e6', vanDerPol, 1e-8],
      ['HIRES', hires, 1e-9],
    ])('%s', (__, problem, atol) => {
      const { end, status } = solveOde(problem.field, problem.span, problem.y0, {
        method,
        rtol: 1e-5,
        atol,
        saveAt: 'ends',
      });
      expect(status).toBe('finished');
      expect(relative(end.y, reference.stiff[problem.name]!.end)).toBeLessThan(4 * slack * 1e-5);
    });
    it('Medazko, with its jump and a banded Jacobian', () => {
      const { field, span, y0, discontinuities } = medazko();
      const { end, status } = solveOde(field, span, y0, {
        method,
        rtol: 1e-3,
        atol: 1e-6,
        saveAt: 'ends',
        discontinuities: discontinuities!,
        jacobianBandwidth: { lower: 2, upper: 2 },
      });
      expect(status).toBe('finished');
      expect(
        Math.max(...reference.stiff.medazko!.end.map((value, i) => Math.abs(end.y[i]! - value))),
      ).toBeLessThan(2e-3);
    });
  },
);
