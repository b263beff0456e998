/** Ctrl-C (SIGINT) and SIGTERM: the first asks to stop where nothing is lost, the second ends the program. */
import { EXIT } from './errors.ts';

/** Whether somebody asked to stop. */
export interface Interrupt {
  readonly asked: boolean;
  /** Gives the signals back. */
  release(): void;
}

let waiting = 0;

/** Ends the program on a signal unless a piece of work has asked to be told: the exit removes temporary files. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (waiting > 0) return;
      process.stderr.write(process.stderr.isTTY ? '\r\x1b[Kinterrupted\n' : 'interrupted\n');
      process.exit(EXIT.interrupted);
    });
  }
}

/** Takes the first signal as a question; a second one ends the program. */
export function watchInterrupt(): Interrupt {
  let asked = false;
  const handler = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
  };
  waiting++;
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    get asked() {
      return asked;
    },
    release() {
      waiting--;
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
