/** Reading what a source file imports. */
import { parseSync } from 'vite';

/**
 * @typedef {object} Import
 * @property {string} name the module specifier
 * @property {number} line 1-based
 */

/**
 * The modules that a TypeScript or JavaScript file imports: statements, re-exports, `import()` of a literal,
 * and `import('x')` types.
 *
 * @param {string} file name, whose ending gives the language
 * @param {string} text
 * @returns {Import[]}
 * @throws Error where the file does not parse
 */
export function importsOf(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? 'does not parse'}`);
  /** @type {Import[]} */
  const found = [];
  visit(program);
  return found;

  /** @param {unknown} node */
  function visit(node) {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
    } else if (node && typeof node === 'object') {
      const { type, source, start } =
        /** @type {{ type?: string, source?: { value?: unknown }, start?: number }} */ (node);
      if (type && importing.has(type) && typeof source?.value === 'string') {
        found.push({ name: source.value, line: text.slice(0, start).split('\n').length });
      }
      for (const value of Object.values(node)) visit(value);
    }
  }
}

const importing = new Set([
  ...[
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ],
]);

/**
 * The modules that an AssemblyScript file imports. Its decorators on functions are no TypeScript, so the
 * statements are found by their shape.
 *
 * @param {string} text
 * @returns {Import[]}
 */
export function assemblyImportsOf(text) {
  return [...text.matchAll(/^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm)].map((match) => ({
    name: /** @type {string} */ (match[1]),
    line: text.slice(0, match.index).split('\n').length,
  }));
}
