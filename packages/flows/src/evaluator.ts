/**
 * A trained flow put to use on many maps over a pool of workers or on a device: likelihoods, gradients in θ, latents, samples. In
 * float64 unless asked otherwise: a log-likelihood of thousands of nats is compared to hundredths.
 */
import {
  broadcastTo,
  gradients,
  layoutOf,
  sum,
  type Tensor,
  type TensorType,
  type TypedArray,
  trace,
} from '@equiflow/tensor';
import type { ParallelExecutable } from '@equiflow/tensor-wasm';
import type { SpecifiedFlow } from './flow.ts';
import { compileChunked, isDevice, type Placement } from './placement.ts';
import { chunkOf } from './training/loss-executor.ts';

type Floats = Float32Array | Float64Array;

/** Options of `openEvaluator`. */
export interface EvaluatorOptions {
  /** Workers, or a device. */
  readonly pool: Placement;
  /** Default float64, the only one of a device float32. */
  readonly dtype?: 'float32' | 'float64';
}

/** Maps are row-major [count, ...shape], θ [count, P]; any float array will do. */
export interface Evaluator {
  /** ln p(x_i|θ_i), nats, [count]. */
  logProb(maps: Floats, thetas: Floats): Promise<Float64Array>;
  /** ln p(x|θ_i) of one map, [count]. */
  logProbOfMap(map: Floats, thetas: Floats): Promise<Float64Array>;
  /** ∂ ln p(x_i|θ_i)/∂θ, [count, P]. */
  thetaGradient(maps: Floats, thetas: Floats): Promise<Float64Array>;
  /** The latents, [count, ...shape]. */
  latent(maps: Floats, thetas: Floats): Promise<Float64Array>;
  /** Fields from latents, [count, ...shape]. */
  generate(latents: Floats, thetas: Floats): Promise<Float64Array>;
  /** Gives the plans back; the pool stays the caller's. */
  close(): Promise<void>;
}

/** Prepares a flow with given parameters; each function is compiled when it is first called. */
export function openEvaluator(
  flow: SpecifiedFlow,
  parameters: Floats,
  { pool, dtype = isDevice(pool) ? 'float32' : 'float64' }: EvaluatorOptions,
): Evaluator {
  const { shape, parameterNames } = flow.spec;
  const pixels = shape.reduce((product, length) => product * length, 1);
  const width = parameterNames.length;
  const { size } = layoutOf(flow.parameters);
  const convert = (values: Floats): Floats => {
    if (dtype === 'float64') return values instanceof Float64Array ? values : Float64Array.from(values);
    return values instanceof Float32Array ? values : Float32Array.from(values);
  };
  const flat = convert(parameters);
  const type = (...lengths: number[]): TensorType => ({ shape: lengths, dtype });
  const chunk = chunkOf(dtype === 'float64' ? 2 * pixels : pixels);
  const opened: ParallelExecutable[] = [];
  /** Compiles on first use. `oneMap`: the field is shared by all θ. */
  const lazily = (fn: (x: Tensor, theta: Tensor, flat: Tensor) => Tensor, oneMap = false) => {
    let executor: Promise<ParallelExecutable> | undefined;
    return async (fields: Floats, thetas: Floats): Promise<Float64Array> => {
      const count = width > 0 ? thetas.length / width : fields.length / pixels;
      const expected = oneMap ? 1 : count;
      if (!Number.isInteger(count) || fields.length !== expected * pixels) {
        throw new RangeError(
          `evaluator: ${fields.length} values of fields of [${shape}] for ${thetas.length} values of θ = (${parameterNames.join(', ')})`,
        );
      }
      executor ??= compileChunked(pool, {
        chunk,
        valuesPerItem: pixels,
        graph: (n) =>
          trace(
            (given, x, theta) => fn(x!, theta!, given!),
            [type(size), type(oneMap ? 1 : n, ...shape), type(n, width)],
          ),
        inputs: ['shared', oneMap ? 'shared' : 'batch', 'batch'],
        outputs: ['concat'],
      }).then((made) => {
        opened.push(made);
        return made;
      });
      const [result] = await (await executor).run([flat, convert(fields), convert(thetas)] as TypedArray[]);
      return Float64Array.from(result!);
    };
  };
  return {
    logProb: lazily((x, theta, p) => flow.logProb(x, theta, p)),
    logProbOfMap: lazily((x, theta, p) => flow.logProb(broadcastMap(x, theta), theta, p), true),
    thetaGradient: lazily((x, theta, p) => gradients(sum(flow.logProb(x, theta, p)), [theta])[0]!),
    latent: lazily((x, theta, p) => flow.latent(x, theta, p)),
    generate: lazily((z, theta, p) => flow.generate(z, theta, p)),
    async close() {
      await Promise.all(opened.map((executor) => executor.dispose()));
    },
  };
}

const broadcastMap = (x: Tensor, theta: Tensor): Tensor =>
  broadcastTo(x, [theta.shape[0]!, ...x.shape.slice(1)]);
