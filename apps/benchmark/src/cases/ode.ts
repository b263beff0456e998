/**
 * Initial-value problems from end to end: setting the solver up, all steps, the state at the end. The peers solve the same
 * problem at the same tolerance, each with its own steps; the check holds every side to the same bound on the error.
 */
import { createRequire } from 'node:module';
import { bdf, dop853, dopri5, type Method, radau5, solveOde, type VectorField } from '@equiflow/ode-solvers';
import { kepler, robertson } from '@equiflow/ode-solvers/problems';
import type { BenchmarkCase, Peer, Target, Workload } from '../case.ts';

/** What is used of odex (npm): CommonJS with its TypeScript sources beside, which a strict compiler must not see. */
interface OdexSolver {
  absoluteTolerance: number;
  relativeTolerance: number;
  solve(
    field: (t: number, y: number[]) => number[],
    t0: number,
    y0: readonly number[],
    t1: number,
  ): { readonly y: number[] };
}
type Odex = { readonly Solver: new (dimension: number) => OdexSolver };

const lorenz: VectorField = (_, y, dydt) => {
  const [a, b, c] = [y[0]!, y[1]!, y[2]!];
  dydt[0] = 10 * (b - a);
  dydt[1] = a * (28 - c) - b;
  dydt[2] = a * b - (8 / 3) * c;
};

interface Problem {
  readonly field: VectorField;
  readonly y0: readonly number[];
  readonly t1: number;
  /** For odex: gives a new array. */
  readonly returning: (t: number, y: number[]) => number[];
}

/** Problems of a few components. */
export const problems: Record<'lorenz' | 'kepler', Problem> = {
  lorenz: {
    field: lorenz,
    y0: [1, 1, 1],
    t1: 10,
    returning: (_, y) => [
      10 * (y[1]! - y[0]!),
      y[0]! * (28 - y[2]!) - y[1]!,
      y[0]! * y[1]! - (8 / 3) * y[2]!,
    ],
  },
  kepler: {
    field: kepler,
    y0: [0.5, 0, 0, Math.sqrt(3)],
    t1: 20 * Math.PI,
    returning(_, y) {
      const r2 = y[0]! * y[0]! + y[1]! * y[1]!;
      const r3 = r2 * Math.sqrt(r2);
      return [y[2]!, y[3]!, -y[0]! / r3, -y[1]! / r3];
    },
  },
};

/** Errors at the end that a side may have, about three times those of SciPy's methods. */
const bounds: Record<string, number> = {
  'lorenz 1e-6': 5e-3,
  'lorenz 1e-9': 1e-5,
  'kepler 1e-6': 6e-2,
  'kepler 1e-9': 3e-5,
};

function requireNear(y: ArrayLike<number>, exact: ArrayLike<number>, bound: number): void {
  for (let i = 0; i < exact.length; i++) {
    const error = Math.abs(y[i]! - exact[i]!);
    if (!(error <= bound))
      throw new Error(`the check failed: component ${i} misses by ${error}, allowed ${bound}`);
  }
}

function exactEnd(problem: Problem): Float64Array {
  const { field, y0, t1 } = problem;
  return solveOde(field, [0, t1], y0, { method: dop853, rtol: 3e-14, atol: 1e-15, saveAt: 'ends' }).end.y;
}

function solveWith(name: 'lorenz' | 'kepler', method: Method, tolerance: number): Workload {
  const problem = problems[name];
  let y: ArrayLike<number> = [];
  return {
    run(): void {
      y = solveOde(problem.field, [0, problem.t1], problem.y0, {
        method,
        rtol: tolerance,
        atol: tolerance,
        saveAt: 'ends',
      }).end.y;
    },
    check: () => requireNear(y, exactEnd(problem), bounds[`${name} ${tolerance.toExponential()}`]!),
  };
}

function solveWithOdex(name: 'lorenz' | 'kepler', tolerance: number): Workload {
  const problem = problems[name];
  const { Solver } = createRequire(import.meta.url)('odex') as Odex;
  let y: ArrayLike<number> = [];
  return {
    run(): void {
      const solver = new Solver(problem.y0.length);
      solver.absoluteTolerance = tolerance;
      solver.relativeTolerance = tolerance;
      y = solver.solve(problem.returning, 0, problem.y0, problem.t1).y;
    },
    check: () => requireNear(y, exactEnd(problem), bounds[`${name} ${tolerance.toExponential()}`]!),
  };
}

const python: readonly Peer[] = [
  { kind: 'python', name: 'scipy', threads: [1] },
  { kind: 'python', name: 'torchdiffeq', threads: [1] },
];
const fiftyTimes: readonly Target[] = [
  { peer: 'scipy', quantity: 'time', atLeast: 50 },
  { peer: 'torchdiffeq', quantity: 'time', atLeast: 50 },
];

const orbits: readonly BenchmarkCase[] = (['lorenz', 'kepler'] as const).flatMap((name) =>
  (
    [
      ['dopri5', dopri5, 1e-6],
      ['dopri8', dop853, 1e-9],
    ] as const
  ).map(([label, method, tolerance]) => ({
    id: `ode-${name}-${label}`,
    title: `ODE: ${name}, ${label} at ${tolerance.toExponential()}`,
    threads: [1],
    setUp: () => solveWith(name, method, tolerance),
    peers: [
      ...python,
      { kind: 'node', name: 'odex', threads: [1], setUp: () => solveWithOdex(name, tolerance) },
    ],
    targets: [...fiftyTimes, { peer: 'odex', quantity: 'time', atLeast: 1 }],
  })),
);

