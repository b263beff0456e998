/**
 * ln Z of DW4 at any inverse temperature, by quadrature: no sampling. With f(d) = exp(−β u(d)), one particle at the origin and
 * one at distance r,
 *
 *   Z = ¼ ∫ 2πr f(r) ∫∫ g_r(a) g_r(b) f(|a − b|) d²a d²b dr,  g_r(a) = f(|a|) f(|a − r|).
 *
 * The ¼ is M^(−n/2): from differences to one particle to orthonormal coordinates of the subspace without centre of mass. f is
 * smooth and vanishes at 0 and far away, so that the trapezoidal rule converges faster than any power of its spacing.
 */
import { doubleWell4 } from './energy.ts';

/** What to integrate. */
export interface DoubleWellQuadrature {
  /** Inverse temperature. Default 1. */
  readonly beta?: number;
  /** Of the grid. Default 0.25: ln Z to some 1e-6 at β = 1. */
  readonly spacing?: number;
}

/** Beyond these distances f is below 1e-16 of its largest value, for β of about 1. */
const [NEAREST, FARTHEST] = [0.8, 7.2];

/** ln Z of DW4, in nats. */
export function doubleWellLogZ({ beta = 1, spacing = 0.25 }: DoubleWellQuadrature = {}): number {
  // A pair's energy is that of two particles with the other two out of reach: here in closed form.
  const energyOfPair = (d: number): number => 0.9 * (d - 4) ** 4 - 4 * (d - 4) ** 2;
  const least = energyOfPair(4 + Math.sqrt(4 / 1.8));
  const f = (d: number): number =>
    d < NEAREST || d > FARTHEST ? 0 : Math.exp(-beta * (energyOfPair(d) - least));
  const reach = Math.ceil(FARTHEST / spacing);
  const across = 2 * reach + 1;
  // f of all lattice vectors that two points may differ by.
  const table = new Float64Array(across * across);
  for (let x = 0; x < across; x++) {
    for (let y = 0; y < across; y++) table[x * across + y] = f(spacing * Math.hypot(x - reach, y - reach));
  }
  let integral = 0;
  for (let m = Math.ceil(NEAREST / spacing); m <= reach; m++) {
    const r = m * spacing;
    const points: { readonly x: number; readonly y: number; readonly g: number }[] = [];
    for (let x = -reach; x <= reach; x++) {
      for (let y = -reach; y <= reach; y++) {
        const g = f(spacing * Math.hypot(x, y)) * f(spacing * Math.hypot(x - m, y));
        if (g > 1e-14) points.push({ x, y, g });
      }
    }
    let inner = 0;
    for (const a of points) {
      // Mirror images in the line of the first two particles count the same.
      if (a.y < 0) continue;
      let reached = 0;
      for (const b of points) {
        const [x, y] = [b.x - a.x + reach, b.y - a.y + reach];
        if (x >= 0 && x < across && y >= 0 && y < across) reached += b.g * table[x * across + y]!;
      }
      inner += (a.y > 0 ? 2 : 1) * a.g * reached;
    }
    integral += 2 * Math.PI * r * f(r) * inner;
  }
  return Math.log(integral) + 5 * Math.log(spacing) - Math.log(doubleWell4().particles) - 6 * beta * least;
}

/** Mean energy −d ln Z/dβ of DW4 at β = 1, and its entropy ln Z + ⟨U⟩, in nats. */
export function doubleWellMoments(spacing = 0.25): {
  readonly logZ: number;
  readonly meanEnergy: number;
  readonly entropy: number;
} {
  const logZ = doubleWellLogZ({ spacing });
  const h = 1e-3;
  const at = (beta: number): number => doubleWellLogZ({ beta, spacing });
  const meanEnergy = -(at(1 + h) - at(1 - h)) / (2 * h);
  return { logZ, meanEnergy, entropy: logZ + meanEnergy };
}
