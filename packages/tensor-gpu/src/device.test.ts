/** What the device holds: flat over runs, nothing after `dispose`; what happens when it is lost or cannot do something. */
import {
  cast,
  compile,
  constant,
  full,
  gather,
  gradients,
  input,
  matmul,
  multiply,
  sum,
  tanh,
  trace,
} from '@equiflow/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gpu } from './index.ts';
import { lowerGraph } from './lower.ts';
import { openForTests } from './testing/adapter.ts';

const backend = await openForTests('webgpu');
afterAll(() => backend?.close());

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

interface Buffer {
  readonly size: number;
  destroy(): void;
}
interface Device {
  createBuffer(descriptor: { size: number; usage?: number }): Buffer;
  destroy(): void;
}

/** Buffers that exist, in number and bytes: every one that is made, less those destroyed. */
const live = new Map<Buffer, number>();
let device: Device | null = null;

beforeAll(() => {
  if (!backend) return;
  const { GPUDevice } = globalThis as unknown as { GPUDevice: { prototype: Device } };
  const { prototype } = GPUDevice;
  const make = prototype.createBuffer;
  prototype.createBuffer = function createBuffer(this: Device, descriptor): Buffer {
    device = this;
    const buffer = make.call(this, descriptor);
    const destroy = buffer.destroy;
    live.set(buffer, descriptor.size);
    buffer.destroy = () => {
      live.delete(buffer);
      destroy.call(buffer);
    };
    return buffer;
  };
});

const held = (): { count: number; bytes: number } => ({
  count: live.size,
  bytes: [...live.values()].reduce((total, size) => total + size, 0),
});

describe.skipIf(!backend)('on a device', () => {
  const layer = () =>
    trace(
      (w, x) => {
        const loss = sum(tanh(matmul(x!, w!)));
        return [loss, ...gradients(loss, [w!])];
      },
      [float(6, 4), float(5, 6)],
    );
  const data = [
    new Float32Array(24).map((_, i) => Math.sin(i)),
    new Float32Array(30).map((_, i) => Math.cos(i)),
  ];

  test('2,000 runs of a training step hold no more memory than the first; dispose gives all back', async () => {
    const before = held();
    const executable = backend!.compile(layer());
    const [first] = await executable.run(data);
    const during = held();
    expect(during.count).toBeGreaterThan(before.count);
    expect(executable.memoryBytes).toBeGreaterThan(4 * (24 + 30 + 20));
    for (let run = 0; run < 2000; run++) await executable.run(data);
    expect(held()).toEqual(during);
    expect((await executable.run(data))[0]).toEqual(first);
    await executable.dispose();
    expect(held()).toEqual(before);
    await expect(executable.run(data)).rejects.toThrow(/disposed; compile again/);
  }, 60_000);

  test('results are arrays of their own, and runs under way at once do not mix', async () => {
    const double = compile((x) => multiply(x, 2), [float(3)], { backend: backend! });
    const runs = [1, 2, 3].map((value) => double.run([new Float32Array(3).fill(value)]));
    const results = await Promise.all(runs);
    expect(results.map(([values]) => values![0])).toEqual([2, 4, 6]);
    expect(double.backend).toBe('webgpu');
    expect(double.executorKind).toBe('fused-encoder');
    await double.dispose();
  });

  test('inputs, constants and repeated outputs come back as they are', async () => {
    const executable = compile(
      (x, i) => [x!, constant([1, 2], [2]), multiply(x!, 3), multiply(x!, 3), i!, cast(i!, 'float32')],
      [float(2), { shape: [2], dtype: 'int32' }],
      { backend: backend! },
    );
    const results = await executable.run([Float32Array.of(4, 5), Int32Array.of(7, -8)]);
    expect(results).toEqual([
      Float32Array.of(4, 5),
      Float32Array.of(1, 2),
      Float32Array.of(12, 15),
      Float32Array.of(12, 15),
      Int32Array.of(7, -8),
      Float32Array.of(7, -8),
    ]);
    await executable.dispose();
  });

  test('an index out of bounds is an error, as on the CPU', async () => {
    const executable = compile((x, i) => gather(x!, i!), [float(4), { shape: [2], dtype: 'int32' }], {
      backend: backend!,
    });
    const x = Float32Array.of(1, 2, 3, 4);
    expect(await executable.run([x, Int32Array.of(3, 0)])).toEqual([Float32Array.of(4, 1)]);
    await expect(executable.run([x, Int32Array.of(0, 4)])).rejects.toThrow(
      /gather: index 4 at place 1 is outside \[0, 4\)/,
    );
    await executable.dispose();
  });

  test('more workgroups than one dimension of a launch takes (65,535)', async () => {
    const count = 2 ** 23 + 5;
    const double = compile((x) => multiply(x, 2), [float(count)], { backend: backend! });
    const [values] = await double.run([new Float32Array(count).map((_, i) => i % 1000)]);
    expect(values!.findIndex((value, i) => value !== 2 * (i % 1000))).toBe(-1);
    await double.dispose();
  });

  test('what the device reports by itself fails the run', async () => {
    const own = await gpu();
    const executable = own.compile(layer());
    await executable.run(data);
    device!.createBuffer({ size: 64, usage: 0xffff });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(executable.run(data)).rejects.toThrow(/^gpu: the device failed: /);
    await own.close();
  });

  test('a lost device is an error that says what to do; a new one is opened', async () => {
    const executable = backend!.compile(layer());
    await executable.run(data);
    device!.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(executable.run(data)).rejects.toThrow(/device was lost .* save it, open gpu\(\) again/);
    await executable.dispose();
    const again = await gpu();
    const fresh = again.compile(layer());
    expect((await fresh.run(data))[0]!.length).toBe(1);
    await again.close();
  });
});

