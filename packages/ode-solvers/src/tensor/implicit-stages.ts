/**
 * The stages of one step of an implicit Runge-Kutta method on the host, K_i = f(t + c_i h, Y_i), Y_i = y + h Σ_j a_ij K_j, solved to
 * round-off, with their tangents and cotangents by the implicit function theorem, so that Newton's iterations are not differentiated
 * (Griewank & Walther 2008, section 15.4; Hairer & Wanner II, section IV.8 for the stages).
 */
import type { TypedArray } from '@equiflow/tensor';
import { luFactor, luSolve } from '../stiff/linear-algebra.ts';
import { OdeError } from '../types.ts';
import { accumulate, type FieldFunctions, type StepDots, type StepInput } from './host-steps.ts';

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

/** Y and K of all stages, or their tangents. */
export interface Stages {
  readonly y: readonly Float64Array[];
  readonly k: readonly Float64Array[];
}

/** How the stages follow from a step's input, and back. */
export interface ImplicitStages {
  of(step: StepInput): Stages;
  tangents(step: StepInput, stages: Stages, dots: StepDots): Stages;
  /** Solves v_j − h Σ_i a_ij J_iᵀ v_i = K̄_j over the stages of a block; an explicit block has v = K̄. */
  cotangents(
    step: StepInput,
    stages: Stages,
    block: readonly number[],
  ): (ofK: readonly Float64Array[]) => Float64Array[];
}

const mostIterations = 60;

/** The stages of one method's steps. */
export function implicitStages(tableau: ImplicitTableau, f: FieldFunctions): ImplicitStages {
  const { c, a, blocks, b } = tableau;
  const count = b.length;
  const n = f.size;
  const explicit = (block: readonly number[]): boolean =>
    block.every((i) => block.every((j) => a[i]![j] === 0));
  const factorise = (matrix: Float64Array): ((right: Float64Array) => void) => {
    const size = Math.sqrt(matrix.length);
    const pivots = new Int32Array(size);
    if (!luFactor(matrix, size, pivots)) {
      throw new OdeError(`${tableau.name}: the equations of the stages are singular`);
    }
    return (right) => luSolve(matrix, size, pivots, right);
  };
  const jacobiansOf = ({ t, h, p }: StepInput, { y }: Stages, block: readonly number[]): TypedArray[] =>
    block.map((stage) => f.jacobian(t + c[stage]! * h, y[stage]!, p));

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
  const of = ({ t, h, y, p }: StepInput): Stages => {
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
        factorise(blockMatrix(block, h, jacobians, false))(right);
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
  return {
    of,
    tangents(step, stages, dots) {
      const { t, h, p } = step;
      const yDot: Float64Array[] = new Array(count);
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
          const along = explicit(block) ? known[i]! : new Float64Array(n);
          const tDot = dots.t + c[stage]! * dots.h;
          return f.slopeJvp(t + c[stage]! * h, stages.y[stage]!, tDot, along, p, dots.p);
        });
        if (explicit(block)) {
          block.forEach((stage, i) => {
            yDot[stage] = known[i]!;
            kDot[stage] = driven[i]!;
          });
          continue;
        }
        const right = new Float64Array(block.length * n);
        block.forEach((stage, i) => {
          const part = right.subarray(i * n, (i + 1) * n);
          part.set(known[i]!);
          block.forEach((other, j) => {
            accumulate(part, h * a[stage]![other]!, driven[j]!);
          });
        });
        factorise(blockMatrix(block, h, jacobiansOf(step, stages, block), false))(right);
        const solved = block.map((_, i) => right.slice(i * n, (i + 1) * n));
        const offsets = solved.map((values, i) =>
          values.map((value, component) => value - known[i]![component]!),
        );
        slopesOf(block, h, offsets).forEach((slope, i) => {
          yDot[block[i]!] = solved[i]!;
          kDot[block[i]!] = slope;
        });
      }
      return { y: yDot, k: kDot };
    },
    cotangents(step, stages, block) {
      if (explicit(block)) return (ofK) => ofK.map((values) => values.slice());
      const solve = factorise(blockMatrix(block, step.h, jacobiansOf(step, stages, block), true));
      return (ofK) => {
        const right = new Float64Array(block.length * n);
        ofK.forEach((values, i) => {
          right.set(values, i * n);
        });
        solve(right);
        return block.map((_, i) => right.slice(i * n, (i + 1) * n));
      };
    },
  };
}
