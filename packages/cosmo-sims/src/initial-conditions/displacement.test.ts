import { inverseRealFft, meshTransform, powerSpectrum, realFft, shells } from '@equiflow/fft-mesh';
import { compile, key } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { resampleField } from '../fields/overdensity.ts';
import { displacements, type LptOrder, latticePositions } from './displacement.ts';
import { meshOperators } from './mesh-operators.ts';
import { shellAmplitudes, whiteNoise } from './white-noise.ts';

const L = 2 * Math.PI;

/** Displacement fields as arrays, component by component. */
function fields(delta: Float64Array, mesh: number[], order: LptOrder, dealiased = false): Float64Array[][] {
  const run = compile(
    (x) => displacements(x, { boxSize: L, order, dealiased }),
    [{ shape: mesh, dtype: 'float64' }],
  );
  const d = mesh.length;
  return run
    .run([delta])
    .map((psi) =>
      mesh.map((_, axis) =>
        Float64Array.from({ length: psi.length / d }, (_, cell) => psi[cell * d + axis]!),
      ),
    );
}

/** A sum of a few long waves in d dimensions, with L = 2π. */
function longWaves(mesh: number[], seed: number): Float64Array {
  const q = latticePositions(mesh, L);
  const d = mesh.length;
  const waves = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
    [1, 0, -1],
    [0, 1, 1],
  ].filter((n) => n.slice(d).every((v) => v === 0)); // prettier-ignore
  return Float64Array.from({ length: q.length / d }, (_, cell) =>
    waves.reduce((sum, n, w) => {
      let phase = seed * (w + 1) ** 2;
      for (let axis = 0; axis < d; axis++) phase += n[axis]! * q[cell * d + axis]!;
      return sum + ((1 + w) / 4) * Math.cos(phase);
    }, 0),
  );
}

/** ∂_j of a periodic field. */
function derivative(field: Float64Array, mesh: number[], axis: number): Float64Array {
  const transform = meshTransform(mesh);
  const { re, im } = transform.forward(field);
  const d = mesh.length;
  const operators = meshOperators(mesh, L);
  const gradient = operators.gradientInverseLaplacian[axis]!;
  const { index, squares } = shells(mesh);
  const outRe = new Float64Array(re.length);
  const outIm = new Float64Array(re.length);
  for (let mode = 0; mode < re.length; mode++) {
    const k = gradient[mode]! * squares[index[mode]!]!;
    outRe[mode] = -k * im[mode]!;
    outIm[mode] = k * re[mode]!;
  }
  expect(d).toBeGreaterThan(1);
  return transform.inverse({ re: outRe, im: outIm }).slice();
}

/** Growth of each term in an Einstein-de Sitter universe: power of D₁, and the number of the perturbation theory. */
const EDS = [
  { power: 1, factor: 1 },
  { power: 2, factor: -3 / 7 },
  { power: 3, factor: -1 / 3 },
  { power: 3, factor: 10 / 21 },
  { power: 3, factor: 1 / 7 },
];

/**
 * How badly the displacement solves the exact equations of motion: the largest |Σ C_ij ∂_j T[ψ]_i − 3/2 (J − 1)| (Poisson, in
 * Lagrangian coordinates; C the cofactors of F = 1 + ∂ψ, J its determinant) and |ε F_lj ∂_k T[ψ]_l| (no vorticity).
 */
function residuals(
  terms: Float64Array[][],
  mesh: number[],
  epsilon: number,
): { poisson: number; curl: number } {
  const d = mesh.length;
  const cells = terms[0]![0]!.length;
  const total = (weight: (n: number) => number): Float64Array[] =>
    mesh.map((_, axis) =>
      Float64Array.from({ length: cells }, (_, cell) =>
        terms.reduce((sum, psi, t) => {
          const { power, factor } = EDS[t]!;
          return sum + weight(power) * factor * epsilon ** power * psi[axis]![cell]!;
        }, 0),
      ),
    );
  const jacobian = (psi: Float64Array[]): Float64Array[][] =>
    psi.map((component) => mesh.map((_, j) => derivative(component, mesh, j)));
  const f = jacobian(total(() => 1));
  const t = jacobian(total((n) => n * n + n / 2));
  let poisson = 0;
  let curl = 0;
  for (let cell = 0; cell < cells; cell++) {
    const F = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => (i < d && j < d ? f[i]![j]![cell]! : 0) + (i === j ? 1 : 0)),
    );
    const T = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i < d && j < d ? t[i]![j]![cell]! : 0)));
    const cofactor = (i: number, j: number): number => {
      const [a, b] = [(i + 1) % 3, (i + 2) % 3];
      const [c, e] = [(j + 1) % 3, (j + 2) % 3];
      return F[a]![c]! * F[b]![e]! - F[a]![e]! * F[b]![c]!;
    };
    let J = 0;
    let divergence = 0;
    for (let i = 0; i < 3; i++) {
      J += F[0]![i]! * cofactor(0, i);
      for (let j = 0; j < 3; j++) divergence += cofactor(i, j) * T[i]![j]!;
    }
    poisson = Math.max(poisson, Math.abs(divergence - 1.5 * (J - 1)));
    for (let i = 0; i < 3; i++) {
      const [j, k] = [(i + 1) % 3, (i + 2) % 3];
      let turn = 0;
      for (let l = 0; l < 3; l++) turn += F[l]![j]! * T[l]![k]! - F[l]![k]! * T[l]![j]!;
      curl = Math.max(curl, Math.abs(turn));
    }
  }
  return { poisson, curl };
}

