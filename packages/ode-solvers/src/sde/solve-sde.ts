/**
 * Stochastic differential equations in Itô's sense, dy = f(t, y) dt + g(t, y) dW: Euler-Maruyama and Milstein
 * (Kloeden & Platen 1992, chapters 10 and 11), with steps of one length or adaptive ones. An adaptive step is chosen
 * from the state alone, by the size of the terms of the Itô-Taylor expansion that the scheme leaves out, before the
 * path is looked at: a choice that sees the noise biases the solution (Gaines & Lyons 1997, SIAM J. Appl. Math. 57,
 * 1455; comparing a step with its halves takes Euler-Maruyama to a wrong limit).
 */
import { controllerState, integralController, type StepController } from '../controller.ts';
import { allFinite, errorMeasure } from '../error-norm.ts';
import { checkQuestion, orderedTimes, tolerances } from '../options.ts';
import { growingRows, type SolveStatus } from '../solution.ts';
import { OdeError, type VectorField } from '../types.ts';
import type { BrownianPath } from './brownian.ts';
import { diagonalStepMeasure, generalStepMeasure } from './terms-left-out.ts';

/** The coefficients of an equation. */
export interface StochasticField {
  readonly drift: VectorField;
  /** g(t, y) into `out`: n values where the noise is diagonal, else n × m row-major, m the path's dimension. */
  readonly diffusion: (t: number, y: Float64Array, out: Float64Array) => void;
  /** Default: 'diagonal', component i driven by motion i alone. */
  readonly noise?: 'diagonal' | 'general';
}

/** A scheme as data. */
export interface SdeMethod {
  readonly name: string;
  /** Order of strong convergence. */
  readonly strongOrder: number;
  /** Adds Milstein's term ½ g ∂g/∂y (ΔW² − Δt), its derivative by Platen's difference. Diagonal noise only. */
  readonly milsteinTerm: boolean;
}

/** Euler and Maruyama: strong order ½ (1 where g does not depend on y). */
export const eulerMaruyama: SdeMethod = { name: 'eulerMaruyama', strongOrder: 0.5, milsteinTerm: false };

/** Milstein, free of derivatives (Kloeden & Platen, eq. 11.1.3): strong order 1, for diagonal noise. */
export const milstein: SdeMethod = { name: 'milstein', strongOrder: 1, milsteinTerm: true };

/** Options of `solveSde`. */
export interface SolveSdeOptions {
  /** Default `milstein` for diagonal noise, `eulerMaruyama` for general noise. */
  readonly method?: SdeMethod;
  /** Steps of this length; adaptive when left out. */
  readonly step?: number;
  /** Defaults 1e-3 and 1e-6. */
  readonly rtol?: number | ArrayLike<number>;
  readonly atol?: number | ArrayLike<number>;
  /** First step of an adaptive solve. Default: a hundredth of the span. */
  readonly firstStep?: number;
  readonly controller?: StepController;
  /** Default 1e6. */
  readonly maximumSteps?: number;
  /** Times kept; steps end at them. Default: both ends. */
  readonly saveAt?: ArrayLike<number>;
}

/** A path of the solution. */
export interface SdeSolution {
  readonly status: SolveStatus;
  readonly success: boolean;
  readonly message: string;
  readonly t: Float64Array;
  /** [t.length, n] row-major. */
  readonly y: Float64Array;
  readonly end: { readonly t: number; readonly y: Float64Array };
  readonly statistics: { readonly steps: number; readonly rejected: number; readonly evaluations: number };
}

/**
 * Solves along one Brownian path, forward or backward over the span.
 * @param path its span must hold the solve's, its dimension fit the diffusion.
 * @throws OdeError where the question is wrong; failures on the way are the solution's `status`.
 */
