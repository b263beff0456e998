/**
 * The transfer function of Bardeen, Bond, Kaiser & Szalay 1986 (ApJ 304, 15), eq. G3, of cold dark matter, with the
 * shape parameter of Sugiyama 1995 (astro-ph/9412025) for baryons:
 * q = (T/2.7)² k / (Ω_m h exp(−Ω_b (1 + √(2h)/Ω_m))), k in h/Mpc.
 */
import { checkedMatterContent, type MatterContent } from './matter-content.ts';
import type { TransferFunction } from './transfer-eh98.ts';

/** T(k) of BBKS. @throws RangeError on densities that make no sense */
export function transferBbks(content: MatterContent): TransferFunction {
  const { omegaM, omegaB, h, tCmb } = checkedMatterContent(content);
  const shape = omegaM * h * Math.exp(-omegaB * (1 + Math.sqrt(2 * h) / omegaM));
  const scale = (tCmb / 2.7) ** 2 / shape;
  return {
    oscillationScale: 0,
    transfer: (k) => {
      const q = scale * k;
      const x = 2.34 * q;
      const logarithm = x < 1e-8 ? 1 - x / 2 : Math.log1p(x) / x;
      return logarithm * (1 + 3.89 * q + (16.1 * q) ** 2 + (5.46 * q) ** 3 + (6.71 * q) ** 4) ** -0.25;
    },
  };
}
