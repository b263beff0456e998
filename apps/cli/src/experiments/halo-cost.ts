/** What a flow of N marked points costs: memory of its plans, and processor time of their runs on one thread. */
import { fieldValues, haloField, type TraceMethod } from '@equiflow/flows';
import {
  type Graph,
  gradients,
  layoutOf,
  square,
  sum,
  type Tensor,
  TensorError,
  type TensorType,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import { instantiate, type Plan, planOf } from '@equiflow/tensor-wasm';

/** One function of one catalogue. */
export interface CostFigure {
  /** Memory of the plan. */
  readonly bytes: number;
  /** Least processor time of a run, which other work on the machine disturbs less than time. */
  readonly milliseconds: number;
}

/** Costs of a catalogue of N halos, float32; null where the memory is beyond the limit. */
export interface HaloCost {
  readonly halos: number;
  /** v and its gradient in the parameters: a catalogue's share of a training step. */
  readonly training: CostFigure | null;
  /** v and div v, as likelihoods need them. */
  readonly exact: CostFigure | null;
  readonly hutchinson: CostFigure | null;
}

/** The plan of a graph, null where it takes more memory. */
function planWithin(limit: number, graph: Graph): Plan | null {
  try {
    return planOf(graph, { maxBytes: limit });
  } catch (error) {
    if (error instanceof TensorError && error.message.includes('the limit is')) return null;
    throw error;
  }
}

/** Measures a network of this size for N halos, as far as plans take no more than `limit` bytes. */
export function haloCost(
  halos: number,
  { layers, hidden, limit }: { layers: number; hidden: number; limit: number },
): HaloCost {
  const side = Math.cbrt(halos);
  const field = haloField({ halos, box: [side, side, side], layers, hidden, contextSize: 2 });
  const type = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });
  const { size } = layoutOf(field.parameters);
  const types = [type(size), type(1), type(1, halos, 4), type(1, 2), type(1, 1, 4 * halos)];
  const measure = (outputs: (inputs: readonly Tensor[]) => Tensor[]): CostFigure | null => {
    const plan = planWithin(
      limit,
      trace((...inputs) => outputs(inputs), types),
    );
    if (!plan) return null;
    const executable = instantiate(plan);
    const inputs = types.map(({ shape }) => {
      const length = shape.reduce((product, side) => product * side, 1);
      return Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(1 + 3 * i));
    });
    let least = Number.POSITIVE_INFINITY;
    const begin = performance.now();
    for (let run = 0; run < 5 || performance.now() - begin < 500; run++) {
      const start = process.cpuUsage();
      executable.run(inputs);
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1000);
    }
    executable.dispose();
    return { bytes: plan.bytes, milliseconds: least };
  };
  const divergence = (method: TraceMethod): CostFigure | null =>
    measure(([flat, t, x, theta, probes]) => {
      const parameters = unpackParameters(field.parameters, flat!);
      const options = { trace: method, ...(method === 'hutchinson' ? { probes: probes! } : {}) };
      const values = fieldValues(field, t!, x!, theta!, parameters, options);
      return [values.velocity, values.divergence];
    });
  return {
    halos,
    training: measure(([flat, t, x, theta]) => {
      const parameters = unpackParameters(field.parameters, flat!);
      const loss = sum(square(field.velocity(t!, x!, theta!, parameters)));
      return [loss, ...gradients(loss, [flat!])];
    }),
    exact: divergence('exact'),
    hutchinson: divergence('hutchinson'),
  };
}
