/** GPU backend of `@equiflow/tensor`: graphs compiled to gpu.js pipelines. */
export type { GpuExecutable } from './executable.ts';
export { type GpuBackend, type GpuMode, type GpuOptions, gpu } from './open.ts';
