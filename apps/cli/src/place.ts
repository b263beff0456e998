/** Where a flow is computed: by the workers of a pool, or on a GPU. */
import type { Placement } from '@equiflow/flows';
import { openPool } from '@equiflow/tensor-wasm';
import { InputError } from './errors.ts';

/** Choices of `--backend`. */
export const backends = ['wasm', 'gpu'] as const;

/** A choice of `--backend`. */
export type BackendName = (typeof backends)[number];

/** What may be said about the place. */
export interface PlaceOptions {
  /** Default: wasm. */
  readonly backend?: BackendName;
  /** Workers of the wasm backend. */
  readonly workers?: number;
}

/** A place that is open. */
export interface OpenPlace {
  readonly place: Placement;
  /** What was opened, in words. */
  readonly name: string;
  close(): Promise<void>;
}

/** Opens a place. @throws TensorError, one line, where there is no GPU: what was looked for and how to get it. */
export async function openPlace({ backend = 'wasm', workers }: PlaceOptions): Promise<OpenPlace> {
  if (backend === 'wasm') {
    const pool = await openPool(workers === undefined ? {} : { workers });
    return { place: pool, name: `wasm, ${pool.workers} workers`, close: () => pool.close() };
  }
  if (workers !== undefined) throw new InputError('--workers belongs to --backend wasm; leave it out');
  const { gpu } = await import('@equiflow/tensor-gpu');
  const device = await gpu();
  return { place: device, name: `gpu, ${device.adapter}`, close: () => device.close() };
}
