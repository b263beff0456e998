/**
 * `equiflow train`: fits a flow to maps on disk. The checkpoint holds every choice and the whole state; the same command goes on
 * where it was stopped, and gives the same bits as if it never had been.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Checkpoint,
  decodeCheckpoint,
  discriminativeExecutor,
  encodeCheckpoint,
  generativeExecutor,
  layoutOf,
  type MapDataset,
  mapModel,
  type PooledLossExecutor,
  train as runTraining,
  withDrawnMeans,
} from '@equiflow/flows';
import { readFile, writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { TensorError } from '@equiflow/tensor';
import { EXIT, InputError } from '../errors.ts';
import { watchInterrupt } from '../interrupt.ts';
import { openMaps, readParameters, simulationsOf } from '../maps.ts';
import { type ModelNotes, modelFile, readModel } from '../model.ts';
import type { Outcome } from '../outcome.ts';
import { type OpenPlace, openPlace } from '../place.ts';
import { clock, progressBar } from '../progress.ts';
import { beginning, datasetOf } from '../training/beginning.ts';
import { choicesOf, requireFlowOptions, requireSameModel } from '../training/model-choices.ts';
import { type TrainingNotes, type TrainOptions, trainingOf } from '../training/options.ts';
import { requireSameChoices } from '../training-choices.ts';

/** Runs the command. */
export async function train(options: TrainOptions): Promise<Outcome> {
  requireFlowOptions(options);
  const maps = openMaps(options.maps, options.array);
  const table = readParameters(options.params, options.prior, options);
  const simulations = simulationsOf(maps, table);
  const init = options.init === undefined ? null : readModel(options.init);
  if (init) requireSameModel(init, options, maps);
  if (options.loss === 'discriminative' && !init) {
    throw new InputError(
      '--loss discriminative starts from a trained model; train one with --loss generative and name it with --init',
    );
  }
  if (options.loss === 'discriminative' && (options.draws < 3 || options.draws % 2 === 0)) {
    throw new InputError(`--draws ${options.draws}: give an odd number of at least 3`);
  }
  const choices = choicesOf(options, maps, table, init);
  const training = trainingOf(options);
  const file = modelFile(options.out);
  const stored = existsSync(file) && !options.restart ? decodeCheckpoint(readFile(file), file) : null;
  if (stored) requireSameChoices((stored.notes as unknown as ModelNotes).choices, choices, options.out);
  if (stored?.state.finished) return outcomeOf(stored, options.out, 'was already finished');

  const dataset = datasetOf(maps, table, simulations, options.prior);
  const opened = await openPlace(options);
  try {
    const checkpoint = stored ?? (await beginning(options, dataset, maps, init, training, choices));
    return await continueTraining(checkpoint, dataset, options, opened, stored !== null);
  } finally {
    await opened.close();
    maps.source.close();
  }
}

/** Trains from a checkpoint to the end or to the next signal. */
async function continueTraining(
  checkpoint: Checkpoint,
  plain: MapDataset,
  options: TrainOptions,
  { place, name, ran }: OpenPlace,
  resumed: boolean,
): Promise<Outcome> {
  const { spec, training, state } = checkpoint;
  const notes = checkpoint.notes as unknown as TrainingNotes;
  const { meanDraw } = notes;
  const dataset = meanDraw ? withDrawnMeans(plain, meanDraw, spec.logDensity) : plain;
  const flow = mapModel(spec);
  const executor: PooledLossExecutor = notes.covariances
    ? await discriminativeExecutor(flow, place, {
        table: notes.covariances,
        draws: training.draws,
        seed: training.seed,
      })
    : await generativeExecutor(flow, place);
  const interrupt = watchInterrupt();
  const begun = performance.now();
  const soFar = (): Checkpoint => ({
    ...checkpoint,
    notes: {
      ...notes,
      seconds: notes.seconds + (performance.now() - begun) / 1000,
      computedBy: [...new Set([...(notes.computedBy ?? []), ran()])].filter((how) => how !== null),
    },
  });
  const save = (): void => {
    const now = soFar();
    writeFileAtomic(modelFile(options.out), encodeCheckpoint(now));
    writeJsonAtomic(join(options.out, 'log.json'), logOf(now));
  };
  try {
    // A folder that cannot be written is told before the work, not after it.
    if (!resumed) save();
    let bar: ReturnType<typeof progressBar> | undefined;
    let saved = performance.now();
    let validation = state.history.at(-1)?.validation;
    for await (const { step, totalSteps, loss, record } of runTraining(dataset, executor, training, state)) {
      bar ??= progressBar(resumed ? 'training (resumed)' : 'training', totalSteps);
      if (record) validation = record.validation;
      bar.to(
        step,
        `epoch ${state.epoch + 1}  loss ${loss.toFixed(1)}${validation === undefined ? '' : `  validation ${validation.toFixed(1)}`}`,
      );
      if (interrupt.asked && !state.finished) {
        bar.end();
        save();
        return {
          lines: [`stopped after step ${step} of ${totalSteps}; give the same command again to go on`],
          data: { model: modelFile(options.out), finished: false, step, totalSteps },
          exitCode: EXIT.interrupted,
        };
      }
      if (performance.now() - saved >= 1000 * options.checkpointEvery) {
        save();
        saved = performance.now();
      }
    }
    bar?.end();
    save();
  } catch (error) {
    // What the place cannot compute any more can be gone on with elsewhere, from the last step.
    if (error instanceof TensorError && state.step > 0) save();
    throw error;
  } finally {
    interrupt.release();
    await executor.close();
  }
  const outcome = outcomeOf(soFar(), options.out, resumed ? 'went on and finished' : 'finished');
  return {
    ...outcome,
    lines: [...outcome.lines, `computed by ${name}`],
    data: { ...outcome.data, backend: name },
  };
}

/** The history as a file of its own, for plots. */
function logOf({ spec, training, state, notes }: Checkpoint): Record<string, unknown> {
  const { step, epoch, bestEpoch, bestValidation, finished, history } = state;
  return {
    spec,
    training,
    choices: notes.choices,
    parameters: layoutOf(mapModel(spec).parameters).size,
    finished,
    step,
    epoch,
    bestEpoch,
    bestValidation: Number.isFinite(bestValidation) ? bestValidation : null,
    seconds: notes.seconds,
    history,
  };
}

function outcomeOf(checkpoint: Checkpoint, folder: string, how: string): Outcome {
  const { state, notes } = checkpoint;
  const seconds = notes.seconds as number;
  const { epoch, bestEpoch, bestValidation } = state;
  return {
    lines: [
      `training ${how} after ${epoch} epochs, ${clock(seconds)}; best validation loss ${bestValidation.toFixed(2)} nats a map (epoch ${bestEpoch})`,
      `model in ${modelFile(folder)}`,
    ],
    data: { model: modelFile(folder), ...logOf(checkpoint) },
  };
}
