/** The choices that make a flow, from the options of `equiflow train`; those of one kind of flow are refused for the other. */
import {
  type FieldFlowSpec,
  fieldFlowDefaults,
  kindOf,
  type MapFlowSpec,
  type MapModelSpec,
  trenfDefaults,
} from '@equiflow/flows';
import { InputError } from '../errors.ts';
import { digest, fingerprint, type MapStack, type ParameterTable } from '../maps.ts';
import type { Model } from '../model.ts';
import type { Choices } from '../training-choices.ts';
import type { TrainOptions } from './options.ts';

/** The options of one kind of flow alone, with their defaults. */
const own = {
  trenf: {
    '--layers': ['layers', trenfDefaults.layers],
    '--spline-knots': ['splineKnots', trenfDefaults.splineKnots],
  },
  continuous: {
    '--channels': ['channels', fieldFlowDefaults.channels],
    '--units': ['units', fieldFlowDefaults.units],
    '--time-functions': ['timeFunctions', fieldFlowDefaults.timeFunctions],
    '--bound': ['bound', fieldFlowDefaults.bound],
    '--steps': ['steps', fieldFlowDefaults.steps],
  },
} as const;

type OwnName =
  | 'layers'
  | 'splineKnots'
  | keyof Pick<FieldFlowSpec, 'channels' | 'units' | 'timeFunctions' | 'bound' | 'steps'>;

const entriesOf = (kind: TrainOptions['flow']): [string, readonly [OwnName, number]][] =>
  Object.entries(own[kind]);

/** @throws InputError where an option of the other kind is given, or one that a continuous flow cannot do */
export function requireFlowOptions(options: TrainOptions): void {
  const other = options.flow === 'trenf' ? 'continuous' : 'trenf';
  const foreign = entriesOf(other).find(([, [name]]) => options[name] !== undefined);
  if (foreign) {
    throw new InputError(
      `${foreign[0]} is a choice of --flow ${other}, this is --flow ${options.flow}; leave it out`,
    );
  }
  if (options.flow === 'continuous' && options.loss === 'discriminative') {
    throw new InputError(
      '--loss discriminative trains a TRENF alone: a continuous flow would learn the errors of its steps; leave it out',
    );
  }
}

/** Every choice that makes the flow, by option. */
function modelChoices(options: TrainOptions): Choices {
  return {
    '--flow': options.flow,
    '--transfer-knots': options.transferKnots,
    '--transfer-spacing': options.transferSpacing,
    '--hidden': options.hidden.join(',') || 'none',
    ...Object.fromEntries(
      entriesOf(options.flow).map(([flag, [name, value]]) => [flag, options[name] ?? value]),
    ),
  };
}

/** The spec of a new flow. */
export function specOf(options: TrainOptions, maps: Omit<MapFlowSpec, 'boxSize'>): MapModelSpec {
  const { box, flow, transferKnots, transferSpacing, hidden } = options;
  const common = { ...maps, boxSize: box, transferKnots, transferSpacing, hidden };
  const {
    layers = trenfDefaults.layers,
    splineKnots = trenfDefaults.splineKnots,
    channels = fieldFlowDefaults.channels,
    units = fieldFlowDefaults.units,
    timeFunctions = fieldFlowDefaults.timeFunctions,
    bound = fieldFlowDefaults.bound,
    steps = fieldFlowDefaults.steps,
  } = options;
  return flow === 'trenf'
    ? { ...common, layers, splineKnots }
    : { ...common, model: 'field-flow', channels, units, timeFunctions, bound, steps };
}

/** Everything that the result depends on, by the option that set it. */
export function choicesOf(
  options: TrainOptions,
  maps: MapStack,
  table: ParameterTable,
  init: Model | null,
): Choices {
  const { prior, box, logDensity, meanDraw, seed, loss, draws } = options;
  return {
    '--maps': `${maps.count} maps of ${maps.shape.join(' × ')} (${fingerprint(maps)})`,
    '--params': `${table.rows} rows of ${prior.names.join(', ')} (${digest(table.values)})`,
    '--prior': prior.names.map((name, axis) => `${name}:${prior.low[axis]}:${prior.high[axis]}`).join(','),
    '--box': box,
    ...modelChoices(options),
    '--log-density': logDensity,
    '--mean-draw': meanDraw ?? false,
    '--init': init?.id ?? 'none',
    '--batch': options.batch,
    '--epochs': options.epochs,
    '--learning-rate': options.learningRate,
    '--clip-norm': options.clipNorm,
    '--validation': options.validation,
    '--patience': options.patience,
    '--seed': seed,
    '--loss': loss,
    ...(loss === 'discriminative' ? { '--draws': draws } : {}),
  };
}

/** A model to start from must be of the same kind: its standardisation and its parameters are taken over. */
export function requireSameModel(
  { checkpoint, folder, notes }: Model,
  options: TrainOptions,
  maps: MapStack,
): void {
  const { spec } = checkpoint;
  const { '--flow': _, '--hidden': hidden, ...choices } = modelChoices(options);
  const kind = kindOf(spec) === 'trenf' ? 'trenf' : 'continuous';
  const names: Record<string, keyof MapModelSpec | OwnName> = {
    '--transfer-knots': 'transferKnots',
    '--transfer-spacing': 'transferSpacing',
    ...Object.fromEntries(entriesOf(options.flow).map(([flag, [name]]) => [flag, name])),
  };
  const wanted: [string, unknown, unknown][] = [
    ['--flow', kind, options.flow],
    ['maps', spec.shape.join(' × '), maps.shape.join(' × ')],
    ['--box', spec.boxSize, options.box],
    ['--prior', spec.parameterNames.join(), options.prior.names.join()],
    ...Object.entries(choices).map(([flag, given]): [string, unknown, unknown] => [
      flag,
      (spec as Partial<Record<string, unknown>> & MapModelSpec)[names[flag]! as keyof MapModelSpec],
      given,
    ]),
    ['--hidden', spec.hidden.join() || 'none', hidden],
    ['--log-density', spec.logDensity, options.logDensity],
    ['--mean-draw', notes.meanDraw !== null, options.meanDraw !== undefined],
  ];
  const differing = wanted.find(([, has, given]) => has !== given);
  if (differing) {
    const [name, has, given] = differing;
    throw new InputError(`--init ${folder}: that model has ${name} ${has}, this one ${given}; give the same`);
  }
}
