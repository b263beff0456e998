/** Progress on stderr: a line that rewrites itself on a terminal, one line in a while elsewhere. */

/** Tells what is going on. */
export interface Progress {
  /** A step that takes a while; `share` in [0, 1]. */
  step(what: string, share?: number): void;
  /** A line that stays. */
  done(what: string): void;
}

/** @param stream where to write; stderr */
export function progressTo(stream: NodeJS.WriteStream): Progress {
  const start = performance.now();
  let last = Number.NEGATIVE_INFINITY;
  let lastWhat = '';
  const clock = (): string => {
    const seconds = Math.round((performance.now() - start) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  };
  return {
    step(what, share) {
      const now = performance.now();
      const fresh = what !== lastWhat;
      if (!fresh && now - last < (stream.isTTY ? 200 : 20_000)) return;
      [last, lastWhat] = [now, what];
      const line = `${clock()}  ${what}${share === undefined ? '' : ` ${Math.floor(100 * share)} %`}`;
      stream.write(stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    },
    done(what) {
      lastWhat = '';
      stream.write(`${stream.isTTY ? '\r\x1b[K' : ''}${clock()}  ${what}\n`);
    },
  };
}
