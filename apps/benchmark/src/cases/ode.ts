/**
 * Initial-value problems from end to end: setting the solver up, all steps, the state at the end. The peers solve the same
 * problem, each with its own steps; the check holds every side to the same bound on the error, and every side tells its own.
 * At the same tolerance methods of other families (odex) or step controls (torchdiffeq) may end nearer to the truth: where
 * one does, ours runs at a tighter tolerance, at which its error is the smallest of all.
 */
import { createRequire } from 'node:module';
import {
  bdf,
  compileOde,
  dop853,
  dopri5,
  type Method,
  radau5,
  solveOde,
  type TensorField,
  type VectorField,
} from '@equiflow/ode-solvers';
import { kepler, robertson } from '@equiflow/ode-solvers/problems';
import { compile, concatenate, constant, matmul, multiply, slice, subtract } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
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

/** Largest error of a state, relative where the truth is above 1. */
function distance(y: ArrayLike<number>, exact: ArrayLike<number>): number {
  return Math.max(...Array.from(exact, (value, i) => Math.abs(y[i]! - value) / Math.max(1, Math.abs(value))));
}

/** A check and an error of the same measure. */
function judged(bound: number, error: () => number): Required<Pick<Workload, 'check' | 'error'>> {
  return {
    error,
    check() {
      const missed = error();
      if (!(missed <= bound)) throw new Error(`the check failed: an error of ${missed}, allowed ${bound}`);
    },
  };
}

function exactEnd(problem: Problem): Float64Array {
  const { field, y0, t1 } = problem;
  return solveOde(field, [0, t1], y0, { method: dop853, rtol: 3e-14, atol: 1e-15, saveAt: 'ends' }).end.y;
}

function solveWith(name: 'lorenz' | 'kepler', method: Method, tolerance: number, ours: number): Workload {
  const problem = problems[name];
  const exact = exactEnd(problem);
  let y: ArrayLike<number> = [];
  return {
    run(): void {
      y = solveOde(problem.field, [0, problem.t1], problem.y0, {
        method,
        rtol: ours,
        atol: ours,
        saveAt: 'ends',
      }).end.y;
    },
    ...judged(bounds[`${name} ${tolerance.toExponential()}`]!, () => distance(y, exact)),
  };
}

function solveWithOdex(name: 'lorenz' | 'kepler', tolerance: number): Workload {
  const problem = problems[name];
  const { Solver } = createRequire(import.meta.url)('odex') as Odex;
  const exact = exactEnd(problem);
  let y: ArrayLike<number> = [];
  return {
    run(): void {
      const solver = new Solver(problem.y0.length);
      solver.absoluteTolerance = tolerance;
      solver.relativeTolerance = tolerance;
      y = solver.solve(problem.returning, 0, problem.y0, problem.t1).y;
    },
    ...judged(bounds[`${name} ${tolerance.toExponential()}`]!, () => distance(y, exact)),
  };
}

const python: readonly Peer[] = [
  { kind: 'python', name: 'scipy', threads: [1] },
  { kind: 'python', name: 'torchdiffeq', threads: [1] },
];
/** Faster by a factor, with an error that is no larger. */
const ahead = (peer: string, atLeast: number): readonly Target[] => [
  { peer, quantity: 'time', atLeast },
  { peer, quantity: 'error', atLeast: 1 },
];

const orbits: readonly BenchmarkCase[] = (
  [
    ['lorenz', 'dopri5', dopri5, 1e-6, 4e-7],
    ['lorenz', 'dopri8', dop853, 1e-9, 7e-10],
    ['kepler', 'dopri5', dopri5, 1e-6, 2.5e-7],
    ['kepler', 'dopri8', dop853, 1e-9, 1e-10],
  ] as const
).map(([name, label, method, tolerance, ours]) => ({
  id: `ode-${name}-${label}`,
  title: `ODE: ${name}, ${label} at ${ours.toExponential()}, peers at ${tolerance.toExponential()}`,
  threads: [1],
  setUp: () => solveWith(name, method, tolerance, ours),
  peers: [
    ...python,
    { kind: 'node', name: 'odex', threads: [1], setUp: () => solveWithOdex(name, tolerance) },
  ],
  targets: [...ahead('scipy', 50), ...ahead('torchdiffeq', 50), ...ahead('odex', 1)],
}));

const LINEAR = 100;

/**
 * A rotation with damping: A = R − Rᵀ − 0.1, R_ij = sin(1 + 3 i + 7 j)/20; the field is a compiled product, as the peers'
 * is.
 */
