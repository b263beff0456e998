/**
 * TRENF, a translation- and rotation-equivariant normalizing flow for fields on a mesh (Dai & Seljak 2022,
 * arXiv:2202.05282): layers of ψ_l(F⁻¹ T̂_l(k|θ) F x) between the data and white noise. A model is described by plain data,
 * the `TrenfSpec`, which a checkpoint stores; the parameters are one flat vector.
 */
import { type Tensor, unpackParameters, withinPrefix } from '@equiflow/tensor';
import { standardNormal } from './base-density.ts';
import { type Bijection, compose } from './bijection.ts';
import { toUnitBox } from './conditioner.ts';
import { flow } from './flow.ts';
import { logDensity } from './layers/log-density.ts';
import { type PixelSpline, pixelSpline } from './layers/pixel-spline.ts';
import { type RadialTransfer, radialTransfer } from './layers/radial-transfer.ts';
import { standardise } from './layers/standardise.ts';
import { type MapFlow, type MapFlowSpec, requireMapFlowSpec } from './map-flow.ts';

/** Every choice of a TRENF, as plain data. */
export interface TrenfSpec extends MapFlowSpec {
  readonly layers: number;
  /** Knots of ln T̂ ("8 points" of the source talk). */
  readonly transferKnots: number;
  readonly transferSpacing: 'log' | 'linear';
  /** Knots of ψ: 8 knots are 7 bins. */
  readonly splineKnots: number;
  /** Hidden widths of the networks from θ to T̂ and ψ. */
  readonly hidden: readonly number[];
}

/** A TRENF: a flow whose layers can be looked at. */
export interface Trenf extends MapFlow {
  readonly spec: TrenfSpec;
  /** ln T̂_l at every shell for θ [batch, P]: one tensor [batch, shells] a layer. */
  logTransfers(context: Tensor, flat: Tensor): Tensor[];
  /** Knots (x, y) and slopes of ψ_l for θ: tensors [batch, knots], per layer. */
  splines(context: Tensor, flat: Tensor): ReturnType<PixelSpline['spline']>[];
}

/** Defaults of a spec: 5 layers, 8 knots each, uniform in ln k. */
export const trenfDefaults: Pick<
  TrenfSpec,
  | 'layers'
  | 'transferKnots'
  | 'transferSpacing'
  | 'splineKnots'
  | 'hidden'
  | 'logDensity'
  | 'mean'
  | 'deviation'
> = {
  layers: 5,
  transferKnots: 8,
  transferSpacing: 'log',
  splineKnots: 8,
  hidden: [64, 64],
  logDensity: false,
  mean: 0,
  deviation: 1,
};

/** Builds the flow that a spec describes. @throws RangeError naming the choice that does not work. */
export function trenf(spec: TrenfSpec): Trenf {
  requireSpec(spec);
  const contextSize = spec.parameterNames.length;
  const { shape, boxSize, hidden } = spec;
  const transfers: RadialTransfer[] = [];
  const splines: PixelSpline[] = [];
  const before: Bijection[] = [
    ...(spec.logDensity ? [logDensity()] : []),
    standardise(spec.mean, spec.deviation),
  ];
  const layers = Array.from({ length: spec.layers }, () => {
    const transfer = radialTransfer({
      shape,
      boxSize,
      hidden,
      contextSize,
      knots: spec.transferKnots,
      spacing: spec.transferSpacing,
    });
    const spline = pixelSpline({ knots: spec.splineKnots, contextSize, hidden });
    transfers.push(transfer);
    splines.push(spline);
    return compose([transfer, spline]);
  });
  const inner = flow(compose([...before, ...layers]), standardNormal(shape));
  const parametersOf = (flat: Tensor, layer: number, half: 0 | 1) =>
    withinPrefix(`${before.length + layer}.${half}`, unpackParameters(inner.parameters, flat));
  const scaled = (context: Tensor): Tensor => toUnitBox(context, spec.prior);
  return {
    spec,
    parameters: inner.parameters,
    base: inner.base,
    logProb: (x, context, flat) => inner.logProb(x, scaled(context), flat),
    latent: (x, context, flat) => inner.latent(x, scaled(context), flat),
    generate: (z, context, flat) => inner.generate(z, scaled(context), flat),
    logTransfers: (context, flat) =>
      transfers.map((transfer, layer) => transfer.logTransfer(scaled(context), parametersOf(flat, layer, 0))),
    splines: (context, flat) =>
      splines.map((spline, layer) => spline.spline(scaled(context), parametersOf(flat, layer, 1))),
  };
}

function requireSpec(spec: TrenfSpec): void {
  requireMapFlowSpec('trenf', spec);
  const refuse = (what: string): never => {
    throw new RangeError(`trenf: ${what}`);
  };
  if (!(Number.isInteger(spec.layers) && spec.layers >= 1)) refuse(`${spec.layers} layers; give at least 1`);
  if (!(Number.isInteger(spec.splineKnots) && spec.splineKnots >= 2))
    refuse(`${spec.splineKnots} knots of psi; give at least 2`);
}
