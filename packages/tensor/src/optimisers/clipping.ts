/** Bounds on gradients, in place. */
import type { FlatVector } from './optimiser.ts';

/**
 * Scales gradients together so that their joint Euclidean norm is at most `limit` (Pascanu et al. 2013, algorithm 1).
 * Returns the norm before; where that is not finite nothing is changed, and the caller should skip the step.
 */
export function clipByGlobalNorm(gradients: readonly FlatVector[], limit: number): number {
  let total = 0;
  for (const gradient of gradients) for (const slope of gradient) total += slope * slope;
  const norm = Math.sqrt(total);
  if (norm > limit && Number.isFinite(norm)) {
    const scale = limit / norm;
    for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
  }
  return norm;
}

/** Clips every entry to [−limit, limit]; NaN stays. */
export function clipByValue(gradients: readonly FlatVector[], limit: number): void {
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) {
      gradient[i] = Math.min(limit, Math.max(-limit, gradient[i]!));
    }
  }
}
