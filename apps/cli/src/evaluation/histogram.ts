/** A histogram and moments of many values that are not kept. */

/** A normalised histogram. */
export interface HistogramData {
  /** Edges of the bins. */
  readonly edges: Float64Array;
  /** Share of all values a unit of x. */
  readonly density: Float64Array;
}

/** Counts values as they come. */
export class Histogram {
  readonly edges: Float64Array;
  #counts: Float64Array;
  #n = 0;
  #sums = new Float64Array(4);

  /** Equal bins; values outside count in the moments alone. */
  constructor(low: number, high: number, bins: number) {
    this.edges = Float64Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins);
    this.#counts = new Float64Array(bins);
  }

  /** Counts some values. */
  add(values: ArrayLike<number>): void {
    const bins = this.#counts.length;
    const low = this.edges[0]!;
    const scale = bins / (this.edges[bins]! - low);
    const sums = this.#sums;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const square = value * value;
      sums[0]! += value;
      sums[1]! += square;
      sums[2]! += square * value;
      sums[3]! += square * square;
      const bin = Math.floor((value - low) * scale);
      if (bin >= 0 && bin < bins) this.#counts[bin]!++;
    }
    this.#n += values.length;
  }

  /** The density in each bin. */
  data(): HistogramData {
    const width = this.edges[1]! - this.edges[0]!;
    return { edges: this.edges, density: this.#counts.map((count) => count / this.#n / width) };
  }

  /** Moments of all values. */
  moments(): { mean: number; variance: number; skewness: number; excessKurtosis: number } {
    const [m1, m2, m3, m4] = [0, 1, 2, 3].map((power) => this.#sums[power]! / this.#n) as [
      number,
      number,
      number,
      number,
    ];
    const variance = m2 - m1 * m1;
    const third = m3 - 3 * m1 * m2 + 2 * m1 ** 3;
    const fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 ** 4;
    return {
      mean: m1,
      variance,
      skewness: third / variance ** 1.5,
      excessKurtosis: fourth / variance ** 2 - 3,
    };
  }
}
