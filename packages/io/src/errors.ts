/**
 * What goes wrong with files, always as one line: where, what, what to do.
 *
 * `FileError` is anything a file system refuses (missing, not allowed, disk full). `FileFormatError` is a file whose
 * bytes are not what they should be. An app catches `FileError`, prints its message and exits with a code that is not 0.
 */

/** A file that cannot be read or written. The message is one line: where, what, what to do. */
export class FileError extends Error {
  override name: string = 'FileError';
  /** The file the message is about. */
  readonly file: string;
  /** The system's code (`ENOENT`, `ENOSPC`, …) where there is one. */
  readonly code: string | undefined;

  /**
   * @param file - where: a path, or a short name of the buffer
   * @param problem - what is wrong, without a final full stop
   * @param advice - what to do about it, without a final full stop
   * @param cause - the error underneath; its `code` is kept
   */
  constructor(file: string, problem: string, advice?: string, cause?: unknown) {
    const line = advice === undefined ? `${file}: ${problem}` : `${file}: ${problem}; ${advice}`;
    super(line.replace(/\s*[\r\n]+\s*/g, ' '), cause === undefined ? undefined : { cause });
    this.file = file;
    this.code = systemCode(cause);
  }
}

/** A file whose bytes do not follow its format, or follow a variant that is not supported. */
export class FileFormatError extends FileError {
  override name = 'FileFormatError';
}

function systemCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
