/**
 * A continuous flow with an adaptive solver: x(0) = x is data, x(1) = z latent, and
 * ln p(x|θ) = ln p_z(x(1)) + ∫₀¹ div v dt (Chen et al. 2018, arXiv:1806.07366, eq. 8). The solver's error enters p(x), so it is
 * reported beside it: a second solve at a tenth of the tolerances, with steps of at most half the length, gives the log p that is
 * reported, and its distance to the first the error: that of the first, and so more than that of the second.
 */
import { dopri5, type Method, OdeError } from '@equiflow/ode-solvers';
import { foldIn, key, sizeOf } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import type { BaseDensity } from '../base-density.ts';
import { requireBase, requireChoices, requireWhole } from './checks.ts';
import type { ContinuousFlow, ContinuousFlowOptions, Densities } from './continuous-flow-types.ts';
import { type PathQuadrature, pathQuadrature, stepCollector } from './path-quadrature.ts';
import {
  compilePaths,
  type ErrorNormScope,
  type PathSolver,
  type SolveControl,
  type SolvedPaths,
} from './path-solver.ts';
import { type SampleBatch, sampleBatches } from './sample-batches.ts';
import { drawProbes, needsProbes } from './traces.ts';
import { type ExplicitMethod, isExplicit } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

type Floats = Float32Array | Float64Array;

/** What ode-solvers takes at least. */
const leastRtol = { float64: 100 * Number.EPSILON, float32: 2 ** -23 };

/**
 * Opens a continuous flow with given parameters. Functions are compiled when they are first called, for batches of powers of two;
 * the last batch is filled up with its last sample.
 * @param parameters flat, in the order of `field.parameters`.
 * @throws RangeError for inputs that do not fit, OdeError where a solve fails: with the samples, the time and what to do.
 */
