/** Every option of the layer, on every form of a graph: rotations, reflections, shifts, permutations to 1e-10. */
import {
  compile,
  type Executable,
  initialParameters,
  layoutOf,
  multiply,
  type Tensor,
  type TensorType,
  unpackParameters,
} from '@equiflow/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeGraph, edgeListGraph, type MessageGraph, neighbourGraph } from '../graphs/graph.ts';
import { nearestNeighbours, radiusGraph } from '../graphs/neighbours.ts';
import {
  moved,
  normals,
  orthogonal,
  randomOrder,
  relativeDifference,
  reordered,
} from '../testing/motions.ts';
import { type EgnnOptions, egnn } from './egnn.ts';

const nodes = 6;
const perNode = 3;

/** One change of the defaults each, and everything together. */
const variants: Record<string, Partial<EgnnOptions>> = {
  'the layer of the talk': {},
  'original normalisation': { normalisation: 'original' },
  'mean of the moves': { aggregation: 'mean' },
  attention: { attention: true },
  tanh: { tanhRange: 1.5 },
  'no residual': { residual: false },
  'edge features': { edgeFeatures: 1 },
  'updated velocity': { velocity: 'updated' },
  'initial velocity': { velocity: 'initial' },
  'sines in a box': { periodic: 'sine' },
  'everything at once': {
    normalisation: 'original',
    aggregation: 'mean',
    attention: true,
    tanhRange: 1.5,
    residual: false,
    edgeFeatures: 1,
    velocity: 'updated',
    outputFeatures: 2,
  },
};

/** Values of one run. Indices and masks are there for the forms that use them. */
interface Sample {
  readonly h: Float64Array;
  readonly q: Float64Array;
  readonly x: Float64Array;
  readonly v: Float64Array;
  readonly graph: readonly (Float64Array | Int32Array)[];
}

interface Form {
  readonly specs: readonly TensorType[];
  build(inputs: readonly Tensor[]): MessageGraph;
  /** Indices and masks of a random graph. */
  draw(seed: number): Sample['graph'];
  /** The same graph after node `order[i]` became node i. */
  permute(graph: Sample['graph'], order: Int32Array, seed: number): Sample['graph'];
}

/** Where each node went. */
function inverse(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  order.forEach((from, to) => {
    places[from] = to;
  });
  return places;
}

/** `count` of the other nodes for each node. */
function otherNodes(seed: number, count: number): Int32Array {
  const indices: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const others = [...randomOrder(seed + node, nodes)].filter((other) => other !== node);
    indices.push(...others.slice(0, count));
  }
  return Int32Array.from(indices);
}

const forms: Record<string, Form> = {
  'all pairs': {
    specs: [],
    build: () => completeGraph(1, nodes),
    draw: () => [],
    permute: () => [],
  },
  'all pairs with padding': {
    specs: [{ shape: [1, nodes], dtype: 'float64' }],
    build: ([mask]) => completeGraph(1, nodes, { mask: mask! }),
    draw: () => [Float64Array.of(1, 0, 1, 1, 0, 1)],
    permute: ([mask], order) => [reordered(mask as Float64Array, order)],
  },
  neighbours: {
    specs: [{ shape: [nodes, perNode], dtype: 'int32' }],
    build: ([indices]) => neighbourGraph(indices!),
    draw: (seed) => [otherNodes(seed, perNode)],
    permute([indices], order) {
      const places = inverse(order);
      return [reordered(indices as Int32Array, order).map((node) => places[node]!)];
    },
  },
  'an edge list': {
    specs: [
      { shape: [nodes * perNode], dtype: 'int32' },
      { shape: [nodes * perNode], dtype: 'int32' },
    ],
    build: ([senders, receivers]) => edgeListGraph(senders!, receivers!, nodes),
    // Node 0 hears nobody.
    draw: (seed) => [
      otherNodes(seed, perNode).map((node, edge) => (edge < perNode ? 0 : node)),
      Int32Array.from({ length: nodes * perNode }, (_, edge) => Math.max(1, Math.floor(edge / perNode))),
    ],
    permute([senders, receivers], order, seed) {
      const places = inverse(order);
      const edges = randomOrder(seed, senders!.length);
      return [senders, receivers].map((list) =>
        reordered(list as Int32Array, edges).map((node) => places[node]!),
      );
    },
  },
};

