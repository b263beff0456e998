/** The figures of an evaluation as text, for the terminal and the page. */
import { degreesOfFreedom, type ParticleSystem } from '@equiflow/flows';
import type { ParticleEvaluation } from './particle-evaluation.ts';

/**
 * The figures of an evaluation: what they are, and their values.
 * @param options.equilibrium whether the test data are known to be in equilibrium.
 */
export function evaluationFigures(
  { logZ, energy }: ParticleSystem,
  evaluation: ParticleEvaluation,
  options: { readonly tolerance: number; readonly equilibrium: boolean },
): [string, string][] {
  const pm = ({ mean, error }: { mean: number; error: number }, digits = 3): string =>
    `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
  const { nll, klOfData, klOfSamples, solverError, pathLength, energies, effectiveShare } = evaluation;
  const band = ({ quantiles }: { quantiles: readonly number[] }): string =>
    quantiles.map((value) => value.toFixed(2)).join(', ');
  const divergence = options.equilibrium ? 'KL(p|q)' : 'KL(p|q) if these data are in equilibrium';
  return [
    [
      `-ln q of ${evaluation.tested} test configurations`,
      `${pm(nll)} nats, exact trace, ${degreesOfFreedom(energy)} dimensions`,
    ],
    [
      'error of the solver in ln q',
      `mean ${solverError.mean.toExponential(1)}, largest ${solverError.largest.toExponential(1)} (tolerance ${options.tolerance} against a tenth of it, which is reported)`,
    ],
    [
      'E[-U - ln Z - ln q], test data',
      `${pm(klOfData)} nats, ${divergence}; ln Z ${logZ.value} ± ${logZ.error}`,
    ],
    ['E[ln q + U + ln Z], samples', `${pm(klOfSamples)} nats, KL(q|p)`],
    [
      'effective samples by reweighting',
      `${(100 * effectiveShare).toFixed(1)} % of ${evaluation.sampled}; ln Z from the weights ${pm(evaluation.logZ)}`,
    ],
    ['length of a path', pm(pathLength, 2)],
    ['energy of test data', `${pm(energies.data, 2)}; 5, 50, 95 %: ${band(energies.data)}`],
    [
      'energy of samples',
      `${pm(energies.samples, 2)}; 5, 50, 95 %: ${band(energies.samples)}; mean reweighted ${evaluation.reweightedEnergy.toFixed(2)}`,
    ],
  ];
}
