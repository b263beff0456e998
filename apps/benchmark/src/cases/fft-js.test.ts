import { describe, it } from 'vitest';
import { fftJs } from './fft-js.ts';

describe('fftJs', () => {
  it.each([
    [[3, 8, 16], 2],
    [[8, 4, 16], 3],
  ])('comes back from %j over %i axes', async (shape, axes) => {
    const workload = fftJs(shape, axes);
    workload.run();
    await workload.check?.();
  });
});