/** A network on a graph, compiled: run it on samples. */
function prepare(form: Form, options: Partial<EgnnOptions>, dimensions: number, box?: readonly number[]) {
  const network = egnn({ nodeFeatures: 2, hidden: 5, layers: 2, ...options });
  const { size } = layoutOf(network.parameters);
  const f64 = (...shape: number[]): TensorType => ({ shape, dtype: 'float64' });
  const executable: Executable = compile(
    (flat, h, q, x, v, ...rest) => {
      const graph = form.build(rest);
      const out = network.apply(
        {
          h: h!,
          x: x!,
          graph,
          ...(options.velocity && { v: v! }),
          ...(options.edgeFeatures && { edgeFeatures: multiply(graph.atReceivers(q!), graph.atSenders(q!)) }),
          ...(box && { box }),
        },
        unpackParameters(network.parameters, flat!),
      );
      return out.v ? [out.h, out.x, out.v] : [out.h, out.x];
    },
    [f64(size), f64(nodes, 2), f64(nodes, 1), f64(nodes, dimensions), f64(nodes, dimensions), ...form.specs],
  );
  const flat = initialParameters(network.parameters, 3);
  normals(4, size).forEach((noise, i) => {
    flat[i]! += 0.3 * noise;
  });
  return ({ h, q, x, v, graph }: Sample): Float64Array[] =>
    executable.run([flat, h, q, x, v, ...graph]).map((values) => values.slice() as Float64Array);
}

function drawSample(form: Form, seed: number, dimensions: number): Sample {
  return {
    h: normals(seed, nodes * 2),
    q: normals(seed + 1, nodes),
    x: normals(seed + 2, nodes * dimensions),
    v: normals(seed + 3, nodes * dimensions),
    graph: form.draw(seed),
  };
}

const seeds = fc.integer({ min: 1, max: 1e6 });
const few = { numRuns: 4 };

describe.each(Object.entries(forms))('on %s', (_, form) => {
  describe.each(Object.entries(variants))('%s', (_, options) => {
    test.each([2, 3])('moves with rotations, reflections and shifts in %i dimensions', (dimensions) => {
      const run = prepare(form, options, dimensions);
      fc.assert(
        fc.property(seeds, (seed) => {
          const sample = drawSample(form, seed, dimensions);
          const matrix = orthogonal(seed + 10, dimensions);
          const shift = normals(seed + 11, dimensions).map((value) => 3 * value);
          const [h, x, v] = run(sample);
          const [h2, x2, v2] = run({
            ...sample,
            x: moved(sample.x, matrix, shift),
            v: moved(sample.v, matrix),
          });
          expect(relativeDifference(h!, h2!)).toBeLessThan(1e-10);
          expect(relativeDifference(moved(x!, matrix, shift), x2!)).toBeLessThan(1e-10);
          if (v) expect(relativeDifference(moved(v, matrix), v2!)).toBeLessThan(1e-10);
          // Not because nothing happens: the points do move.
          expect(relativeDifference(sample.x, x!)).toBeGreaterThan(1e-3);
        }),
        few,
      );
    });

    test('moves with permutations', () => {
      const run = prepare(form, options, 3);
      fc.assert(
        fc.property(seeds, (seed) => {
          const sample = drawSample(form, seed, 3);
          const order = randomOrder(seed + 12, nodes);
          const permuted = run({
            h: reordered(sample.h, order),
            q: reordered(sample.q, order),
            x: reordered(sample.x, order),
            v: reordered(sample.v, order),
            graph: form.permute(sample.graph, order, seed),
          });
          run(sample).forEach((values, which) => {
            expect(relativeDifference(reordered(values, order), permuted[which]!)).toBeLessThan(1e-10);
          });
        }),
        few,
      );
    });
  });

  describe.each(Object.entries(variants))('in a periodic box, %s', (_, options) => {
    /** Runs a sample and its image under a signed permutation of the axes, a shift and whole sides a point. */
    const compare = (
      seed: number,
      [run, sides]: [ReturnType<typeof prepare>, readonly number[]],
      [runTurned, turned]: [ReturnType<typeof prepare>, readonly number[]],
      matrix: Float64Array,
    ): void => {
      const sample = drawSample(form, seed, 3);
      const [h, x, v] = run(sample);
      const shift = normals(seed + 11, 3);
      const images = sample.x.map((value, i) => value + sides[i % 3]! * Math.round(shift[i % 3]! * 2 + i));
      const [h2, x2, v2] = runTurned({
        ...sample,
        x: moved(images, matrix, shift),
        v: moved(sample.v, matrix),
      });
      expect(relativeDifference(h!, h2!)).toBeLessThan(1e-10);
      if (v) expect(relativeDifference(moved(v, matrix), v2!)).toBeLessThan(1e-10);
      const wrapped = moved(x!, matrix, shift).map((value, i) => {
        const side = turned[i % 3]!;
        return value + side * Math.round((x2![i]! - value) / side);
      });
      expect(relativeDifference(wrapped, x2!)).toBeLessThan(1e-10);
      expect(relativeDifference(sample.x, x!)).toBeGreaterThan(1e-3);
    };

    test('of three sides: shifts, whole sides, exchanged and reflected axes', () => {
      const sides = [2.5, 3.5, 4.5];
      const turned = [3.5, 4.5, 2.5];
      const cycle = Float64Array.of(0, -1, 0, 0, 0, 1, 1, 0, 0);
      const [run, runTurned] = [prepare(form, options, 3, sides), prepare(form, options, 3, turned)];
      fc.assert(
        fc.property(seeds, (seed) => compare(seed, [run, sides], [runTurned, turned], cycle)),
        few,
      );
    });

    test('of one side: shifts, whole sides, all 48 symmetries of the cube', () => {
      const sides = [3, 3, 3];
      const run = prepare(form, options, 3, sides);
      fc.assert(
        fc.property(seeds, fc.integer({ min: 0, max: 7 }), (seed, signs) => {
          const matrix = new Float64Array(9);
          randomOrder(seed + 13, 3).forEach((from, to) => {
            matrix[3 * to + from] = signs & (1 << to) ? -1 : 1;
          });
          compare(seed, [run, sides], [run, sides], matrix);
        }),
        few,
      );
    });
  });
});

