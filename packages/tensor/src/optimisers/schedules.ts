/** Learning rates as functions of the step; the first step is 0. Each agrees with PyTorch's schedule of that name. */
import { TensorError } from '../types.ts';
import type { Schedule } from './optimiser.ts';

function requireSteps(operation: string, name: string, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new TensorError(`${operation}: ${name} = ${steps} must be a whole number above 0`);
  }
}

/** The same rate at every step. */
export function constantSchedule(rate: number): Schedule {
  return () => rate;
}

/** Settings of `cosineSchedule`. */
export interface CosineScheduleOptions {
  readonly peak: number;
  readonly totalSteps: number;
  /** Steps of linear rise, from peak / warmUpSteps at step 0 to the peak. Default 0. */
  readonly warmUpSteps?: number;
  /** Rate at `totalSteps` and after. Default 0. */
  readonly final?: number;
}

/** Linear warm-up, then half a cosine from the peak to the final rate (Loshchilov & Hutter 2017, eq. 5). */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  const { peak, totalSteps, warmUpSteps = 0, final = 0 } = options;
  requireSteps('cosineSchedule', 'totalSteps', totalSteps);
  if (!(warmUpSteps >= 0 && warmUpSteps < totalSteps)) {
    throw new TensorError(`cosineSchedule: warmUpSteps = ${warmUpSteps} is not in [0, ${totalSteps})`);
  }
  return (step) => {
    if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps;
    const fraction = Math.min(1, (step - warmUpSteps) / (totalSteps - warmUpSteps));
    return between(peak, final, fraction);
  };
}

/** initial · decay^step. */
export function exponentialSchedule(options: { readonly initial: number; readonly decay: number }): Schedule {
  return (step) => options.initial * options.decay ** step;
}

/** initial · factor^⌊step / every⌋. */
export function stepSchedule(options: {
  readonly initial: number;
  readonly factor: number;
  readonly every: number;
}): Schedule {
  requireSteps('stepSchedule', 'every', options.every);
  return (step) => options.initial * options.factor ** Math.floor(step / options.every);
}

/** Settings of `oneCycleSchedule`. */
export interface OneCycleScheduleOptions {
  readonly peak: number;
  readonly totalSteps: number;
  /** Share of the steps in which the rate rises. Default 0.3. */
  readonly riseFraction?: number;
  /** The first rate is peak / initialDivisor. Default 25. */
  readonly initialDivisor?: number;
  /** The last rate is that divided by finalDivisor. Default 1e4. */
  readonly finalDivisor?: number;
}

/** Half a cosine up, then half a cosine down to next to nothing (Smith & Topin 2017, arXiv:1708.07120). */
export function oneCycleSchedule(options: OneCycleScheduleOptions): Schedule {
  const { peak, totalSteps, riseFraction = 0.3, initialDivisor = 25, finalDivisor = 1e4 } = options;
  requireSteps('oneCycleSchedule', 'totalSteps', totalSteps);
  const top = riseFraction * totalSteps - 1;
  if (!(top > 0 && top < totalSteps - 1)) {
    throw new TensorError(
      `oneCycleSchedule: a rise of ${riseFraction} of ${totalSteps} steps leaves no step to rise or to fall`,
    );
  }
  const initial = peak / initialDivisor;
  return (step) =>
    step <= top
      ? between(initial, peak, step / top)
      : between(peak, initial / finalDivisor, Math.min(1, (step - top) / (totalSteps - 1 - top)));
}

/** Half a cosine from `start` to `end`. */
function between(start: number, end: number, fraction: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * fraction))) / 2;
}
