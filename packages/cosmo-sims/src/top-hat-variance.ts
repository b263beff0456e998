/**
 * The variance of a field smoothed with a sphere of radius R,
 *
 *   σ²(R) = 1/(2π²) ∫ d ln k k³ P(k) W²(kR),   W(x) = 3 (sin x − x cos x)/x³.
 *
 * Three ranges of k, so that nothing that oscillates is ever under-sampled or cut:
 * 1. below a first wavenumber P is a power law and W = 1: the integral is analytic;
 * 2. Gauss-Legendre panels, uniform in ln k while that is fine enough, then narrow enough for the oscillations of
 *    both W² (phase 2kR) and P (phase 2ks, s the sound horizon);
 * 3. beyond X = kR = nπ the window is split as W² = 9/(2x⁶) [1 + x² + (x² − 1) cos 2x − 2x sin 2x]. The smooth part is
 *    integrated to infinity; the oscillating part is two integrations by parts at X (the rest is of order X⁻³ of it).
 *
 * With the defaults below σ is good to better than 1e-9 relative for 0.1 ≤ R ≤ 200 Mpc/h (see the test, which compares
 * with finer panels and a later tail).
 */
import { gaussLegendre } from './gauss-legendre.ts';

const RULE = gaussLegendre(16);

/** How finely {@link topHatVariance} integrates; the defaults are right unless you test it. */
export interface VarianceAccuracy {
  /** Largest half-phase of the oscillations in one panel, radians. */
  panelPhase?: number;
  /** Largest width of a panel in ln k. */
  panelLog?: number;
  /** Where the smooth tail begins, in x = kR. */
  tailStart?: number;
}

/** W²(x) of the top hat, by its series where the closed form cancels. */
function windowSquared(x: number): number {
  if (x < 0.05) {
    const x2 = x * x;
    const w = 1 - (x2 / 10) * (1 - (x2 / 28) * (1 - x2 / 54));
    return w * w;
  }
  const w = (3 * (Math.sin(x) - x * Math.cos(x))) / (x * x * x);
  return w * w;
}

/**
 * σ²(R) of a spectrum.
 *
 * @param power P(k) in (Mpc/h)³; a power law k^n, n > −3, as k → 0; falling, and at most slowly varying beyond
 *   its oscillations, at large k
 * @param slope the n of k → 0
 * @param radius R in Mpc/h, > 0
 * @param oscillationScale s in Mpc/h: P contains sin(ks); 0 for a smooth spectrum
 * @returns σ²(R), dimensionless
 */
export function topHatVariance(
  power: (k: number) => number,
  slope: number,
  radius: number,
  oscillationScale: number,
  { panelPhase = 5, panelLog = 0.7, tailStart = 20 * Math.PI }: VarianceAccuracy = {},
): number {
  if (!(radius > 0 && radius < Infinity)) {
    throw new RangeError(`radius R = ${radius} Mpc/h: must be finite and > 0`);
  }
  const kFirst = Math.min(1e-6, 1e-5 / radius);
  // The oscillations of P fall as (ks)⁻³; beyond ks = 500, or where the window alone is down by x⁻⁴ = 1e-11, they do not count.
  const oscillationEnd = oscillationScale > 0 ? Math.min(500 / oscillationScale, 600 / radius) : 0;
  const last = Math.ceil(Math.max(tailStart, oscillationEnd * radius) / Math.PI) * Math.PI;
  const kLast = last / radius;
  const widest = panelPhase / (radius + oscillationScale);

  let integral = (kFirst ** 3 * power(kFirst)) / (slope + 3);
  const panel = (a: number, b: number, weight: (x: number) => number): number => {
    const half = (b - a) / 2;
    let sum = 0;
    for (let i = 0; i < RULE.nodes.length; i++) {
      const k = a + half * (1 + RULE.nodes[i]!);
      sum += RULE.weights[i]! * k * k * power(k) * weight(k * radius);
    }
    return sum * half;
  };
  for (let k = kFirst; k < kLast; ) {
    const next = Math.min(k * Math.exp(panelLog), k + 2 * widest, kLast);
    integral += panel(k, next, windowSquared);
    k = next;
  }

  const smooth = (x: number): number => (4.5 * (1 + x * x)) / x ** 6;
  let tail = 0;
  for (let k = kLast; ; ) {
    const next = k * Math.exp(panelLog);
    const part = panel(k, next, smooth);
    tail += part;
    k = next;
    if (!(part > 1e-12 * integral)) break;
  }
  // ∫_X^∞ (A cos 2x + B sin 2x) dx = −A′(X)/4 + B(X)/2 at X = nπ, with A = 4.5 k² P (x² − 1)/x⁶ / R, B = −9 k² P / x⁵ / R.
  const cosine = (x: number): number => {
    const k = x / radius;
    return (4.5 * k * k * power(k) * (x * x - 1)) / x ** 6 / radius;
  };
  const step = 1e-3 * last;
  const cosineSlope = (cosine(last + step) - cosine(last - step)) / (2 * step);
  const sine = (-9 * kLast * kLast * power(kLast)) / last ** 5 / radius;
  return (integral + tail - cosineSlope / 4 + sine / 2) / (2 * Math.PI ** 2);
}
