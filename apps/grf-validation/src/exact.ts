/**
 * The exact and the lognormal limit: flows with T̂ = 1/(a √P_k), ψ = a x (and ψ = ln before them) against the densities
 * by sums over the modes, cell by cell, for all sides asked for, both precisions, both backends.
 */
import { setImmediate } from 'node:timers/promises';
import {
  type Comparison,
  compareOn,
  gaussianField,
  type KnownField,
  lognormalField,
  machines,
  trenfField,
} from './analytic/compare.ts';
import { cosmological, powerLaw } from './analytic/spectra.ts';
import { atMost, type Check, type Section, section } from './checks.ts';
import type { Progress } from './progress.ts';

/** Largest |ln p_flow − ln p_exact| a cell, nats. */
export const EXACT_LIMITS: { readonly float64: number; readonly float32: number } = {
  float64: 1e-12,
  float32: 2e-6,
};

/** Standard deviations that Σ |x_k|²/P_k of a field may lie from N^d: a guard that fields are drawn from P. */
const DRAWN_LIMIT = 6;

/** Sides N to try. */
export interface ExactPlan {
  readonly sides2: readonly number[];
  readonly sides3: readonly number[];
}

type FieldMaker = (side: number, dimensions: number) => KnownField;

/** ψ(x) = a x for these a, in turn or all at once. */
const SLOPES = [0.4, 1, 2.5] as const;

const slopeOf = (side: number): number[] => [SLOPES[side % SLOPES.length]!];

/** All slopes, but one alone on the largest mesh, where an evaluation takes a quarter of a minute. */
const slopesOf = (side: number, dimensions: number): readonly number[] =>
  side ** dimensions > 1e7 ? slopeOf(side) : SLOPES;

const exactFields: readonly FieldMaker[] = [
  (side, d) => trenfField(powerLaw(d === 2 ? -1.5 : -2), side, d, slopesOf(side, d), 11),
  (side, d) => gaussianField(cosmological, side, d, slopeOf(side), 12),
];

const lognormalFields: readonly FieldMaker[] = [
  (side, d) => lognormalField(powerLaw(d === 2 ? -1.5 : -2), side, d, slopeOf(side), 13),
  (side, d) => lognormalField(cosmological, side, d, slopeOf(side + 1), 14),
];

/** The limit T̂ = 1/(a √P_k), ψ = a x. */
export async function exactLimit(plan: ExactPlan, progress: Progress): Promise<Section> {
  return limitSection('exact limit', plan, exactFields, progress);
}

/** The limit T̂ = 1, ψ = ln, then the whitening. */
export async function lognormalLimit(plan: ExactPlan, progress: Progress): Promise<Section> {
  return limitSection('lognormal limit', plan, lognormalFields, progress);
}

async function limitSection(
  what: string,
  plan: ExactPlan,
  makers: readonly FieldMaker[],
  progress: Progress,
): Promise<Section> {
  const start = performance.now();
  const on = machines();
  const meshes = [
    ...plan.sides2.map((side) => ({ side, dimensions: 2 })),
    ...plan.sides3.map((side) => ({ side, dimensions: 3 })),
  ];
  const work = ({ side, dimensions }: { side: number; dimensions: number }): number =>
    side ** dimensions + 1e4;
  const total = meshes.reduce((sum, mesh) => sum + work(mesh), 0);
  const comparisons: Comparison[] = [];
  const drawn: number[] = [];
  let done = 0;
  for (const mesh of meshes) {
    progress.step(what, done / total);
    // Ctrl-C is heard between meshes.
    await setImmediate();
    for (const make of makers) {
      const field = make(mesh.side, mesh.dimensions);
      drawn.push(Math.abs(field.drawn));
      for (const machine of on) comparisons.push(...compareOn(field, machine));
    }
    done += work(mesh);
  }
  return summarise(comparisons, drawn, plan, (performance.now() - start) / 1000);
}

/** Worst comparison of each precision, backend and dimension against its limit. @throws RangeError when there are none. */
export function summarise(
  comparisons: readonly Comparison[],
  drawn: readonly number[],
  plan: ExactPlan,
  seconds: number,
): Section {
  const checks: Check[] = [];
  const worst: Comparison[] = [];
  for (const dtype of ['float64', 'float32'] as const) {
    for (const backend of new Set(comparisons.map((comparison) => comparison.backend))) {
      for (const dimensions of [2, 3]) {
        const group = comparisons.filter(
          (one) => one.dtype === dtype && one.backend === backend && one.dimensions === dimensions,
        );
        if (group.length === 0) continue;
        const most = group.reduce((a, b) => (b.perCell > a.perCell || Number.isNaN(b.perCell) ? b : a));
        worst.push(most);
        checks.push(
          atMost(
            `${dtype}, ${backend}, ${dimensions}-D: max |ln p_{flow} − ln p_{exact}|/N^${dimensions} (${group.length} comparisons, worst N = ${most.side})`,
            most.perCell,
            EXACT_LIMITS[dtype],
            { unit: 'nats' },
          ),
        );
      }
    }
  }
  checks.push(
    atMost(
      `fields drawn from P: max |Σ|x_k|²/P_k − N^d|/√(2N^d) of ${drawn.length}`,
      Math.max(...drawn),
      DRAWN_LIMIT,
    ),
  );
  return section(
    checks,
    { ...EXACT_LIMITS, drawn: DRAWN_LIMIT },
    {
      sides2: plan.sides2,
      sides3: plan.sides3,
      slopes: SLOPES,
      comparisons: comparisons.length,
      worst,
      curves: curvesOf(comparisons),
    },
    seconds,
  );
}

/** The worst difference a cell at every side, one curve a flow, spectrum, precision, backend and dimension. */
export interface DifferenceCurve {
  readonly flow: string;
  readonly spectrum: string;
  readonly dtype: 'float32' | 'float64';
  readonly backend: string;
  readonly dimensions: number;
  readonly sides: readonly number[];
  readonly perCell: readonly number[];
}

function curvesOf(comparisons: readonly Comparison[]): DifferenceCurve[] {
  const curves = new Map<string, { like: Comparison; bySide: Map<number, number> }>();
  for (const one of comparisons) {
    const name = JSON.stringify([one.flow, one.spectrum, one.dtype, one.backend, one.dimensions]);
    const curve = curves.get(name) ?? { like: one, bySide: new Map<number, number>() };
    curves.set(name, curve);
    curve.bySide.set(one.side, Math.max(curve.bySide.get(one.side) ?? 0, one.perCell));
  }
  return Array.from(curves.values(), ({ like: { flow, spectrum, dtype, backend, dimensions }, bySide }) => ({
    ...{ flow, spectrum, dtype, backend, dimensions },
    sides: [...bySide.keys()],
    perCell: [...bySide.values()],
  }));
}
