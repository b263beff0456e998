/**
 * The linear power spectrum of matter at z = 0, P(k) = A k^{n_s} T²(k), with A fixed by σ_8, the standard deviation
 * in spheres of 8 Mpc/h.
 */
import { checkedMatterContent, type MatterContent, requirePositive } from './matter-content.ts';
import { type PowerSpectrum, spectrumFromFunction } from './spectrum.ts';
import { topHatVariance } from './top-hat-variance.ts';
import { transferBbks } from './transfer-bbks.ts';
import { type Eh98Variant, type TransferFunction, transferEh98 } from './transfer-eh98.ts';
import { transferEh98NoWiggle } from './transfer-eh98-nowiggle.ts';

/** A cosmology, and which transfer function to give it. */
export type LinearPowerOptions = MatterContent & {
  /** Spectral index n_s of P ∝ k^{n_s}; −3 < n_s < 3. */
  ns: number;
  /** σ_8 at z = 0, > 0. */
  sigma8: number;
} & (
    | {
        /** Eisenstein & Hu 1998 with oscillations. */
        transfer: 'eh98';
        /** Which reading of the paper; default `'paper'`. */
        variant?: Eh98Variant;
      }
    | {
        /** The smooth shape of Eisenstein & Hu 1998, or Bardeen, Bond, Kaiser & Szalay 1986. */
        transfer: 'eh98-nowiggle' | 'bbks';
      }
    | {
        /** A transfer function of one's own, such as `parseTransferTable` reads. */
        transfer: TransferFunction;
      }
  );

/** A linear spectrum in (Mpc/h)³ at z = 0; P(0) = 0. */
export interface LinearPower extends PowerSpectrum {
  /** @param radius R in Mpc/h @returns σ(R), the standard deviation in spheres of radius R, to 1e-9 */
  sigmaR(radius: number): number;
  /** A of P = A k^{n_s} T². */
  readonly amplitude: number;
  /** The transfer function within. */
  readonly transferFunction: TransferFunction;
}

/**
 * Builds a spectrum normalised to σ_8.
 *
 * @throws RangeError naming the parameter that makes no sense
 * @example
 * ```ts
 * const matter = linearPower({ omegaM: 0.3175, omegaB: 0.049, h: 0.6711, ns: 0.9624, sigma8: 0.834, transfer: 'eh98' });
 * matter.power(0.1); // (Mpc/h)³
 * matter.sigmaR(8);  // 0.834
 * ```
 */
export function linearPower(options: LinearPowerOptions): LinearPower {
  const content = checkedMatterContent(options);
  const { ns, sigma8 } = options;
  requirePositive('sigma8', sigma8);
  if (!(ns > -3 && ns < 3)) throw new RangeError(`ns = ${ns}: must be between -3 and 3 for σ_8 to exist`);
  const transferFunction = transferOf(content, options);
  const { transfer, oscillationScale } = transferFunction;

  const shape = (k: number): number => {
    const t = transfer(k);
    return k ** ns * t * t;
  };
  const amplitude = sigma8 ** 2 / topHatVariance(shape, ns, 8, oscillationScale);
  const spectrum = spectrumFromFunction((k) => (k === 0 ? 0 : amplitude * shape(k)));
  return {
    ...spectrum,
    sigmaR: (radius) => Math.sqrt(amplitude * topHatVariance(shape, ns, radius, oscillationScale)),
    amplitude,
    transferFunction,
  };
}

function transferOf(content: MatterContent, options: LinearPowerOptions): TransferFunction {
  if (typeof options.transfer === 'object') return options.transfer;
  switch (options.transfer) {
    case 'eh98':
      return transferEh98(content, options.variant);
    case 'eh98-nowiggle':
      return transferEh98NoWiggle(content);
    case 'bbks':
      return transferBbks(content);
    default:
      throw new RangeError(
        `transfer '${String((options as { transfer: unknown }).transfer)}': must be 'eh98', 'eh98-nowiggle', 'bbks' or a transfer function`,
      );
  }
}
