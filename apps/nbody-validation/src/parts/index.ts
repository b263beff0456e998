/** The parts of the validation, in the order they run. */
import type { Part } from '../part.ts';
import { exactGradients } from './gradients.ts';
import { linearGrowth } from './growth.ts';
import { nonLinear } from './halofit.ts';
import { initialConditions } from './initial-conditions.ts';
import { momentumConservation } from './momentum.ts';
import { planeWave } from './plane-wave.ts';
import { meshes, timeSteps } from './refinement.ts';

/** All of them. */
export const PARTS: readonly Part[] = [
  linearGrowth,
  planeWave,
  momentumConservation,
  exactGradients,
  initialConditions,
  timeSteps,
  meshes,
  nonLinear,
];
