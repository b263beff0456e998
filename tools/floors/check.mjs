/**
 * Checks that the packages keep to the floors of the house (see table.mjs), declare what they import, and
 * stay able to run in a browser.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { sectionIds } from '../kernels/compile.mjs';
import { assemblyImportsOf, importsOf } from './imports.mjs';
import { appFloors, floors, onlyIn, scope } from './table.mjs';

/**
 * @typedef {object} Room a package or app of the workspace
 * @property {'packages' | 'apps'} side
 * @property {string} name its folder, and its name within the scope
 * @property {string} path absolute folder
 * @property {Record<string, Record<string, string> | undefined>} manifest
 */

/**
 * Check the workspace at `root`.
 *
 * @param {string} root folder with `packages/` and `apps/`
 * @returns {string[]} one line a finding: `file:line: what is wrong and what to do`; empty where all is well
 */
export function checkFloors(root) {
  const rooms = [...roomsOf(root, 'packages'), ...roomsOf(root, 'apps')];
  const rootManifest = readManifest(root);
  return rooms.flatMap((room) => [
    ...checkManifest(root, room),
    ...filesOf(join(room.path, 'src'), /\.[cm]?[jt]sx?$/).flatMap((file) =>
      checkFile(root, room, file, importsOf(file, readFileSync(file, 'utf8')), rootManifest),
    ),
    ...filesOf(join(room.path, 'assembly'), /\.ts$/).flatMap((file) => checkAssembly(root, room, file)),
    ...checkBinary(root, room),
  ]);
}

/**
 * @param {string} root
 * @param {Room} room
 */
function checkManifest(root, room) {
  const at = relative(root, join(room.path, 'package.json'));
  if (room.side === 'packages' && !floors[room.name]) {
    return [`${at}: packages/${room.name} has no floor; give it one in tools/floors/table.mjs`];
  }
  /** @type {string[]} */
  const findings = [];
  for (const name of Object.keys(dependenciesOf(room, false))) {
    const reason = refusal(room, name, false);
    if (reason) findings.push(`${at}: depends on ${name}: ${reason}`);
  }
  for (const name of Object.keys(room.manifest.devDependencies ?? {})) {
    const reason = refusal(room, name, true);
    if (reason) findings.push(`${at}: depends on ${name} for development: ${reason}`);
  }
  return findings;
}

/**
 * @param {string} root
 * @param {Room} room
 * @param {string} file
 * @param {import('./imports.mjs').Import[]} imports
 * @param {Room['manifest']} rootManifest
 */
function checkFile(root, room, file, imports, rootManifest) {
  const isTest = /\.test\.[cm]?[jt]sx?$/.test(file);
  // An app is never installed elsewhere, so what it has for development it always has.
  const declared = dependenciesOf(room, isTest || room.side === 'apps');
  if (isTest) Object.assign(declared, rootManifest.devDependencies);
  /** @type {string[]} */
  const findings = [];
  for (const { name, line } of imports) {
    const report = (/** @type {string} */ reason) =>
      findings.push(`${relative(root, file)}:${line}: imports ${name}: ${reason}`);
    if (name.startsWith('.')) {
      const target = resolve(dirname(file), name);
      const inside =
        target.startsWith(room.path + sep) || (isTest && target.startsWith(join(root, 'tools') + sep));
      if (!inside) report('a relative path may not leave the package; import by package name');
    } else if (isBuiltin(name)) {
      if (!isTest && !mayUseNode(room, file))
        report(
          "browsers lack Node's modules; they are for apps and the places that tools/floors/table.mjs names",
        );
    } else if (!name.startsWith('#')) {
      const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
      if (packageName === scope + room.name) {
        if (!isTest) report('a package reaches its own files by relative path');
        continue;
      }
      const reason = refusal(room, packageName, isTest);
      if (reason) report(reason);
      else if (!(packageName in declared) && !floors[room.name]?.bundled?.includes(packageName)) {
        report(`not declared; add it to ${isTest ? 'devDependencies' : 'dependencies'} of its package.json`);
      }
    }
  }
  return findings;
}