describe('refused by name before anything runs', () => {
  const lowered = (...[fn, specs]: Parameters<typeof trace>) => lowerGraph(trace(fn, specs));
  test.each([
    [
      'float64',
      () => lowered((x) => multiply(x!, 2), [{ shape: [3], dtype: 'float64' }]),
      /float64\[3\]; GPUs compute in float32/,
    ],
    [
      'more values than float32 can index',
      () => lowered((x) => multiply(full(1, [5000, 5000]), x!), [float()]),
      /multiply|broadcastTo.*float32\[5000,5000\]; the GPU backend takes up to 16777216 values/,
    ],
    [
      'an index that float32 does not hold',
      () => lowered((x) => gather(x!, constant(Int32Array.of(1, 2 ** 24 + 1))), [float(4)]),
      /index 16777217/,
    ],
    [
      'a constant index out of bounds',
      () => lowered((x) => gather(x!, constant(Int32Array.of(1, 5))), [float(4)]),
      /gather: index 5 at place 1 is outside \[0, 4\)/,
    ],
    [
      'a primitive without a kernel',
      () => {
        const primitive = {
          name: '@somewhere#oddPrimitive',
          infer: () => [float(2)],
          reference: () => undefined,
          examples: [],
        };
        const x = input(float(2));
        const outputs = [{ node: { primitive, inputs: [x], attributes: {}, outputs: [] as unknown[] } }];
        outputs[0]!.node.outputs.push(outputs[0]);
        return lowerGraph({ inputs: [x], outputs: [], nodes: [x.node, outputs[0]!.node as never] });
      },
      /no GPU kernel for @somewhere#oddPrimitive \(float32\[2\]\); use the wasm backend/,
    ],
  ] as const)('%s', (_, act, message) => expect(act).toThrow(message));

  test('a mode that does not exist, or is not here', async () => {
    await expect(gpu({ mode: 'metal' as never })).rejects.toThrow(/give one of webgpu, webgl2, webasm, cpu/);
    await expect(gpu({ mode: 'webgl2' })).rejects.toThrow(/no WebGL 2 here; Node has none/);
  });
});
