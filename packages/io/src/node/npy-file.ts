/**
 * .npy files of any size: only the header is read at opening, then slices of the first axis by positioned reads
 * (64-bit offsets), so that a training loop streams mini-batches from maps of tens of GB.
 */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { FileError, FileFormatError } from '../errors.ts';
import type { NpyHeader } from '../npy.ts';
import { decodeNpy, NPY_PREAMBLE, npyDataOffset, parseNpyHeader, truncatedNpy } from '../npy.ts';
import type { FloatArrays, FloatKind, NpyArray, NpyDtype } from '../npy-data.ts';
import { allocateFloats, copyFloats, decodeItems } from '../npy-data.ts';
import type { RowSource } from '../rows.ts';
import { checkRowRange, consecutiveRuns, memoryRows } from '../rows.ts';
import { fileError } from './system-errors.ts';

const readAsync = promisify(fs.read);
const CHUNK_BYTES = 1 << 22;
const FORTRAN_LIMIT = 2 ** 31;

/** A .npy file whose rows are read on demand. Made by `openNpy`. */
export class NpyFile implements RowSource {
  readonly file: string;
  readonly header: NpyHeader;
  readonly rows: number;
  readonly rowShape: readonly number[];
  readonly rowSize: number;
  #descriptor: number | undefined;
  #transposed: RowSource | undefined;

  /** Use `openNpy`. */
  constructor(file: string, descriptor: number, header: NpyHeader) {
    const [rows = 1, ...rowShape] = header.shape;
    this.file = file;
    this.header = header;
    this.rows = rows;
    this.rowShape = rowShape;
    this.rowSize = rowShape.reduce((product, n) => product * n, 1);
    this.#descriptor = descriptor;
  }

  get dtype(): NpyDtype {
    return this.header.dtype;
  }

  get shape(): readonly number[] {
    return this.header.shape;
  }

  readRowsSync<F extends FloatKind = 'float32'>(
    from: number,
    to: number,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    checkRowRange(this, from, to);
    const transposed = this.#inMemory();
    if (transposed !== undefined) return transposed.readRowsSync(from, to, as);
    const out = allocateFloats(as, (to - from) * this.rowSize);
    this.#fillSync(out, 0, from * this.rowSize, out.length);
    return out;
  }

  async readRows<F extends FloatKind = 'float32'>(
    from: number,
    to: number,
    as: F = 'float32' as F,
  ): Promise<FloatArrays[F]> {
    checkRowRange(this, from, to);
    const transposed = this.#inMemory();
    if (transposed !== undefined) return transposed.readRows(from, to, as);
    const out = allocateFloats(as, (to - from) * this.rowSize);
    await this.#fill(out, 0, from * this.rowSize, out.length);
    return out;
  }

  gatherRowsSync<F extends FloatKind = 'float32'>(
    indices: ArrayLike<number>,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    const transposed = this.#inMemory();
    if (transposed !== undefined) return transposed.gatherRowsSync(indices, as);
    const out = allocateFloats(as, indices.length * this.rowSize);
    for (const [at, from, count] of consecutiveRuns(indices)) {
      checkRowRange(this, from, from + count);
      this.#fillSync(out, at * this.rowSize, from * this.rowSize, count * this.rowSize);
    }
    return out;
  }

  async gatherRows<F extends FloatKind = 'float32'>(
    indices: ArrayLike<number>,
    as: F = 'float32' as F,
  ): Promise<FloatArrays[F]> {
    const transposed = this.#inMemory();
    if (transposed !== undefined) return transposed.gatherRows(indices, as);
    const out = allocateFloats(as, indices.length * this.rowSize);
    for (const [at, from, count] of consecutiveRuns(indices)) {
      checkRowRange(this, from, from + count);
      await this.#fill(out, at * this.rowSize, from * this.rowSize, count * this.rowSize);
    }
    return out;
  }

  close(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#transposed = undefined;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new FileError(this.file, 'was closed before this read');
    return this.#descriptor;
  }

  /** A Fortran-ordered array has its rows scattered over the file: it is read whole, once, and transposed. */
  #inMemory(): RowSource | undefined {
    if (!this.header.fortranOrder || this.shape.length < 2) return undefined;
    if (this.#transposed === undefined) {
      const bytes = this.header.dataOffset + this.header.size * this.header.itemSize;
      const whole = new Uint8Array(bytes);
      readFullySync(this.#open(), whole, 0, this.header, this.file);
      this.#transposed = memoryRows(decodeNpy(whole, this.file), this.file);
    }
    return this.#transposed;
  }

