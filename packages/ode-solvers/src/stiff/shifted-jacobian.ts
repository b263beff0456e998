/** The matrices d I + s J that implicit methods solve with, for a Jacobian that is dense or has a band. */
import {
  type Bandwidth,
  bandFactor,
  bandSolve,
  complexBandFactor,
  complexBandSolve,
  factorWidth,
} from './band-matrix.ts';
import { complexLuFactor, complexLuSolve, luFactor, luSolve } from './linear-algebra.ts';

/** Numbers in a Jacobian: n × n row-major, or rows of lower + upper + 1 with (i, j) at i (lower + upper + 1) + j − i + lower. */
export function jacobianSize(n: number, band: Bandwidth | undefined): number {
  return n * (band ? band.lower + band.upper + 1 : n);
}

/** A factorised d I + s J. */
export interface ShiftedJacobian {
  /** False when singular. */
  factor(jacobian: Float64Array, diagonal: number, scale: number): boolean;
  /** Solves in place. */
  solve(b: Float64Array): void;
}

/** A factorised (a + i b) I + s J. */
export interface ComplexShiftedJacobian {
  factor(jacobian: Float64Array, diagonal: readonly [re: number, im: number], scale: number): boolean;
  solve(re: Float64Array, im: Float64Array): void;
}

/** Writes d I + s J into `out`, with room for pivoting where there is a band. */
function shift(
  out: Float64Array,
  jacobian: Float64Array,
  n: number,
  band: Bandwidth | undefined,
  diagonal: number,
  scale: number,
): void {
  if (!band) {
    for (let i = 0; i < n * n; i++) out[i] = scale * jacobian[i]!;
    for (let i = 0; i < n; i++) out[i * (n + 1)]! += diagonal;
    return;
  }
  const [from, to] = [band.lower + band.upper + 1, factorWidth(band)];
  out.fill(0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < from; j++) out[i * to + j] = scale * jacobian[i * from + j]!;
    out[i * to + band.lower]! += diagonal;
  }
}

/** Of an n × n Jacobian. */
export function shiftedJacobian(n: number, band?: Bandwidth): ShiftedJacobian {
  const factors = new Float64Array(n * (band ? factorWidth(band) : n));
  const pivots = new Int32Array(n);
  return {
    factor(jacobian, diagonal, scale) {
      shift(factors, jacobian, n, band, diagonal, scale);
      return band ? bandFactor(factors, n, band, pivots) : luFactor(factors, n, pivots);
    },
    solve(b) {
      if (band) bandSolve(factors, n, band, pivots, b);
      else luSolve(factors, n, pivots, b);
    },
  };
}

/** The complex one. */
export function complexShiftedJacobian(n: number, band?: Bandwidth): ComplexShiftedJacobian {
  const re = new Float64Array(n * (band ? factorWidth(band) : n));
  const im = new Float64Array(re.length);
  const pivots = new Int32Array(n);
  return {
    factor(jacobian, [a, b], scale) {
      shift(re, jacobian, n, band, a, scale);
      im.fill(0);
      const step = band ? factorWidth(band) : n + 1;
      for (let i = 0, at = band ? band.lower : 0; i < n; i++, at += step) im[at] = b;
      return band ? complexBandFactor(re, im, n, band, pivots) : complexLuFactor(re, im, n, pivots);
    },
    solve(x, y) {
      if (band) complexBandSolve(re, im, n, band, pivots, x, y);
      else complexLuSolve(re, im, n, pivots, x, y);
    },
  };
}
