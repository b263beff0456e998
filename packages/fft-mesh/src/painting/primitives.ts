/**
 * Painting and readout as primitives. Mesh point i lies at i L/N; particles live in the periodic box, any position is
 * wrapped. Both take derivatives of the window, `orders[axis]` times along each axis, so that their vector-Jacobian
 * products are themselves: readout is the adjoint of painting, and ∂/∂x_a raises one order.
 */
import {
  applyOne,
  concatenate,
  describe,
  multiply,
  type Primitive,
  reshape,
  type Shape,
  type Tensor,
  TensorError,
  type TensorType,
  type WasmLowering,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { suffix, threeLengths } from '../lowering.ts';
import { requireBox, requireMesh } from '../mesh-transform.ts';
import { paintGpu, readoutGpu, readoutGradientGpu } from './painting.gpu.ts';
import { type PaintWindow, windowPoints, windowSupport } from './window.ts';

/** The mesh, the box around it and the window. */
export interface PaintAttributes {
  readonly mesh: Shape;
  /** Side of the cubic box, in the unit of the positions. */
  readonly boxSize: number;
  readonly window: PaintWindow;
}

/** With the derivatives of the window along each axis. */
export interface PaintDerivativeAttributes extends PaintAttributes {
  readonly orders: readonly number[];
}

/** Checks positions [P, d] against the mesh; gives P. */
function requireParticles(
  operation: string,
  positions: TensorType,
  { mesh, boxSize, window }: PaintAttributes,
): number {
  requireMesh(operation, mesh);
  requireBox(operation, boxSize);
  windowSupport(window);
  const [count, d] = positions.shape;
  if (positions.dtype === 'int32' || positions.shape.length !== 2 || d !== mesh.length) {
    throw new TensorError(
      `${operation}: positions ${describe(positions)} for the mesh [${mesh}]; give [P, ${mesh.length}], float`,
    );
  }
  return count!;
}

/** Checks a second operand. */
function requireOperand(
  operation: string,
  what: string,
  given: TensorType,
  shape: Shape,
  positions: TensorType,
): void {
  if (given.dtype !== positions.dtype || given.shape.join() !== shape.join()) {
    throw new TensorError(
      `${operation}: ${what} ${describe(given)} with positions ${describe(positions)}; give ${positions.dtype}[${shape.join(',')}]`,
    );
  }
}

/** Calls `visit` with the cell and the weight of every point that a particle touches. */
function forEachPoint(
  positions: ArrayLike<number>,
  particle: number,
  { mesh, boxSize, window, orders }: PaintDerivativeAttributes,
  visit: (cell: number, weight: number) => void,
): void {
  const support = windowSupport(window);
  const axes = mesh.map((n, axis) => {
    const u = positions[particle * mesh.length + axis]! * (n / boxSize);
    const { points, weights } = windowPoints(u, n, support, orders[axis]!);
    return { points, weights: weights.map((weight) => weight * (n / boxSize) ** orders[axis]!) };
  });
  const walk = (axis: number, cell: number, weight: number): void => {
    if (axis === mesh.length) {
      visit(cell, weight);
      return;
    }
    const { points, weights } = axes[axis]!;
    points.forEach((point, j) => {
      walk(axis + 1, cell * mesh[axis]! + point, weight * weights[j]!);
    });
  };
  walk(0, 0, 1);
}

/** Appends a call of a painting kernel. */
function lowerParticles<A extends PaintAttributes>(
  l: WasmLowering<A>,
  name: string,
  orders: readonly number[],
): void {
  const [positions, second] = l.inputs;
  const { shape, dtype } = positions!.type;
  const { mesh, boxSize, window } = l.attributes;
  const pointers = [positions!.pointer, second!.pointer, l.outputs[0]!.pointer, l.scratch(288)];
  const geometry = [mesh.length, ...threeLengths(mesh), boxSize, windowSupport(window)];
  l.call(`${name}${suffix(dtype)}`, ...pointers, shape[0]!, ...geometry, ...orders);
}

/** The orders as the kernels take them: three, missing outer ones 0. */
function threeOrders(orders: readonly number[]): number[] {
  return [...new Array<number>(3 - orders.length).fill(0), ...orders];
}

/** The window differentiated once more along an axis. */
function raised(attributes: PaintDerivativeAttributes, axis: number): PaintDerivativeAttributes {
  return { ...attributes, orders: attributes.orders.map((order, a) => (a === axis ? order + 1 : order)) };
}

/** ∂/∂x_a of a readout, for all axes: [P, d]. One kernel for the plain window. */
function positionGradient(
  positions: Tensor,
  mesh: Tensor,
  attributes: PaintDerivativeAttributes,
): Tensor | null {
  if (attributes.window === 'ngp') return null;
  const { orders, ...plain } = attributes;
  if (orders.every((order) => order === 0))
    return applyOne(readoutGradientPrimitive, [positions, mesh], plain);
  return concatenateAxes(positions, mesh, attributes);
}

function concatenateAxes(positions: Tensor, mesh: Tensor, attributes: PaintDerivativeAttributes): Tensor {
  const columns = attributes.orders.map((_, axis) =>
    reshape(applyOne(readoutPrimitive, [positions, mesh], raised(attributes, axis)), [-1, 1]),
  );
  return concatenate(columns, 1);
}

/** Every row of `gradient` [P, d] times its particle's number. */
function scaleRows(gradient: Tensor | null, perParticle: Tensor): Tensor | null {
  return gradient && multiply(gradient, reshape(perParticle, [-1, 1]));
}

// Positions of the examples, in cells of meshes in a box of side 2, away from the windows' kinks.
const flat = [0.3, 0.17, 1.42, 1.93, 0.07, 1.73, -0.37, 2.31, 0.61, 0.83];
const deep = flat.slice(0, 9);

const cases = [
  { window: 'ngp', orders: [0, 0] },
  { window: 'cic', orders: [0, 0] },
  { window: 'tsc', orders: [0, 0] },
  { window: 'pcs', orders: [0, 0] },
  { window: 'cic', orders: [0, 0, 0] },
  { window: 'tsc', orders: [0, 1, 0] },
  { window: 'pcs', orders: [1, 0, 1] },
  { window: 'pcs', orders: [2] },
] as const;

function example({ window, orders }: (typeof cases)[number]) {
  const d = orders.length;
  const mesh = d === 1 ? [7] : d === 2 ? [4, 5] : [3, 4, 5];
  const values = d === 3 ? deep : flat;
  const count = values.length / d;
  const attributes = { mesh, boxSize: 2, window, orders };
  return { attributes, mesh, count, positions: { shape: [count, d], values } };
}

/** (positions [P, d], weights [P]) to the mesh; see `paint`. */
export const paintPrimitive: Primitive<PaintDerivativeAttributes> = {
  name: '@equiflow/fft-mesh#paintPrimitive',
  infer([positions, weights], attributes) {
    const count = requireParticles('paint', positions!, attributes);
    requireOperand('paint', 'weights', weights!, [count], positions!);
    return [{ shape: attributes.mesh, dtype: positions!.dtype }];
  },
  reference([positions, weights], [mesh], attributes) {
    const total = new Float64Array(mesh!.length);
    for (let particle = 0; particle < weights!.length; particle++) {
      forEachPoint(positions!, particle, attributes, (cell, weight) => {
        total[cell]! += weight * weights![particle]!;
      });
    }
    mesh!.set(total);
  },
  vjp({ inputs: [positions, weights], attributes }, [cotangent]) {
    return [
      scaleRows(positionGradient(positions!, cotangent!, attributes), weights!),
      applyOne(readoutPrimitive, [positions!, cotangent!], attributes),
    ];
  },
  wasm: { binary: kernels, lower: (l) => lowerParticles(l, 'paint', threeOrders(l.attributes.orders)) },
  gpu: paintGpu,
  examples: cases.map((one) => {
    const { attributes, positions, count } = example(one);
    return { attributes, inputs: [positions, { shape: [count] }] };
  }),
};

/** (positions [P, d], mesh) to values [P]; see `readout`. */
export const readoutPrimitive: Primitive<PaintDerivativeAttributes> = {
  name: '@equiflow/fft-mesh#readoutPrimitive',
  infer([positions, mesh], attributes) {
    const count = requireParticles('readout', positions!, attributes);
    requireOperand('readout', 'mesh', mesh!, attributes.mesh, positions!);
    return [{ shape: [count], dtype: positions!.dtype }];
  },
  reference([positions, mesh], [values], attributes) {
    for (let particle = 0; particle < values!.length; particle++) {
      let total = 0;
      forEachPoint(positions!, particle, attributes, (cell, weight) => {
        total += weight * mesh![cell]!;
      });
      values![particle] = total;
    }
  },
  vjp({ inputs: [positions, mesh], attributes }, [cotangent]) {
    return [
      scaleRows(positionGradient(positions!, mesh!, attributes), cotangent!),
      applyOne(paintPrimitive, [positions!, cotangent!], attributes),
    ];
  },
  wasm: { binary: kernels, lower: (l) => lowerParticles(l, 'readout', threeOrders(l.attributes.orders)) },
  gpu: readoutGpu,
  examples: cases.map((one) => {
    const { attributes, positions, mesh } = example(one);
    return { attributes, inputs: [positions, { shape: mesh }] };
  }),
};

/** ∇ of the readout in the position, [P, d]. */
export const readoutGradientPrimitive: Primitive<PaintAttributes> = {
  name: '@equiflow/fft-mesh#readoutGradientPrimitive',
  infer([positions, mesh], attributes) {
    requireParticles('readoutGradient', positions!, attributes);
    requireOperand('readoutGradient', 'mesh', mesh!, attributes.mesh, positions!);
    return [{ shape: positions!.shape, dtype: positions!.dtype }];
  },
  reference([positions, mesh], [gradient], attributes) {
    const d = attributes.mesh.length;
    const zero = attributes.mesh.map(() => 0);
    for (let at = 0; at < gradient!.length; at++) {
      let total = 0;
      forEachPoint(
        positions!,
        Math.floor(at / d),
        raised({ ...attributes, orders: zero }, at % d),
        (cell, weight) => {
          total += weight * mesh![cell]!;
        },
      );
      gradient![at] = total;
    }
  },
  decompose: ([positions, mesh], attributes) => [
    concatenateAxes(positions!, mesh!, { ...attributes, orders: attributes.mesh.map(() => 0) }),
  ],
  wasm: { binary: kernels, lower: (l) => lowerParticles(l, 'readoutGradient', []) },
  gpu: readoutGradientGpu,
  examples: cases
    .filter(({ window, orders }) => window !== 'ngp' && orders.every((order) => order === 0))
    .map((one) => {
      const { attributes, positions, mesh } = example(one);
      const { orders: _, ...plain } = attributes;
      return { attributes: plain, inputs: [positions, { shape: mesh }] };
    }),
};

/** The readout of as many meshes as there are axes, such as the components of a force, in one pass: [P, d]. */
export const readoutVectorPrimitive: Primitive<PaintAttributes> = {
  name: '@equiflow/fft-mesh#readoutVectorPrimitive',
  infer([positions, ...meshes], attributes) {
    requireParticles('readoutVector', positions!, attributes);
    if (meshes.length !== attributes.mesh.length) {
      throw new TensorError(
        `readoutVector: ${meshes.length} meshes for ${attributes.mesh.length} axes; give one for each`,
      );
    }
    for (const mesh of meshes) requireOperand('readoutVector', 'mesh', mesh, attributes.mesh, positions!);
    return [{ shape: positions!.shape, dtype: positions!.dtype }];
  },
  reference([positions, ...meshes], [values], attributes) {
    const d = attributes.mesh.length;
    const plain = { ...attributes, orders: attributes.mesh.map(() => 0) };
    for (let particle = 0; particle * d < values!.length; particle++) {
      const totals = new Float64Array(d);
      forEachPoint(positions!, particle, plain, (cell, weight) => {
        for (let axis = 0; axis < d; axis++) totals[axis]! += weight * meshes[axis]![cell]!;
      });
      values!.set(totals, particle * d);
    }
  },
  decompose([positions, ...meshes], attributes) {
    const plain = { ...attributes, orders: attributes.mesh.map(() => 0) };
    const columns = meshes.map((mesh) =>
      reshape(applyOne(readoutPrimitive, [positions!, mesh], plain), [-1, 1]),
    );
    return [concatenate(columns, 1)];
  },
  wasm: {
    binary: kernels,
    lower(l) {
      const [positions, ...meshes] = l.inputs;
      const { shape, dtype } = positions!.type;
      const { mesh, boxSize, window } = l.attributes;
      const fields = [0, 1, 2].map((axis) => meshes[axis]?.pointer ?? 0);
      l.call(
        `readoutVector${suffix(dtype)}`,
        ...[positions!.pointer, ...fields, l.outputs[0]!.pointer, l.scratch(144)],
        ...[shape[0]!, mesh.length, ...threeLengths(mesh), boxSize, windowSupport(window)],
      );
    },
  },
  examples: cases
    .filter(({ orders }) => orders.every((order) => order === 0))
    .map((one) => {
      const { attributes, positions, mesh } = example(one);
      const { orders: _, ...plain } = attributes;
      return { attributes: plain, inputs: [positions, ...mesh.map(() => ({ shape: mesh }))] };
    }),
};
