/**
 * One step of an implicit Runge-Kutta method on the host, and its derivatives by the implicit function theorem: the
 * stages K_i = f(t + c_i h, Y_i), Y_i = y + h Σ_j a_ij K_j are solved to round-off, and their cotangents v satisfy the
 * transposed linear system v_j − h Σ_i a_ij J_iᵀ v_i = K̄_j, so that Newton's iterations are not differentiated
 * (Griewank & Walther 2008, section 15.4; Hairer & Wanner II, section IV.8 for the stages).
 */
import type { TypedArray } from '@equiflow/tensor';
import { luFactor, luSolve } from '../stiff/linear-algebra.ts';
import { OdeError } from '../types.ts';
import { accumulate, type FieldFunctions, type StepDerivatives, type StepInput } from './host-steps.ts';

/** An implicit method as its step is differentiated. */
export interface ImplicitTableau {
  readonly name: string;
  readonly c: readonly number[];
  /** All rows whole, diagonal included. */
  readonly a: readonly (readonly number[])[];
  /** Stages that are solved together, in order; a block whose part of `a` is zero is explicit. */
  readonly blocks: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** y(t + θ h) = y + h Σ_i K_i Σ_j interpolant[i][j] θ^{j+1}. */
  readonly interpolant: readonly (readonly number[])[];
}

interface Stages {
  readonly y: readonly Float64Array[];
  readonly k: readonly Float64Array[];
}

const mostIterations = 60;

/** Solves a small or large dense system in place. @throws OdeError where it is singular. */
function solveDense(matrix: Float64Array, right: Float64Array, what: string): Float64Array {
  const n = right.length;
  const pivots = new Int32Array(n);
  if (!luFactor(matrix, n, pivots)) throw new OdeError(`${what}: the equations of the stages are singular`);
  luSolve(matrix, n, pivots, right);
  return right;
}

