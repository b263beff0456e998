#!/usr/bin/env node
/** The equiflow command. */
import { endOnSignals } from './interrupt.ts';
import { runCommandLine } from './program.ts';

endOnSignals();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
