/**
 * The floors of the house: a package imports only from floors below its own, and there only what it names.
 *
 * `imports` lists the workspace packages that a package's sources may import; its tests may import anything
 * from lower floors. `node` lists the folders or files of a package's `src` that may import Node's modules:
 * everything else has to run in a browser too. `bundled` lists packages for development that the build puts into `dist`.
 *
 * @type {Record<string, { floor: number; imports: readonly string[]; node?: readonly string[]; bundled?: readonly string[] }>}
 */
export const floors = {
  tensor: { floor: 1, imports: [] },
  io: { floor: 1, imports: [], node: ['node/'] },
  'tensor-wasm': { floor: 2, imports: ['tensor'], node: ['pool'] },
  'tensor-gpu': { floor: 2, imports: ['tensor'], bundled: ['gpu.js'] },
  splines: { floor: 3, imports: ['tensor'] },
  'fft-mesh': { floor: 3, imports: ['tensor'] },
  'ode-solvers': { floor: 3, imports: ['tensor'] },
  egnn: { floor: 4, imports: ['tensor'] },
  'cosmo-sims': { floor: 4, imports: ['tensor', 'fft-mesh', 'splines', 'ode-solvers'] },
  flows: {
    floor: 5,
    imports: ['tensor', 'io', 'tensor-wasm', 'tensor-gpu', 'splines', 'fft-mesh', 'ode-solvers', 'egnn'],
  },
};

/** Apps stand above every package; `report` is the figures that the other apps draw with. */
export const appFloors = { report: 6, others: 7 };

/** Third-party packages that only one package may use, since they are heavy to install. */
export const onlyIn = { 'gpu.js': 'tensor-gpu', webgpu: 'tensor-gpu' };

/** The npm scope of the workspace. */
export const scope = '@equiflow/';
