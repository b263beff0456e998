/** Files on disk, for Node: streaming .npy, atomic writing, and every format of `@equiflow/io` by path. */
export {
  jsonReplacer,
  makeFolder,
  readFile,
  readJson,
  writeFileAtomic,
  writeFolderAtomic,
  writeJsonAtomic,
} from './atomic.ts';
export {
  openRows,
  readGetDist,
  readNpz,
  readSafetensors,
  readTable,
  writeGetDist,
  writeNpz,
  writeSafetensors,
  writeTable,
} from './files.ts';
export { NpyFile, openNpy, readNpy } from './npy-file.ts';
export { NpyWriter, type NpyWriterOptions, writeNpy } from './npy-writer.ts';
export { openQuijote } from './quijote.ts';
export { fileError } from './system-errors.ts';
