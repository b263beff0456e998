/** Compiling AssemblyScript sources to one WebAssembly binary with the flags that every kernel uses. */
import asc from 'assemblyscript/asc';

/** The flags of every kernel binary: SIMD, raw memory owned by JavaScript, no runtime, no checks. */
const flags = [
  ...['--runtime', 'stub', '-O3', '--noAssert', '--converge', '--uncheckedBehavior', 'always'],
  ...['--enable', 'simd', '--importMemory', '--noExportMemory'],
];

/**
 * Compile the AssemblyScript module at `entry`.
 *
 * @param {string} entry path of the entry module, relative to `baseDir`
 * @param {string} name the package, named in errors
 * @param {string} [baseDir] where relative paths start; the current directory by default
 * @returns {Promise<Uint8Array>} the WebAssembly binary
 * @throws Error where the compiler refuses the source (with its message), or where the binary has a data section
 */
export async function compileKernels(entry, name, baseDir = process.cwd()) {
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main([entry, '-o', 'kernels.wasm', '--baseDir', baseDir, ...flags], {
    writeFile(_file, contents) {
      binary = /** @type {Uint8Array} */ (contents);
    },
  });
  if (error || !binary) throw new Error(`${name}: ${entry} does not compile\n${stderr.toString() || error}`);
  if (sectionIds(binary).includes(dataSection)) {
    throw new Error(
      `${name}: the kernel binary has a data section, which would overwrite the memory that kernels share. ` +
        'Leave out Math.*, StaticArray and string literals; take tables as pointers.',
    );
  }
  return binary;
}

/** Section id of static data in the WebAssembly binary format. */
const dataSection = 11;

/**
 * The ids of a WebAssembly binary's sections, in order.
 *
 * @param {Uint8Array} binary
 * @returns {number[]}
 */
export function sectionIds(binary) {
  const ids = [];
  let at = 8;
  while (at < binary.length) {
    ids.push(/** @type {number} */ (binary[at++]));
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = /** @type {number} */ (binary[at++]);
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += length;
  }
  return ids;
}
