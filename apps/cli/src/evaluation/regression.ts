/**
 * Linear regression whose variance is a function of the regressors too, and what it predicts: with flat priors of the coefficients
 * and 1/σ² of the scale, the next value follows Student's t about the fit, wider by the uncertainty of the fit itself. For a mean
 * and a variance alone this is the t of Sellentin & Heavens 2016 (arXiv:1511.05969, eq. 12), which replaces a Gaussian with an
 * estimated covariance.
 */
import { logGamma } from '@equiflow/flows';
import { InputError } from '../errors.ts';

/** A fit of y ~ t(Σ c_j x_j, exp(Σ g_j q_j)). */
export interface Regression {
  /** Coefficients of the mean. */
  readonly coefficients: Float64Array;
  /** Coefficients of the logarithm of the variance. */
  readonly logVariance: Float64Array;
  /** Degrees of freedom: samples − coefficients of the mean. */
  readonly freedom: number;
  /** y − fit of every sample. */
  readonly residuals: Float64Array;
  /** ln of the density of the next value, in nats. */
  logDensity(y: number, regressors: ArrayLike<number>, variance: ArrayLike<number>): number;
}

/** Lower triangle of L with L Lᵀ = A, row-major n × n. @throws InputError where A is not positive */
export function choleskyFactor(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j]!;
      else if (sum > 1e-12 * matrix[i * n + i]!) lower[i * n + i] = Math.sqrt(sum);
      else {
        throw new InputError(
          'the simulations do not tell how spectra depend on the parameters (their regression is singular); give more of them, with different parameters',
        );
      }
    }
  }
  return lower;
}

/** L⁻¹ b. */
function forwardSolve(lower: Float64Array, b: ArrayLike<number>, n: number, out: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * out[k]!;
    out[i] = sum / lower[i * n + i]!;
  }
  return out;
}

/** (L Lᵀ)⁻¹ b. */
function solve(lower: Float64Array, b: ArrayLike<number>, n: number): Float64Array {
  const x = forwardSolve(lower, b, n, new Float64Array(n));
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < n; k++) sum -= lower[k * n + i]! * x[k]!;
    x[i] = sum / lower[i * n + i]!;
  }
  return x;
}

/** Σ_i w_i r_i r_iᵀ and Σ_i w_i r_i y_i of rows r. */
function normalEquations(
  rows: Float64Array,
  n: number,
  weight: (i: number) => number,
  y: (i: number) => number,
): { matrix: Float64Array; vector: Float64Array } {
  const matrix = new Float64Array(n * n);
  const vector = new Float64Array(n);
  for (let i = 0; i * n < rows.length; i++) {
    const w = weight(i);
    for (let a = 0; a < n; a++) {
      const wr = w * rows[i * n + a]!;
      vector[a]! += wr * y(i);
      for (let b = 0; b <= a; b++) matrix[a * n + b]! += wr * rows[i * n + b]!;
    }
  }
  return { matrix, vector };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[from + i]!;
  return sum;
};

const ROUNDS = 4;

/**
 * Fits mean and variance in turn: weighted least squares, and one Fisher-scoring step for the logarithm of the variance of the
 * residuals (their squares follow a Gamma law).
 *
 * @param regressors [count, n] of the mean
 * @param varianceRegressors [count, m] of ln σ², the first of them 1
 */
export function fitRegression(
  y: Float64Array,
  regressors: Float64Array,
  varianceRegressors: Float64Array,
): Regression {
  const count = y.length;
  const n = regressors.length / count;
  const m = varianceRegressors.length / count;
  const freedom = count - n;
  if (freedom < 3) {
    throw new InputError(`${count} maps for a regression of ${n} coefficients; give more of them`);
  }
  const residuals = new Float64Array(count);
  const logVariance = new Float64Array(m);
  const shape = normalEquations(
    varianceRegressors,
    m,
    () => 0.5,
    () => 0,
  ).matrix;
  const shapeFactor = choleskyFactor(shape, m);
  let lower: Float64Array = new Float64Array(0);
  let coefficients: Float64Array = new Float64Array(n);
  for (let round = 0; round <= ROUNDS; round++) {
    const inverse = (i: number): number => Math.exp(-dot(logVariance, varianceRegressors, i * m));
    const { matrix, vector } = normalEquations(regressors, n, inverse, (i) => y[i]!);
    lower = choleskyFactor(matrix, n);
    coefficients = solve(lower, vector, n);
    for (let i = 0; i < count; i++) residuals[i] = y[i]! - dot(coefficients, regressors, i * n);
    if (round === ROUNDS) break;
    // The residuals are smaller than the errors by the degrees of freedom that the fit has taken.
    const scale = count / freedom;
    if (round === 0) {
      let squares = 0;
      for (const residual of residuals) squares += residual * residual;
      logVariance[0] = Math.log((squares / count) * scale);
    }
    for (let step = 0; step < 3; step++) {
      const { vector: score } = normalEquations(
        varianceRegressors,
        m,
        () => 0.5,
        (i) =>
          Math.min(20, residuals[i]! ** 2 * scale * Math.exp(-dot(logVariance, varianceRegressors, i * m))) -
          1,
      );
      const change = solve(shapeFactor, score, m);
      for (let a = 0; a < m; a++) logVariance[a]! += change[a]!;
    }
  }
  const constant = logGamma((freedom + 1) / 2) - logGamma(freedom / 2) - 0.5 * Math.log(Math.PI * freedom);
  const scratch = new Float64Array(n);
  return {
    coefficients,
    logVariance,
    freedom,
    residuals,
    logDensity(value, at, varianceAt) {
      const distance = value - dot(coefficients, at);
      const half = forwardSolve(lower, at, n, scratch);
      const variance = Math.exp(dot(logVariance, varianceAt)) + dot(half, half);
      return (
        constant -
        0.5 * Math.log(variance) -
        ((freedom + 1) / 2) * Math.log1p((distance * distance) / (freedom * variance))
      );
    },
  };
}

/** Exponents of all monomials of `variables` up to a total degree, the constant first. */
export function monomials(variables: number, degree: number): number[][] {
  let found: number[][] = [[]];
  for (let variable = 0; variable < variables; variable++) {
    found = found.flatMap((powers) => {
      const left = degree - powers.reduce((a, b) => a + b, 0);
      return Array.from({ length: left + 1 }, (_, power) => [...powers, power]);
    });
  }
  const total = (powers: readonly number[]): number => powers.reduce((a, b) => a + b, 0);
  return found.sort((a, b) => total(a) - total(b));
}

/** Values of monomials at a point. */
export function monomialsAt(powers: readonly (readonly number[])[], point: ArrayLike<number>): Float64Array {
  return Float64Array.from(powers, (exponents) =>
    exponents.reduce((product, power, axis) => product * point[axis]! ** power, 1),
  );
}
