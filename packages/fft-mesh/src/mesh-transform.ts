/** Real transforms of whole meshes as functions of arrays: in plain TypeScript, or compiled for a backend. */
import { type Backend, compile, type Shape, sizeOf, TensorError } from '@equiflow/tensor';
import { inverseRealTransformAxes, realTransformAxes } from './plain/axes.ts';
import type { ComplexArrays } from './plain/real.ts';
import { irfft, rfft } from './transforms/real.ts';
import { halfShape } from './transforms/shared.ts';

/** Transforms of one mesh, float64, NumPy's normalisation. Results may be views, valid until the next call. */
export interface MeshTransform {
  /** Real field to the half-complex spectrum. */
  forward(x: ArrayLike<number>): ComplexArrays;
  /** Half-complex spectrum to the real field. */
  inverse(spectrum: ComplexArrays): Float64Array;
}

/** @throws TensorError when the mesh does not have 1 to 3 axes of positive length. */
export function requireMesh(operation: string, mesh: Shape): void {
  if (mesh.length < 1 || mesh.length > 3 || !mesh.every((n) => Number.isInteger(n) && n > 0)) {
    throw new TensorError(`${operation}: mesh [${mesh}]; give 1 to 3 positive lengths`);
  }
}

/** Transforms of a mesh; without a backend in plain TypeScript, exact to rounding and good for small meshes. */
export function meshTransform(mesh: Shape, backend?: Backend): MeshTransform {
  requireMesh('meshTransform', mesh);
  const axes = mesh.length as 1 | 2 | 3;
  if (!backend) {
    return {
      forward: (x) => realTransformAxes(x, mesh, axes),
      inverse: ({ re, im }) => inverseRealTransformAxes(re, im, mesh, axes),
    };
  }
  const dtype = 'float64';
  const half = { shape: halfShape(mesh), dtype } as const;
  const n = mesh[axes - 1]!;
  const spectrum = compile(
    (x) => {
      const { re, im } = rfft(x, { axes });
      return [re, im];
    },
    [{ shape: mesh, dtype }],
    { backend },
  );
  const field = compile((re, im) => irfft(re, im, { axes, n }), [half, half], { backend });
  return {
    forward(x) {
      const [re, im] = spectrum.run([Float64Array.from(x)]);
      return { re: re as Float64Array, im: im as Float64Array };
    },
    inverse: ({ re, im }) => field.run([re, im])[0] as Float64Array,
  };
}

/** @throws TensorError when an array does not fill the mesh. */
export function requireField(operation: string, x: ArrayLike<number>, mesh: Shape): void {
  requireMesh(operation, mesh);
  if (x.length !== sizeOf(mesh)) {
    throw new TensorError(
      `${operation}: ${x.length} values for the mesh [${mesh}]; give ${sizeOf(mesh)}, row-major`,
    );
  }
}

/** @throws TensorError when the box has no positive side. */
export function requireBox(operation: string, boxSize: number): void {
  if (!(boxSize > 0 && boxSize < Number.POSITIVE_INFINITY)) {
    throw new TensorError(`${operation}: box of side ${boxSize}; give a positive length in Mpc/h`);
  }
}
