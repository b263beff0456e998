/**
 * Painting and readout on the GPU. Nothing can be added into a mesh from many threads, so painting is a gather: particles
 * are sorted by the cell that they lie in, and every mesh point takes in the particles of the cells that its window reaches.
 * Few particles are not worth sorting: every point then looks at all of them.
 */
import type { GpuArray, GpuCode, GpuKernel, GpuLowering } from '@equiflow/tensor';
import type { PaintAttributes, PaintDerivativeAttributes } from './primitives.ts';
import { windowSupport } from './window.ts';

/** Particles up to which every mesh point looks at each. */
const fewParticles = 64;

/** Points along an axis of the widest window. */
const widestWindow = 4;

/** Weights of the points around a particle at distance t above its reference point: `weightsAt` of `window.ts`. */
const weights: Readonly<Record<number, readonly string[]>> = {
  10: ['1'],
  20: ['1 - t', 't'],
  21: ['0 - 1', '1'],
  30: ['(0.5 - t) * (0.5 - t) * 0.5', '0.75 - t * t', '(0.5 + t) * (0.5 + t) * 0.5'],
  31: ['t - 0.5', '0 - 2 * t', 't + 0.5'],
  32: ['1', '0 - 2', '1'],
  40: [
    's * s * s / 6',
    '(4 - 6 * t * t + 3 * t * t * t) / 6',
    '(4 - 6 * s * s + 3 * s * s * s) / 6',
    't * t * t / 6',
  ],
  41: ['0 - s * s * 0.5', '1.5 * t * t - 2 * t', '2 * s - 1.5 * s * s', 't * t * 0.5'],
  42: ['s', '3 * t - 2', '3 * s - 2', 't'],
  43: ['0 - 1', '3', '0 - 3', '1'],
};

/** Where a particle lies along one axis: the first mesh point that it touches, and its distance above the reference point. */
interface Along {
  readonly first: string;
  readonly t: string;
}

function along(code: GpuCode, coordinate: string, n: number, boxSize: number, support: number): Along {
  const u = code.let(`${coordinate} * ${n / boxSize}`);
  const wrapped = code.let(`${u} - Math.floor(${u} * ${1 / n}) * ${n}`);
  const near = code.let(support % 2 === 1 ? `Math.floor(${wrapped} + 0.5)` : `Math.floor(${wrapped})`);
  return { first: code.let(`${near} - ${(support - 1) >> 1}`), t: code.let(`${wrapped} - ${near}`) };
}

/** Weight of point `which` of the window, `order` times differentiated in the position. */
function weightOf(
  code: GpuCode,
  t: string,
  support: number,
  order: number,
  which: string,
  perUnit: number,
): string {
  const forms = weights[10 * support + order];
  const weight = code.variable('0');
  if (!forms) return weight;
  const s = code.let(`1 - ${t}`);
  forms.forEach((form, j) => {
    const expression = form.replace(/\bt\b/g, t).replace(/\bs\b/g, s);
    code.when(`${which} === ${j}`, () => code.assign(weight, `(${expression}) * ${perUnit ** order}`));
  });
  return weight;
}

/** A mesh point within a window's width of the mesh, brought into [0, n). */
function wrap(code: GpuCode, value: string, n: number): string {
  if (n < widestWindow) return code.remainder(code.let(`${value} + ${widestWindow * n}`), n);
  return code.let(`(${value} < 0 ? ${value} + ${n} : (${value} >= ${n} ? ${value} - ${n} : ${value}))`);
}

/** Σ over the points of a particle's window of weight × mesh. */
function readAt(
  code: GpuCode,
  positions: GpuArray,
  mesh: GpuArray,
  particle: string,
  { mesh: lengths, boxSize, window }: PaintAttributes,
  weightAlong: (axis: number, at: Along, which: string) => string,
): string {
  const support = windowSupport(window);
  const d = lengths.length;
  const places = lengths.map((n, axis) =>
    along(code, code.read(positions, code.let(`${particle} * ${d} + ${axis}`)), n, boxSize, support),
  );
  const total = code.variable('0');
  code.loop(support ** d, (k) => {
    let cell = '0';
    let weight = '1';
    let rest = k;
    const digits: string[] = [];
    for (let axis = d - 1; axis >= 0; axis--) {
      digits[axis] = code.remainder(rest, support);
      rest = code.quotient(rest, support);
    }
    lengths.forEach((n, axis) => {
      const at = places[axis]!;
      const point = wrap(code, code.let(`${at.first} + ${digits[axis]!}`), n);
      cell = code.let(`${cell} * ${n} + ${point}`);
      weight = code.let(`${weight} * ${weightAlong(axis, at, digits[axis]!)}`);
    });
    code.assign(total, `${total} + ${weight} * ${code.read(mesh, cell)}`);
  });
  return total;
}

/** Values of a mesh at particles. */
export const readoutGpu: GpuKernel<PaintDerivativeAttributes> = {
  lower(l) {
    const [positions, mesh] = l.inputs.map(({ array }) => array);
    const { boxSize, mesh: lengths, orders, window } = l.attributes;
    const support = windowSupport(window);
    return [
      l.map(l.inputs[0]!.type.shape[0]!, (code, particle) =>
        readAt(code, positions!, mesh!, particle, l.attributes, (axis, { t }, which) =>
          weightOf(code, t, support, orders[axis]!, which, lengths[axis]! / boxSize),
        ),
      ),
    ];
  },
};

