#!/usr/bin/env node
/** The equiflow command. */
import { endOnSignals } from './interrupt.ts';
import { runCommandLine } from './program.ts';

endOnSignals();
// A reader that has seen enough (head, less) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
