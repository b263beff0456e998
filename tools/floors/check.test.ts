import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkFloors } from './check.mjs';
import { assemblyImportsOf, importsOf } from './imports.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'floors-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Write a tree of files; objects become JSON. */
function tree(files: Record<string, string | object>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const workspace = (...names: string[]) =>
  Object.fromEntries(names.map((n) => [`@equiflow/${n}`, 'workspace:^']));

test('a tree in order has no findings', () => {
  tree({
    'package.json': { devDependencies: { vitest: '*' } },
    'packages/tensor/package.json': {},
    'packages/tensor/src/index.ts': "export * from './tensor.ts';",
    'packages/tensor/src/tensor.ts': 'export const one: number = 1;',
    'packages/tensor-wasm/package.json': { dependencies: workspace('tensor') },
    'packages/tensor-wasm/src/pool/node.ts': "import { Worker } from 'node:worker_threads';",
    'packages/tensor-wasm/assembly/index.ts': "import { exp } from '../../../tools/kernels/lib/simd-math';",
    'packages/tensor-wasm/src/generated/kernels.ts': "export const kernels = { base64: 'AGFzbQEAAAA=' };",
    'packages/splines/package.json': {
      dependencies: workspace('tensor'),
      devDependencies: workspace('tensor-wasm'),
    },
    'packages/splines/src/index.ts': "import { exp } from '@equiflow/tensor';",
    'packages/splines/src/index.test.ts':
      "import 'node:fs'; import 'vitest'; import '@equiflow/tensor-wasm'; import '@equiflow/splines';",
    'apps/report/package.json': { dependencies: { fflate: '*' } },
    'apps/report/src/index.ts': "import 'fflate';",
    'apps/cli/package.json': { dependencies: workspace('splines', 'report') },
    'apps/cli/src/main.ts': "import 'node:fs'; import '@equiflow/splines'; import '@equiflow/report';",
  });
  expect(checkFloors(root)).toEqual([]);
});

test.each([
  ['packages/tensor', "import '@equiflow/splines';", /floor 1 may not use floor 3/],
  ['packages/splines', "import type { Fft } from '@equiflow/fft-mesh';", /floor 3 may not use floor 3/],
  ['packages/splines', "export * from '@equiflow/tensor-wasm';", /may use only tensor/],
  ['packages/splines', "let x: import('@equiflow/flows').Flow;", /floor 3 may not use floor 5/],
  ['packages/flows', "await import('@equiflow/cosmo-sims');", /packages\/flows may use only/],
  ['packages/flows', "import '@equiflow/report';", /may not use an app/],
  ['packages/flows', "import '../../../splines/src/index.ts';", /may not leave the package/],
  ['packages/flows', "import '@equiflow/flows';", /relative path/],
  ['packages/flows', "import 'node:fs';", /browsers lack/],
  ['packages/flows', "import 'fs/promises';", /browsers lack/],
  ['packages/flows', "import 'gpu.js';", /only packages\/tensor-gpu/],
  ['packages/flows', "import 'mathjs/number';", /not declared; add it to dependencies/],
  ['packages/flows', "import '@equiflow/tensor';", /not declared/],
  ['apps/cli', "import '@equiflow/benchmark';", /no other app/],
  ['apps/report', "import '@equiflow/cli';", /no other app/],
])('%s is refused %s', (room, statement, reason) => {
  tree({ [`${room}/package.json`]: {}, [`${room}/src/deep/part.ts`]: `// first line\n${statement}\n` });
  const findings = checkFloors(root);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatch(reason);
  expect(findings[0]).toContain(`${room}/src/deep/part.ts:2: `);
});

test('a wrong import in a test is refused too', () => {
  tree({
    'packages/splines/package.json': { devDependencies: workspace('flows') },
    'packages/splines/src/a.test.ts':
      "import '@equiflow/flows'; import '@equiflow/tensor'; import 'left-pad';",
  });
  expect(checkFloors(root)).toEqual([
    expect.stringMatching(
      /package.json: depends on @equiflow\/flows for development: floor 3 may not use floor 5/,
    ),
    expect.stringMatching(/imports @equiflow\/flows: floor 3/),
    expect.stringMatching(/imports @equiflow\/tensor: not declared; add it to devDependencies/),
    expect.stringMatching(/imports left-pad: not declared; add it to devDependencies/),
  ]);
});

test('a declared dependency on a wrong floor is refused before it is imported', () => {
  tree({ 'packages/tensor/package.json': { dependencies: workspace('splines') } });
  expect(checkFloors(root)).toEqual([expect.stringMatching(/depends on @equiflow\/splines: floor 1/)]);
});

test('a package without a floor is refused', () => {
  tree({ 'packages/attic/package.json': {} });
  expect(checkFloors(root)).toEqual([expect.stringMatching(/packages\/attic has no floor/)]);
});

test('kernels import only their own files and the shared library, and carry no data', () => {
  // A header, then section 11 of one byte that counts no segments.
  const withData = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 11, 1, 0]).toString('base64');
  tree({
    'packages/tensor-wasm/package.json': {},
    'packages/tensor-wasm/assembly/index.ts':
      "export * from './exp';\nexport { f } from '../../splines/assembly/f';",
    'packages/tensor-wasm/src/generated/kernels.ts': `base64: '${withData}'`,
    'packages/splines/package.json': {},
    'packages/splines/assembly/index.ts': '',
  });
  expect(checkFloors(root)).toEqual([
    expect.stringMatching(/splines\/src\/generated\/kernels.ts: missing/),
    expect.stringMatching(/tensor-wasm\/assembly\/index.ts:2: imports ..\/..\/splines/),
    expect.stringMatching(/tensor-wasm\/src\/generated\/kernels.ts: the binary has a data section/),
  ]);
});

test('imports are read from every form, and from no comment or string', () => {
  const text = [
    "// import 'no';",
    "const s = `import 'no'`;",
    "import a, { type B } from 'one';",
    "export * as c from 'two';",
    "export { d } from 'three';",
    "let e: import('four').E; void import('five'); import 'six';",
  ].join('\n');
  expect(importsOf('a.ts', text).map((i) => i.name)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  expect(
    assemblyImportsOf("// import x from 'no'\nimport {\n  f,\n} from './f';\n@inline\nfunction g(): void {}"),
  ).toEqual([{ name: './f', line: 2 }]);
});
