import type { PaintWindow } from '@equiflow/fft-mesh';
import { compile } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { latticePositions } from '../initial-conditions/displacement.ts';
import { meshOperators } from '../initial-conditions/mesh-operators.ts';
import { type ForceMesh, meshForce } from './force.ts';

const L = 2 * Math.PI;

/** The force on the lattice of n^d particles displaced by `displacement(q)` along each axis. */
function forces(
  n: number,
  displacement: (q: Float64Array, at: number) => number,
  options: Partial<ForceMesh> & Pick<ForceMesh, 'mesh'>,
): { force: Float64Array; q: Float64Array } {
  const d = options.mesh.length;
  const q = latticePositions(new Array<number>(d).fill(n), L);
  const x = q.map((value, i) => value + displacement(q, i));
  const force = { boxSize: L, window: 'pcs', gradient: 'spectral', compensated: true, ...options } as const;
  const run = compile((at) => meshForce(at, force), [{ shape: [q.length / d, d], dtype: 'float64' }]);
  return { force: run.run([x])[0] as Float64Array, q };
}

describe.each([2, 3] as const)('%i dimensions', (d) => {
  const mesh = (n: number): number[] => new Array<number>(d).fill(n);

  test.each(['cic', 'tsc', 'pcs'] as const)(
    'a long wave is pulled by its own displacement, window %s',
    (window) => {
      // −∇∇⁻²δ = ψ for small ψ: what makes displacements grow as D₁.
      for (const factor of [1, 2, 3].slice(0, d === 2 ? 3 : 2)) {
        const cutoff = factor > 1 ? { cutoff: 4 / 3 / factor } : {};
        const wave = (q: Float64Array, at: number): number => (at % d === 0 ? -1e-5 * Math.sin(q[at]!) : 0);
        const { force, q } = forces(12, wave, { mesh: mesh(12 * factor), window, ...cutoff });
        for (let at = 0; at < force.length; at += d) {
          expect(Math.abs(force[at]! - wave(q, at))).toBeLessThan(0.025e-5);
          for (let a = 1; a < d; a++) expect(Math.abs(force[at + a]!)).toBeLessThan(1e-12);
        }
      }
    },
  );

  test('a lattice at rest, wherever it is, feels nothing, in any window', () => {
    for (const window of ['ngp', 'cic', 'tsc', 'pcs'] satisfies PaintWindow[]) {
      const { force } = forces(6, () => 0.137, { mesh: mesh(12), window, compensated: false });
      expect(Math.max(...force.map(Math.abs))).toBeLessThan(1e-12);
    }
  });

  test('the image of a long wave in the lattice does not act beyond the cutoff', () => {
    // On a mesh twice as fine the lattice's own frequency is the Nyquist frequency, where i k has its jump.
    const wave = (q: Float64Array, at: number): number => (at % d === 0 ? -1e-5 * Math.sin(q[at]!) : 0);
    const error = (options: Partial<ForceMesh>): number => {
      const { force, q } = forces(12, wave, { mesh: mesh(24), window: 'tsc', ...options });
      return Math.max(...force.map((value, at) => Math.abs(value - wave(q, at)) / 1e-5));
    };
    expect(error({ compensated: false })).toBeGreaterThan(0.015);
    expect(error({ cutoff: 2 / 3 })).toBeLessThan(0.006);
  });
});

test('odd derivatives have no Nyquist component, even ones have', () => {
  for (const gradient of ['spectral', 'four-point'] as const) {
    const { gradientInverseLaplacian, hessianInverseLaplacian } = meshOperators([4, 6], L, gradient);
    // Half-complex modes: [4][4]; row 2 is the Nyquist frequency of the first axis, column 3 of the second.
    for (let i = 0; i < 4; i++) {
      expect(Math.abs(gradientInverseLaplacian[0]![2 * 4 + i]!)).toBeLessThan(1e-15);
      expect(Math.abs(gradientInverseLaplacian[1]![i * 4 + 3]!)).toBeLessThan(1e-15);
    }
    const [xx, xy] = hessianInverseLaplacian() as [Float64Array, Float64Array];
    expect(xx[2 * 4]!).toBeCloseTo(1, 14);
    expect(xy[2 * 4 + 1]!).toBe(0);
  }
});

test('the force of JaxPM 0.1.6: pm_forces in float64, 8³ particles off their lattice on 8³ cells', () => {
  // Its kernel is the four-point one, its mesh lies on the lattice, it divides nothing out; units of a cell.
  const jaxpm: Record<number, readonly number[]> = {
    0: [-0.04308309280828, 0.00473254442345, -0.107390712998],
    77: [-0.05311500056381, -0.0523757140217, 0.01301143011369],
    200: [-0.06433204476735, 0.00048191186705, 0.01601730373608],
    333: [-0.03866465090094, 0.05261700003515, -0.00684413465843],
    511: [-0.04214593774002, 0.01518669296342, -0.24671714363404],
  };
  const n = 8;
  const q = latticePositions([n, n, n], n);
  const x = q.map((value, at) => {
    const [i, a] = [Math.floor(at / 3), at % 3];
    return value + 0.9 * Math.sin(1.1 * i + 2.3 * a + 0.3 * a * i) - 0.5;
  });
  const force = { mesh: [n, n, n], boxSize: n, window: 'cic', gradient: 'four-point' } as const;
  const run = compile(
    (at) => meshForce(at, { ...force, compensated: false }),
    [{ shape: [n ** 3, 3], dtype: 'float64' }],
  );
  const ours = run.run([x])[0]!;
  for (const [i, wanted] of Object.entries(jaxpm)) {
    wanted.forEach((value, a) => {
      expect(ours[Number(i) * 3 + a]!).toBeCloseTo(value, 11);
    });
  }
});
