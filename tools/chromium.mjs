/** Finding a Chromium for the browser tests. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macOs = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * The path of a Chromium: CHROMIUM_PATH, else the first on the PATH. Without one the browser tests are left
 * out, and a line says so; where the environment has CI=true that is an error, for CI has to run them.
 *
 * @returns {string | undefined}
 * @throws Error where CHROMIUM_PATH names no file, or CI has no Chromium
 */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which does not exist`);
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  const found = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), macOs].find(
    existsSync,
  );
  if (found) return found;
  const message = `no Chromium found (${names.join(', ')}); install one or set CHROMIUM_PATH`;
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(`Browser tests are left out: ${message}`);
  return undefined;
}
