/** Opening a GPU: finds what there is, says what it found, and fails with one line where there is nothing. */
import { type Backend, TensorError } from '@equiflow/tensor';
import { dawn } from '#dawn';
import { type GpuExecutable, makeExecutable, type Opened, reportsOf } from './executable.ts';
import { lowerGraph } from './lower.ts';
import gpujs from './vendor/gpu.ts';

/** What runs the kernels: WebGPU, WebGL 2 (browsers only), or gpu.js's own WebAssembly and JavaScript, for comparison. */
export type GpuMode = 'webgpu' | 'webgl2' | 'webasm' | 'cpu';

/** What `gpu` may be told. */
export interface GpuOptions {
  /** Default: 'webgpu'. */
  readonly mode?: GpuMode;
}

/** A backend with what it found. */
export interface GpuBackend extends Backend<GpuExecutable> {
  readonly mode: GpuMode;
  /** The adapter in words, as `google swiftshader`; for modes without one the mode. */
  readonly adapter: string;
  /** Whether the adapter is a CPU's imitation of a GPU, whose times say nothing. */
  readonly isSoftware: boolean;
  /** Where WebGPU comes from: the platform, or Dawn of the package `webgpu`; null in other modes. */
  readonly source: 'platform' | 'dawn' | null;
  /** What gpu.js reported of the last run, as `webgpu/fused-encoder`; null before the first. */
  readonly lastRun: string | null;
  /** Gives all kernels and executables back. */
  close(): Promise<void>;
}

interface Adapter {
  readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly description?: string };
}
interface WebGpu {
  requestAdapter(): Promise<Adapter | null>;
}

const expected: Readonly<Record<GpuMode, Opened['expected']>> = {
  webgpu: { backend: ['webgpu'], executorKind: ['fused-encoder'] },
  webgl2: { backend: ['gpu'], executorKind: ['generic'] },
  webasm: { backend: ['webasm'], executorKind: ['fused-sync', 'fused-threaded'] },
  cpu: { backend: ['cpu'], executorKind: ['generic'] },
};

/**
 * Opens a GPU backend: `compile(fn, specs, { backend: await gpu() })`. Float32 only.
 * @throws TensorError, one line, where the machine has nothing of the kind: what was looked for and how to get it.
 */
export async function gpu({ mode = 'webgpu' }: GpuOptions = {}): Promise<GpuBackend> {
  if (!(mode in expected)) {
    throw new TensorError(`gpu: mode '${mode}'; give one of ${Object.keys(expected).join(', ')}`);
  }
  const found = mode === 'webgpu' ? await findAdapter() : null;
  if (mode === 'webgl2' && !gpujs.GPU.isWebGL2Supported) {
    throw new TensorError(
      "gpu: no WebGL 2 here; Node has none, in a browser turn hardware acceleration on, or use mode 'webgpu'",
    );
  }
  if (mode === 'webasm' && !gpujs.GPU.isWebAssemblySupported) {
    throw new TensorError("gpu: no WebAssembly SIMD here; use mode 'cpu' or a newer browser");
  }
  const limits = found?.adapter.limits;
  const instance = new gpujs.GPU({ mode });
  const device = found ? (await gpujs.WebGPUContext.acquire()).device : null;
  // From before the first buffer is made.
  if (device) reportsOf(device);
  const opened: Opened = {
    library: gpujs,
    instance,
    device,
    expected: expected[mode],
    largestArray: limits ? Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) : 2 ** 30,
  };
  const name = found ? describeAdapter(found.adapter) : mode === 'webgl2' ? describeRenderer() : mode;
  const open = new Set<GpuExecutable>();
  let lastRun: string | null = null;
  return {
    name: `gpu (${mode})`,
    mode,
    adapter: name,
    isSoftware: isSoftware(name),
    source: found?.source ?? null,
    get lastRun() {
      return lastRun;
    },
    compile(graph) {
      const executable: GpuExecutable = makeExecutable(
        opened,
        lowerGraph(graph),
        graph.inputs,
        graph.outputs,
        {
          ran(how) {
            lastRun = how;
          },
          disposing: () => open.delete(executable),
        },
      );
      open.add(executable);
      return executable;
    },
    async close() {
      for (const executable of [...open]) await executable.dispose();
      await opened.instance.destroy();
    },
  };
}

/** SwiftShader, llvmpipe, Microsoft's WARP; and gpu.js's own modes. */
function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|warp|basic render|^webasm$|^cpu$/i.test(name);
}

async function findAdapter(): Promise<{ adapter: Adapter; source: 'platform' | 'dawn' }> {
  const scope = globalThis as { navigator?: { gpu?: WebGpu } };
  let source: 'platform' | 'dawn' = 'platform';
  if (!scope.navigator?.gpu) {
    const found = await dawn();
    if (!found.gpu)
      throw new TensorError(`gpu: no WebGPU: ${found.reason}; ${advice('the package webgpu and ')}`);
    source = 'dawn';
    for (const [name, value] of Object.entries(found.globals)) {
      if (!(name in globalThis))
        Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    if (!scope.navigator)
      Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
    Object.defineProperty(scope.navigator, 'gpu', { value: found.gpu, configurable: true });
  }
  const adapter = await scope.navigator!.gpu!.requestAdapter();
  if (!adapter) throw new TensorError(`gpu: WebGPU is there but finds no adapter; ${advice('')}`);
  return { adapter, source };
}

function advice(missing: string): string {
  return typeof document === 'undefined'
    ? `install ${missing}a Vulkan, Metal or Direct3D 12 driver (on Linux also libvulkan1), or use the wasm backend`
    : 'use a browser with WebGPU and hardware acceleration (Chrome or Edge 113, Safari 26, Firefox 141), or the wasm backend';
}

/** The renderer of WebGL, as far as the browser tells it. */
function describeRenderer(): string {
  const context = document.createElement('canvas').getContext('webgl2');
  const info = context?.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = context?.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return `WebGL 2, ${String(name)}`;
}

function describeAdapter({ info }: Adapter): string {
  const words = [info?.vendor, info?.architecture, info?.description].filter((word) => word);
  return words.length > 0 ? [...new Set(words)].join(' ') : 'unnamed adapter';
}
