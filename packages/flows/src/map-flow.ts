/**
 * What every flow of maps has, whatever is inside: a density of fields on a mesh, conditional on cosmological parameters in a prior
 * box. Training, evaluation, posteriors and checkpoints ask for no more.
 */
import type { FlowSpec, SpecifiedFlow } from './flow.ts';
import type { Box } from './posterior/adaptive-grid.ts';

/** The choices that say which maps a flow is for; their mesh `shape` is [N, N] or [N, N, N]. */
export interface MapFlowSpec extends FlowSpec {
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Uniform prior of θ; the networks see it mapped to [−1, 1]. */
  readonly prior: Box;
  /** True: the first layer is ln(1 + δ). */
  readonly logDensity: boolean;
  /** Mean and standard deviation that the data (after the logarithm) are standardised with. */
  readonly mean: number;
  readonly deviation: number;
}

/** A flow of maps. */
export interface MapFlow extends SpecifiedFlow {
  readonly spec: MapFlowSpec;
}

/** @throws RangeError, beginning with the model's name, that says which choice does not work. */
export function requireMapFlowSpec(model: string, spec: MapFlowSpec): void {
  const refuse = (what: string): never => {
    throw new RangeError(`${model}: ${what}`);
  };
  const [side] = spec.shape;
  if (
    !(spec.shape.length === 2 || spec.shape.length === 3) ||
    spec.shape.some((length) => length !== side || length < 4)
  ) {
    refuse(`shape [${spec.shape}]; give [N, N] or [N, N, N] with N at least 4`);
  }
  if (!(spec.boxSize > 0)) refuse(`box size ${spec.boxSize}; give the side in Mpc/h`);
  const { low, high } = spec.prior;
  const names = spec.parameterNames;
  if (names.length === 0 || low.length !== names.length || high.length !== names.length) {
    refuse(
      `prior with ${low.length} lower and ${high.length} upper edges for the parameters ${names.join(', ')}`,
    );
  }
  names.forEach((name, axis) => {
    if (!(low[axis]! < high[axis]!))
      refuse(`prior of ${name} from ${low[axis]} to ${high[axis]}; give low < high`);
  });
}
