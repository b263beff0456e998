import {
  add,
  type Backend,
  compile,
  constant,
  type DType,
  full,
  gradients,
  initialParameters,
  layoutOf,
  multiply,
  referenceBackend,
  sin,
  square,
  sum,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  unpackParameters,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { completeGraph, edgeListGraph, type MessageGraph, neighbourGraph } from '../graphs/graph.ts';
import { normals, relativeDifference } from '../testing/motions.ts';
import { type EgnnOptions, egnn } from './egnn.ts';
import { pairGeometry } from './geometry.ts';
import { egnnLayer } from './layer.ts';

const f64 = (...shape: number[]): TensorType => ({ shape, dtype: 'float64' });

/** Parameters large enough that every part matters. */
function parametersOf(specs: Parameters<typeof layoutOf>[0]): Float64Array {
  const flat = initialParameters(specs, 3);
  return flat.map((value, i) => value + 0.3 * Math.sin(7 * i));
}

const silu = (x: number): number => x / (1 + Math.exp(-x));

test('one layer is the formula of the talk, written out', () => {
  const [nodes, hidden, dimensions] = [4, 3, 2];
  const layer = egnnLayer({ hidden, edgeFeatures: 1, attention: true });
  const { slots, size } = layoutOf(layer.parameters);
  const flat = parametersOf(layer.parameters);
  const h = normals(1, nodes * hidden);
  const x = normals(2, nodes * dimensions);
  const a = normals(3, nodes * nodes);
  const [newH, newX] = compile(
    (parameters, hIn, xIn, aIn) => {
      const out = layer.apply(
        { h: hIn!, x: xIn! },
        { graph: completeGraph(1, nodes), edgeFeatures: aIn! },
        unpackParameters(layer.parameters, parameters!),
      );
      return [out.h, out.x];
    },
    [f64(size), f64(nodes, hidden), f64(nodes, dimensions), f64(nodes, nodes - 1, 1)],
  ).run([
    flat,
    h,
    x,
    Float64Array.from({ length: nodes * (nodes - 1) }, (_, e) => {
      const [i, k] = [Math.floor(e / (nodes - 1)), e % (nodes - 1)];
      return a[i * nodes + (k < i ? k : k + 1)]!;
    }),
  ]);

  /** x · weight + bias of a named map, where it has one. */
  const affine = (name: string, input: readonly number[]): number[] => {
    const weight = slots.find((slot) => slot.name === `${name}.weight`)!;
    const bias = slots.find((slot) => slot.name === `${name}.bias`);
    const width = weight.shape[1]!;
    return Array.from({ length: width }, (_, column) =>
      input.reduce(
        (total, value, row) => total + value * flat[weight.offset + row * width + column]!,
        bias ? flat[bias.offset + column]! : 0,
      ),
    );
  };
  const phi = (name: string, input: readonly number[]): number[] =>
    affine(`${name}.1`, affine(`${name}.0`, input).map(silu));
  const row = (values: Float64Array, i: number, width: number): number[] => [
    ...values.subarray(i * width, (i + 1) * width),
  ];
  const [wantedH, wantedX]: number[][] = [[], []];
  for (let i = 0; i < nodes; i++) {
    const move = new Array<number>(dimensions).fill(0);
    const collected = new Array<number>(hidden).fill(0);
    for (let j = 0; j < nodes; j++) {
      if (j === i) continue;
      const r = row(x, i, dimensions).map((value, axis) => value - x[j * dimensions + axis]!);
      const d = Math.hypot(...r);
      const pair = [...row(h, i, hidden), ...row(h, j, hidden), d * d, a[i * nodes + j]!];
      const message = phi('edge', pair).map(silu);
      const [weight] = phi('coordinate', message);
      const gate = 1 / (1 + Math.exp(-affine('attention', message)[0]!));
      r.forEach((value, axis) => {
        move[axis]! += (value / (d + 1)) * weight!;
      });
      message.forEach((value, k) => {
        collected[k]! += gate * value;
      });
    }
    wantedX!.push(...move.map((value, axis) => x[i * dimensions + axis]! + value));
    const update = phi('node', [...row(h, i, hidden), ...collected]);
    wantedH!.push(...update.map((value, k) => h[i * hidden + k]! + value));
  }
  expect(relativeDifference(wantedX!, newX!)).toBeLessThan(1e-13);
  expect(relativeDifference(wantedH!, newH!)).toBeLessThan(1e-13);
});

const options: EgnnOptions = { nodeFeatures: 2, hidden: 6, layers: 2, attention: true, velocity: 'updated' };

/** Runs the network on a graph that is built inside. */
function outputsOn(
  build: () => MessageGraph,
  h: Float64Array,
  x: Float64Array,
  v: Float64Array,
  nodes: number,
): Float64Array[] {
  const network = egnn(options);
  const executable = compile(
    (flat, hIn, xIn, vIn) => {
      const graph = build();
      const out = network.apply(
        { h: hIn!, x: xIn!, v: vIn!, graph },
        unpackParameters(network.parameters, flat!),
      );
      return [out.h, out.x, out.v!];
    },
    [f64(layoutOf(network.parameters).size), f64(nodes, 2), f64(nodes, 3), f64(nodes, 3)],
  );
  return executable
    .run([parametersOf(network.parameters), h, x, v])
    .map((values) => values.slice() as Float64Array);
}

/** All ordered pairs, by receiver. */
function allPairs(nodes: number): { senders: Int32Array; receivers: Int32Array } {
  const pairs = Array.from({ length: nodes * nodes }, (_, e) => [Math.floor(e / nodes), e % nodes] as const);
  const kept = pairs.filter(([i, j]) => i !== j);
  return { senders: Int32Array.from(kept, ([, j]) => j), receivers: Int32Array.from(kept, ([i]) => i) };
}

describe('the forms of a graph agree', () => {
  const nodes = 5;
  const [h, x, v] = [normals(1, nodes * 2), normals(2, nodes * 3), normals(3, nodes * 3)];
  const wanted = outputsOn(() => completeGraph(1, nodes), h, x, v, nodes);
  const { senders, receivers } = allPairs(nodes);

  test.each([
    ['edge list', () => edgeListGraph(constant(senders), constant(receivers), nodes)],
    ['neighbours', () => neighbourGraph(constant(senders, [nodes, nodes - 1]))],
    [
      'neighbours, some of them padding',
      () => {
        const indices = Int32Array.from({ length: nodes * (nodes + 1) }, (_, at) => {
          const [i, k] = [Math.floor(at / (nodes + 1)), at % (nodes + 1)];
          return k < nodes - 1 ? senders[i * (nodes - 1) + k]! : 0;
        });
        const mask = Float64Array.from(indices, (_, at) => (at % (nodes + 1) < nodes - 1 ? 1 : 0));
        const shape = [nodes, nodes + 1];
        return neighbourGraph(constant(indices, shape), { mask: constant(mask, shape) });
      },
    ],
  ])('all pairs as %s', (_, build) => {
    outputsOn(build, h, x, v, nodes).forEach((values, which) => {
      expect(relativeDifference(wanted[which]!, values)).toBeLessThan(1e-12);
    });
  });

  test('graphs of 5, 3 and 4 nodes in one padded batch are those graphs alone', () => {
    const sizes = [5, 3, 4];
    const mask = Float64Array.from({ length: 15 }, (_, at) => (at % 5 < sizes[Math.floor(at / 5)]! ? 1 : 0));
    const all = [normals(5, 15 * 2), normals(6, 15 * 3), normals(7, 15 * 3)] as const;
    const together = outputsOn(() => completeGraph(3, 5, { mask: constant(mask, [3, 5]) }), ...all, 15);
    sizes.forEach((size, graph) => {
      const own = (values: Float64Array, width: number): Float64Array =>
        values.slice(graph * 5 * width, (graph * 5 + size) * width);
      const alone = outputsOn(
        () => completeGraph(1, size),
        own(all[0], 2),
        own(all[1], 3),
        own(all[2], 3),
        size,
      );
      expect(relativeDifference(alone[0]!, own(together[0]!, 6))).toBeLessThan(1e-12);
      expect(relativeDifference(alone[1]!, own(together[1]!, 3))).toBeLessThan(1e-12);
      expect(relativeDifference(alone[2]!, own(together[2]!, 3))).toBeLessThan(1e-12);
    });
    // Padding stays where it is, and its features are zero.
    const padded = 1 * 5 + 4;
    expect([...together[0]!.slice(padded * 6, (padded + 1) * 6)]).toEqual(new Array(6).fill(0));
    expect([...together[1]!.slice(padded * 3, padded * 3 + 3)]).toEqual([
      ...all[1].slice(padded * 3, padded * 3 + 3),
    ]);
  });
});

/** A loss of all outputs and its gradients in parameters and points, compiled. */
function lossAndGradients(
  dtype: DType,
  changed: Partial<EgnnOptions>,
  backend: Backend = referenceBackend,
): {
  run(x: ArrayLike<number>): Float64Array[];
  readonly loss: (flat: Float64Array, x: Float64Array) => number;
} {
  const network = egnn({ nodeFeatures: 2, hidden: 6, layers: 2, outputFeatures: 2, ...changed });
  const flat = parametersOf(network.parameters);
  const executable = compile(
    (parameters, h, x, a) => {
      const graph = completeGraph(2, 4);
      const out = network.apply(
        {
          h: h!,
          x: x!,
          graph,
          ...(changed.velocity && { v: multiply(x!, 0.5) }),
          ...(changed.edgeFeatures && { edgeFeatures: a! }),
        },
        unpackParameters(network.parameters, parameters!),
      );
      const loss = add(sum(square(out.x)), sum(sin(out.h)));
      return [loss, ...gradients(loss, [parameters!, x!])];
    },
    [[flat.length], [2, 4, 2], [2, 4, 3], [8, 3, 1]].map((shape) => ({ shape, dtype })),
    { backend },
  );
  const typed = (values: ArrayLike<number>): TypedArray =>
    dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
  const evaluate = (parameters: Float64Array, x: ArrayLike<number>): TypedArray[] =>
    executable.run([parameters, normals(1, 16), x, normals(2, 24)].map(typed));
  return {
    run: (x) => evaluate(flat, x).map((values) => Float64Array.from(values)),
    loss: (parameters, x) => evaluate(parameters, x)[0]![0]!,
  };
}

const variants: Record<string, Partial<EgnnOptions>> = {
  'the layer of the talk': {},
  'all options': {
    attention: true,
    normalisation: 'original',
    aggregation: 'mean',
    tanhRange: 2,
    velocity: 'updated',
    edgeFeatures: 1,
  },
};

describe.each(Object.entries(variants))('gradients of %s', (_, changed) => {
  test('against finite differences', () => {
    const network = egnn({ nodeFeatures: 2, hidden: 6, layers: 2, outputFeatures: 2, ...changed });
    const { run, loss } = lossAndGradients('float64', changed);
    const flat = parametersOf(network.parameters);
    const x = normals(4, 24);
    const [, ofParameters, ofPoints] = run(x);
    const step = 1e-5;
    const slope = (values: Float64Array, at: number): number => {
      const moved = [1, -1].map((sign) => values.map((value, i) => (i === at ? value + sign * step : value)));
      const [above, below] = moved.map((each) => (values === x ? loss(flat, each) : loss(each, x)));
      return (above! - below!) / (2 * step);
    };
    for (let at = 0; at < 24; at++) expect(ofPoints![at]).toBeCloseTo(slope(x, at), 6);
    for (let at = 0; at < flat.length; at += 17) expect(ofParameters![at]).toBeCloseTo(slope(flat, at), 6);
  });

  test.each(['float32', 'float64'] as const)('are finite at coincident points, in %s', (dtype) => {
    const x = normals(4, 24);
    x.copyWithin(3, 0, 3);
    x.fill(0, 12);
    for (const values of lossAndGradients(dtype, changed).run(x)) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  test('the WebAssembly backend computes the same', () => {
    const x = normals(4, 24);
    const wanted = lossAndGradients('float64', changed).run(x);
    const tolerances = { float64: 1e-12, float32: 2e-5 };
    for (const dtype of ['float64', 'float32'] as const) {
      lossAndGradients(dtype, changed, wasm())
        .run(x)
        .forEach((values, which) => {
          expect(relativeDifference(wanted[which]!, values)).toBeLessThan(tolerances[dtype]);
        });
    }
  });
});

test('two points in one place do not move each other', () => {
  const layer = egnnLayer({ hidden: 2 });
  const [x] = compile(
    (flat, h, points) => [
      layer.apply(
        { h: h!, x: points! },
        { graph: completeGraph(1, 2) },
        unpackParameters(layer.parameters, flat!),
      ).x,
    ],
    [f64(layoutOf(layer.parameters).size), f64(2, 2), f64(2, 3)],
  ).run([parametersOf(layer.parameters), Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 1, 2, 3)]);
  expect([...x!]).toEqual([1, 2, 3, 1, 2, 3]);
});

describe('sines in a periodic box', () => {
  const sides = [2, 5];
  const geometry = compile(
    (x, y) => {
      const { difference, squared } = pairGeometry(x!, y!, sides, 'sine');
      return [difference, squared];
    },
    [f64(1, 2), f64(1, 2)],
  );
  const at = (dx: number, dy: number): number[] =>
    geometry.run([Float64Array.of(0.3 + dx, 0.7 + dy), Float64Array.of(0.3, 0.7)]).flatMap((v) => [...v]);

  test('are (L/2π) sin(2πΔ/L) and Σ (L/π)² sin²(πΔ/L)', () => {
    const [x, y, squared] = at(0.4, -1.1);
    expect(x).toBeCloseTo((2 / (2 * Math.PI)) * Math.sin((2 * Math.PI * 0.4) / 2), 14);
    expect(y).toBeCloseTo((5 / (2 * Math.PI)) * Math.sin((2 * Math.PI * -1.1) / 5), 14);
    const chords = [(2 / Math.PI) * Math.sin(Math.PI * 0.2), (5 / Math.PI) * Math.sin(Math.PI * 0.22)];
    expect(squared).toBeCloseTo(chords[0]! ** 2 + chords[1]! ** 2, 14);
  });

  test('are the plain difference of near points', () => {
    const [x, y, squared] = at(1e-4, 2e-4);
    expect(x! / 1e-4).toBeCloseTo(1, 7);
    expect(y! / 2e-4).toBeCloseTo(1, 7);
    expect(squared! / 5e-8).toBeCloseTo(1, 7);
  });

  test('do not jump where the nearest image changes', () => {
    const [before, after] = [at(1 - 1e-9, 0), at(1 + 1e-9, 0)];
    expect(relativeDifference(before, after)).toBeLessThan(1e-8);
  });
});

describe('misfits are refused in one line', () => {
  const apply = (
    changed: Partial<EgnnOptions>,
    inputs: { v?: Tensor; edgeFeatures?: Tensor; rows?: number },
  ) => {
    const network = egnn({ nodeFeatures: 1, hidden: 2, layers: 1, ...changed });
    const { rows = 3, ...rest } = inputs;
    return network.apply(
      { h: full(0, [rows, 1]), x: full(0, [rows, 3]), graph: completeGraph(1, 3), ...rest },
      unpackParameters(network.parameters, full(0, [layoutOf(network.parameters).size])),
    );
  };

  test.each<[string, () => unknown]>([
    ['velocities are missing; give v', () => apply({ velocity: 'updated' }, {})],
    ['velocities are given to a layer without them', () => apply({}, { v: full(0, [3, 3]) })],
    ['edge features are missing; give [3,2,4]', () => apply({ edgeFeatures: 4 }, {})],
    ['edge features are [3,2,4]; set `edgeFeatures`', () => apply({}, { edgeFeatures: full(0, [3, 2, 4]) })],
    ['h is float32[4,1]; the graph has 3 nodes', () => apply({}, { rows: 4 })],
    ['layers is 0; give a positive whole number', () => egnn({ nodeFeatures: 1, hidden: 2, layers: 0 })],
    ["aggregation is 'max'; give 'sum' or 'mean'", () => apply({ aggregation: 'max' as 'sum' }, {})],
    ['tanhRange is -1; give a positive number', () => apply({ tanhRange: -1 }, {})],
    ['at least two nodes', () => completeGraph(3, 1)],
    ['the mask is float32[2,3]; give [3, 2]', () => completeGraph(3, 2, { mask: full(1, [2, 3]) })],
    ['give int32 indices', () => neighbourGraph(full(0, [3, 2]))],
    [
      'give two int32 lists',
      () => edgeListGraph(constant(Int32Array.of(0)), constant(Int32Array.of(0, 1)), 2),
    ],
  ])('%s', (message, act) => {
    expect(act).toThrow(TensorError);
    expect(act).toThrow(message);
  });
});