  /** Reads of at most a few MB: bytes from `position` become `items` items of the result from `at` on. */
  #chunks(firstItem: number, count: number): { position: number; at: number; items: number }[] {
    const { dataOffset, itemSize } = this.header;
    const step = Math.floor(CHUNK_BYTES / itemSize);
    const chunks = [];
    for (let at = 0; at < count; at += step) {
      chunks.push({
        position: dataOffset + (firstItem + at) * itemSize,
        at,
        items: Math.min(step, count - at),
      });
    }
    return chunks;
  }

  /** The bytes of the result itself where the file holds what is asked for; nothing needs converting then. */
  #target(out: Float32Array | Float64Array, offset: number, items: number): Uint8Array | undefined {
    const same = out instanceof Float32Array ? this.dtype === 'f4' : this.dtype === 'f8';
    if (!same) return undefined;
    return new Uint8Array(
      out.buffer,
      out.byteOffset + offset * out.BYTES_PER_ELEMENT,
      items * out.BYTES_PER_ELEMENT,
    );
  }

  #fillSync(out: Float32Array | Float64Array, offset: number, firstItem: number, count: number): void {
    const descriptor = this.#open();
    for (const { position, at, items } of this.#chunks(firstItem, count)) {
      const target = this.#target(out, offset + at, items);
      const bytes = target ?? new Uint8Array(items * this.header.itemSize);
      readFullySync(descriptor, bytes, position, this.header, this.file);
      if (target === undefined) copyFloats(decodeItems(this.dtype, bytes), out, offset + at);
    }
  }

  async #fill(
    out: Float32Array | Float64Array,
    offset: number,
    firstItem: number,
    count: number,
  ): Promise<void> {
    for (const { position, at, items } of this.#chunks(firstItem, count)) {
      const target = this.#target(out, offset + at, items);
      const bytes = target ?? new Uint8Array(items * this.header.itemSize);
      let done = 0;
      while (done < bytes.length) {
        const read = readAsync(this.#open(), bytes, done, bytes.length - done, position + done);
        const { bytesRead } = await read.catch((error: unknown) => {
          throw fileError(error, this.file);
        });
        if (bytesRead === 0) throw truncatedNpy(this.header, position + done, this.file);
        done += bytesRead;
      }
      if (target === undefined) copyFloats(decodeItems(this.dtype, bytes), out, offset + at);
    }
  }
}

function readFullySync(
  descriptor: number,
  bytes: Uint8Array,
  position: number,
  header: NpyHeader,
  file: string,
): void {
  let done = 0;
  while (done < bytes.length) {
    const step = Math.min(bytes.length - done, 1 << 30);
    let bytesRead: number;
    try {
      bytesRead = fs.readSync(descriptor, bytes, done, step, position + done);
    } catch (error) {
      throw fileError(error, file);
    }
    if (bytesRead === 0) throw truncatedNpy(header, position + done, file);
    done += bytesRead;
  }
}

/**
 * Opens a .npy file for reading by rows. Reads the header and checks the file's size; the array stays on disk.
 * @param path - the file
 * @returns rows on demand; call `close()` when done
 * @throws FileError if it cannot be opened; FileFormatError if it is truncated, big-endian, of a dtype that is not
 * supported, or in Fortran order and larger than 2 GiB
 */
export function openNpy(path: string): NpyFile {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'r');
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const stat = fs.fstatSync(descriptor);
    if (stat.isDirectory()) throw new FileError(path, 'is a folder', 'name a .npy file');
    if (!stat.isFile()) throw new FileError(path, 'is not a regular file', 'copy it to the disk first');
    const preamble = new Uint8Array(NPY_PREAMBLE);
    const got = fs.readSync(descriptor, preamble, 0, NPY_PREAMBLE, 0);
    const dataOffset = npyDataOffset(preamble.subarray(0, got), path);
    const head = new Uint8Array(Math.min(dataOffset, stat.size));
    fs.readSync(descriptor, head, 0, head.length, 0);
    const header = parseNpyHeader(head, path);
    const bytes = header.size * header.itemSize;
    if (stat.size < dataOffset + bytes) throw truncatedNpy(header, stat.size, path);
    if (header.fortranOrder && header.shape.length > 1 && bytes > FORTRAN_LIMIT) {
      throw new FileFormatError(
        path,
        `in Fortran order and ${(bytes / 2 ** 30).toFixed(1)} GiB: rows of such a file cannot be streamed`,
        'save it in C order: np.save(f, np.ascontiguousarray(a))',
      );
    }
    return new NpyFile(path, descriptor, header);
  } catch (error) {
    fs.closeSync(descriptor);
    throw fileError(error, path);
  }
}

/**
 * Reads a whole .npy file into memory, in C order.
 * @throws FileError, FileFormatError as `openNpy`
 */
export function readNpy(path: string): NpyArray {
  const source = openNpy(path);
  const { dataOffset, size, itemSize } = source.header;
  source.close();
  const bytes = new Uint8Array(dataOffset + size * itemSize);
  const descriptor = fs.openSync(path, 'r');
  try {
    readFullySync(descriptor, bytes, 0, source.header, path);
  } finally {
    fs.closeSync(descriptor);
  }
  return decodeNpy(bytes, path);
}
