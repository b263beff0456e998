/**
 * Linear theory from a Boltzmann code: the text files of CAMB and CLASS, interpolated by a cubic spline in logarithms.
 * Below the first row T is constant; above the last the last slope goes on. An upper end short of k = 10 h/Mpc is
 * refused, for σ_8 would come out of the continuation.
 */
import { cubicSpline } from '@equiflow/splines';
import { type PowerSpectrum, spectrumFromFunction } from './spectrum.ts';
import { topHatVariance } from './top-hat-variance.ts';
import type { TransferFunction } from './transfer-eh98.ts';

/** Longest comoving oscillation that a table is searched for, Mpc/h: well above any sound horizon at drag. */
const OSCILLATION = 130;

/** A spectrum from a table, as it stands in the file: its amplitude is the file's. */
export interface TabulatedPower extends PowerSpectrum {
  /** σ(R), R in Mpc/h; as good as the table is dense. */
  sigmaR(radius: number): number;
  /** The same shape with another σ_8. */
  withSigma8(sigma8: number): TabulatedPower;
}

/** The numbers of a text table: rows of the same length, `#` comments. */
function parseRows(text: string, name: string): number[][] {
  const rows: number[][] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const body = line.replace(/#.*/, '').trim();
    if (body === '') continue;
    const row = body.split(/[\s,]+/).map(Number);
    if (row.some((value) => !Number.isFinite(value))) {
      throw new RangeError(`${name}, line ${at + 1}: '${body.slice(0, 60)}' is not a row of numbers`);
    }
    if (rows.length > 0 && row.length !== rows[0]!.length) {
      throw new RangeError(
        `${name}, line ${at + 1}: ${row.length} columns, where line 1 of the table has ${rows[0]!.length}`,
      );
    }
    rows.push(row);
  }
  if (rows.length < 4) throw new RangeError(`${name}: ${rows.length} rows of numbers; give at least 4`);
  return rows;
}

/** ln f of ln k with straight continuation. `lowSlope` is what continues below. */
function logInterpolation(
  k: readonly number[],
  values: readonly number[],
  name: string,
  lowSlope?: number,
): (k: number) => number {
  const bad = k.findIndex((ki, i) => !(ki > 0) || !(values[i]! > 0) || (i > 0 && !(ki > k[i - 1]!)));
  if (bad >= 0) {
    throw new RangeError(`${name}, row ${bad + 1}: k must rise from above 0 and the values be > 0`);
  }
  if (k[k.length - 1]! < 10) {
    throw new RangeError(`${name}: ends at k = ${k[k.length - 1]} h/Mpc; make the table to k = 10 at least`);
  }
  const x = k.map(Math.log);
  const spline = cubicSpline({ x, y: values.map(Math.log), boundary: 'not-a-knot' });
  const first = x[0]!;
  const last = x[x.length - 1]!;
  const below = lowSlope ?? spline.derivative(first, 1);
  const above = spline.derivative(last, 1);
  return (at) => {
    const lnK = Math.log(at);
    if (lnK < first) return Math.exp(spline.evaluate(first) + below * (lnK - first));
    if (lnK > last) return Math.exp(spline.evaluate(last) + above * (lnK - last));
    return Math.exp(spline.evaluate(lnK));
  };
}

/**
 * A linear spectrum from a file: the first column k in h/Mpc, the second P in (Mpc/h)³, as CAMB's `matterpower.dat` and
 * CLASS' `_pk.dat` have it.
 *
 * @param text contents of the file
 * @param name what to call it in messages
 * @throws RangeError naming the line that is not understood
 */
export function parsePowerTable(text: string, name = 'power table'): TabulatedPower {
  const rows = parseRows(text, name);
  if (rows[0]!.length < 2) throw new RangeError(`${name}: one column; give k (h/Mpc) and P ((Mpc/h)³)`);
  const k = rows.map((row) => row[0]!);
  const power = logInterpolation(
    k,
    rows.map((row) => row[1]!),
    name,
  );
  const slope = Math.log(power(k[0]! / 4) / power(k[0]! / 8)) / Math.LN2;
  const scaled = (factor: number): TabulatedPower => {
    const at = (wave: number): number => (wave === 0 ? 0 : factor * power(wave));
    const sigmaR = (radius: number): number => Math.sqrt(topHatVariance(at, slope, radius, OSCILLATION));
    return {
      ...spectrumFromFunction(at),
      sigmaR,
      withSigma8: (sigma8) => scaled(factor * (sigma8 / sigmaR(8)) ** 2),
    };
  };
  return scaled(1);
}

/**
 * A transfer function from a file, normalised to 1 at its first row: the first column k in h/Mpc, and a column of T, as
 * CAMB's `transfer_out.dat` has it (column 7, the total) in units of δ/k², or CLASS' `_tk.dat` in CAMB's format.
 *
 * @param text contents of the file
 * @param column which column T is, counted from 1; default the last
 * @param name what to call it in messages
 * @throws RangeError naming the line that is not understood
 */
export function parseTransferTable(
  text: string,
  { column, name = 'transfer table' }: { column?: number; name?: string } = {},
): TransferFunction {
  const rows = parseRows(text, name);
  const width = rows[0]!.length;
  const which = column ?? width;
  if (!Number.isInteger(which) || which < 2 || which > width) {
    throw new RangeError(`${name}: column ${which}; its columns of T are 2 to ${width}`);
  }
  const first = rows[0]![which - 1]!;
  const transfer = logInterpolation(
    rows.map((row) => row[0]!),
    rows.map((row) => row[which - 1]! / first),
    name,
    0,
  );
  return { transfer: (k) => (k === 0 ? 1 : transfer(k)), oscillationScale: OSCILLATION };
}
