/**
 * Files written whole or not at all: the bytes go to a temporary name in the same folder, are flushed to the disk and
 * then renamed over the old file, which POSIX does in one step (rename(2)). Whatever happens in between (a full disk,
 * an exception, kill -9), the old file stays as it was.
 *
 * Temporary names begin with a dot and end in `.partial`; those of a process that ends by itself are removed.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../errors.ts';
import { fileError } from './system-errors.ts';

const pending = new Set<string>();
let watchesExit = false;

/** A fresh name beside `path`, removed when the process exits unless `forgetTemporary` was called. */
export function temporaryBeside(path: string): string {
  const full = resolve(path);
  const temporary = join(
    dirname(full),
    `.${basename(full)}.${process.pid}.${randomBytes(4).toString('hex')}.partial`,
  );
  pending.add(temporary);
  if (!watchesExit) {
    watchesExit = true;
    process.on('exit', () => {
      for (const left of pending) removeTemporary(left);
    });
  }
  return temporary;
}

/** Takes a temporary name off the list of what is removed at exit: it was renamed, or removed. */
export function forgetTemporary(temporary: string): void {
  pending.delete(temporary);
}

/** Removes a temporary file or folder now. It may never have been made: what stopped that is the error to report. */
export function removeTemporary(temporary: string): void {
  try {
    fs.rmSync(temporary, { recursive: true, force: true });
  } catch {
    // a folder above it is a file, or cannot be written: then there is nothing of ours in it
  }
  forgetTemporary(temporary);
}

/** Flushes a folder's list of names, so that a rename in it outlives a power cut; silent where folders cannot be opened. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = fs.openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(descriptor);
  } catch {
    // some file systems have no fsync of a folder; the rename itself is done
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Writes all bytes at a position; `fs.writeSync` may write fewer than asked for. */
export function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const step = Math.min(bytes.length - done, 1 << 30);
    done += fs.writeSync(descriptor, bytes, done, step, position + done);
  }
}

/** Flushes the open temporary file, closes it and renames it over `path`. */
export function publish(descriptor: number, temporary: string, path: string): void {
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  const full = resolve(path);
  if (fs.existsSync(full) && fs.statSync(full).isDirectory())
    throw new FileError(path, 'is a folder', 'name a file');
  fs.renameSync(temporary, full);
  forgetTemporary(temporary);
  syncFolder(dirname(full));
}

/**
 * Makes a folder and those above it, as far as they are missing; one step at a time, since Node's own recursive mkdir does not
 * return where a file system answers ENOENT below a folder that exists, as /proc does.
 * @param shown - the name for messages
 * @throws FileError where the file system refuses
 */
export function makeFolder(path: string, shown: string = path): void {
  const full = resolve(path);
  if (fs.existsSync(full)) {
    if (fs.statSync(full).isDirectory()) return;
    throw new FileError(shown, 'a part of the path is not a folder', 'check the path');
  }
  makeFolder(dirname(full), shown);
  try {
    fs.mkdirSync(full);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody else was faster.
    if (code === 'EEXIST' && fs.statSync(full).isDirectory()) return;
    if (code === 'ENOENT')
      throw new FileError(shown, 'no folders can be made there', 'choose another path', error);
    throw fileError(error, shown);
  }
}

/**
 * Writes a file whole or not at all. Missing folders above it are made.
 * @param path - where the file shall be; an older file is replaced in one step
 * @param data - bytes, parts that follow each other, or text written as UTF-8
 * @throws FileError with one line (no space, no permission, …); the older file is then untouched
 */
export function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): void {
  const parts =
    typeof data === 'string' ? [new TextEncoder().encode(data)] : data instanceof Uint8Array ? [data] : data;
  const temporary = temporaryBeside(path);
  try {
    makeFolder(dirname(resolve(path)), path);
    const descriptor = fs.openSync(temporary, 'wx');
    try {
      let position = 0;
      for (const part of parts) {
        writeFully(descriptor, part, position);
        position += part.length;
      }
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
    publish(descriptor, temporary, path);
  } catch (error) {
    removeTemporary(temporary);
    throw fileError(error, path);
  }
}

/**
 * Writes a value as JSON, whole or not at all. Typed arrays become lists; numbers that JSON has not (NaN, ±Infinity)
 * become the strings "NaN", "Infinity" and "-Infinity", so that they are not lost.
 * @param path - where the file shall be
 * @param value - anything that JSON can hold
 * @throws FileError as `writeFileAtomic` does
 */
export function writeJsonAtomic(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, jsonReplacer, 2)}\n`);
}

/** Replacer for `JSON.stringify` with the conventions of `writeJsonAtomic`. */
export function jsonReplacer(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>, (item) =>
      typeof item === 'bigint' ? Number(item) : item,
    );
  }
  return value;
}

/**
 * Reads a JSON file.
 * @throws FileError if it is missing or not JSON
 */
export function readJson(path: string): unknown {
  const text = readFile(path);
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch (error) {
    throw new FileError(path, `not JSON (${(error as Error).message})`, 'write it again', error);
  }
}

/**
 * Reads a whole file.
 * @throws FileError with one line if it cannot be read, or is beyond the 2 GiB that Node reads at once
 */
export function readFile(path: string): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = fs.readFileSync(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof RangeError) throw new FileError(path, 'larger than 2 GiB', 'save it as .npy', error);
    throw fileError(error, path);
  }
}

/**
 * Writes a whole folder or nothing: `fill` writes into a fresh folder beside `path`, which then takes the name. An
 * older folder of that name is moved aside first and removed after; it comes back if the last step fails.
 * @param path - where the folder shall be
 * @param fill - writes the files; receives the temporary folder
 * @returns what `fill` returned
 * @throws FileError if the file system refuses; what `fill` throws passes through, and the temporary folder is removed
 */
export async function writeFolderAtomic<T>(
  path: string,
  fill: (folder: string) => T | Promise<T>,
): Promise<T> {
  const temporary = temporaryBeside(path);
  const full = resolve(path);
  try {
    makeFolder(temporary, path);
    const result = await fill(temporary);
    if (fs.existsSync(full)) {
      const aside = temporaryBeside(path);
      fs.renameSync(full, aside);
      try {
        fs.renameSync(temporary, full);
      } catch (error) {
        fs.renameSync(aside, full);
        forgetTemporary(aside);
        throw error;
      }
      removeTemporary(aside);
    } else {
      fs.renameSync(temporary, full);
    }
    forgetTemporary(temporary);
    syncFolder(dirname(full));
    return result;
  } catch (error) {
    removeTemporary(temporary);
    throw fileError(error, path);
  }
}
