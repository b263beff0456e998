/**
 * Power spectra of fields in a periodic box: P̂(k) = |δ_k|² L^d/N^(2d), and of two fields Re(x_k y_k*) L^d/N^(2d) with its
 * sign. Every bin reports its mean k, its edges and its number of modes, k and −k both; then var P̂ = 2P²/N_modes.
 */
import { type Backend, type Shape, sizeOf, TensorError } from '@equiflow/tensor';
import { meshTransform, requireBox, requireField } from '../mesh-transform.ts';
import type { ComplexArrays } from '../plain/real.ts';
import { columnWeight, halfLength, shells } from '../shells.ts';
import { linearEdges, shellBins } from './bins.ts';

/** How a spectrum is measured. */
export interface PowerSpectrumOptions {
  readonly mesh: Shape;
  /** Side of the cubic box, Mpc/h. */
  readonly boxSize: number;
  /** Rising edges of the bins, h/Mpc. Default `linearEdges`: width k_f from k_f/2. */
  readonly edges?: ArrayLike<number>;
  /** What becomes of bins without modes: left out (default), or kept with k and power NaN. */
  readonly empty?: 'drop' | 'nan';
  /** Runs the transform; plain TypeScript without one. */
  readonly backend?: Backend;
  /** Factor of every half-complex mode before its power is taken, such as `compensation` of a painted field. */
  readonly modeFactors?: ArrayLike<number>;
}

/** A measured spectrum, one entry a bin. */
export interface MeasuredSpectrum {
  /** Mean k of the modes in the bin, h/Mpc. */
  readonly k: Float64Array;
  /** Power, (Mpc/h)^d. */
  readonly power: Float64Array;
  /** Number of modes, k and −k both. */
  readonly modes: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Sums over the modes of each shell. */
export interface ShellPower {
  /** Σ |x_k|² in unitary normalisation; Re Σ x_k y_k* for two fields. */
  readonly power: Float64Array;
  /** Number of modes of each shell. */
  readonly multiplicity: Float64Array;
}

/** Σ Re(x_k y_k*)/N^d over each shell, out of unnormalised half-complex spectra. */
function sumShells(
  x: ComplexArrays,
  y: ComplexArrays,
  mesh: Shape,
  factors?: ArrayLike<number>,
): Float64Array {
  const { index, squares } = shells(mesh);
  const last = mesh[mesh.length - 1]!;
  const half = halfLength(last);
  const cells = sizeOf(mesh);
  const power = new Float64Array(squares.length);
  for (let mode = 0; mode < index.length; mode++) {
    const weight = (columnWeight(mode % half, last) / cells) * (factors ? factors[mode]! ** 2 : 1);
    power[index[mode]!]! += weight * (x.re[mode]! * y.re[mode]! + x.im[mode]! * y.im[mode]!);
  }
  return power;
}

/**
 * Power of every shell of one field in unitary normalisation (Σ over all shells = Σ x²): what a Gaussian likelihood needs.
 * @throws TensorError when the field does not fill the mesh.
 */
export function shellPower(field: ArrayLike<number>, mesh: Shape, backend?: Backend): ShellPower {
  requireField('shellPower', field, mesh);
  const spectrum = meshTransform(mesh, backend).forward(field);
  return { power: sumShells(spectrum, spectrum, mesh), multiplicity: shells(mesh).multiplicity };
}

/** Spectrum of a field. @throws TensorError when the field does not fill the mesh, or edges do not rise. */
export function powerSpectrum(field: ArrayLike<number>, options: PowerSpectrumOptions): MeasuredSpectrum {
  return crossPowerSpectrum(field, field, options);
}

/** Cross spectrum Re⟨x y*⟩ of two fields, its sign kept. @throws TensorError as `powerSpectrum`. */
export function crossPowerSpectrum(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: PowerSpectrumOptions,
): MeasuredSpectrum {
  const { mesh, boxSize, backend } = options;
  requireField('powerSpectrum', x, mesh);
  requireField('powerSpectrum', y, mesh);
  requireBox('powerSpectrum', boxSize);
  const transform = meshTransform(mesh, backend);
  const first = transform.forward(x);
  if (x === y) return binnedSpectrum(first, first, options);
  const kept = { re: first.re.slice(), im: first.im.slice() };
  return binnedSpectrum(kept, transform.forward(y), options);
}

/** The spectrum of two fields given by their unnormalised half-complex modes. @throws TensorError when their number is wrong. */
export function binnedSpectrum(
  x: ComplexArrays,
  y: ComplexArrays,
  options: PowerSpectrumOptions,
): MeasuredSpectrum {
  const { mesh, boxSize, edges = linearEdges(options), empty = 'drop', modeFactors } = options;
  const { squares, multiplicity, index } = shells(mesh);
  for (const part of [x.re, x.im, y.re, y.im, modeFactors ?? index]) {
    if (part.length !== index.length) {
      throw new TensorError(
        `powerSpectrum: ${part.length} modes for the mesh [${mesh}]; its half-complex layout has ${index.length}`,
      );
    }
  }
  const power = sumShells(x, y, mesh, modeFactors);
  const bins = shellBins(options, edges);
  const count = Math.max(0, edges.length - 1);
  const total = new Float64Array(count);
  const kTotal = new Float64Array(count);
  const modes = new Float64Array(count);
  const unit = (2 * Math.PI) / boxSize;
  bins.forEach((bin, shell) => {
    if (bin < 0) return;
    total[bin]! += power[shell]!;
    kTotal[bin]! += multiplicity[shell]! * unit * Math.sqrt(squares[shell]!);
    modes[bin]! += multiplicity[shell]!;
  });
  const norm = boxSize ** mesh.length / sizeOf(mesh);
  const kept = Array.from(modes.keys()).filter((bin) => empty === 'nan' || modes[bin]! > 0);
  const pick = (value: (bin: number) => number): Float64Array => Float64Array.from(kept, value);
  return {
    k: pick((bin) => kTotal[bin]! / modes[bin]!),
    power: pick((bin) => (norm * total[bin]!) / modes[bin]!),
    modes: pick((bin) => modes[bin]!),
    lower: pick((bin) => edges[bin]!),
    upper: pick((bin) => edges[bin + 1]!),
  };
}
