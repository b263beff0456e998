/** A browser brings its own WebGPU, or none. */
import type { Dawn } from './dawn.node.ts';

/** Nothing to load here. */
export async function dawn(): Promise<Dawn> {
  return { gpu: null, globals: {}, reason: 'this browser has no navigator.gpu' };
}
