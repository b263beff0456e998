/**
 * Tridiagonal systems on the GPU: the elimination of `solveTridiagonal`, where the thread of row i runs the recurrence from
 * its beginning. Quadratic in n, for the short systems of splines; nothing waits for another thread.
 */
import type { GpuCode, GpuKernel } from '@equiflow/tensor';

/** Solution [B, n] from three diagonals and the right side. */
export const solveTridiagonalGpu: GpuKernel<Record<string, never>> = {
  lower(l) {
    const [lower, diagonal, upper, right] = l.inputs.map(({ array }) => l.store(array));
    const [rows, n] = l.inputs[0]!.type.shape as [number, number];
    /** Element i of the modified upper diagonal, or of the modified right side. */
    const eliminated = (ofRight: boolean) => (code: GpuCode, index: string) => {
      const i = code.remainder(index, n);
      const start = code.let(`${index} - ${i}`);
      const pivot = code.read(diagonal!, start);
      const above = code.variable(`${code.read(upper!, start)} / ${pivot}`);
      const side = code.variable(ofRight ? `${code.read(right!, start)} / ${pivot}` : '0');
      code.range('1', code.let(`${i} + 1`), n - 1, (k) => {
        const at = code.let(`${start} + ${k}`);
        const below = code.read(lower!, at);
        const over = code.let(`1 / (${code.read(diagonal!, at)} - ${below} * ${above})`);
        if (ofRight) code.assign(side, `(${code.read(right!, at)} - ${below} * ${side}) * ${over}`);
        code.assign(above, `${code.read(upper!, at)} * ${over}`);
      });
      return ofRight ? side : above;
    };
    const uppers = l.store(l.map(rows * n, eliminated(false)));
    const sides = l.store(l.map(rows * n, eliminated(true)));
    const solution = l.map(rows * n, (code, index) => {
      const i = code.remainder(index, n);
      const end = code.let(`${index} - ${i} + ${n - 1}`);
      const x = code.variable(code.read(sides, end));
      code.range('0', code.let(`${n - 1} - ${i}`), n - 1, (k) => {
        const at = code.let(`${end} - 1 - ${k}`);
        code.assign(x, `${code.read(sides, at)} - ${code.read(uppers, at)} * ${x}`);
      });
      return x;
    });
    return [l.store(solution)];
  },
};
