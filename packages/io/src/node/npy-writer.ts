/**
 * Writing .npy files: whole arrays, or row by row where they do not fit in memory. A file appears whole or not at all.
 */
import * as fs from 'node:fs';
import { FileError } from '../errors.ts';
import { encodeNpyHeader } from '../npy.ts';
import type { NpyData } from '../npy-data.ts';
import { dtypeOf } from '../npy-data.ts';
import { publish, removeTemporary, temporaryBeside, writeFileAtomic, writeFully } from './atomic.ts';
import { fileError } from './system-errors.ts';

/** What a .npy file under construction will hold. */
export interface NpyWriterOptions {
  /** Precision on disk. */
  readonly dtype: 'f4' | 'f8';
  /** Shape of one row; the file's shape becomes (rows, …rowShape). */
  readonly rowShape: readonly number[];
}

/**
 * Writes a .npy file row by row, of any size. The rows go to a temporary name beside the file; `close` writes the
 * final shape into the header and renames it: the file appears whole or not at all.
 */
export class NpyWriter {
  readonly path: string;
  readonly dtype: 'f4' | 'f8';
  readonly rowShape: readonly number[];
  readonly rowSize: number;
  #rows = 0;
  #temporary: string;
  #descriptor: number | undefined;
  #headerLength: number;
  #position: number;

  /**
   * @param path - where the file shall be
   * @param options - precision and shape of a row
   * @throws FileError if the folder cannot be written
   */
  constructor(path: string, options: NpyWriterOptions) {
    this.path = path;
    this.dtype = options.dtype;
    this.rowShape = options.rowShape;
    this.rowSize = options.rowShape.reduce((product, n) => product * n, 1);
    this.#temporary = temporaryBeside(path);
    const header = encodeNpyHeader(this.dtype, [Number.MAX_SAFE_INTEGER, ...this.rowShape]);
    this.#headerLength = header.length;
    this.#position = header.length;
    this.#guard(() => {
      this.#descriptor = fs.openSync(this.#temporary, 'wx');
      writeFully(this.#descriptor, header, 0);
    });
  }

  /** Rows written so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Appends one or more whole rows.
   * @param data - items in C order, converted to the file's precision; a whole number of rows
   * @throws FileError if the disk refuses; the temporary file is then gone
   */
  append(data: Float32Array | Float64Array): void {
    const descriptor = this.#open();
    if (this.rowSize === 0 || data.length % this.rowSize !== 0) {
      throw new RangeError(
        `${this.path}: ${data.length} values are no whole number of rows of ${this.rowSize}`,
      );
    }
    const wanted = this.dtype === 'f4' ? Float32Array : Float64Array;
    const items = data instanceof wanted ? data : new wanted(data);
    const bytes = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
    this.#guard(() => writeFully(descriptor, bytes, this.#position));
    this.#position += bytes.length;
    this.#rows += data.length / this.rowSize;
  }

  /** Writes the final shape, flushes, and gives the file its name. */
  close(): void {
    const descriptor = this.#open();
    this.#guard(() => {
      writeFully(
        descriptor,
        encodeNpyHeader(this.dtype, [this.#rows, ...this.rowShape], this.#headerLength),
        0,
      );
      this.#descriptor = undefined;
      publish(descriptor, this.#temporary, this.path);
    });
  }

  /** Drops everything written; nothing is left on disk. Does nothing after `close`. */
  abort(): void {
    if (this.#descriptor === undefined) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
    removeTemporary(this.#temporary);
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new FileError(this.path, 'this writer was closed');
    return this.#descriptor;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.abort();
      removeTemporary(this.#temporary);
      throw fileError(error, this.path);
    }
  }
}

/**
 * Writes an array as .npy, whole or not at all.
 * @param data - items in C order; the dtype follows from the typed array
 * @param shape - sizes of the axes
 * @throws FileError if the disk refuses, RangeError if the shape does not hold the data
 */
export function writeNpy(path: string, data: NpyData, shape: readonly number[] = [data.length]): void {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) {
    throw new RangeError(`${path}: shape (${shape.join(', ')}) holds ${size} items, the data ${data.length}`);
  }
  writeFileAtomic(path, [
    encodeNpyHeader(dtypeOf(data), shape),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}
