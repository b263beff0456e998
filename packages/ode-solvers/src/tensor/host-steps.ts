/**
 * Steps of implicit methods on the host as functions with the inputs and outputs of the compiled ones, so that the record
 * of a solve is differentiated in one way, whatever the method.
 */
import type { TypedArray } from '@equiflow/tensor';

/** Where a step begins. */
export interface StepInput {
  readonly t: number;
  readonly h: number;
  readonly y: ArrayLike<number>;
  readonly p: readonly TypedArray[];
}

/** Tangents of what a step depends on. */
export interface StepDots {
  readonly t: number;
  readonly h: number;
  readonly y: ArrayLike<number>;
  readonly p: readonly ArrayLike<number>[];
}

/** Cotangents of what a field depends on. */
export interface FieldCotangents {
  readonly t: number;
  readonly y: TypedArray;
  readonly parameters: readonly TypedArray[];
}

/** The field and its derivatives, as compiled executables give them; arrays are the caller's. */
export interface FieldFunctions {
  /** Number of components. */
  readonly size: number;
  /** Round-off of the state's dtype. */
  readonly resolution: number;
  readonly zeroParameters: () => Float64Array[];
  slope(t: number, y: ArrayLike<number>, p: readonly TypedArray[]): Float64Array;
  /** ∂f/∂y, [n, n]. */
  jacobian(t: number, y: ArrayLike<number>, p: readonly TypedArray[]): TypedArray;
  /** Of ⟨v, f⟩. */
  slopeVjp(t: number, y: ArrayLike<number>, v: ArrayLike<number>, p: readonly TypedArray[]): FieldCotangents;
  /** The cotangents of ⟨v, f⟩ along (ṫ, ẏ, ṗ), with v fixed. */
  slopeVjpJvp(
    t: number,
    y: ArrayLike<number>,
    v: ArrayLike<number>,
    tDot: number,
    yDot: ArrayLike<number>,
    p: readonly TypedArray[],
    pDot: readonly ArrayLike<number>[],
  ): FieldCotangents;
  /** f along (ṫ, ẏ, ṗ). */
  slopeJvp(
    t: number,
    y: ArrayLike<number>,
    tDot: number,
    yDot: ArrayLike<number>,
    p: readonly TypedArray[],
    pDot: readonly ArrayLike<number>[],
  ): Float64Array;
  /** Of ⟨q, τ ∂f/∂t + J u⟩ with respect to t, y, p, and τ (`along`). */
  curvatureVjp(
    t: number,
    y: ArrayLike<number>,
    tau: number,
    u: ArrayLike<number>,
    q: ArrayLike<number>,
    p: readonly TypedArray[],
  ): FieldCotangents & { readonly along: number };
  /** The cotangents of ⟨q, τ ∂f/∂t + J u⟩ along (ṫ, ẏ, τ̇, u̇, ṗ), with q fixed. */
  curvatureVjpJvp(
    t: number,
    y: ArrayLike<number>,
    tau: number,
    u: ArrayLike<number>,
    q: ArrayLike<number>,
    dots: StepDots & { readonly tau: number; readonly u: ArrayLike<number> },
    p: readonly TypedArray[],
  ): FieldCotangents & { readonly along: number };
  /** τ ∂f/∂t + J u along (ṫ, ẏ, ṗ). */
  curvatureJvp(
    t: number,
    y: ArrayLike<number>,
    tau: number,
    u: ArrayLike<number>,
    tDot: number,
    yDot: ArrayLike<number>,
    p: readonly TypedArray[],
    pDot: readonly ArrayLike<number>[],
  ): Float64Array;
}

/** Cotangents of what a step depends on. */
export interface StepCotangents {
  readonly t: number;
  readonly h: number;
  /** Zero for the end of a step. */
  readonly theta: number;
  readonly y: Float64Array;
  readonly parameters: readonly Float64Array[];
}

/** A step and its derivatives. */
export interface StepDerivatives {
  next(step: StepInput): Float64Array;
  /** The state at t + θ h. */
  point(step: StepInput, theta: number): Float64Array;
  /** Of ⟨λ, next⟩, or of ⟨λ, point⟩ where θ is given. */
  pull(step: StepInput, lambda: Float64Array, theta?: number): StepCotangents;
  /** `next` along tangents. */
  push(step: StepInput, dots: StepDots): Float64Array;
  /** `pull` of ⟨λ, next⟩, and its tangent along those of the step and of λ. */
  pullTangent(
    step: StepInput,
    lambda: Float64Array,
    dots: StepDots,
    lambdaDot: Float64Array,
  ): { readonly value: StepCotangents; readonly tangent: StepCotangents };
}

/** Cotangents that are being summed. */
export interface CotangentSums extends StepCotangents {
  t: number;
  h: number;
}

/** Those of a step before anything of the field is added: y passes λ on. */
export function zeroCotangents(f: FieldFunctions, lambda: Float64Array): CotangentSums {
  return { t: 0, h: 0, theta: 0, y: lambda.slice(), parameters: f.zeroParameters() };
}

/** Adds the t, y and p of a field. */
export function addCotangents(total: CotangentSums, { t, y, parameters }: FieldCotangents): void {
  total.t += t;
  accumulate(total.y, 1, y);
  parameters.forEach((values, i) => {
    accumulate(total.parameters[i]!, 1, values);
  });
}

/** Σ x_i y_i. */
export function dotProduct(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** total += weight values. */
export function accumulate(total: Float64Array, weight: number, values: ArrayLike<number>): void {
  if (weight === 0) return;
  for (let i = 0; i < total.length; i++) total[i]! += weight * values[i]!;
}