/** Derivatives of the steps of one method. */
export function implicitSteps(tableau: ImplicitTableau, f: FieldFunctions): StepDerivatives {
  const { c, a, blocks, b } = tableau;
  const count = b.length;
  const n = f.size;
  const explicit = (block: readonly number[]): boolean =>
    block.every((i) => block.every((j) => a[i]![j] === 0));

  /** I − h a_ij J_j in row i, column j over the stages of a block; or for cotangents I − h a_ij J_iᵀ in row j, column i. */
  const blockMatrix = (
    block: readonly number[],
    h: number,
    jacobians: readonly TypedArray[],
    cotangents: boolean,
  ): Float64Array => {
    const m = block.length * n;
    const matrix = new Float64Array(m * m);
    block.forEach((stageI, i) => {
      block.forEach((stageJ, j) => {
        const weight = h * a[stageI]![stageJ]!;
        const jacobian = jacobians[cotangents ? i : j]!;
        const [top, left] = cotangents ? [j * n, i * n] : [i * n, j * n];
        for (let row = 0; row < n; row++) {
          for (let column = 0; column < n; column++) {
            const entry = jacobian[cotangents ? column * n + row : row * n + column]!;
            const [p, q] = [top + row, left + column];
            matrix[p * m + q] = (p === q ? 1 : 0) - weight * entry;
          }
        }
      });
    });
    return matrix;
  };
  /** K of a block from its Y: (h A_BB)⁻¹ (Y − known), which stiffness does not spoil as it does f(Y). */
  const slopesOf = (
    block: readonly number[],
    h: number,
    offsets: readonly Float64Array[],
  ): Float64Array[] => {
    const m = block.length;
    const out = offsets.map(() => new Float64Array(n));
    const pivots = new Int32Array(m);
    const factors = Float64Array.from(block.flatMap((i) => block.map((j) => h * a[i]![j]!)));
    luFactor(factors, m, pivots);
    const right = new Float64Array(m);
    for (let component = 0; component < n; component++) {
      for (let i = 0; i < m; i++) right[i] = offsets[i]![component]!;
      luSolve(factors, m, pivots, right);
      for (let i = 0; i < m; i++) out[i]![component] = right[i]!;
    }
    return out;
  };
  const stagesOf = ({ t, h, y, p }: StepInput): Stages => {
    const states: Float64Array[] = new Array(count);
    const k: Float64Array[] = new Array(count);
    let guess = f.slope(t, y, p);
    for (const block of blocks) {
      const known = block.map((i) => {
        const base = Float64Array.from(y);
        for (let j = 0; j < count; j++) if (k[j] && a[i]![j] !== 0) accumulate(base, h * a[i]![j]!, k[j]!);
        return base;
      });
      if (explicit(block)) {
        block.forEach((stage, i) => {
          states[stage] = known[i]!;
          k[stage] = stage === 0 && c[0] === 0 ? guess : f.slope(t + c[stage]! * h, known[i]!, p);
          guess = k[stage]!;
        });
        continue;
      }
      const at = block.map((stage, i) => {
        const start = known[i]!.slice();
        accumulate(start, h * block.reduce((sum, j) => sum + a[stage]![j]!, 0), guess);
        return start;
      });
      let before = Number.POSITIVE_INFINITY;
      for (let iteration = 0; ; iteration++) {
        const slopes = block.map((stage, i) => f.slope(t + c[stage]! * h, at[i]!, p));
        const jacobians = block.map((stage, i) => f.jacobian(t + c[stage]! * h, at[i]!, p));
        const right = new Float64Array(block.length * n);
        let scale = 0;
        block.forEach((stage, i) => {
          const residual = right.subarray(i * n, (i + 1) * n);
          for (let component = 0; component < n; component++) {
            residual[component] = known[i]![component]! - at[i]![component]!;
            scale = Math.max(scale, Math.abs(at[i]![component]!));
          }
          block.forEach((other, j) => {
            accumulate(residual, h * a[stage]![other]!, slopes[j]!);
          });
        });
        solveDense(blockMatrix(block, h, jacobians, false), right, tableau.name);
        const size = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        at.forEach((values, i) => {
          accumulate(values, 1, right.subarray(i * n, (i + 1) * n));
        });
        // Quadratic convergence ends where round-off keeps the corrections from shrinking.
        const small = size <= 1e3 * f.resolution * scale;
        if (size <= 2 * f.resolution * scale || (small && size >= 0.5 * before)) break;
        if (!(iteration < mostIterations) || !Number.isFinite(size)) {
          throw new OdeError(
            `${tableau.name}: the implicit equations of the recorded step at t = ${t} do not converge again; use adjoint`,
          );
        }
        before = size;
      }
      const offsets = at.map((values, i) => values.map((value, component) => value - known[i]![component]!));
      const slopes = slopesOf(block, h, offsets);
      block.forEach((stage, i) => {
        states[stage] = at[i]!;
        k[stage] = slopes[i]!;
      });
      guess = slopes.at(-1)!;
    }
    return { y: states, k };
  };
  const combine = ({ h, y }: StepInput, { k }: Stages, weights: readonly number[]): Float64Array => {
    const out = Float64Array.from(y);
    k.forEach((slope, i) => {
      if (weights[i] !== 0) accumulate(out, h * weights[i]!, slope);
    });
    return out;
  };
  const weightsAt = (theta: number): number[] =>
    tableau.interpolant.map((row) => row.reduceRight((sum, value) => sum * theta + value, 0) * theta);
  const slopeWeightsAt = (theta: number): number[] =>
    tableau.interpolant.map((row) =>
      row.reduceRight((sum, value, power) => sum * theta + (power + 1) * value, 0),
    );

  const pull: StepDerivatives['pull'] = (step, lambda, theta) => {
    const { t, h, p } = step;
    const stages = stagesOf(step);
    const weights = theta === undefined ? b : weightsAt(theta);
    const ofY = lambda.slice();
    const ofParameters = f.zeroParameters();
    let [ofT, ofH, ofTheta] = [0, 0, 0];
    const dot = (u: ArrayLike<number>, v: ArrayLike<number>): number => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += u[i]! * v[i]!;
      return sum;
    };
    const ofK = stages.k.map((slope, i) => {
      ofH += weights[i]! * dot(slope, lambda);
      return lambda.map((value) => h * weights[i]! * value);
    });
    if (theta !== undefined) {
      slopeWeightsAt(theta).forEach((weight, i) => {
        ofTheta += h * weight * dot(stages.k[i]!, lambda);
      });
    }
    for (const block of [...blocks].reverse()) {
      let v = block.map((stage) => ofK[stage]!);
      if (!explicit(block)) {
        const jacobians = block.map((stage) => f.jacobian(t + c[stage]! * h, stages.y[stage]!, p));
        const right = new Float64Array(block.length * n);
        v.forEach((values, i) => {
          right.set(values, i * n);
        });
        const matrix = blockMatrix(block, h, jacobians, true);
        solveDense(matrix, right, tableau.name);
        v = block.map((_, i) => right.slice(i * n, (i + 1) * n));
      }
      block.forEach((stage, i) => {
        const pulled = f.slopeVjp(t + c[stage]! * h, stages.y[stage]!, v[i]!, p);
        ofT += pulled.t;
        ofH += c[stage]! * pulled.t;
        accumulate(ofY, 1, pulled.y);
        pulled.parameters.forEach((values, q) => {
          accumulate(ofParameters[q]!, 1, values);
        });
        for (let j = 0; j < count; j++) {
          const weight = a[stage]![j]!;
          if (weight === 0) continue;
          ofH += weight * dot(stages.k[j]!, pulled.y);
          // Inside the block the linear system has taken this into account.
          if (!block.includes(j)) accumulate(ofK[j]!, h * weight, pulled.y);
        }
      });
    }
    return { t: ofT, h: ofH, theta: ofTheta, y: ofY, parameters: ofParameters };
  };

  return {
    next: (step) => combine(step, stagesOf(step), b),
    point: (step, theta) => combine(step, stagesOf(step), weightsAt(theta)),
    pull,
    push(step, dots) {
      const { t, h, y, p } = step;
      const stages = stagesOf(step);
      const kDot: Float64Array[] = new Array(count);
      for (const block of blocks) {
        const known = block.map((stage) => {
          const base = Float64Array.from(dots.y);
          for (let j = 0; j < count; j++) {
            if (a[stage]![j] === 0) continue;
            accumulate(base, dots.h * a[stage]![j]!, stages.k[j]!);
            if (kDot[j]) accumulate(base, h * a[stage]![j]!, kDot[j]!);
          }
          return base;
        });
        const driven = block.map((stage, i) => {
          const along = explicit(block) ? known[i]! : new Float64Array(y.length);
          const tDot = dots.t + c[stage]! * dots.h;
          return f.slopeJvp(t + c[stage]! * h, stages.y[stage]!, tDot, along, p, dots.p);
        });
        if (explicit(block)) {
          block.forEach((stage, i) => {
            kDot[stage] = driven[i]!;
          });
          continue;
        }
        const jacobians = block.map((stage) => f.jacobian(t + c[stage]! * h, stages.y[stage]!, p));
        const right = new Float64Array(block.length * n);
        block.forEach((stage, i) => {
          const part = right.subarray(i * n, (i + 1) * n);
          part.set(known[i]!);
          block.forEach((other, j) => {
            accumulate(part, h * a[stage]![other]!, driven[j]!);
          });
        });
        solveDense(blockMatrix(block, h, jacobians, false), right, tableau.name);
        const offsets = block.map((_, i) =>
          right.slice(i * n, (i + 1) * n).map((value, component) => value - known[i]![component]!),
        );
        slopesOf(block, h, offsets).forEach((slope, i) => {
          kDot[block[i]!] = slope;
        });
      }
      const out = Float64Array.from(dots.y);
      b.forEach((weight, i) => {
        if (weight === 0) return;
        accumulate(out, dots.h * weight, stages.k[i]!);
        accumulate(out, h * weight, kDot[i]!);
      });
      return out;
    },
  };
}
