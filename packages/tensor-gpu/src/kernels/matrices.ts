/** Small matrices: Cholesky factors and triangular solves, one step a column. */
import type { GpuArray, TriangularSolveAttributes } from '@equiflow/tensor';
import { place } from './indexing.ts';
import type { CoreKernel } from './kernel.ts';

/**
 * Right-looking elimination: step j subtracts the outer product of column j, over its pivot, from the columns after it;
 * L_ij = A_ij/√(pivot of j) in the end, NaN throughout where a pivot is not positive.
 */
export const cholesky: CoreKernel<object> = (l) => {
  const [a] = l.inputs;
  const n = a!.type.shape.at(-1)!;
  const transposed = (code: Parameters<Parameters<typeof l.map>[1]>[0], index: string): string => {
    const row = code.remainder(code.quotient(index, n), n);
    const column = code.remainder(index, n);
    return code.let(`${index} + (${row} - ${column}) * ${1 - n}`);
  };
  const source = l.store(a!.array);
  let matrix: GpuArray = l.store(
    l.map(source.size, (code, index) =>
      code.let(`0.5 * (${code.read(source, index)} + ${code.read(source, transposed(code, index))})`),
    ),
  );
  for (let j = 0; j < n - 1; j++) {
    const from = matrix;
    matrix = l.store(
      l.map(source.size, (code, index) => {
        const column = code.remainder(index, n);
        const row = code.remainder(code.quotient(index, n), n);
        const start = place(code, [code.quotient(index, n * n), n * n]);
        const value = code.variable(code.read(from, index));
        code.when(`${row} > ${j} && ${column} > ${j}`, () => {
          const left = code.read(from, place(code, [start, 1], [row, n], [String(j), 1]));
          const right = code.read(from, place(code, [start, 1], [column, n], [String(j), 1]));
          const pivot = code.read(from, code.let(`${start} + ${j * (n + 1)}`));
          code.assign(value, `${value} - ${left} * (${right} / ${pivot})`);
        });
        return value;
      }),
    );
  }
  const done = matrix;
  return [
    l.store(
      l.map(source.size, (code, index) => {
        const column = code.remainder(index, n);
        const row = code.remainder(code.quotient(index, n), n);
        const start = place(code, [code.quotient(index, n * n), n * n]);
        const value = code.variable('0');
        code.when(`${row} >= ${column}`, () => {
          const pivot = code.read(done, place(code, [start, 1], [column, n + 1]));
          code.assign(value, `${code.read(done, index)} / Math.sqrt(Math.max(${pivot}, 1e-37))`);
        });
        code.loop(n, (k) => {
          const pivot = code.read(done, place(code, [start, 1], [k, n + 1]));
          code.when(
            `${pivot} > 0`,
            () => code.assign(value, `${value} + 0`),
            () => code.assign(value, code.literal(Number.NaN)),
          );
        });
        return value;
      }),
    ),
  ];
};

/** Substitution, one row a step: the row is divided by its pivot and taken from the rows after it. */
export const triangularSolve: CoreKernel<TriangularSolveAttributes> = (l) => {
  const [a, b] = l.inputs;
  const { lower, transpose } = l.attributes;
  const [n, m] = b!.type.shape.slice(-2) as [number, number];
  const [rowStride, columnStride] = transpose ? [1, n] : [n, 1];
  const forward = lower !== transpose;
  const matrix = l.store(a!.array);
  let solution: GpuArray = l.store(b!.array);
  for (let step = 0; step < n; step++) {
    const from = solution;
    const pivotRow = forward ? step : n - 1 - step;
    solution = l.store(
      l.map(b!.array.size, (code, index) => {
        const row = code.remainder(code.quotient(index, m), n);
        const batch = code.quotient(index, n * m);
        const value = code.variable(code.read(from, index));
        const pivot = code.read(matrix, place(code, [batch, n * n], [String(pivotRow * (n + 1)), 1]));
        code.when(`${row} === ${pivotRow}`, () => code.assign(value, `${value} / ${pivot}`));
        code.when(`${row} ${forward ? '>' : '<'} ${pivotRow}`, () => {
          const top = code.read(
            from,
            place(code, [batch, n * m], [code.remainder(index, m), 1], [String(pivotRow * m), 1]),
          );
          const factor = code.read(
            matrix,
            place(code, [batch, n * n], [row, rowStride!], [String(pivotRow * columnStride!), 1]),
          );
          code.assign(value, `${value} - ${factor} * (${top} / ${pivot})`);
        });
        return value;
      }),
    );
  }
  return [solution];
};
