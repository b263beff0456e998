/** The part of gpu.js that this package uses, as types. */

/** An array with its size, which gpu.js reads without looking at the elements. */
export interface GpuJsInput {
  readonly value: Float32Array;
  readonly size: readonly number[];
}

/** Stands for a value while a pipeline is traced. */
export type GpuJsHandle = object;

/** A helper function of kernels. */
export interface GpuJsFunction {
  readonly name: string;
  readonly source: string;
  readonly argumentTypes: readonly string[];
  readonly returnType: string;
}

/** A compiled kernel; during a trace it takes and gives handles. */
export interface GpuJsKernel {
  (...args: (GpuJsHandle | GpuJsInput | number)[]): GpuJsHandle;
  destroy(): void;
}

/** A plan of kernels that runs as one. */
export interface GpuJsPipeline {
  (...args: GpuJsInput[]): Promise<Float32Array[]>;
  readonly executorKind: string;
  readonly backend: string | null;
  readonly fallbackReason: string | null;
  readonly pipeline: { readonly _executor?: { readonly _device?: GpuJsDevice | null } | false };
  destroy(): Promise<void>;
}

/** What is used of a WebGPU device. */
export interface GpuJsDevice {
  /** Resolves once the device is gone; never rejects. */
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
}

/** An instance of gpu.js for one mode. */
export interface GpuJsInstance {
  createKernel(
    source: string,
    settings: {
      readonly output: readonly number[];
      readonly functions: readonly GpuJsFunction[];
      readonly precision: 'single';
    },
  ): GpuJsKernel;
  createPipeline(
    orchestration: (...args: GpuJsHandle[]) => readonly GpuJsHandle[],
    settings: { readonly threads: boolean },
  ): GpuJsPipeline;
  destroy(): Promise<void>;
}

/** The library. */
export interface GpuJs {
  readonly GPU: {
    new (settings: { readonly mode: string }): GpuJsInstance;
    readonly isWebGL2Supported: boolean;
    readonly isWebAssemblySupported: boolean;
  };
  /** The one device that all instances share. */
  readonly WebGPUContext: { acquire(): Promise<{ readonly device: GpuJsDevice }> };
  readonly input: (value: Float32Array, size: readonly number[]) => GpuJsInput;
}
