/** Linear combinations of stages, the inner loop of every Runge-Kutta method. */

/** Weights that are not zero, with the numbers of their stages. */
export interface SparseRow {
  readonly stages: readonly number[];
  readonly weights: Float64Array;
}

/** Drops the zeros of a row. */
export function sparseRow(row: readonly number[]): SparseRow {
  const stages = row.flatMap((weight, stage) => (weight === 0 ? [] : [stage]));
  return { stages, weights: Float64Array.from(stages, (stage) => row[stage]!) };
}

/**
 * out = base + h Σ_j weight_j k_j, four stages at a time; without a base, the sum alone. `out` may not be a stage.
 */
export function combine(
  out: Float64Array,
  base: Float64Array | null,
  h: number,
  k: readonly Float64Array[],
  row: SparseRow,
): void {
  const { stages, weights } = row;
  const n = out.length;
  const count = stages.length;
  let from = base;
  let j = 0;
  while (count - j >= 4) {
    const k0 = k[stages[j]!]!;
    const k1 = k[stages[j + 1]!]!;
    const k2 = k[stages[j + 2]!]!;
    const k3 = k[stages[j + 3]!]!;
    const w0 = h * weights[j]!;
    const w1 = h * weights[j + 1]!;
    const w2 = h * weights[j + 2]!;
    const w3 = h * weights[j + 3]!;
    if (from === null) {
      for (let i = 0; i < n; i++) out[i] = w0 * k0[i]! + w1 * k1[i]! + w2 * k2[i]! + w3 * k3[i]!;
    } else {
      for (let i = 0; i < n; i++) out[i] = from[i]! + w0 * k0[i]! + w1 * k1[i]! + w2 * k2[i]! + w3 * k3[i]!;
    }
    from = out;
    j += 4;
  }
  const left = count - j;
  if (left === 0) {
    if (from === null) out.fill(0);
    else if (from !== out) out.set(from);
    return;
  }
  const k0 = k[stages[j]!]!;
  const k1 = k[stages[Math.min(j + 1, count - 1)]!]!;
  const k2 = k[stages[count - 1]!]!;
  const w0 = h * weights[j]!;
  const w1 = left > 1 ? h * weights[j + 1]! : 0;
  const w2 = left > 2 ? h * weights[j + 2]! : 0;
  if (left === 1) {
    if (from === null) for (let i = 0; i < n; i++) out[i] = w0 * k0[i]!;
    else for (let i = 0; i < n; i++) out[i] = from[i]! + w0 * k0[i]!;
  } else if (left === 2) {
    if (from === null) for (let i = 0; i < n; i++) out[i] = w0 * k0[i]! + w1 * k1[i]!;
    else for (let i = 0; i < n; i++) out[i] = from[i]! + w0 * k0[i]! + w1 * k1[i]!;
  } else {
    if (from === null) for (let i = 0; i < n; i++) out[i] = w0 * k0[i]! + w1 * k1[i]! + w2 * k2[i]!;
    else for (let i = 0; i < n; i++) out[i] = from[i]! + w0 * k0[i]! + w1 * k1[i]! + w2 * k2[i]!;
  }
}
