/** Opening a backend in tests: without an adapter they are left out and say so, except in CI, where one has to be there. */
import type { GpuBackend, GpuMode } from '../open.ts';
import { gpu } from '../open.ts';

/** The backend, or null with a line that says why. @throws where CI has none. */
export async function openForTests(mode: GpuMode = 'webgpu'): Promise<GpuBackend | null> {
  try {
    const backend = await gpu({ mode });
    console.log(`${mode}: ${backend.adapter}${backend.source ? ` (${backend.source})` : ''}`);
    return backend;
  } catch (error) {
    const { env = {} } =
      (globalThis as { process?: { env?: Record<string, string | undefined> } }).process ?? {};
    if (env.CI === 'true') throw error;
    console.warn(`Tests of ${mode} are left out: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