describe('with the graph searched anew after the motion, in a periodic box', () => {
  const sides = [2.5, 3.5, 4.5];
  const turned = [3.5, 4.5, 2.5];
  const cycle = Float64Array.of(0, -1, 0, 0, 0, 1, 1, 0, 0);
  const k = 3;
  const radius = 1.2;

  const searches: Record<string, { form: Form; search(x: Float64Array, box: number[]): Sample['graph'] }> = {
    'nearest neighbours': {
      form: forms.neighbours!,
      search: (positions, box) => [nearestNeighbours({ positions, dimensions: 3, box, k })],
    },
    'within a radius': {
      form: forms['an edge list']!,
      search(positions, box) {
        const { senders, receivers } = radiusGraph({ positions, dimensions: 3, box, radius });
        return [senders, receivers];
      },
    },
  };

  test.each(Object.entries(searches))('%s', (_, { form, search }) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const sample = drawSample(form, seed, 3);
        const order = randomOrder(seed + 12, nodes);
        const x = reordered(moved(sample.x, cycle, normals(seed + 11, 3)), order);
        const [graph, graph2] = [search(sample.x, sides), search(x, turned)];
        expect(graph2[0]!.length).toBe(graph[0]!.length);
        if (graph[0]!.length === 0) return;
        const specs = graph.map((list, which) => {
          const { shape } = form.specs[which]!;
          return { shape: shape.length === 1 ? [list.length] : shape, dtype: 'int32' as const };
        });
        const options = variants['everything at once']!;
        const [h, , v] = prepare({ ...form, specs }, options, 3, sides)({ ...sample, graph });
        const [h2, , v2] = prepare(
          { ...form, specs },
          options,
          3,
          turned,
        )({
          h: reordered(sample.h, order),
          q: reordered(sample.q, order),
          x,
          v: reordered(moved(sample.v, cycle), order),
          graph: graph2,
        });
        expect(relativeDifference(reordered(h!, order), h2!)).toBeLessThan(1e-10);
        expect(relativeDifference(reordered(moved(v!, cycle), order), v2!)).toBeLessThan(1e-10);
      }),
      few,
    );
  });
});
