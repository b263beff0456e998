/** E(n)-equivariant graph networks: layers, networks, graphs, neighbour search. */
export {
  type ChargedDataset,
  type ChargedDatasetOptions,
  chargedBatch,
  chargedDataset,
} from './charged-particles/dataset.ts';
export {
  type ChargedLoss,
  type ChargedModel,
  type ChargedModelOptions,
  chargedEgnn,
  chargedLoss,
  graphNetwork,
  linearDynamics,
  radialField,
} from './charged-particles/models.ts';
export {
  type ChargedParticlesOptions,
  type ChargedState,
  initialCharges,
  integrateCharges,
  simulateCharges,
  type Trajectory,
} from './charged-particles/simulate.ts';
export {
  type ChargedEpoch,
  type ChargedExecutor,
  type ChargedTrainingOptions,
  type ChargedTrainingState,
  chargedStepsPerEpoch,
  initialChargedState,
  meanSquaredError,
  trainCharged,
} from './charged-particles/train.ts';
export type { PointSet } from './graphs/cell-list.ts';
export {
  type CompleteGraphOptions,
  completeGraph,
  edgeListGraph,
  type MessageGraph,
  type NeighbourGraphOptions,
  neighbourGraph,
} from './graphs/graph.ts';
export { type EdgeList, nearestNeighbours, radiusGraph } from './graphs/neighbours.ts';
export { type Egnn, type EgnnInputs, type EgnnOptions, type EgnnOutputs, egnn } from './network/egnn.ts';
export {
  displacement,
  type PairGeometry,
  type PeriodicDifference,
  pairGeometry,
  safeRoot,
  squaredLength,
} from './network/geometry.ts';
export {
  type EgnnLayer,
  type EgnnLayerOptions,
  type EgnnState,
  type EgnnSurroundings,
  egnnLayer,
} from './network/layer.ts';
