/** The command line of equiflow: one command a job, each with its options, defaults and examples. */
import { jsonReplacer } from '@equiflow/io/node';
import { Command, CommanderError } from 'commander';
import { addEvaluate } from './command-line/evaluate.ts';
import { addExperiment } from './command-line/experiment.ts';
import { addHalos } from './command-line/halos.ts';
import { addInfer } from './command-line/infer.ts';
import { addReport } from './command-line/report.ts';
import { addSample } from './command-line/sample.ts';
import type { Run } from './command-line/shared.ts';
import { addSimulate } from './command-line/simulate.ts';
import { addTrain } from './command-line/train.ts';
import { EXIT, isTold, oneLine } from './errors.ts';
import { isHdf5, loadHdf5 } from './hdf5-rows.ts';

const COMMANDS = [
  addSimulate,
  addTrain,
  addInfer,
  addSample,
  addEvaluate,
  addReport,
  addHalos,
  addExperiment,
];

/** Where a run writes. */
export interface Streams {
  out(text: string): void;
  error(text: string): void;
}

/**
 * Runs one command line.
 * @param words the arguments after the name of the program
 * @returns the exit code: 0 on success alone, 2 for an input that cannot be used, 130 after an interrupt, 1 for a fault of equiflow
 */
export async function runCommandLine(words: readonly string[], streams: Streams): Promise<number> {
  let exitCode = 0;
  const run: Run = async (work, json) => {
    const outcome = await work();
    if (json) streams.out(`${JSON.stringify(outcome.data, jsonReplacer)}\n`);
    else for (const line of outcome.lines) streams.out(`${line}\n`);
    exitCode = outcome.exitCode ?? 0;
  };
  const program = makeProgram(run, streams);
  if (words.length === 0) {
    streams.error(program.helpInformation());
    return EXIT.input;
  }
  try {
    if (words.some(isHdf5)) await loadHdf5();
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const [name = ''] = words;
      const known = program.commands.some((one) => one.name() === name);
      streams.error(
        `equiflow: ${oneLine(error).replace(/^error: /, '')}; see equiflow ${known ? `${name} ` : ''}--help\n`,
      );
      return EXIT.input;
    }
    if (isTold(error)) {
      streams.error(`equiflow ${words[0]}: ${oneLine(error)}\n`);
      return EXIT.input;
    }
    streams.error(
      `equiflow: a fault of the program, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return EXIT.fault;
  }
}

function makeProgram(run: Run, streams: Streams): Command {
  const program = new Command('equiflow')
    .description(
      'Learns the probability of cosmological maps, p(map | parameters), with equivariant normalizing flows, and uses it: posteriors of the parameters, new maps, tests.',
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => streams.out(text), writeErr: () => {} })
    .configureHelp({ helpWidth: 100 })
    .addHelpText(
      'after',
      '\nA first run:\n  equiflow simulate …  then  equiflow train …  then  equiflow infer …\n  equiflow COMMAND --help tells each in full, with examples.\n',
    );
  for (const add of COMMANDS) add(program, run);
  return program;
}
