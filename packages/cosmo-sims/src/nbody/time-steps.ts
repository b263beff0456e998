/**
 * Kick and drift factors. With a the scale factor, x comoving in Mpc/h and p = a² dx/dt / H_0, a particle obeys
 * dx/da = p/(a³E), dp/da = 3/2 Ω_m g/(a²E), g = −∇∇⁻²δ. FastPM's factors (Feng et al. 2016, arXiv:1603.00476, section 3.2) make
 * every step exact where displacements grow as D₁: with G_p = D₁ and G_f = a³E dD₁/da,
 *
 *   drift  ΔG_p / (a_c³E dD₁/da)_c,     kick  3/2 Ω_m ΔG_f / (dG_f/da · a²E)_c = ΔG_f / D₁(a_c),
 *
 * where the second form is the growth equation. Each tends to the plain integral as the step becomes small. The COLA
 * scheme (Tassev, Zaldarriaga & Eisenstein 2013, arXiv:1301.0322) follows the residual from second-order perturbation theory,
 * which has no such growth: its factors are the plain integrals.
 *
 * The scheme is kick-drift-kick; the two half kicks that meet at a step share one force and are one kick here.
 */
import type { Growth } from '../growth.ts';

/** One stage: a drift, then a force, then a kick. The first has no drift. */
export interface Stage {
  readonly drift: number;
  readonly kick: number;
  /** Of COLA only: growth of the two displacements over the drift, and their accelerations at the force. */
  readonly cola?: {
    readonly d1: number;
    readonly d2: number;
    readonly force1: number;
    readonly force2: number;
  };
}

/** Scale factors of the steps. */
export interface StepOptions {
  /** Where initial conditions are, 0 < a. */
  readonly start: number;
  /** Where the run ends, ≤ 1. */
  readonly end: number;
  /** Number of steps, ≥ 1. */
  readonly steps: number;
  /** Uniform in a (default) or in ln a. */
  readonly spacing?: 'linear' | 'log';
}

/** Scale factors from start to end, steps + 1 of them. @throws RangeError on values that make no sense */
export function stepScaleFactors({ start, end, steps, spacing = 'linear' }: StepOptions): Float64Array {
  if (!(start > 0 && start < end && end <= 1)) {
    throw new RangeError(`steps from a = ${start} to ${end}: must be 0 < start < end ≤ 1`);
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`steps = ${steps}: must be a positive whole number`);
  }
  if (spacing !== 'linear' && spacing !== 'log') {
    throw new RangeError(`spacing '${String(spacing)}': must be 'linear' or 'log'`);
  }
  return Float64Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps;
    return i === steps ? end : spacing === 'linear' ? start + t * (end - start) : start * (end / start) ** t;
  });
}

/** p = a²E dD/d ln a of a displacement that grows as D. */
export function momentumFactor(growth: Growth, a: number, slope: number): number {
  return a * a * growth.background.expansionRate(a) * slope;
}

/**
 * The stages of a run: steps + 1 of them.
 *
 * @param growth with D₁(1) = 1 or any other normalisation: FastPM's factors do not depend on it, COLA's must agree with
 *   the displacements'
 * @param scheme `'fastpm'` or `'cola'`
 */
export function stages(growth: Growth, options: StepOptions, scheme: 'fastpm' | 'cola'): Stage[] {
  const a = stepScaleFactors(options);
  const universe = growth.background;
  const { omegaM } = universe.content;
  const momentum = (at: number): number => momentumFactor(growth, at, growth.at(at).slopes.d1);
  const middle = (i: number): number =>
    options.spacing === 'log' ? Math.sqrt(a[i]! * a[i + 1]!) : (a[i]! + a[i + 1]!) / 2;
  const last = a.length - 1;
  const result: Stage[] = [];
  for (let i = 0; i <= last; i++) {
    const from = i === 0 ? a[0]! : middle(i - 1);
    const to = i === last ? a[last]! : middle(i);
    if (scheme === 'fastpm') {
      const drift = i === 0 ? 0 : (growth.factor(a[i]!) - growth.factor(a[i - 1]!)) / momentum(from);
      result.push({ drift, kick: (momentum(to) - momentum(from)) / growth.factor(a[i]!) });
      continue;
    }
    const now = growth.at(a[i]!);
    const before = i === 0 ? now : growth.at(a[i - 1]!);
    result.push({
      drift: i === 0 ? 0 : universe.timeIntegral(a[i - 1]!, a[i]!, 3),
      kick: 1.5 * omegaM * universe.timeIntegral(from, to, 2),
      cola: {
        d1: now.d1 - before.d1,
        d2: now.d2 - before.d2,
        force1: now.d1,
        force2: now.d2 - now.d1 ** 2,
      },
    });
  }
  return result;
}
