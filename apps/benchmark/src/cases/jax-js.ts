/** jax-js (npm `@jax-js/jax`) on its WebAssembly backend, jit-compiled, as a peer for real transforms. */
import { defaultDevice, init, jit, numpy } from '@jax-js/jax';
import type { Workload } from '../case.ts';
import { normalValues, requireClose } from './random-values.ts';

/** A real transform and back over the last `axes` axes of `shape`. */
export async function jaxJs(shape: readonly number[], axes: number): Promise<Workload> {
  await init('wasm');
  defaultDevice('wasm');
  const values = normalValues(
    shape.reduce((a, b) => a * b, 1),
    0,
  );
  const x = numpy.array(values, { dtype: numpy.float32, shape: [...shape] });
  const over = Array.from({ length: axes }, (_, i) => shape.length - axes + i);
  const thereAndBack = jit((input: numpy.Array) => numpy.fft.irfftn(numpy.fft.rfftn(input, over), over));
  let out: ArrayLike<number> = values;
  return {
    async run(): Promise<void> {
      out = await thereAndBack(x.ref).data();
    },
    check(): void {
      requireClose(out, values, 1e-3);
    },
  };
}