function linear(): Workload {
  const transposed = new Float64Array(LINEAR * LINEAR);
  const entry = (i: number, j: number): number => Math.sin(1 + 3 * i + 7 * j) / 20;
  for (let i = 0; i < LINEAR; i++) {
    for (let j = 0; j < LINEAR; j++)
      transposed[j * LINEAR + i] = entry(i, j) - entry(j, i) - (i === j ? 0.1 : 0);
  }
  const matrix = constant(transposed, [LINEAR, LINEAR]);
  const product = compile((y) => matmul(y!, matrix), [{ shape: [1, LINEAR], dtype: 'float64' }], {
    backend: wasm(),
  });
  const field: VectorField = (_, y, dydt) => dydt.set(product.run([y])[0]!);
  const y0 = new Float64Array(LINEAR).fill(1);
  const exact = solveOde(field, [0, 10], y0, { method: dop853, rtol: 1e-13, atol: 1e-15, saveAt: 'ends' }).end
    .y;
  let y: Float64Array = y0;
  return {
    run(): void {
      y = solveOde(field, [0, 10], y0, { rtol: 1e-6, atol: 1e-9, saveAt: 'ends' }).end.y;
    },
    close: () => product.dispose(),
    ...judged(1e-4, () => distance(y, exact)),
  };
}

const ROWS = 10_000;

/**
 * Lotka and Volterra, one pair of rates a row: a = 1 + u, b = 1 − u/2, u = row/10,000, from (2, 1) to t = 10. One state
 * [2, rows] with the same steps for all rows, which is what the peer does; the solver is compiled once, before.
 */
function batch(): Workload {
  const y0 = new Float64Array(2 * ROWS).map((_, i) => (i < ROWS ? 2 : 1));
  const growth = new Float64Array(ROWS).map((_, row) => 1 + row / ROWS);
  const decay = new Float64Array(ROWS).map((_, row) => 1 - row / ROWS / 2);
  const [a, b] = [constant(growth, [1, ROWS]), constant(decay, [1, ROWS])];
  const field: TensorField = (_, y) => {
    const [prey, predators] = [slice(y, [[0, 1]]), slice(y, [[1, 2]])];
    return concatenate([multiply(prey, subtract(a, predators)), multiply(predators, subtract(prey, b))], 0);
  };
  const ode = compileOde(field, { state: { shape: [2, ROWS], dtype: 'float64' }, backend: wasm() });
  let y: ArrayLike<number> = [];
  return {
    run(): void {
      y = ode.solve([0, 10], y0, [], { rtol: 1e-6, atol: 1e-6 }).y.subarray(2 * ROWS);
    },
    close: () => ode.dispose(),
    ...judged(1e-4, () => {
      const errors = [0, 1234, 9999].map((row) => {
        const [a, b] = [growth[row]!, decay[row]!];
        const one: VectorField = (_, at, dydt) => {
          dydt[0] = at[0]! * (a - at[1]!);
          dydt[1] = at[1]! * (at[0]! - b);
        };
        const exact = solveOde(one, [0, 10], [2, 1], { method: dop853, rtol: 1e-12, atol: 1e-13 }).end.y;
        return distance([y[row]!, y[ROWS + row]!], exact);
      });
      return Math.max(...errors);
    }),
  };
}

/** Robertson to 1e11, atol 1e-14, Jacobian by differences, as SciPy does (at rtol 1e-6); the error is relative. */
function kinetics(method: Method): Workload {
  const { field, span, y0 } = robertson;
  let y: Float64Array = new Float64Array(0);
  return {
    run(): void {
      y = solveOde(field, span, y0, { method, rtol: 5e-7, atol: 1e-14, saveAt: 'ends' }).end.y;
    },
    ...judged(1e-2, () => {
      const exact = [2.083340149701255e-8, 8.333360770334722e-14, 0.999999979166505];
      return Math.max(...exact.map((value, i) => Math.abs(y[i]! - value) / value));
    }),
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
    targets: [...ahead('scipy', 1), ...ahead('torchdiffeq', 5)],
  },
  {
    id: 'ode-batch-10000',
    title: 'ODE: 10,000 pairs of Lotka and Volterra, dopri5 at 1e-6',
    threads: [1],
    setUp: batch,
    peers: [{ kind: 'python', name: 'torchdiffeq', threads: [1, 2] }],
    targets: ahead('torchdiffeq', 5),
  },
  ...(
    [
      ['bdf', bdf],
      ['radau', radau5],
    ] as const
  ).map(
    ([label, method]): BenchmarkCase => ({
      id: `ode-robertson-${label}`,
      title: `ODE: Robertson to 1e11, ${label} at 5e-7, peer at 1e-6`,
      threads: [1],
      setUp: () => kinetics(method),
      peers: [{ kind: 'python', name: 'scipy', threads: [1] }],
      targets: ahead('scipy', 1),
    }),
  ),
];
