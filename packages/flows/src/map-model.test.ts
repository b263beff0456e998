import { decodeSafetensors, encodeSafetensors } from '@equiflow/io';
import { expect, test } from 'vitest';
import { fieldFlowDefaults } from './continuous/field-flow.ts';
import { type MapModelSpec, mapModel } from './map-model.ts';
import { decodeCheckpoint, encodeCheckpoint } from './training/checkpoint.ts';
import { trainingDefaults } from './training/options.ts';
import { initialState } from './training/trainer.ts';
import { trenfDefaults } from './trenf.ts';

const common = {
  ...{ shape: [8, 8], boxSize: 100, hidden: [4] },
  ...{ parameterNames: ['a'], prior: { low: [0], high: [1] } },
};
const specs: [string, MapModelSpec][] = [
  ['trenf', { ...trenfDefaults, ...common }],
  ['field-flow', { ...fieldFlowDefaults, ...common }],
];

test.each(specs)('a checkpoint of a %s names its kind and comes back', (kind, spec) => {
  const state = initialState(mapModel(spec), 3);
  const bytes = encodeCheckpoint({ spec, training: trainingDefaults, state, notes: {} });
  const header = JSON.parse(decodeSafetensors(bytes, 'a').metadata.equiflow!) as { model: string };
  expect(header.model).toBe(kind);
  const read = decodeCheckpoint(bytes, 'a');
  expect(read.spec).toEqual(spec);
  expect(read.state.best).toEqual(state.best);
  expect('field' in mapModel(read.spec)).toBe(kind === 'field-flow');
});

test('a kind that is not known is refused by name', () => {
  const header = { version: 1, model: 'diffusion', spec: {}, training: {}, state: {}, notes: {} };
  const bytes = encodeSafetensors({}, { equiflow: JSON.stringify(header) });
  expect(() => decodeCheckpoint(bytes, 'b')).toThrow(/kind diffusion.*trenf and field-flow/);
});