/**
 * Why `room` may not use the package `name`; undefined where it may.
 *
 * @param {Room} room
 * @param {string} name
 * @param {boolean} isTest
 */
function refusal(room, name, isTest) {
  const only = /** @type {Record<string, string>} */ (onlyIn)[name];
  if (only && only !== room.name) return `only packages/${only} may use it`;
  if (!name.startsWith(scope)) return undefined;
  const other = name.slice(scope.length);
  const own = floorOf(room);
  const target = floors[other];
  if (room.side === 'packages') {
    if (!target) return 'a package may not use an app';
    if (target.floor >= own) return `floor ${own} may not use floor ${target.floor}, only lower ones`;
    if (!isTest && !floors[room.name]?.imports.includes(other)) {
      return `packages/${room.name} may use only ${floors[room.name]?.imports.join(', ')}`;
    }
  } else if (!target && other !== 'report') {
    return 'an app may use packages and apps/report, no other app';
  } else if (!target && room.name === 'report') {
    return 'floor 6 may not use itself';
  }
  return undefined;
}

/** @param {Room} room */
function floorOf(room) {
  if (room.side === 'packages') return floors[room.name]?.floor ?? 0;
  return room.name === 'report' ? appFloors.report : appFloors.others;
}

/**
 * @param {Room} room
 * @param {string} file
 */
function mayUseNode(room, file) {
  if (room.side === 'apps') return true;
  const path = relative(join(room.path, 'src'), file).replaceAll(sep, '/');
  return floors[room.name]?.node?.some((prefix) => path.startsWith(prefix)) ?? false;
}

/**
 * AssemblyScript may import its own files and the shared library of tools/kernels/lib.
 *
 * @param {string} root
 * @param {Room} room
 * @param {string} file
 */
function checkAssembly(root, room, file) {
  const allowed = [join(room.path, 'assembly'), join(root, 'tools/kernels/lib')];
  return assemblyImportsOf(readFileSync(file, 'utf8'))
    .filter(({ name }) => {
      const target = resolve(dirname(file), name);
      return !name.startsWith('.') || !allowed.some((folder) => target.startsWith(folder + sep));
    })
    .map(
      ({ name, line }) =>
        `${relative(root, file)}:${line}: imports ${name}: kernels import their own assembly/ and tools/kernels/lib only`,
    );
}

/**
 * Static data of one kernel binary would overwrite the memory that it shares with others.
 *
 * @param {string} root
 * @param {Room} room
 */
function checkBinary(root, room) {
  const file = join(room.path, 'src/generated/kernels.ts');
  if (!existsSync(file)) {
    return existsSync(join(room.path, 'assembly/index.ts'))
      ? [`${relative(root, file)}: missing; run \`pnpm exec turbo run kernels\``]
      : [];
  }
  const base64 = /base64: '([^']*)'/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return sectionIds(Buffer.from(base64, 'base64')).includes(11)
    ? [`${relative(root, file)}: the binary has a data section; take tables as pointers`]
    : [];
}

/**
 * @param {string} root
 * @param {'packages' | 'apps'} side
 * @returns {Room[]}
 */
function roomsOf(root, side) {
  const folder = join(root, side);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'package.json')))
    .map((name) => {
      const path = join(folder, name);
      return { side, name, path, manifest: readManifest(path) };
    });
}

/** @param {string} folder */
function readManifest(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * @param {Room} room
 * @param {boolean} withDevelopment
 * @returns {Record<string, string>}
 */
function dependenciesOf({ manifest }, withDevelopment) {
  return {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
    ...(withDevelopment && manifest.devDependencies),
  };
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]} absolute paths, sorted
 */
function filesOf(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && pattern.test(entry.name) && !entry.parentPath.split(sep).includes('generated'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