export function solveSde(
  { drift, diffusion, noise = 'diagonal' }: StochasticField,
  span: readonly [number, number],
  y0: ArrayLike<number>,
  path: BrownianPath,
  options: SolveSdeOptions = {},
): SdeSolution {
  const { method = noise === 'diagonal' ? milstein : eulerMaruyama, step, maximumSteps = 1e6 } = options;
  const [t0, t1] = span;
  const n = y0.length;
  const m = path.dimension;
  const y = Float64Array.from(y0);
  checkQuestion(t0, t1, y, {
    ...(step === undefined ? {} : { step }),
    ...(options.firstStep === undefined ? {} : { firstStep: options.firstStep }),
    maximumSteps,
  });
  if (noise === 'diagonal' && m !== n) {
    throw new OdeError(
      `solveSde: diagonal noise for ${n} components needs a path of dimension ${n}, not ${m}`,
    );
  }
  if (noise === 'general' && method.milsteinTerm) {
    throw new OdeError(`solveSde: ${method.name} is for diagonal noise; take eulerMaruyama`);
  }
  const statistics = { steps: 0, rejected: 0, evaluations: 0 };
  const measure = errorMeasure({
    dimension: n,
    field: drift,
    jacobian: undefined,
    jacobianBandwidth: undefined,
    timeDerivative: undefined,
    rtol: tolerances('rtol', options.rtol ?? 1e-3, n),
    atol: tolerances('atol', options.atol ?? 1e-6, n),
    norm: undefined,
    fixed: false,
    statistics: { steps: 0, rejected: 0, evaluations: 0, jacobians: 0, factorisations: 0 },
  });
  const [f, moved] = [new Float64Array(n), new Float64Array(n)];
  const [g, gMoved] = [new Float64Array(noise === 'diagonal' ? n : n * m), new Float64Array(n)];
  const makeStep = (t: number, h: number, from: Float64Array, dW: Float64Array, out: Float64Array): void => {
    statistics.evaluations++;
    drift(t, from, f);
    diffusion(t, from, g);
    if (noise === 'general') {
      for (let i = 0; i < n; i++) {
        let kick = 0;
        for (let j = 0; j < m; j++) kick += g[i * m + j]! * dW[j]!;
        out[i] = from[i]! + h * f[i]! + kick;
      }
      return;
    }
    for (let i = 0; i < n; i++) out[i] = from[i]! + h * f[i]! + g[i]! * dW[i]!;
    if (!method.milsteinTerm) return;
    const root = Math.sqrt(Math.abs(h));
    for (let i = 0; i < n; i++) moved[i] = from[i]! + h * f[i]! + g[i]! * root;
    diffusion(t, moved, gMoved);
    for (let i = 0; i < n; i++) {
      out[i]! += ((gMoved[i]! - g[i]!) / (2 * root)) * (dW[i]! ** 2 - Math.abs(h));
    }
  };

  const direction = t1 >= t0 ? 1 : -1;
  const saveAt = orderedTimes('saveAt', options.saveAt ?? (t0 === t1 ? [t0] : [t0, t1]), span);
  const goals = [...new Set([...saveAt, t1])].filter((time) => direction * (time - t0) > 0);
  const rows = growingRows(n);
  if (saveAt[0] === t0) rows.add(t0, y);
  const kept = new Set(saveAt);
  const controller = controllerState(options.controller ?? integralController, method.strongOrder + 0.5);
  const [w0, w1, dW] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  const next = new Float64Array(n);
  const measureStep = noise === 'diagonal' ? diagonalStepMeasure : generalStepMeasure;
  const leftOut = measureStep({
    field: { drift, diffusion, noise },
    n,
    m,
    milsteinTerm: method.milsteinTerm,
    measure,
    statistics,
  });
  const finest = Math.abs(path.span[1] - path.span[0]) * 2 ** -24;
  let t = t0;
  let length = options.firstStep ?? Math.abs(t1 - t0) / 100;
  const finish = (status: SolveStatus, message: string): SdeSolution => ({
    status,
    success: status === 'finished',
    message: `${method.name}: ${message}`,
    t: rows.times(),
    y: rows.states(),
    end: { t, y: y.slice() },
    statistics,
  });
  path.evaluate(t, w0);
  for (const goal of goals) {
    const count = step === undefined ? 0 : Math.max(1, Math.ceil(Math.abs(goal - t) / step - 1e-9));
    const from = t;
    for (let index = 1; t !== goal; ) {
      if (statistics.steps + statistics.rejected >= maximumSteps) {
        return finish(
          'too-many-steps',
          `${maximumSteps} steps reached t = ${t} of ${t1}; raise maximumSteps or loosen the tolerances`,
        );
      }
      const remaining = Math.abs(goal - t);
      let end = goal;
      if (step !== undefined && index < count) end = from + ((goal - from) * index) / count;
      if (step === undefined && length < remaining * (1 - 1e-10)) end = t + direction * length;
      const h = end - t;
      if (step === undefined) {
        const size = leftOut(t, h, y);
        if (!(size <= 1)) {
          statistics.rejected++;
          length = Math.abs(h) * controller.rejected(size);
          if (length < finest) {
            const why = Number.isFinite(size) ? 'step-too-small' : 'not-finite';
            return finish(
              why,
              `a step below ${length.toExponential(2)} is needed at t = ${t}, finer than the path; loosen the tolerances`,
            );
          }
          continue;
        }
        // A step shortened to land on a time says little about how long the next may be.
        const shortened = Math.abs(h) < length ? length : 0;
        length = Math.max(Math.abs(h) * controller.accepted(size), shortened);
      }
      path.evaluate(end, w1);
      for (let i = 0; i < m; i++) dW[i] = w1[i]! - w0[i]!;
      makeStep(t, h, y, dW, next);
      if (!allFinite(next)) return finish('not-finite', `values stop being finite after t = ${t}`);
      statistics.steps++;
      index++;
      y.set(next);
      w0.set(w1);
      t = end;
    }
    if (kept.has(goal)) rows.add(goal, y);
  }
  return finish('finished', `reached t = ${t} in ${statistics.steps} steps`);
}
