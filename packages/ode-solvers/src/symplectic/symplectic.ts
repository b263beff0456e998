/**
 * Symplectic methods for separable Hamiltonians, state [q, p] in two halves, q' a function of p (and t) alone and p'
 * of q (and t) alone: the leapfrog (kick, drift, kick) and Yoshida's compositions of it (Phys. Lett. A 150, 262,
 * 1990). A chain of leapfrogs of lengths w_i h with Σ w_i = 1 and palindromic w is symmetric and symplectic.
 */
import { allFinite } from '../error-norm.ts';
import { hermiteCubic } from '../hermite.ts';
import { type Method, OdeError, type Stepper, type StepperProblem } from '../types.ts';

/** A composition as data: lengths of its leapfrogs as shares of the step. */
export interface SymplecticTableau {
  readonly name: string;
  readonly order: number;
  readonly substeps: readonly number[];
}

/** Makes a method of a composition. */
export function symplecticMethod(
  tableau: SymplecticTableau,
): Method & { readonly tableau: SymplecticTableau } {
  return {
    name: tableau.name,
    order: tableau.order,
    adaptive: false,
    tableau,
    stepper: (problem) => symplecticStepper(tableau, problem),
  };
}

function symplecticStepper({ name, order, substeps }: SymplecticTableau, problem: StepperProblem): Stepper {
  const { dimension: n, field } = problem;
  if (n % 2 !== 0) {
    throw new OdeError(`${name}: the state has ${n} components; give positions, then as many momenta`);
  }
  const half = n / 2;
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  let slope = new Float64Array(n);
  let slopeNext = new Float64Array(n);
  const work = new Float64Array(n);
  let start = 0;
  let step = 0;
  return {
    get y() {
      return y;
    },
    get yNext() {
      return yNext;
    },
    get slope() {
      return slope;
    },
    degree: 3,
    errorExponent: order,
    start(t, from) {
      y.set(from);
      field(t, y, slope);
    },
    attempt(t, h) {
      [start, step] = [t, h];
      yNext.set(y);
      // Only the forces, the second half of a slope, pass from one step to the next: they depend on q alone.
      let forces = slope;
      let time = t;
      for (const share of substeps) {
        const length = share * h;
        for (let i = half; i < n; i++) yNext[i]! += 0.5 * length * forces[i]!;
        field(time + 0.5 * length, yNext, work);
        for (let i = 0; i < half; i++) yNext[i]! += length * work[i]!;
        time += length;
        field(time, yNext, slopeNext);
        forces = slopeNext;
        for (let i = half; i < n; i++) yNext[i]! += 0.5 * length * forces[i]!;
      }
      return allFinite(yNext) ? 0 : Number.NaN;
    },
    interpolant(coefficients) {
      // What a step leaves of the slopes is of momenta half a kick away.
      field(start, y, slope);
      field(start + step, yNext, slopeNext);
      hermiteCubic(coefficients, step, y, slope, yNext, slopeNext);
    },
    advance() {
      [y, yNext] = [yNext, y];
      [slope, slopeNext] = [slopeNext, slope];
    },
  };
}

/** Leapfrog (Störmer-Verlet), order 2. */
export const leapfrog: ReturnType<typeof symplecticMethod> = symplecticMethod({
  name: 'leapfrog',
  order: 2,
  substeps: [1],
});

const outer4 = 1 / (2 - Math.cbrt(2));

/** Yoshida's composition of three leapfrogs, order 4. */
export const yoshida4: ReturnType<typeof symplecticMethod> = symplecticMethod({
  name: 'yoshida4',
  order: 4,
  substeps: [outer4, 1 - 2 * outer4, outer4],
});

const [w1, w2, w3] = [-1.17767998417887, 0.235573213359357, 0.78451361047756];

/** Yoshida's composition of seven leapfrogs, order 6 (his solution A). */
export const yoshida6: ReturnType<typeof symplecticMethod> = symplecticMethod({
  name: 'yoshida6',
  order: 6,
  substeps: [w3, w2, w1, 1 - 2 * (w1 + w2 + w3), w1, w2, w3],
});
