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
  /** What computed so far, in words, with the kind of executor that really ran; null before the first run on a GPU. */
  ran(): string | null;
  close(): Promise<void>;
}

/** Opens a place. @throws TensorError, one line, where there is no GPU: what was looked for and how to get it. */
export async function openPlace({ backend = 'wasm', workers }: PlaceOptions): Promise<OpenPlace> {
  if (backend === 'wasm') {
    const pool = await openPool(workers === undefined ? {} : { workers });
    const name = `wasm, ${pool.workers} workers`;
    return { place: pool, name, ran: () => name, close: () => pool.close() };
  }
  if (workers !== undefined) throw new InputError('--workers belongs to --backend wasm; leave it out');
  const { gpu } = await import('@equiflow/tensor-gpu');
  const device = await gpu();
  const name = `gpu, ${device.adapter}`;
  const ran = (): string | null => (device.lastRun === null ? null : `${name}, ${device.lastRun}`);
  return { place: device, name, ran, close: () => device.close() };
}
