/** ln Z of a system by methods that share nothing but the energy, with the chains judged by the virial. */
import {
  annealedLogZ,
  bridgeLogZ,
  type ChainReport,
  doubleWellMoments,
  type Estimate,
  type ParticleSystem,
  parallelTempering,
  reportChains,
} from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import { clock, progressBar } from '../progress.ts';

/** ln Z by several methods, and what the chains of tempering tell. */
export interface LogZReport {
  /** Parallel tempering, bridges between neighbouring rungs. */
  readonly tempering: Estimate;
  /** Annealed importance sampling. */
  readonly annealing: Estimate & { readonly effectiveWalkers: number };
  /** Quadrature, where there is one. */
  readonly quadrature: {
    readonly logZ: number;
    readonly meanEnergy: number;
    readonly entropy: number;
  } | null;
  readonly chains: ChainReport;
  /** ln Z + ⟨U⟩ by tempering: what the mean −ln p of equilibrium data is. */
  readonly entropy: Estimate;
  readonly seconds: { readonly tempering: number; readonly annealing: number };
}

/** How long each method runs; on these both reach 0.03. */
export interface LogZEffort {
  readonly groups: number;
  readonly sweeps: number;
  readonly burnIn: number;
  readonly walkers: number;
  readonly rungs: number;
}

/** Efforts that reach 0.03. */
export const LOG_Z_EFFORTS: Readonly<Record<string, LogZEffort>> = {
  dw4: { groups: 16, sweeps: 3000, burnIn: 300, walkers: 1500, rungs: 600 },
  lj13: { groups: 16, sweeps: 6000, burnIn: 500, walkers: 800, rungs: 20_000 },
};

/** Computes ln Z, saying first how long it takes. */
export function computeLogZ(system: ParticleSystem, seed: number, effort: LogZEffort): LogZReport {
  const { energy } = system;
  const { groups, sweeps, burnIn, walkers, rungs } = effort;
  const ladder = system.temperingLadder();
  const tempering = { energy, ladder, key: foldIn(key(seed), 300), groups };
  const annealing = { energy, key: foldIn(key(seed), 301) };
  const timed = <T>(work: () => T): { readonly result: T; readonly seconds: number } => {
    const start = performance.now();
    const result = work();
    return { result, seconds: (performance.now() - start) / 1000 };
  };
  const probe = timed(() => parallelTempering({ ...tempering, sweeps: 1, burnIn: 10 })).seconds / 11;
  const few = timed(() =>
    annealedLogZ({ ...annealing, ladder: system.annealingLadder(60), walkers: 24 }),
  ).seconds;
  const estimate = probe * (burnIn + sweeps) + ((few / 60) * rungs * (walkers + 24)) / 48;
  process.stderr.write(`${energy.name}: ln Z by tempering and by annealing: about ${clock(estimate)}\n`);

  const bar = progressBar('tempering', 1);
  const tempered = timed(() => {
    const chains = parallelTempering({ ...tempering, sweeps, burnIn, onProgress: (share) => bar.to(share) });
    return { chains, logZ: bridgeLogZ(energy, ladder, chains) };
  });
  bar.end();
  const second = progressBar('annealing', 1);
  const annealed = timed(() =>
    annealedLogZ({
      ...annealing,
      ladder: system.annealingLadder(rungs),
      walkers,
      onProgress: (share) => second.to(share),
    }),
  );
  second.end();
  const { chains, logZ } = tempered.result;
  const report = reportChains(energy, chains.samples, groups);
  return {
    tempering: logZ,
    annealing: annealed.result,
    quadrature: energy.name === 'dw4' ? doubleWellMoments(0.2) : null,
    chains: report,
    entropy: {
      value: logZ.value + report.energy.value,
      error: Math.hypot(logZ.error, report.energy.error),
    },
    seconds: { tempering: tempered.seconds, annealing: annealed.seconds },
  };
}

/** Lines for people. */
export function logZLines(name: string, report: LogZReport): string[] {
  const { tempering, annealing, quadrature, chains, entropy, seconds } = report;
  const pm = ({ value, error }: Estimate): string => `${value.toFixed(3)} ± ${error.toFixed(3)}`;
  return [
    `ln Z of ${name}, on the ${chains.degreesOfFreedom} dimensions without centre of mass`,
    `  tempering and bridges  ${pm(tempering)}  (${clock(seconds.tempering)})`,
    `  annealing              ${pm(annealing)}  (${clock(seconds.annealing)}, ${annealing.effectiveWalkers.toFixed(0)} effective walkers)`,
    ...(quadrature ? [`  quadrature             ${quadrature.logZ.toFixed(4)}`] : []),
    `entropy ln Z + <U>       ${pm(entropy)}${quadrature ? `, by quadrature ${quadrature.entropy.toFixed(4)}` : ''}`,
    `chains: ${chainLine(chains)}`,
  ];
}

/** One line about chains. */
export function chainLine(chains: ChainReport): string {
  const { energy, virial, degreesOfFreedom, autocorrelation, rHat, effectiveSamples } = chains;
  return `<U> ${energy.value.toFixed(3)} ± ${energy.error.toFixed(3)}; virial ${virial.value.toFixed(2)} ± ${virial.error.toFixed(2)} of ${degreesOfFreedom}; autocorrelation of U ${autocorrelation.toFixed(1)} kept steps, ${effectiveSamples.toFixed(0)} independent draws; split R-hat ${rHat.toFixed(4)}`;
}
