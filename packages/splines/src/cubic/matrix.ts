/**
 * A cubic spline at fixed queries over fixed knots is linear in the values at the knots: f = W y. With W as a
 * constant, evaluating many splines is one matrix product, differentiable in y to any order.
 */
import { cubicSpline } from './cubic-spline.ts';
import type { OutsideKnots } from './piecewise.ts';
import type { CubicBoundary } from './slopes.ts';

/** Choices of `cubicSplineMatrix`. */
export interface CubicSplineMatrixOptions {
  /** Default `not-a-knot`. The end slopes of `clamped` are 0; `periodic` takes the last value for the first. */
  readonly boundary?: CubicBoundary;
  /** Default `extrapolate`. */
  readonly outside?: OutsideKnots;
  /** Which derivative the matrix gives; default 0, the value. */
  readonly order?: 0 | 1 | 2 | 3;
}

/**
 * The matrix W [queries, knots], row-major, with spline(queries) = W · values.
 *
 * @throws RangeError where knots do not increase, or a query lies outside and `outside` is `refuse`.
 * @example
 * ```ts
 * import { constant, evaluate, matmul } from '@equiflow/tensor';
 * import { cubicSplineMatrix } from '@equiflow/splines';
 *
 * const weights = cubicSplineMatrix([0, 1, 2, 3], [0.5, 1.5], { boundary: 'natural' });
 * const values = constant(Float64Array.of(0, 1, 0, 1), [4, 1]);
 * console.log(evaluate(matmul(constant(weights, [2, 4]), values)));
 * ```
 */
export function cubicSplineMatrix(
  knots: ArrayLike<number>,
  queries: ArrayLike<number>,
  options: CubicSplineMatrixOptions = {},
): Float64Array {
  const { boundary = 'not-a-knot', outside = 'extrapolate', order = 0 } = options;
  const [rows, columns] = [queries.length, knots.length];
  const matrix = new Float64Array(rows * columns);
  const unit = new Float64Array(columns);
  const periodic = boundary === 'periodic';
  for (let k = 0; k < (periodic ? columns - 1 : columns); k++) {
    unit.fill(0);
    unit[k] = 1;
    if (periodic && k === 0) unit[columns - 1] = 1;
    const basis = cubicSpline({ x: knots, y: unit, boundary, outside });
    for (let i = 0; i < rows; i++) {
      const at = queries[i]!;
      matrix[i * columns + k] = order === 0 ? basis.evaluate(at) : basis.derivative(at, order);
    }
  }
  return matrix;
}