const LINEAR = 100;

/** A rotation with damping: A = R − Rᵀ − 0.1, R_ij = sin(1 + 3 i + 7 j)/20. */
function linear(): Workload {
  const matrix = new Float64Array(LINEAR * LINEAR);
  const entry = (i: number, j: number): number => Math.sin(1 + 3 * i + 7 * j) / 20;
  for (let i = 0; i < LINEAR; i++) {
    for (let j = 0; j < LINEAR; j++) matrix[i * LINEAR + j] = entry(i, j) - entry(j, i) - (i === j ? 0.1 : 0);
  }
  const field: VectorField = (_, y, dydt) => {
    // Four rows at a time, so that a component is read once for all of them.
    for (let i = 0, at = 0; i < LINEAR; i += 4, at += 4 * LINEAR) {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let j = 0; j < LINEAR; j++) {
        const value = y[j]!;
        a += matrix[at + j]! * value;
        b += matrix[at + LINEAR + j]! * value;
        c += matrix[at + 2 * LINEAR + j]! * value;
        d += matrix[at + 3 * LINEAR + j]! * value;
      }
      dydt[i] = a;
      dydt[i + 1] = b;
      dydt[i + 2] = c;
      dydt[i + 3] = d;
    }
  };
  const y0 = new Float64Array(LINEAR).fill(1);
  let y: Float64Array = y0;
  return {
    run(): void {
      y = solveOde(field, [0, 10], y0, { rtol: 1e-6, atol: 1e-9, saveAt: 'ends' }).end.y;
    },
    check(): void {
      const exact = solveOde(field, [0, 10], y0, {
        method: dop853,
        rtol: 1e-13,
        atol: 1e-15,
        saveAt: 'ends',
      });
      requireNear(y, exact.end.y, 1e-4);
    },
  };
}

const ROWS = 10_000;

/**
 * Lotka and Volterra, one pair of rates a row: a = 1 + u, b = 1 − u/2, u = row/10,000, from (2, 1) to t = 10. One state
 * [2, rows] with the same steps for all rows, which is what the peer does.
 */
function batch(): Workload {
  const y0 = new Float64Array(2 * ROWS).map((_, i) => (i < ROWS ? 2 : 1));
  const rates = new Float64Array(2 * ROWS).map((_, i) =>
    i < ROWS ? 1 + i / ROWS : 1 - (i - ROWS) / ROWS / 2,
  );
  const field: VectorField = (_, y, dydt) => {
    for (let row = 0; row < ROWS; row++) {
      const prey = y[row]!;
      const predators = y[ROWS + row]!;
      dydt[row] = prey * (rates[row]! - predators);
      dydt[ROWS + row] = predators * (prey - rates[ROWS + row]!);
    }
  };
  let y: Float64Array = new Float64Array(0);
  return {
    run(): void {
      y = solveOde(field, [0, 10], y0, { rtol: 1e-6, atol: 1e-6, saveAt: 'ends' }).end.y;
    },
    check(): void {
      for (const row of [0, 1234, 9999]) {
        const [a, b] = [rates[row]!, rates[ROWS + row]!];
        const one: VectorField = (_, at, dydt) => {
          dydt[0] = at[0]! * (a - at[1]!);
          dydt[1] = at[1]! * (at[0]! - b);
        };
        const exact = solveOde(one, [0, 10], [2, 1], { method: dop853, rtol: 1e-12, atol: 1e-13 }).end.y;
        requireNear([y[row]!, y[ROWS + row]!], exact, 1e-4);
      }
    },
  };
}

/** Robertson to 1e11 at rtol 1e-6, atol 1e-14, Jacobian by differences, as SciPy does. */
function kinetics(method: Method): Workload {
  const { field, span, y0 } = robertson;
  let y: Float64Array = new Float64Array(0);
  return {
    run(): void {
      y = solveOde(field, span, y0, { method, rtol: 1e-6, atol: 1e-14, saveAt: 'ends' }).end.y;
    },
    check: () => requireNear(y, [2.083340149701255e-8, 8.333360770334722e-14, 0.999999979166505], 1e-10),
  };
}

export const ODE_CASES: readonly BenchmarkCase[] = [
  ...orbits,
  {
    id: 'ode-linear-100',
    title: 'ODE: linear, 100 dimensions, dopri5 at 1e-6',
    threads: [1],
    setUp: linear,
    peers: python,
    targets: [
      { peer: 'scipy', quantity: 'time', atLeast: 1 },
      { peer: 'torchdiffeq', quantity: 'time', atLeast: 5 },
    ],
  },
  {
    id: 'ode-batch-10000',
    title: 'ODE: 10,000 pairs of Lotka and Volterra, dopri5 at 1e-6',
    threads: [1],
    setUp: batch,
    peers: [{ kind: 'python', name: 'torchdiffeq', threads: [1, 2] }],
    targets: [{ peer: 'torchdiffeq', quantity: 'time', atLeast: 5 }],
  },
  ...(
    [
      ['bdf', bdf],
      ['radau', radau5],
    ] as const
  ).map(
    ([label, method]): BenchmarkCase => ({
      id: `ode-robertson-${label}`,
      title: `ODE: Robertson to 1e11, ${label} at 1e-6`,
      threads: [1],
      setUp: () => kinetics(method),
      peers: [{ kind: 'python', name: 'scipy', threads: [1] }],
      targets: [{ peer: 'scipy', quantity: 'time', atLeast: 1 }],
    }),
  ),
];
