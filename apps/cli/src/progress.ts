/** A progress bar on standard error: only on a terminal, and only for what takes more than a second. */

/** Progress of one piece of work. */
export interface Progress {
  /** `done` of the total; `note` is written behind the bar. */
  to(done: number, note?: string): void;
  /** Removes the bar. */
  end(): void;
}

/** The part of a stream that a bar needs. */
export interface BarStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const WIDTH = 24;
const AFTER_MS = 1000;
const EVERY_MS = 100;

/**
 * Opens a bar.
 * @param label what is being done
 * @param total amount of work, in any unit
 * @param stream where to draw; nothing is drawn unless it is a terminal
 */
export function progressBar(label: string, total: number, stream: BarStream = process.stderr): Progress {
  if (!stream.isTTY) return { to() {}, end() {} };
  const start = performance.now();
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    to(done, note = '') {
      const now = performance.now();
      if (now - start < AFTER_MS || now - last < EVERY_MS) return;
      last = now;
      drawn = true;
      const share = Math.min(1, done / total);
      const full = Math.round(share * WIDTH);
      const seconds = (now - start) / 1000;
      const left = share > 0 ? ` ${clock((seconds * (1 - share)) / share)} left` : '';
      const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
      const text = `${label} ${bar} ${Math.floor(100 * share)} %${left}${note === '' ? '' : `  ${note}`}`;
      stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 120) - 1)}`);
    },
    end() {
      if (drawn) stream.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
