/** Says on which machine, and under what load, something was measured. */
import { cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly platform: string;
  /** Mean number of runnable processes over the last minute, before the first case and after the last. */
  readonly load: readonly [number, number];
  readonly date: string;
}

/** The machine now; `after` fills in the second load. */
export function describeMachine(date: Date = new Date()): Machine {
  const all = cpus();
  const load = loadavg()[0]!;
  return {
    cpu: all[0]?.model.trim() ?? 'unknown CPU',
    cores: all.length,
    memoryBytes: totalmem(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    load: [load, load],
    date: date.toISOString(),
  };
}

/** The same machine after a run. */
export function afterwards(machine: Machine): Machine {
  return { ...machine, load: [machine.load[0], loadavg()[0]!] };
}

/** One line, for tables and logs. */
export function machineLine(machine: Machine): string {
  const [before, after] = machine.load;
  return (
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ` +
    `${machine.platform}, Node ${machine.node}, load ${before.toFixed(2)} before and ${after.toFixed(2)} after, ` +
    `${machine.date.slice(0, 16).replace('T', ' ')} UTC`
  );
}