describe.each([
  { mesh: [12, 12, 12], name: 'three dimensions' },
  { mesh: [16, 16], name: 'two dimensions' },
])('the equations of motion, $name', ({ mesh }) => {
  const delta = longWaves(mesh, 0.7);
  test.each([1, 2, 3] as const)('order %i leaves a residual of the next order', (order) => {
    const terms = fields(delta, mesh, order);
    const [coarse, fine] = [0.02, 0.01].map((epsilon) => residuals(terms, mesh, epsilon));
    // Vorticity begins at third order, so that up to the second the residual is of third order.
    expect(Math.log2(coarse!.poisson / fine!.poisson)).toBeCloseTo(order + 1, 0);
    expect(coarse!.poisson).toBeGreaterThan(1e-9);
    if (order === 1) expect(coarse!.curl).toBeLessThan(1e-14);
    else expect(Math.log2(coarse!.curl / fine!.curl)).toBeCloseTo(order + 1, 0);
  });
});

test('spherical collapse: the series of Bernardeau 1992 where everything is isotropic', () => {
  // φ₁ = −Σ cos q_a and all that follows from it have, by cubic symmetry, Hessians ∝ δ_ab at q = 0, where δ = ε = 3.
  const mesh = [12, 12, 12];
  const q = latticePositions(mesh, L);
  const delta = Float64Array.from({ length: 12 ** 3 }, (_, cell) =>
    [0, 1, 2].reduce((sum, axis) => sum + Math.cos(q[cell * 3 + axis]!), 0),
  );
  const divergence = fields(delta, mesh, 3).map((psi) =>
    psi.map((component, axis) => derivative(component, mesh, axis)[0]!).reduce((a, b) => a + b),
  );
  // With x = (1 + s) q: 1 + δ = (1 + s)⁻³ = 1 + ε + 17/21 ε² + 341/567 ε³ + …, so that s = −ε/3 − ε²/21 − 23/1701 ε³.
  const series = [1, 2, 3].map((power) =>
    EDS.reduce((sum, term, t) => sum + (term.power === power ? (term.factor * divergence[t]!) / 3 : 0), 0),
  );
  const [alpha, beta] = [17 / 21, 341 / 567];
  const wanted = [-1 / 3, -alpha / 3 + 2 / 9, -beta / 3 + (4 / 9) * alpha - 14 / 81];
  for (const [i, value] of wanted.entries()) expect(series[i]! / 3 ** (i + 1)).toBeCloseTo(value, 12);
});

describe('dealiased', () => {
  /** The largest difference of each term from that of a mesh so fine that no product aliases, in units of its rms. */
  const errors = (mesh: number[], order: LptOrder, dealiased: boolean): number[] => {
    const delta = whiteNoise({ mesh, key: key(8) });
    const fine = mesh.map((n) => 4 * n);
    const exact = fields(resampleField(delta, { mesh, to: fine }), fine, order).slice(1);
    return fields(delta, mesh, order, dealiased)
      .slice(1)
      .map((psi, t) => {
        let [worst, square, count] = [0, 0, 0];
        psi.forEach((component, axis) => {
          const restricted = resampleField(exact[t]![axis]!, { mesh: fine, to: mesh });
          // Both without their Nyquist modes.
          const own = resampleField(component, { mesh, to: mesh });
          own.forEach((value, cell) => {
            worst = Math.max(worst, Math.abs(value - restricted[cell]!));
            square += restricted[cell]! ** 2;
            count++;
          });
        });
        return square === 0 ? worst : worst / Math.sqrt(square / count);
      });
  };
  test.each([
    { mesh: [6, 6, 6], order: 2 },
    { mesh: [6, 5, 8], order: 3 },
    { mesh: [9, 10], order: 2 },
    { mesh: [10, 10], order: 3 },
  ] as const)('mesh $mesh, order $order: the products are those of a much finer mesh', ({ mesh, order }) => {
    for (const error of errors([...mesh], order, true)) expect(error).toBeLessThan(1e-11);
    // White noise is the worst case: on its own mesh the aliases are as large as the field.
    expect(Math.max(...errors([...mesh], order, false))).toBeGreaterThan(0.3);
  });
});

