/**
 * White noise in Fourier space, keyed by the signed mode vector: a mode is the same at every resolution whose mesh
 * holds it with |n_i| < N/2. Its two normals come from Philox at the coordinate n (Salmon et al. 2011), so that a
 * larger mesh adds small scales and changes nothing else.
 */
import { normalPair, type RandomKey, type Shape } from '@equiflow/tensor';
import type { ComplexArrays } from '../plain/real.ts';
import { halfLength } from '../shells.ts';

/** Sign that makes a mode vector and its opposite one: −1 where the opposite stands for both, 0 where they coincide. */
function orientation(n: readonly [number, number, number], nyquist: readonly number[]): -1 | 0 | 1 {
  for (let axis = 0; axis < 3; axis++) {
    // A Nyquist component is its own opposite on the mesh.
    if (n[axis] === 0 || n[axis] === nyquist[axis]) continue;
    return n[axis]! > 0 ? 1 : -1;
  }
  return 0;
}

/**
 * Half-complex modes w of unit variance, ⟨|w|²⟩ = 1, of a real field: complex, or real where a mode is its own
 * opposite. Mesh of 1 to 3 axes.
 */
export function whiteModes(mesh: Shape, from: RandomKey): ComplexArrays {
  const [n0, n1, n2] = [...mesh, 1, 1] as [number, number, number];
  const rank = mesh.length;
  const nyquist = [n0, n1, n2].map((n) => (n % 2 === 0 ? n / 2 : Number.NaN));
  const lengths = [n0, n1, n2].map((n, axis) => (axis === rank - 1 ? halfLength(n) : n));
  const [l0, l1, l2] = lengths as [number, number, number];
  const re = new Float64Array(l0 * l1 * l2);
  const im = new Float64Array(re.length);
  const pair = new Float64Array(2);
  // The Nyquist index counts as positive.
  const signed = (i: number, n: number): number => (2 * i <= n ? i : i - n);
  let at = 0;
  for (let i0 = 0; i0 < l0; i0++) {
    for (let i1 = 0; i1 < l1; i1++) {
      for (let i2 = 0; i2 < l2; i2++, at++) {
        const n: [number, number, number] = [signed(i0, n0), signed(i1, n1), signed(i2, n2)];
        const sign = orientation(n, nyquist);
        if (sign < 0) {
          for (let axis = 0; axis < 3; axis++) if (n[axis] !== nyquist[axis]) n[axis] = -n[axis]!;
        }
        normalPair(from, n, pair);
        if (sign === 0) re[at] = pair[0]!;
        else {
          re[at] = pair[0]! * Math.SQRT1_2;
          im[at] = sign * pair[1]! * Math.SQRT1_2;
        }
      }
    }
  }
  return { re, im };
}
