/** Errors of a script in one line, without a stack: what is wrong is the input or the machine. */

/** From now on an error that nobody catches ends the process with code 2 and `benchmark: message` on standard error. */
export function errorsInALine(): void {
  process.on('uncaughtException', (error: unknown) => {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    console.error(`benchmark: ${line}`);
    process.exit(2);
  });
}
