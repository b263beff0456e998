/** What a command gives back: lines for people, an object for machines, and whether it came to its end. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
  /** Exit code where the command stopped before its end. */
  readonly exitCode?: number;
}
