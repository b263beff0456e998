/**
 * The training of an E(n) flow as a command makes it: within a budget, saved as it goes, and gone on with where it was stopped.
 */
import { join } from 'node:path';
import {
  type BaseDensity,
  type Coupling,
  equivariantTransport,
  type FlowField,
  flowMatching,
  independentCoupling,
  type PooledLossExecutor,
  unrolledLikelihood,
} from '@equiflow/flows';
import type { Pool } from '@equiflow/tensor-wasm';
import { InputError } from '../errors.ts';
import type { Interrupt } from '../interrupt.ts';
import { clock, progressBar } from '../progress.ts';
import { type LossHistory, loadParticles, saveParticles } from './particle-checkpoint.ts';
import type { ParticleData } from './particle-data.ts';
import {
  initialParticleState,
  type ParticleTrainingOptions,
  type ParticleTrainingState,
  trainParticles,
} from './particle-training.ts';
import { requireSameTraining } from './training-file.ts';

/** How pairs of data and latents are made for flow matching. */
export type CouplingName = 'independent' | 'aligned' | 'transport';

/** Choices of a training. */
export interface ParticleFitOptions {
  readonly system: 'dw4' | 'lj13';
  /** .npy of the configurations to train on. Default: our own sampler. */
  readonly data?: string;
  readonly train: 'flow-matching' | 'likelihood';
  /** Folder of a training whose parameters this one starts with. */
  readonly init?: string;
  readonly coupling: CouplingName;
  /** p of the times t = u^p of flow matching. */
  readonly timePower: number;
  /** Most minutes of training. */
  readonly budget?: number;
  readonly steps?: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly average: number;
  readonly layers: number;
  readonly hidden: number;
  /** Standard deviation of a coordinate of the base density. */
  readonly baseWidth: number;
  /** Steps of the solver, in training by likelihood. */
  readonly solverSteps: number;
  readonly seed: number;
  readonly out: string;
}

const CHECKPOINT = 'flow.safetensors';
const DEFAULT_STEPS = 100_000;
const SECONDS_BETWEEN_CHECKPOINTS = 30;
/** Gradients of the mean loss beyond this are rare, and not to be followed to the end. */
const CLIP_NORM = 20;
/** Samples that a worker takes at a time. */
const CHUNKS = { dw4: 64, lj13: 32 } as const;

const COUPLINGS: Readonly<Record<CouplingName, () => Coupling>> = {
  independent: () => independentCoupling,
  aligned: () => equivariantTransport({ exchange: false, rounds: 2 }),
  transport: () => equivariantTransport({ rounds: 2 }),
};

/** The executor of the loss that was chosen. */
function executorOf(
  { train: loss, coupling, timePower, seed, system, solverSteps }: ParticleFitOptions,
  field: FlowField,
  base: BaseDensity,
  pool: Pool,
): Promise<PooledLossExecutor> {
  const chunk = CHUNKS[system];
  if (loss === 'flow-matching') {
    return flowMatching(field, base, pool, { coupling: COUPLINGS[coupling](), timePower, seed, chunk });
  }
  return unrolledLikelihood(field, base, pool, { trace: 'hutchinson', steps: solverSteps, seed, chunk });
}

/** A training at its end, or at that of its budget. */
export interface FittedParticles {
  readonly state: ParticleTrainingState;
  readonly seconds: number;
  readonly steps: number;
  readonly history: LossHistory;
}

/** Trains to the end, the budget or an interrupt (then null), saving as it goes. */
export async function fitParticles(
  options: ParticleFitOptions,
  field: FlowField,
  base: BaseDensity,
  data: ParticleData,
  pool: Pool,
  interrupt: Interrupt,
): Promise<FittedParticles | null> {
  const { out, seed, budget, system } = options;
  const file = join(out, CHECKPOINT);
  const width = data.values.length / data.count;
  const executor = await executorOf(options, field, base, pool);
  try {
    const saved = loadParticles(file, field.parameters);
    const given = options.init === undefined ? undefined : startFrom(options.init, field);
    const fresh = (): ParticleTrainingState => initialParticleState(field.parameters, seed, given);
    const training: Omit<ParticleTrainingOptions, 'steps'> = {
      batch: Math.min(options.batch, data.count),
      learningRate: options.learningRate,
      averageDecay: options.average,
      clipNorm: CLIP_NORM,
      seed,
    };
    const perStep = await secondsPerStep(executor, data, width, training, fresh());
    const fitting = budget === undefined ? DEFAULT_STEPS : Math.max(1, Math.floor((60 * budget) / perStep));
    const before = saved?.choices.steps as number | undefined;
    const steps = options.steps ?? before ?? fitting;
    const choices = {
      system,
      n: data.count,
      data: options.data ?? 'own',
      loss: options.train,
      init: options.init ?? 'none',
      ...(options.train === 'flow-matching'
        ? { coupling: options.coupling, timePower: options.timePower }
        : { solverSteps: options.solverSteps }),
      batch: training.batch,
      learningRate: options.learningRate,
      average: options.average,
      layers: options.layers,
      hidden: options.hidden,
      baseWidth: options.baseWidth,
      seed,
      steps,
    };
    if (saved) requireSameTraining(file, saved.choices, choices);
    const state = saved?.state ?? fresh();
    const earlier = saved?.seconds ?? 0;
    const left = steps - state.step;
    process.stderr.write(
      `${system}: ${state.parameters.length} parameters, ${left} of ${steps} steps of ${(1000 * perStep).toFixed(1)} ms: about ${clock(left * perStep)}${budget === undefined ? '' : `, at most ${budget} min`}\n`,
    );
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    let savedAt = 0;
    const history = [...(saved?.history ?? [])];
    const every = Math.max(1, Math.floor(steps / 100));
    let [total, counted] = [0, 0];
    const bar = progressBar(system, steps);
    for await (const loss of trainParticles(executor, data.values, width, { ...training, steps }, state)) {
      total += loss;
      counted++;
      if (state.step % every === 0 || state.step === steps) {
        history.push({ step: state.step, loss: total / counted });
        bar.to(state.step, `loss ${(total / counted).toFixed(4)}`);
        [total, counted] = [0, 0];
      }
      const stopped = interrupt.asked || (budget !== undefined && elapsed() > 60 * budget);
      if (stopped || state.step === steps || elapsed() - savedAt > SECONDS_BETWEEN_CHECKPOINTS) {
        saveParticles(file, { choices, state, history, seconds: earlier + elapsed() });
        savedAt = elapsed();
      }
      if (stopped) break;
    }
    bar.end();
    if (interrupt.asked && state.step < steps) return null;
    return { state, seconds: earlier + elapsed(), steps, history };
  } finally {
    await executor.close();
  }
}

/** The mean parameters of another training. */
function startFrom(folder: string, field: FlowField): Float32Array {
  const saved = loadParticles(join(folder, CHECKPOINT), field.parameters);
  if (!saved) throw new InputError(`--init ${folder}: holds no ${CHECKPOINT}; name the --out of a training`);
  return saved.state.average;
}

/** Seconds of a step, measured on a copy of the training. */
async function secondsPerStep(
  executor: PooledLossExecutor,
  data: ParticleData,
  width: number,
  options: Omit<ParticleTrainingOptions, 'steps'>,
  state: ParticleTrainingState,
): Promise<number> {
  const [warm, measured] = [2, 6];
  let start = 0;
  const steps = trainParticles(executor, data.values, width, { ...options, steps: warm + measured }, state);
  for await (const _ of steps) if (state.step === warm) start = performance.now();
  return (performance.now() - start) / 1000 / measured;
}
