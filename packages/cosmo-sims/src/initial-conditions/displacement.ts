/**
 * Lagrangian perturbation theory: x = q + D₁ ψ₁ + D₂ ψ₂ + D₃a ψ₃a + D₃b ψ₃b + D₃c ψ₃c (Bouchet et al. 1995,
 * astro-ph/9406013), with ∇²φ₁ = δ, ∇²φ₂ = ½ Σ_{i≠j} (φ₁,ii φ₁,jj − φ₁,ij²) and
 *
 *   ψ₁ = −∇φ₁,                        ψ₂ = ∇φ₂,
 *   ∇·ψ₃a = −det φ₁,ij,               ∇·ψ₃b = −½ Σ_{i≠j} (φ₁,ii φ₂,jj − φ₁,ij φ₂,ij),
 *   (∇×ψ₃c)_i = ε_ijk φ₁,lj φ₂,lk.
 *
 * D₂ is negative (−3/7 D₁² in an Einstein-de Sitter universe): the 3/7 is in the growth factors, and nowhere else. In two
 * dimensions matter is the same along the third: the sums run over two indices and ψ₃a = 0; the growth factors are those of
 * three dimensions.
 *
 * Products of fields with modes up to the Nyquist frequency have modes up to twice that, and of three fields up to
 * three times: on the mesh itself these alias to lower ones. `dealiased` takes the products on a mesh 3/2 as fine at second
 * order and 2 times as fine at third, where none of them reaches a mode that is kept (Orszag 1971), and leaves the
 * Nyquist modes themselves out of them.
 */
import { type ComplexTensor, rfft } from '@equiflow/fft-mesh';
import { add, multiply, reshape, type Shape, stack, subtract, type Tensor } from '@equiflow/tensor';
import {
  type GradientKernel,
  imaginaryFactor,
  type MeshOperators,
  meshOperators,
  modeConstant,
  realFactor,
  transferModes,
} from './mesh-operators.ts';

/** Order of Lagrangian perturbation theory. */
export type LptOrder = 1 | 2 | 3;

/** Number of displacement fields of an order. */
export const LPT_TERMS: Readonly<Record<LptOrder, number>> = { 1: 1, 2: 2, 3: 5 };

/** How displacements are computed. */
export interface DisplacementOptions {
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  readonly order: LptOrder;
  /** Default `'spectral'`. */
  readonly gradient?: GradientKernel;
  /** Takes products on a padded mesh: 3.4 (order 2) or 8 times (order 3) the work and memory. Default no. */
  readonly dealiased?: boolean;
}

/**
 * Displacement fields ψ₁, ψ₂, ψ₃a, ψ₃b, ψ₃c (as many as the order has) at the mesh points of a linear overdensity.
 *
 * @param delta linear overdensity where D₁ = 1, of the shape of the mesh: two or three axes
 * @returns [cells, d] each, Mpc/h
 * @throws RangeError on another order
 */
export function displacements(
  delta: Tensor,
  { boxSize, order, gradient, dealiased = false }: DisplacementOptions,
): Tensor[] {
  const mesh = delta.shape;
  if (!(order in LPT_TERMS)) throw new RangeError(`LPT order ${String(order)}: must be 1, 2 or 3`);
  const operators = meshOperators(mesh, boxSize, gradient);
  const gradients = operators.gradientInverseLaplacian.map((table) => modeConstant(table, mesh, delta.dtype));
  /** i k/k² f: minus the gradient of the potential whose Laplacian is f. */
  const descent = (modes: ComplexTensor): Tensor[] =>
    gradients.map((table) => imaginaryFactor(modes, table, mesh));
  const vector = (components: readonly Tensor[]): Tensor =>
    reshape(stack(components, -1), [delta.size, mesh.length]);

  const modes = modesOf(delta);
  const first = vector(descent(modes));
  if (order === 1) return [first];

  // The mesh of the products, and what comes back of them.
  const fine = dealiased ? mesh.map((n) => (order === 2 ? Math.ceil(1.5 * n) : 2 * n)) : mesh;
  const fineOperators = dealiased ? meshOperators(fine, boxSize, gradient) : operators;
  const descentOf = (source: Tensor): Tensor[] =>
    descent(dealiased ? transferModes(modesOf(source), fine, mesh) : modesOf(source));
  const ascentOf = (source: Tensor): Tensor => multiply(vector(descentOf(source)), -1);

  const fineModes = dealiased ? transferModes(modes, mesh, fine) : modes;
  const hessian = hessianOf(fineModes, fineOperators, delta);
  const source = sumOf(
    pairs(mesh).map(([i, j]) =>
      subtract(multiply(hessian(i, i), hessian(j, j)), multiply(hessian(i, j), hessian(i, j))),
    ),
  );
  const second = ascentOf(source);
  if (order === 2) return [first, second];

  const hessian2 = hessianOf(modesOf(source), fineOperators, delta);
  const mixed = sumOf(
    pairs(mesh).map(([i, j]) =>
      subtract(
        multiply(2, multiply(hessian(i, j), hessian2(i, j))),
        add(multiply(hessian(i, i), hessian2(j, j)), multiply(hessian(j, j), hessian2(i, i))),
      ),
    ),
  );
  const third = [
    mesh.length === 3 ? ascentOf(multiply(determinant(hessian), -1)) : multiply(first, 0),
    ascentOf(multiply(mixed, 0.5)),
    transverse(hessian, hessian2, mesh, descentOf, vector),
  ];
  return [first, second, ...third];
}

