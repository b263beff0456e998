/**
 * Builds one app with what it needs, quietly, then runs one of its programs: `node tools/run.mjs APP FILE ARGS`.
 *
 * Node 20 runs no TypeScript, so apps run from `dist`; Turborepo builds only what has changed. The program
 * gets the arguments untouched, the user's own directory and the terminal; its exit code is passed on.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [app = '', file = '', ...programArguments] = process.argv.slice(2);

// Ctrl-C reaches the program through the terminal: it decides when to end, and this process waits for it.
process.on('SIGINT', () => {});

await build();
const program = `${root}apps/${app}/dist/${file}`;
if (!existsSync(program)) {
  console.error(`apps/${app}/src has no ${file.replace(/\.js$/, '.ts')} to run`);
  process.exit(1);
}
process.exitCode = await ended(
  spawn(process.execPath, [program, ...programArguments], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
  }),
);

/** Build the app and its packages; say so on stderr where it takes a while, and show the log where it fails. */
async function build() {
  const notice = setTimeout(() => console.error(`Building ${app} …`), 2000);
  const turbo = spawn(
    `${root}node_modules/.bin/turbo`,
    ['run', 'build', `--filter=@equiflow/${app}...`, '--output-logs=errors-only', '--no-color'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  for (const stream of [turbo.stdout, turbo.stderr])
    stream.setEncoding('utf8').on('data', (text) => (log += text));
  const code = await ended(turbo);
  clearTimeout(notice);
  if (code !== 0) {
    console.error(log);
    process.exit(code);
  }
}

/**
 * The exit code of a process, once it has ended; 128 + n where signal n ended it.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function ended(child) {
  const pass = () => child.kill('SIGTERM');
  process.once('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGTERM', pass);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
