/** What both ways of training a continuous flow by likelihood are asked. */
import { foldIn, key, type RandomKey } from '@equiflow/tensor';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { ProbeNoise, TraceMethod } from './traces.ts';

/** Choices of the loss: −ln p(x|θ) with the regularisation of RNODE. */
export interface LikelihoodOptions {
  /** Number of parameters θ. Default 0. */
  readonly contextSize?: number;
  /** Uniform prior of θ; the field then sees θ mapped to [−1, 1]. Left out: θ as it is. */
  readonly prior?: Box;
  /** Default 'exact'. */
  readonly trace?: TraceMethod;
  /** Default 'rademacher'. */
  readonly noise?: ProbeNoise;
  /** Probes a sample. Default 1. */
  readonly probes?: number;
  /** λ_K, the weight of ∫|v|² dt. Default 0. */
  readonly kinetic?: number;
  /** λ_J, the weight of ∫‖∂v/∂x‖² dt. Default 0. */
  readonly jacobian?: number;
  /** Of the probes. Default 1. */
  readonly seed?: number;
}

/** Key of the probes of a training step; −1 is the validation's. */
export const probesAt = (seed: number, step: number): RandomKey => foldIn(foldIn(key(seed), 5), step + 1);