function modesOf(field: Tensor): ComplexTensor {
  return rfft(field, { axes: field.shape.length as 1 | 2 | 3 });
}

/** Second derivatives of the potential whose Laplacian has the given modes. */
type Hessian = (i: number, j: number) => Tensor;

function hessianOf(modes: ComplexTensor, operators: MeshOperators, { dtype }: Tensor): Hessian {
  const { mesh } = operators;
  const d = mesh.length;
  const fields = operators
    .hessianInverseLaplacian()
    .map((table) => realFactor(modes, modeConstant(table, mesh, dtype), mesh));
  return (i, j) => {
    const a = Math.min(i, j);
    return fields[a * d - (a * (a - 1)) / 2 + Math.max(i, j) - a]!;
  };
}

/** i < j. */
function pairs(mesh: Shape): [number, number][] {
  return mesh.length === 2
    ? [[0, 1]]
    : [
        [0, 1],
        [0, 2],
        [1, 2],
      ]; // prettier-ignore
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => add(total, term));
}

function determinant(h: Hessian): Tensor {
  const minor = (i: number, j: number, k: number, l: number): Tensor =>
    subtract(multiply(h(i, j), h(k, l)), multiply(h(i, l), h(k, j)));
  return add(
    subtract(multiply(h(0, 0), minor(1, 1, 2, 2)), multiply(h(0, 1), minor(1, 0, 2, 2))),
    multiply(h(0, 2), minor(1, 0, 2, 1)),
  );
}

/** The displacement without divergence whose curl is ω_i = ε_ijk φ₁,lj φ₂,lk: ψ = i k × ω/k². */
function transverse(
  first: Hessian,
  second: Hessian,
  mesh: Shape,
  descentOf: (source: Tensor) => Tensor[],
  vector: (components: readonly Tensor[]) => Tensor,
): Tensor {
  const axes = mesh.map((_, axis) => axis);
  /** Σ_l (φ₁,lj φ₂,lk − φ₁,lk φ₂,lj). */
  const curl = (j: number, k: number): Tensor =>
    sumOf(
      axes.map((l) => subtract(multiply(first(l, j), second(l, k)), multiply(first(l, k), second(l, j)))),
    );
  if (mesh.length === 2) {
    const [x, y] = descentOf(curl(0, 1));
    return vector([y!, multiply(x!, -1)]);
  }
  const [ofX, ofY, ofZ] = [curl(1, 2), curl(2, 0), curl(0, 1)].map(descentOf);
  return vector([subtract(ofZ![1]!, ofY![2]!), subtract(ofX![2]!, ofZ![0]!), subtract(ofY![0]!, ofX![1]!)]);
}

/** Positions of the lattice, [cells, d] row-major, Mpc/h: particle i sits at the mesh point i L/N. */
export function latticePositions(mesh: Shape, boxSize: number): Float64Array {
  const d = mesh.length;
  const cells = mesh.reduce((a, b) => a * b, 1);
  const out = new Float64Array(cells * d);
  for (let cell = 0; cell < cells; cell++) {
    let rest = cell;
    for (let axis = d - 1; axis >= 0; axis--) {
      const n = mesh[axis]!;
      out[cell * d + axis] = ((rest % n) * boxSize) / n;
      rest = Math.floor(rest / n);
    }
  }
  return out;
}
