/** The kinds of flows of maps that a checkpoint may hold, each described by a spec of plain data. */
import { type FieldFlow, type FieldFlowSpec, fieldFlow } from './continuous/field-flow.ts';
import { type Trenf, type TrenfSpec, trenf } from './trenf.ts';

/** The choices of a TRENF, or those of a field-level continuous flow. */
export type MapModelSpec = TrenfSpec | FieldFlowSpec;

/** The name of a kind, as checkpoints have it. */
export type MapModelKind = 'trenf' | 'field-flow';

/** All kinds. */
export const MAP_MODEL_KINDS: readonly MapModelKind[] = ['trenf', 'field-flow'];

/** Which kind a spec describes. */
export function kindOf(spec: MapModelSpec): MapModelKind {
  return 'model' in spec ? spec.model : 'trenf';
}

/** Builds the flow of a spec. @throws RangeError naming the choice that does not work. */
export function mapModel(spec: MapModelSpec): Trenf | FieldFlow {
  return 'model' in spec ? fieldFlow(spec) : trenf(spec);
}