describe('a plane wave', () => {
  const mesh = [8, 6, 10];
  const q = latticePositions(mesh, L);
  const delta = Float64Array.from({ length: 480 }, (_, cell) => Math.cos(2 * q[cell * 3 + 2]!));
  test('is solved by first order: ψ = −sin(kx)/k, and nothing beyond', () => {
    const [first, ...rest] = fields(delta, mesh, 3);
    for (let cell = 0; cell < 480; cell++) {
      expect(first![2]![cell]).toBeCloseTo(-Math.sin(2 * q[cell * 3 + 2]!) / 2, 12);
      expect(Math.abs(first![0]![cell]!) + Math.abs(first![1]![cell]!)).toBeLessThan(1e-13);
    }
    for (const psi of rest)
      for (const component of psi) for (const v of component) expect(Math.abs(v)).toBeLessThan(1e-13);
  });
  test('at the Nyquist frequency there is no displacement', () => {
    const checker = Float64Array.from({ length: 480 }, (_, cell) => (cell % 2 === 0 ? 1 : -1));
    for (const psi of fields(checker, mesh, 2))
      for (const c of psi) for (const v of c) expect(Math.abs(v)).toBeLessThan(1e-13);
  });
});

describe('white noise', () => {
  const options = { mesh: [8, 8, 8], key: key(3) };
  test('fixed amplitudes: every mode has |w| = 1; its pair is its negative', () => {
    const { re, im } = meshTransform([8, 8, 8]).forward(whiteNoise({ ...options, amplitudes: 'fixed' }));
    for (let mode = 1; mode < re.length; mode++)
      expect(Math.hypot(re[mode]!, im[mode]!)).toBeCloseTo(512 ** 0.5, 9);
    const one = whiteNoise(options);
    const pair = whiteNoise({ ...options, inverted: true });
    one.forEach((value, i) => {
      expect(pair[i]).toBeCloseTo(-value, 14);
    });
  });
  test('large scales do not depend on the mesh, and a cell has variance 1', () => {
    const coarse = whiteNoise({ mesh: [16], key: key(5) });
    const fine = whiteNoise({ mesh: [64], key: key(5) });
    const a = realFft(coarse);
    const b = realFft(fine);
    for (let n = 1; n < 8; n++) expect(a.re[n]! / 16 ** 0.5).toBeCloseTo(b.re[n]! / 64 ** 0.5, 12);
    expect(inverseRealFft(a, 16)[3]).toBeCloseTo(coarse[3]!, 12);
    const many = whiteNoise({ mesh: [64, 64], key: key(6) });
    expect(many.reduce((s, v) => s + v * v, 0) / 4096).toBeCloseTo(1, 1);
    expect(many.reduce((s, v) => s + v, 0)).toBeCloseTo(0, 9);
  });
  test('in three dimensions too: every mode of a small mesh is the same on a larger one', () => {
    const small = whiteNoise({ mesh: [6, 6, 6], key: key(5) });
    const large = whiteNoise({ mesh: [15, 15, 15], key: key(5) });
    // Modes below the Nyquist frequency of both; a cell has unit variance on each.
    const kept = resampleField(large, { mesh: [15, 15, 15], to: [6, 6, 6] });
    const own = resampleField(small, { mesh: [6, 6, 6], to: [6, 6, 6] });
    own.forEach((value, cell) => {
      expect(kept[cell]! * (15 / 6) ** 1.5).toBeCloseTo(value, 12);
    });
  });
  test('a linear field has its spectrum: reduced χ² of P̂ with var P̂ = 2 P²/N_modes', () => {
    const box = { mesh: [48, 48, 48], boxSize: 384 };
    const noise = whiteNoise({ mesh: box.mesh, key: key(11) });
    const transform = meshTransform(box.mesh);
    const { re, im } = transform.forward(noise);
    const power = (k: number): number => 1e4 * k * Math.exp(-k / 0.1);
    const { squares, index } = shells(box.mesh);
    const amplitudes = shellAmplitudes(power, squares, box.mesh, box.boxSize);
    for (let mode = 0; mode < re.length; mode++) {
      re[mode]! *= amplitudes[index[mode]!]!;
      im[mode]! *= amplitudes[index[mode]!]!;
    }
    const measured = powerSpectrum(transform.inverse({ re, im }).slice(), box);
    let chi2 = 0;
    measured.power.forEach((value, bin) => {
      const wanted = power(measured.k[bin]!);
      chi2 += (value / wanted - 1) ** 2 / (2 / measured.modes[bin]!);
    });
    const reduced = chi2 / measured.k.length;
    expect(reduced).toBeGreaterThan(0.4);
    expect(reduced).toBeLessThan(1.6);
  });
  test('amplitudes of a spectrum', () => {
    const amplitudes = shellAmplitudes((k) => 4 * k * k, [0, 1, 4], [8, 8, 8], L);
    expect([...amplitudes].map((v) => v / Math.sqrt(512 / L ** 3))).toEqual(
      [0, 2, 4].map((v) => expect.closeTo(v, 12)),
    );
  });
});
