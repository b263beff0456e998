/**
 * A TRENF commutes with the symmetries of the mesh, f(g x) = g f(x), and its density does not know them, ln p(g x) = ln p(x).
 * Five layers with random parameters, whose T̂ and ψ are nothing like the identity, at several θ and meshes.
 */
import { setImmediate } from 'node:timers/promises';
import {
  fieldFlow,
  fieldFlowDefaults,
  initialParameters,
  layoutOf,
  type MapFlow,
  trenf,
  trenfDefaults,
} from '@equiflow/flows';
import {
  compile,
  foldIn,
  key,
  randomIntegers,
  randomNormal,
  referenceBackend,
  type Tensor,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { atMost, type Check, moreThan, type Section, section } from './checks.ts';
import type { Progress } from './progress.ts';
import { applySymmetry, pointGroup, type Symmetry } from './symmetry.ts';

/** Largest |f(g x) − g f(x)|/rms f(x), and |ln p(g x) − ln p(x)|/N^d. */
export const EQUIVARIANCE_LIMIT = 1e-10;

/** A flow must change its field by this much (rms of z − x over rms of x) to count as a test. */
const LEAST_CHANGE = 0.05;

/** Sides N to try. */
export interface EquivariancePlan {
  readonly sides2: readonly number[];
  readonly sides3: readonly number[];
}

/** What one flow on one mesh and backend did. */
export interface EquivarianceFigures {
  readonly side: number;
  readonly dimensions: number;
  readonly backend: string;
  /** Worst relative difference over all elements of each kind, forwards and backwards. */
  readonly translations: number;
  readonly rotations: number;
  readonly reflections: number;
  readonly logProb: number;
  /** rms(z − x)/rms(x). */
  readonly change: number;
}

/** A flow with its parameters. */
interface RandomFlow {
  readonly flow: MapFlow;
  readonly flat: Float64Array;
}

/** Makes a flow on a mesh, of a seed. */
type FlowMaker = (side: number, dimensions: number, seed: number) => RandomFlow;

const commonSpec = (side: number, dimensions: number) => ({
  shape: new Array<number>(dimensions).fill(side),
  boxSize: 1000,
  parameterNames: ['Omega_m', 'sigma_8'],
  prior: { low: [0.1, 0.6], high: [0.5, 1] },
  mean: 0.1,
  deviation: 1.3,
});

/** Parameters that make something of every part. */
function withRandomParameters(flow: MapFlow, seed: number): RandomFlow {
  const flat = initialParameters(flow.parameters, seed);
  const noise = randomNormal(foldIn(key(seed), 1), [layoutOf(flow.parameters).size], 'float64');
  for (let i = 0; i < flat.length; i++) flat[i]! += 0.12 * noise[i]!;
  return { flow, flat };
}

/** A TRENF of five layers. */
export const randomTrenf: FlowMaker = (side, dimensions, seed) =>
  withRandomParameters(trenf({ ...trenfDefaults, ...commonSpec(side, dimensions) }), seed);

/** A field-level continuous flow. */
export const randomFieldFlow: FlowMaker = (side, dimensions, seed) =>
  withRandomParameters(
    fieldFlow({ ...fieldFlowDefaults, ...commonSpec(side, dimensions), channels: 2 }),
    seed,
  );

type Kind = 'translations' | 'rotations' | 'reflections';

/** The determinant of the signed permutation. */
function parity({ order, reversed }: Symmetry): number {
  let sign = 1;
  for (let a = 0; a < order.length; a++) {
    if (reversed[a]) sign = -sign;
    for (let b = a + 1; b < order.length; b++) if (order[a]! > order[b]!) sign = -sign;
  }
  return sign;
}

function elements(side: number, dimensions: number, seed: number): { kind: Kind; symmetry: Symmetry }[] {
  const group = pointGroup(dimensions);
  const shifts = randomIntegers(foldIn(key(seed), 2), [group.length + 4, dimensions], side);
  const shiftAt = (i: number): number[] => [...shifts.subarray(i * dimensions, (i + 1) * dimensions)];
  const identity = group[0]!;
  return [
    ...group.slice(1).map((symmetry, i) => ({
      kind: parity(symmetry) > 0 ? ('rotations' as const) : ('reflections' as const),
      // Every second one also moves: the whole group, not its generators alone.
      symmetry: i % 2 === 0 ? symmetry : { ...symmetry, shift: shiftAt(i) },
    })),
    ...Array.from({ length: 5 }, (_, i) => ({
      kind: 'translations' as const,
      symmetry: {
        ...identity,
        shift:
          i === 0 ? identity.shift.map((_, axis) => (axis === 0 ? 1 : 0)) : shiftAt(group.length + i - 1),
      },
    })),
  ];
}

const rms = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** Runs one flow over all elements of the group. */
export function equivarianceOf(
  side: number,
  dimensions: number,
  backendName: 'reference' | 'wasm',
  seed: number,
  make: FlowMaker = randomTrenf,
): EquivarianceFigures {
  const { flow, flat } = make(side, dimensions, seed);
  const shape = [1, ...flow.spec.shape];
  const types = [
    { shape, dtype: 'float64' as const },
    { shape: [1, 2], dtype: 'float64' as const },
    { shape: [flat.length], dtype: 'float64' as const },
  ];
  const backend = backendName === 'wasm' ? wasm() : referenceBackend;
  const program = compile(
    (x: Tensor, theta: Tensor, p: Tensor) => [
      flow.latent(x, theta, p),
      flow.generate(x, theta, p),
      flow.logProb(x, theta, p),
    ],
    types,
    { backend },
  );
  const size = side ** dimensions;
  const x = randomNormal(key(seed), [size], 'float64');
  const worst = { translations: 0, rotations: 0, reflections: 0, logProb: 0 };
  let change = Number.POSITIVE_INFINITY;
  for (const theta of [Float64Array.of(0.3, 0.8), Float64Array.of(0.12, 0.97)]) {
    const run = (field: Float64Array): Float64Array[] =>
      program.run([field, theta, flat]).map((output) => output.slice() as Float64Array);
    const [latent, generated, logProb] = run(x) as [Float64Array, Float64Array, Float64Array];
    change = Math.min(change, rms(latent.map((value, i) => value - x[i]!)) / rms(x));
    for (const { kind, symmetry } of elements(side, dimensions, seed)) {
      const [movedLatent, movedGenerated, movedLogProb] = run(applySymmetry(x, side, symmetry)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (const [moved, plain] of [
        [movedLatent, latent],
        [movedGenerated, generated],
      ] as const) {
        const expected = applySymmetry(plain, side, symmetry);
        const scale = rms(plain);
        for (let i = 0; i < size; i++) {
          const difference = Math.abs(moved[i]! - expected[i]!) / scale;
          worst[kind] = Math.max(worst[kind], difference);
        }
      }
      worst.logProb = Math.max(worst.logProb, Math.abs(movedLogProb[0]! - logProb[0]!) / size);
    }
  }
  program.dispose();
  return { side, dimensions, backend: backendName, ...worst, change };
}

/** All meshes of a plan on both backends. */
export async function equivariance(plan: EquivariancePlan, progress: Progress): Promise<Section> {
  const start = performance.now();
  const figures = await equivarianceFigures(plan, randomTrenf, progress);
  return summariseEquivariance(figures, (performance.now() - start) / 1000);
}

/** The same for flows of any kind, as figures. */
export async function equivarianceFigures(
  plan: EquivariancePlan,
  make: FlowMaker,
  progress: Progress,
): Promise<EquivarianceFigures[]> {
  const figures: EquivarianceFigures[] = [];
  const meshes = [
    ...plan.sides2.map((side) => [side, 2] as const),
    ...plan.sides3.map((side) => [side, 3] as const),
  ];
  for (const [i, [side, dimensions]] of meshes.entries()) {
    for (const backend of ['reference', 'wasm'] as const) {
      progress.step('equivariance', i / meshes.length);
      await setImmediate();
      figures.push(equivarianceOf(side, dimensions, backend, 31 + i, make));
    }
  }
  return figures;
}

/** Worst figures over all flows against the limit. */
export function summariseEquivariance(figures: readonly EquivarianceFigures[], seconds: number): Section {
  return section(
    equivarianceChecks(figures),
    { equivariance: EQUIVARIANCE_LIMIT, change: LEAST_CHANGE },
    { flows: figures },
    seconds,
  );
}

/** The rows of the worst figures; `whose` begins their names. */
export function equivarianceChecks(figures: readonly EquivarianceFigures[], whose = ''): Check[] {
  const worst = (of: (one: EquivarianceFigures) => number): number =>
    figures.reduce((most, one) => Math.max(most, of(one)), 0);
  const least = figures.reduce(
    (smallest, { change }) => Math.min(smallest, change),
    Number.POSITIVE_INFINITY,
  );
  return [
    ...(['translations', 'rotations', 'reflections'] as const).map((kind) =>
      atMost(
        `${whose}${kind}: max |f(gx) − g f(x)|/rms, f and its inverse`,
        worst((one) => one[kind]),
        EQUIVARIANCE_LIMIT,
      ),
    ),
    atMost(
      `${whose}all: max |ln p(gx) − ln p(x)|/N^d`,
      worst((one) => one.logProb),
      EQUIVARIANCE_LIMIT,
      { unit: 'nats' },
    ),
    moreThan(`${whose}least change that a flow makes, rms(z − x)/rms(x)`, least, LEAST_CHANGE),
  ];
}
