/**
 * The exact side, by sums written out: the discrete Fourier transform x_k = N^{-d/2} Σ_x e^{−ik·x} x as separable sums over
 * a table of cosines and sines (O(N^{d+1}) work, no fast transform), then the power of the modes by their |n|². Nothing here
 * is shared with `@equiflow/fft-mesh`, whose transforms, shells and weights are under test.
 */

/** Σ |x_k|² of the modes with one |n|², in unitary normalisation, for every |n|² of a mesh. */
export interface ModePower {
  /** |n|², ascending from 0. */
  readonly squares: Int32Array;
  /** Modes with that |n|², k and −k both counted; they add to N^d. */
  readonly multiplicity: Float64Array;
  /** Σ |x_k|². */
  readonly power: Float64Array;
}

/** Modes with last index 0 … ⌊N/2⌋, row-major [N, …, ⌊N/2⌋ + 1], unnormalised as NumPy's forward transform. */
export interface HalfModes {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Length of the last axis, ⌊N/2⌋ + 1. */
  readonly half: number;
}

/** cos and sin of 2πj/N, by octants so that the exact values are exact. */
function circle(n: number): { cos: Float64Array; sin: Float64Array } {
  const quarterTurns = (j: number): [number, number] => {
    const eighths = (8 * j) / n;
    if (eighths <= 1) return [Math.cos((2 * Math.PI * j) / n), Math.sin((2 * Math.PI * j) / n)];
    if (eighths <= 2) {
      const [c, s] = quarterTurns(n / 4 - j);
      return [s, c];
    }
    const [c, s] = quarterTurns(j - n / 4);
    return [-s, c];
  };
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let j = 0; j < n; j++) [cos[j], sin[j]] = quarterTurns(j) as [number, number];
  return { cos, sin };
}

/**
 * Σ over one axis of length n, for blocks of `inner` contiguous values: (re, im)_k = Σ_j e^{−2πi jk/n} (re, im)_j, in place.
 */
function transformAxis(re: Float64Array, im: Float64Array, n: number, inner: number): void {
  const { cos, sin } = circle(n);
  const outer = re.length / (n * inner);
  const sumRe = new Float64Array(n * inner);
  const sumIm = new Float64Array(n * inner);
  for (let block = 0; block < outer; block++) {
    const start = block * n * inner;
    sumRe.fill(0);
    sumIm.fill(0);
    for (let k = 0; k < n; k++) {
      const to = k * inner;
      for (let j = 0; j < n; j++) {
        const turn = (j * k) % n;
        const [c, s] = [cos[turn]!, sin[turn]!];
        const from = start + j * inner;
        for (let i = 0; i < inner; i++) {
          const [a, b] = [re[from + i]!, im[from + i]!];
          sumRe[to + i]! += c * a + s * b;
          sumIm[to + i]! += c * b - s * a;
        }
      }
    }
    re.set(sumRe, start);
    im.set(sumIm, start);
  }
}

/** The transform of a real field on a mesh of side N in d dimensions, by sums. */
export function directTransform(values: ArrayLike<number>, side: number, dimensions: number): HalfModes {
  const size = side ** dimensions;
  if (values.length !== size) {
    throw new RangeError(`directTransform: ${values.length} values for a mesh of ${side}^${dimensions}`);
  }
  const half = Math.floor(side / 2) + 1;
  const rows = size / side;
  const re = new Float64Array(rows * half);
  const im = new Float64Array(rows * half);
  const { cos, sin } = circle(side);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < half; k++) {
      let [sumRe, sumIm] = [0, 0];
      let turn = 0;
      for (let j = 0; j < side; j++) {
        const value = values[row * side + j]!;
        sumRe += cos[turn]! * value;
        sumIm -= sin[turn]! * value;
        turn += k;
        if (turn >= side) turn -= side;
      }
      re[row * half + k] = sumRe;
      im[row * half + k] = sumIm;
    }
  }
  let inner = half;
  for (let axis = dimensions - 2; axis >= 0; axis--) {
    transformAxis(re, im, side, inner);
    inner *= side;
  }
  return { re, im, half };
}

/** Calls `visit` for every stored mode: its place, its |n|², and how many modes of the full mesh it stands for (1 or 2). */
export function visitModes(
  side: number,
  dimensions: number,
  visit: (place: number, square: number, weight: number) => void,
): void {
  const half = Math.floor(side / 2) + 1;
  const signed = (n: number): number => (n > side / 2 ? n - side : n);
  const rows = side ** (dimensions - 1);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let rest = row, axis = 1; axis < dimensions; axis++) {
      square += signed(rest % side) ** 2;
      rest = Math.floor(rest / side);
    }
    for (let k = 0; k < half; k++) {
      // A mode is its own mirror image in the last axis where −k ≡ k (mod N).
      visit(row * half + k, square + k * k, (2 * k) % side === 0 ? 1 : 2);
    }
  }
}

/** The power of a field's modes by |n|². */
export function modePower(values: ArrayLike<number>, side: number, dimensions: number): ModePower {
  return powerOf(directTransform(values, side, dimensions), null, side, dimensions);
}

/**
 * Σ Re(x_k y_k*) by |n|² of two fields' modes, in unitary normalisation; with `y` null, the power of x.
 */
export function powerOf(x: HalfModes, y: HalfModes | null, side: number, dimensions: number): ModePower {
  const most = dimensions * Math.floor(side / 2) ** 2;
  const power = new Float64Array(most + 1);
  const multiplicity = new Float64Array(most + 1);
  const other = y ?? x;
  visitModes(side, dimensions, (place, square, weight) => {
    power[square]! += weight * (x.re[place]! * other.re[place]! + x.im[place]! * other.im[place]!);
    multiplicity[square]! += weight;
  });
  const squares = Int32Array.from(multiplicity.keys()).filter((square) => multiplicity[square]! > 0);
  const size = side ** dimensions;
  return {
    squares,
    multiplicity: Float64Array.from(squares, (square) => multiplicity[square]!),
    power: Float64Array.from(squares, (square) => power[square]! / size),
  };
}

/**
 * ln p(x) of a Gaussian field in nats, −½ Σ_k [|x_k|²/P_k + ln 2πP_k] over all N^d modes.
 * @param variances P_k = P(k) N^d/L^d at every |n|² of `modes.squares`
 */
export function exactLogProb(modes: ModePower, variances: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < modes.squares.length; i++) {
    total += modes.power[i]! / variances[i]! + modes.multiplicity[i]! * Math.log(2 * Math.PI * variances[i]!);
  }
  return -total / 2;
}

/** Σ |x_k|²/P_k: N^d ± √(2 N^d) for a field drawn from P. */
export function chiSquare(modes: ModePower, variances: ArrayLike<number>): number {
  return modes.power.reduce((sum, power, i) => sum + power / variances[i]!, 0);
}
