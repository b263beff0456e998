/** Folders of results: whole or not at all, and never over somebody else's files. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from '@equiflow/io';
import { writeFolderAtomic } from '@equiflow/io/node';
import { InputError } from './errors.ts';

/**
 * Refuses a folder that holds files which are not an older result of the same command.
 * @param marker the file that such a result always holds
 */
export function requireOwnFolder(folder: string, marker: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new InputError(`--out ${folder} is a file; name a folder`);
  const names = readdirSync(folder);
  if (names.length > 0 && !existsSync(join(folder, marker))) {
    throw new InputError(`--out ${folder} holds other files (${names[0]}); choose another folder`);
  }
}

/** Writes a folder whole or not at all; messages name the folder that the user gave. */
export async function writeResults<T>(
  folder: string,
  marker: string,
  fill: (temporary: string) => T | Promise<T>,
): Promise<T> {
  requireOwnFolder(folder, marker);
  let temporary = '';
  try {
    return await writeFolderAtomic(folder, (path) => {
      temporary = path;
      return fill(path);
    });
  } catch (error) {
    if (error instanceof FileError && temporary !== '' && error.message.includes(temporary)) {
      throw new InputError(error.message.replaceAll(temporary, folder));
    }
    throw error;
  }
}