/** Gradients of the readout in the positions, [P, d]. */
export const readoutGradientGpu: GpuKernel<PaintAttributes> = {
  lower(l) {
    const [positions, mesh] = l.inputs.map(({ array }) => array);
    const { boxSize, mesh: lengths, window } = l.attributes;
    const support = windowSupport(window);
    const d = lengths.length;
    return [
      l.map(positions!.size, (code, index) => {
        const own = code.remainder(index, d);
        const particle = code.quotient(index, d);
        return readAt(code, positions!, mesh!, particle, l.attributes, (axis, { t }, which) => {
          const perUnit = lengths[axis]! / boxSize;
          const plain = weightOf(code, t, support, 0, which, perUnit);
          const raised = weightOf(code, t, support, 1, which, perUnit);
          return code.let(`(${own} === ${axis} ? ${raised} : ${plain})`);
        });
      }),
    ];
  },
};

/** Particles onto a mesh. */
export const paintGpu: GpuKernel<PaintDerivativeAttributes> = {
  lower(l) {
    const count = l.inputs[1]!.array.size;
    return [count <= fewParticles ? paintAll(l, count) : paintSorted(l, count)];
  },
};

/** The weight of a particle at a mesh point, given by its coordinates; 0 where the window does not reach it. */
function weightAtPoint(
  code: GpuCode,
  l: GpuLowering<PaintDerivativeAttributes>,
  positions: GpuArray,
  particle: string,
  point: readonly string[],
): string {
  const { mesh, boxSize, orders, window } = l.attributes;
  const support = windowSupport(window);
  const d = mesh.length;
  return mesh.reduce((weight, n, axis) => {
    const at = along(
      code,
      code.read(positions, code.let(`${particle} * ${d} + ${axis}`)),
      n,
      boxSize,
      support,
    );
    const distance = wrap(code, code.let(`${point[axis]!} - ${at.first}`), n);
    // A window wider than the mesh reaches a point more than once.
    const factor = code.variable('0');
    for (let turn = 0; turn * n < support; turn++) {
      const which = code.let(`${wrap(code, distance, n)} + ${turn * n}`);
      code.assign(factor, `${factor} + ${weightOf(code, at.t, support, orders[axis]!, which, n / boxSize)}`);
    }
    return code.let(`${weight} * ${factor}`);
  }, '1');
}

/** The coordinates of a mesh point. */
function coordinatesOf(code: GpuCode, index: string, mesh: readonly number[]): string[] {
  const point: string[] = [];
  let rest = index;
  for (let axis = mesh.length - 1; axis >= 0; axis--) {
    point[axis] = axis === 0 ? rest : code.remainder(rest, mesh[axis]!);
    rest = code.quotient(rest, mesh[axis]!);
  }
  return point;
}

function paintAll(l: GpuLowering<PaintDerivativeAttributes>, count: number): GpuArray {
  const { mesh } = l.attributes;
  const [positions, masses] = l.inputs.map(({ array }) => array);
  const cells = mesh.reduce((product, n) => product * n, 1);
  return l.sum(cells, count, (code, index, particle) => {
    const weight = weightAtPoint(code, l, positions!, particle, coordinatesOf(code, index, mesh));
    return code.let(`${weight} * ${code.read(masses!, particle)}`);
  });
}

function paintSorted(l: GpuLowering<PaintDerivativeAttributes>, count: number): GpuArray {
  const { mesh, boxSize, window } = l.attributes;
  const support = windowSupport(window);
  const d = mesh.length;
  const [positions, masses] = l.inputs.map(({ array }) => l.store(array));
  const cells = mesh.reduce((product, n) => product * n, 1);
  // The cell of a particle is the first mesh point that it touches.
  const cellOf = l.store(
    l.map(count, (code, particle) =>
      mesh.reduce((cell, n, axis) => {
        const { first } = along(
          code,
          code.read(positions!, code.let(`${particle} * ${d} + ${axis}`)),
          n,
          boxSize,
          support,
        );
        return code.let(`${cell} * ${n} + ${wrap(code, first, n)}`);
      }, '0'),
    ),
  );
  const order = l.store(l.argsort(cellOf, 1, count));
  const sorted = l.store(l.map(count, (code, index) => code.read(cellOf, code.read(order, index))));
  const starts = l.store(
    l.map(cells + 1, (code, cell) => {
      const low = code.variable('0');
      const high = code.variable(String(count));
      code.loop(Math.ceil(Math.log2(count + 1)), () => {
        code.when(`${low} < ${high}`, () => {
          const middle = code.let(`Math.floor((${low} + ${high}) * 0.5)`);
          code.when(
            `${code.read(sorted, middle)} < ${cell}`,
            () => code.assign(low, `${middle} + 1`),
            () => code.assign(high, middle),
          );
        });
      });
      return low;
    }),
  );
  // A mesh shorter than the window is reached from each of its cells once.
  const reach = mesh.map((n) => Math.min(support, n));
  return l.store(
    l.map(cells, (code, index) => {
      const point = coordinatesOf(code, index, mesh);
      const total = code.variable('0');
      code.loop(
        reach.reduce((product, n) => product * n, 1),
        (k) => {
          let rest = k;
          const shifts: string[] = [];
          for (let axis = d - 1; axis >= 0; axis--) {
            shifts[axis] = code.remainder(rest, reach[axis]!);
            rest = code.quotient(rest, reach[axis]!);
          }
          const cell = mesh.reduce(
            (flat, n, axis) =>
              code.let(`${flat} * ${n} + ${wrap(code, code.let(`${point[axis]!} - ${shifts[axis]!}`), n)}`),
            '0',
          );
          code.range(code.read(starts, cell), code.read(starts, code.let(`${cell} + 1`)), count, (at) => {
            const particle = code.read(order, at);
            const weight = weightAtPoint(code, l, positions!, particle, point);
            code.assign(total, `${total} + ${weight} * ${code.read(masses!, particle)}`);
          });
        },
      );
      return total;
    }),
  );
}
