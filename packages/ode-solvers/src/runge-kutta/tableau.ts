/**
 * Explicit Runge-Kutta methods as data (Butcher tableaus, Hairer, Nørsett & Wanner I, chapter II):
 * k_i = f(t + c_i h, y + h Σ_j a_ij k_j), y1 = y + h Σ_i b_i k_i. Stage number s, after the s stages of the
 * method, is always the slope at the end of the step, f(t + h, y1), which begins the next step ("first same as
 * last"); `extra` stages, for dense output alone, come after it.
 */

/** Coefficients of one method. */
export interface ExplicitTableau {
  readonly name: string;
  readonly order: number;
  readonly c: readonly number[];
  /** Lower triangle, row i with i entries. */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** Embedded error: h Σ e_i k_i, with one entry a stage, or one more for the slope at the end. Absent: fixed steps only. */
  readonly error?: readonly number[];
  /** DOP853's second estimate; the error is then |e|² / √(|e|² + 0.01 |e'|²) (Hairer's code DOP853). */
  readonly secondError?: readonly number[];
  /** The error of a step goes as h^errorExponent; order of the embedded method + 1. */
  readonly errorExponent?: number;
  /** Further stages for the interpolant; rows have an entry for each stage before them, the slope at the end included. */
  readonly extra?: { readonly c: readonly number[]; readonly a: readonly (readonly number[])[] };
  /**
   * y(t + θ h) = y + h Σ_i k_i Σ_j interpolant[i][j] θ^{j+1}, over all stages, end and extra ones included.
   * Absent: the cubic Hermite polynomial through both ends.
   */
  readonly interpolant?: readonly (readonly number[])[];
}

/** Interpolation weights of the cubic through y0, y1 and their slopes, for stages with weights `b` and the end. */
export function hermiteWeights(b: readonly number[]): number[][] {
  const rows = b.map((weight) => [0, 3 * weight, -2 * weight]);
  rows.push([0, 0, 0]);
  rows[0]![0]! += 1;
  rows[0]![1]! -= 2;
  rows[0]![2]! += 1;
  const end = rows[b.length]!;
  end[1]! -= 1;
  end[2]! += 1;
  return rows;
}

/** The weights of a tableau's interpolant, whichever it has. */
export function interpolantWeights(tableau: ExplicitTableau): readonly (readonly number[])[] {
  return tableau.interpolant ?? hermiteWeights(tableau.b);
}

/**
 * An interpolant of order 4 for any method of order 4 or more, with one extra stage at θ = `at`, where the cubic
 * through both ends gives the state (Enright, Jackson, Nørsett & Thomsen 1986, "bootstrapping"): the cubic plus the
 * multiple of θ² (1 − θ)² that gives the slope found there.
 */
export function bootstrappedQuartic(
  b: readonly number[],
  at: number,
): { extra: { c: number[]; a: number[][] }; interpolant: number[][] } {
  const cubic = hermiteWeights(b);
  const stage = cubic.map((row) => row[0]! * at + row[1]! * at ** 2 + row[2]! * at ** 3);
  const scale = 1 / (2 * at * (1 - at) * (1 - 2 * at));
  const interpolant = cubic.map((row) => {
    const slope = row[0]! + 2 * row[1]! * at + 3 * row[2]! * at ** 2;
    const bump = -slope * scale;
    return [row[0]!, row[1]! + bump, row[2]! - 2 * bump, bump];
  });
  interpolant.push([0, scale, -2 * scale, scale]);
  return { extra: { c: [at], a: [stage] }, interpolant };
}
