declare module 'fft.js' {
  /** The part of fft.js that the benchmark uses; the package has no types of its own. */
  export default class FFT {
    constructor(size: number);
    createComplexArray(): number[];
    transform(out: number[], input: readonly number[]): void;
    realTransform(out: number[], input: readonly number[]): void;
    completeSpectrum(spectrum: number[]): void;
    inverseTransform(out: number[], input: readonly number[]): void;
  }
}
