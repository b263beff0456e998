/** For tests of log-determinants against the Jacobian itself. */

/** ln |det| by Gaussian elimination with partial pivoting. */
export function logAbsDeterminant(rows: Float64Array[]): number {
  let total = 0;
  for (let column = 0; column < rows.length; column++) {
    let pivot = column;
    for (let row = column + 1; row < rows.length; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    total += Math.log(Math.abs(top[column]!));
    for (let row = column + 1; row < rows.length; row++) {
      const factor = rows[row]![column]! / top[column]!;
      for (let j = column; j < rows.length; j++) rows[row]![j]! -= factor * top[j]!;
    }
  }
  return total;
}
