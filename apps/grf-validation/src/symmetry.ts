/** The symmetries of a periodic mesh: translations by cells, and the group of the square or the cube (8 or 48 elements). */

/** x ↦ axes permuted, some reversed, then moved. */
export interface Symmetry {
  /** Axis `a` of the result is axis `order[a]` of the field. */
  readonly order: readonly number[];
  readonly reversed: readonly boolean[];
  readonly shift: readonly number[];
}

/** All permutations of axes with all reversals: rotations by 90° and reflections, the identity first. */
export function pointGroup(dimensions: number): Symmetry[] {
  const permutations = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((axis) =>
          permutations(rest.filter((other) => other !== axis)).map((tail) => [axis, ...tail]),
        );
  return permutations(Array.from({ length: dimensions }, (_, axis) => axis)).flatMap((order) =>
    Array.from({ length: 2 ** dimensions }, (_, bits) => ({
      order,
      reversed: order.map((_, axis) => ((bits >> axis) & 1) === 1),
      shift: new Array<number>(dimensions).fill(0),
    })),
  );
}

/** Applies a symmetry to a field of side N, row-major: a new array. */
export function applySymmetry(
  field: Float64Array,
  side: number,
  { order, reversed, shift }: Symmetry,
): Float64Array {
  const dimensions = order.length;
  const strides = Array.from({ length: dimensions }, (_, axis) => side ** (dimensions - 1 - axis));
  const result = new Float64Array(field.length);
  const at = new Array<number>(dimensions).fill(0);
  for (let cell = 0; cell < field.length; cell++) {
    let from = 0;
    for (let axis = 0; axis < dimensions; axis++) {
      let place = (((at[axis]! - shift[axis]!) % side) + side) % side;
      if (reversed[axis]) place = side - 1 - place;
      from += place * strides[order[axis]!]!;
    }
    result[cell] = field[from]!;
    for (let axis = dimensions - 1; axis >= 0 && ++at[axis]! === side; axis--) at[axis] = 0;
  }
  return result;
}
