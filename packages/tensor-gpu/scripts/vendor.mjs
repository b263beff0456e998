/**
 * Puts the published browser build of gpu.js, unchanged, into dist/vendor/gpu.js as an ES module, with its licence
 * beside it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const file = createRequire(import.meta.url).resolve('gpu.js/dist/gpu-browser.min.js');
const library = join(dirname(file), '..');
const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
writeFileSync(
  join(root, 'dist/vendor/gpu.js'),
  `// gpu.js ${version}, MIT licence, see gpu.js.LICENSE; the published dist/gpu-browser.min.js as an ES module.
const module = { exports: {} };
const exports = module.exports;
${readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*$/m, '')}
export default module.exports;
`,
);
rmSync(join(root, 'dist/vendor/gpu.js.map'), { force: true });
writeFileSync(join(root, 'dist/vendor/gpu.js.LICENSE'), readFileSync(join(library, 'LICENSE'), 'utf8'));
