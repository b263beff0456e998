/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), AMSGrad (Reddi et al. 2018, algorithm 2) and AdamW
 * with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2), in the conventions of PyTorch.
 */
import { type FlatVector, type Optimiser, requireStep, restoreState, type Schedule } from './optimiser.ts';

/** Settings of `adam`; the defaults are the paper's. */
export interface AdamOptions {
  /** A number, or a schedule of the step. Default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square. Default 1e-8. */
  readonly epsilon?: number;
  /** Divide by the largest mean square so far. Default false. */
  readonly amsgrad?: boolean;
}

/** Settings of `adamW`. */
export interface AdamWOptions extends AdamOptions {
  /** Every step first shrinks parameters by learningRate · weightDecay. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam for `size` parameters.
 * @example
 * const optimiser = adam(weights.length, { learningRate: 1e-2 });
 * optimiser.step(weights, gradient);
 */
export function adam(size: number, options: AdamOptions = {}): Optimiser {
  return build('adam', size, 0, options);
}

/** Adam with decoupled weight decay, for `size` parameters. */
export function adamW(size: number, options: AdamWOptions = {}): Optimiser {
  return build('adamW', size, options.weightDecay ?? 0.01, options);
}

function build(operation: string, size: number, weightDecay: number, options: AdamOptions): Optimiser {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options;
  const count = new Float64Array(1);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const largestSecond = amsgrad ? new Float64Array(size) : second;
  const state = { step: count, first, second, ...(amsgrad && { largestSecond }) };
  return {
    state,
    step(parameters: FlatVector, gradient: FlatVector): void {
      requireStep(operation, size, parameters, gradient);
      const rate = typeof learningRate === 'number' ? learningRate : learningRate(count[0]!);
      const steps = ++count[0]!;
      const stepSize = rate / (1 - beta1 ** steps);
      const secondCorrection = Math.sqrt(1 - beta2 ** steps);
      const kept = 1 - rate * weightDecay;
      const means = { first, second, largestSecond: amsgrad ? largestSecond : null };
      descend(parameters, gradient, means, { beta1, beta2, epsilon, kept, stepSize, secondCorrection });
    },
    restore(saved): void {
      restoreState(operation, state, saved);
    },
  };
}

/**
 * One step of all parameters. A function of its arguments alone: as a loop in the closure `step`, V8 was seen to keep code
 * 15 times slower, compiled while the first step still ran.
 */
function descend(
  parameters: FlatVector,
  gradient: FlatVector,
  means: { first: Float64Array; second: Float64Array; largestSecond: Float64Array | null },
  scalars: {
    beta1: number;
    beta2: number;
    epsilon: number;
    kept: number;
    stepSize: number;
    secondCorrection: number;
  },
): void {
  const { first, second, largestSecond } = means;
  const { beta1, beta2, epsilon, kept, stepSize, secondCorrection } = scalars;
  for (let i = 0; i < parameters.length; i++) {
    const slope = gradient[i]!;
    const mean = beta1 * first[i]! + (1 - beta1) * slope;
    let square = beta2 * second[i]! + (1 - beta2) * slope * slope;
    first[i] = mean;
    second[i] = square;
    if (largestSecond !== null) {
      square = Math.max(largestSecond[i]!, square);
      largestSecond[i] = square;
    }
    const scale = Math.sqrt(square) / secondCorrection + epsilon;
    parameters[i] = parameters[i]! * kept - (stepSize * mean) / scale;
  }
}