export function openContinuousFlow(
  field: FlowField,
  base: BaseDensity,
  parameters: Floats,
  options: ContinuousFlowOptions = {},
): ContinuousFlow {
  const {
    contextSize = 0,
    method = dopri5,
    rtol = 1e-6,
    atol = 1e-6,
    step,
    errorNorm = 'x and log p',
    sharing = 'own',
    trace = 'exact',
    noise = 'rademacher',
    probes: probeCount = 1,
    seed = 1,
    backend = wasm(),
    dtype = 'float64',
    batch: largest = field.velocityAndDivergence || trace !== 'exact'
      ? 256
      : Math.ceil(256 / sizeOf(field.shape)),
    maximumSteps = 10_000,
    prior,
    place,
    chunk = Math.ceil(largest / 4),
  } = options;
  requireBase(field, base);
  requireChoices({ trace, noise, errorNorm, sharing });
  requireWhole('continuous flow', 'batch', largest, 1);
  const dimension = sizeOf(field.shape);
  const withProbes = needsProbes(field, trace, false);
  const typed = (values: ArrayLike<number>): Floats =>
    dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  const flat = typed(parameters);
  const solvers = new Map<string, PathSolver>();
  const quadratureOptions = place && {
    ...{ contextSize, prior, trace, dtype, place, chunk },
    method: explicitForPlace(method, errorNorm),
    probeCount: withProbes ? probeCount : 0,
  };
  let quadrature: Promise<PathQuadrature> | undefined;
  const solverFor = (size: number, purpose: 'x' | 'density' | 'theta'): PathSolver => {
    const xOnly = purpose === 'x' || (purpose === 'density' && place !== undefined);
    const name = `${size} ${xOnly ? 'x' : purpose}`;
    let solver = solvers.get(name);
    if (!solver) {
      solver = compilePaths(field, base, {
        batch: size,
        contextSize,
        ...(prior ? { prior } : {}),
        method,
        trace,
        probeCount: withProbes && !xOnly ? probeCount : 0,
        backend,
        dtype,
        differentiate: purpose === 'theta' ? 'theta' : 'nothing',
        integrals: { divergence: !xOnly, length: purpose === 'density' && !xOnly },
        sharing,
      });
      solvers.set(name, solver);
    }
    return solver;
  };
  const control: SolveControl = {
    rtol,
    atol,
    maximumSteps,
    ...(step === undefined ? {} : { step }),
    errorNorm,
  };
  /** A solve to hold another one against: where the tolerances do not choose the steps, their greatest length does. */
  const finer = ({ fewestSteps }: SolvedPaths): SolveControl => ({
    ...control,
    rtol: rtol === 0 ? 0 : Math.max(rtol / 10, leastRtol[dtype]),
    atol: atol / 10,
    ...(step === undefined ? { maximumStep: 0.5 / fewestSteps } : { step: step / 2 }),
  });
  const batches = (x: Floats, thetas: Floats) =>
    sampleBatches(x, thetas, {
      shape: field.shape,
      ...{ contextSize, largest, typed },
      ...(withProbes
        ? {
            probes: (start: number, size: number) =>
              typed(drawProbes(foldIn(key(seed), start), noise, [size, probeCount, dimension], 'float64')),
          }
        : {}),
    });
  const checked = <T extends { readonly success: boolean; readonly message: string }>(
    solution: T,
    { start, count }: SampleBatch,
  ): T => {
    if (!solution.success) {
      throw new OdeError(
        `continuous flow: samples ${start} to ${start + count - 1}: ${solution.message} (rtol ${rtol}, atol ${atol}, ${method.name})`,
      );
    }
    return solution;
  };
  const noThetas = new Float64Array(0);
  /** One solve of a batch; its integrals come later where they are computed elsewhere. */
  const follow = (
    given: SampleBatch,
    span: readonly [number, number],
    how: SolveControl,
  ): { readonly paths: SolvedPaths; readonly integrals: Promise<PathIntegrals> } => {
    const solver = solverFor(given.size, 'density');
    const inputs = { ...given, flat };
    if (!quadratureOptions) {
      const paths = checked(solver.solve(inputs, span, how), given);
      return { paths, integrals: Promise.resolve({ logProb: paths.logProb, length: paths.length! }) };
    }
    const steps = stepCollector(given.count);
    const paths = checked(solver.solve(inputs, span, how, steps.add), given);
    quadrature ??= pathQuadrature(field, quadratureOptions);
    const integrals = quadrature.then(async ({ run: integrate }) => {
      const { divergence, length } = await integrate(
        flat,
        steps.finish(typed, given, { dimension, contextSize, probeLength: probeCount * dimension }),
      );
      const ends = { logProb: paths.logProb.slice(), length: new Float64Array(given.count) };
      const direction = span[1] > span[0] ? 1 : -1;
      steps.rows.forEach((row, i) => {
        ends.logProb[row]! += direction * divergence[i]!;
        ends.length[row]! += length[i]!;
      });
      return ends;
    });
    return { paths, integrals };
  };
  const run = async (
    x: Floats,
    thetas: Floats,
    span: readonly [number, number],
    compare = false,
  ): Promise<Densities> => {
    const count = Math.floor(x.length / dimension);
    const result = {
      logProb: new Float64Array(count),
      error: new Float64Array(count),
      latent: new Float64Array(count * dimension),
      pathLength: new Float64Array(count),
      statistics: { evaluations: 0, steps: 0, rejected: 0 },
    };
    const pending: Promise<void>[] = [];
    for (const given of batches(x, thetas)) {
      const { start, count: here } = given;
      const solve = (how: SolveControl) => {
        const followed = follow(given, span, how);
        for (const name of ['evaluations', 'steps', 'rejected'] as const) {
          result.statistics[name] += followed.paths.statistics[name];
        }
        return followed;
      };
      const first = solve(control);
      const last = compare ? solve(finer(first.paths)) : first;
      result.latent.set(last.paths.x.subarray(0, here * dimension), start * dimension);
      const collect = async (): Promise<void> => {
        const [coarse, fine] = await Promise.all([first.integrals, last.integrals]);
        for (let i = 0; i < here; i++) {
          result.logProb[start + i] = fine.logProb[i]!;
          result.error[start + i] = Math.abs(fine.logProb[i]! - coarse.logProb[i]!);
          // Backward in time the integral counts down.
          result.pathLength[start + i] = Math.abs(fine.length[i]!);
        }
      };
      pending.push(collect());
    }
    await Promise.all(pending);
    return result;
  };
  /** Ends of paths without their densities: the divergence is not computed, and the error norm is of x. */
  const ends = async (x: Floats, thetas: Floats, span: readonly [number, number]): Promise<Float64Array> => {
    const result = new Float64Array(x.length);
    const how = { ...control, errorNorm: 'x' } as const;
    for (const given of batches(x, thetas)) {
      const end = checked(solverFor(given.size, 'x').solve({ ...given, flat }, span, how), given);
      result.set(end.x.subarray(0, given.count * dimension), given.start * dimension);
    }
    return result;
  };
  const forward = [0, 1] as const;
  const backward = [1, 0] as const;
  return {
    density: async (x, thetas = noThetas) => run(x, thetas, forward, true),
    logProb: async (x, thetas = noThetas) => (await run(x, thetas, forward)).logProb,
    async logProbOfMap(map, thetas) {
      const count = contextSize > 0 ? thetas.length / contextSize : 1;
      const repeated = new Float64Array(count * dimension);
      for (let i = 0; i < count; i++) repeated.set(map, i * dimension);
      return (await run(repeated, thetas, forward)).logProb;
    },
    latent: async (x, thetas = noThetas) => ends(x, thetas, forward),
    generate: async (z, thetas = noThetas) => ends(z, thetas, backward),
    async sample(from, count, thetas = noThetas) {
      requireWhole('continuous flow', 'the count of samples', count, 0);
      const z = base.sample(from, count);
      const { latent, logProb, pathLength, statistics } = await run(z, thetas, backward);
      return { samples: latent, logProb, pathLength, statistics };
    },
    async thetaGradient(x, thetas) {
      const result = new Float64Array(thetas.length);
      for (const given of batches(x, thetas)) {
        const solver = solverFor(given.size, 'theta');
        const end = checked(solver.solve({ ...given, flat }, forward, control), given);
        const { theta } = end.gradients('recorded');
        result.set(theta.subarray(0, given.count * contextSize), given.start * contextSize);
      }
      return result;
    },
    async close() {
      for (const solver of solvers.values()) solver.dispose();
      solvers.clear();
      await (await quadrature)?.dispose();
      quadrature = undefined;
    },
  };
}

/** What is integrated along paths, [batch] each. */
interface PathIntegrals {
  readonly logProb: Float64Array;
  readonly length: Float64Array;
}

/** The method as an explicit one. @throws RangeError where densities cannot be computed along its steps. */
function explicitForPlace(method: Method, errorNorm: ErrorNormScope): ExplicitMethod {
  if (errorNorm !== 'x' || !isExplicit(method)) {
    throw new RangeError(
      `openContinuousFlow: a place for the densities needs an explicit method and errorNorm: 'x', not ${method.name} and '${errorNorm}'`,
    );
  }
  return method;
}
