/**
 * What the operating system refuses, in one line: the codes of errno(3) that a user of files meets.
 */
import { FileError } from '../errors.ts';

const EXPLANATIONS: Readonly<Record<string, readonly [problem: string, advice: string]>> = {
  ENOENT: ['no such file or folder', 'check the path'],
  EACCES: ['permission denied', 'change its permissions or choose another path'],
  EPERM: ['operation not permitted', 'change its permissions or choose another path'],
  EROFS: ['the file system is read-only', 'choose another path'],
  ENOSPC: ['no space left on the disk', 'free some space or choose another disk; nothing was half-written'],
  EDQUOT: ['disk quota exceeded', 'free some space or choose another disk; nothing was half-written'],
  EFBIG: ['file too large for the file system or the limit of this process', 'choose another disk'],
  EISDIR: ['is a folder', 'name a file'],
  ENOTDIR: ['a part of the path is not a folder', 'check the path'],
  EEXIST: ['exists already', 'choose another path'],
  ENOTEMPTY: ['folder is not empty', 'choose another path'],
  EMFILE: ['too many open files', 'raise the limit with ulimit -n'],
  ENAMETOOLONG: ['name too long', 'choose a shorter path'],
  EIO: ['input/output error', 'check the disk'],
};

/**
 * Turns an error of node:fs into a `FileError` with one clear line; any other error comes back as it is.
 * @param error - what was thrown
 * @param file - the path that the user named
 */
export function fileError(error: unknown, file: string): Error {
  if (error instanceof FileError) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined || !('syscall' in error)) return error;
  const [problem, advice] = EXPLANATIONS[code] ?? [`${code} in ${String(error.syscall)}`, undefined];
  return new FileError(file, problem, advice, error);
}
