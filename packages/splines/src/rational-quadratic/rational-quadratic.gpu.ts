/**
 * The rational-quadratic spline on the GPU: the arithmetic of `bin.ts`, one thread a value. What a value gives to the
 * gradients of the two knots of its bin is computed first; the gradients are sums of that over the values of a row.
 */
import type { GpuArray, GpuCode, GpuKernel, GpuLowering } from '@equiflow/tensor';
import { tinyOf } from './bin.ts';
import type { RationalQuadraticAttributes } from './primitive.ts';

const tiny = tinyOf('float32');

/** The smallest normal float32: what a derivative is held above before its logarithm. */
const smallest = 1.2e-38;

/** Inputs and sizes: values [rows, n], knots, values and slopes at knots [rows, count]. */
interface Spline {
  readonly rows: number;
  readonly n: number;
  readonly count: number;
  readonly values: GpuArray;
  readonly xk: GpuArray;
  readonly yk: GpuArray;
  readonly dk: GpuArray;
}

/** The parameters of one bin, as variables; a and b are its end slopes over the mean slope s. */
interface Bin {
  readonly x0: string;
  readonly w: string;
  readonly a: string;
  readonly b: string;
  readonly y0: string;
  readonly h: string;
  readonly c: string;
  readonly s: string;
}

function splineOf(l: GpuLowering<RationalQuadraticAttributes>): Spline {
  const [values, xk, yk, dk] = l.inputs;
  const [rows, count] = xk!.type.shape as [number, number];
  const n = values!.array.size / rows;
  return { rows, n, count, values: values!.array, xk: xk!.array, yk: yk!.array, dk: dk!.array };
}

/** The bin that starts at flat place `at` of the knots. */
function binAt(code: GpuCode, { xk, yk, dk }: Spline, at: string): Bin {
  const next = code.let(`${at} + 1`);
  const x0 = code.read(xk, at);
  const y0 = code.read(yk, at);
  const w = code.let(`Math.max(${code.read(xk, next)} - ${x0}, ${tiny})`);
  const h = code.let(`Math.max(${code.read(yk, next)} - ${y0}, ${tiny})`);
  const s = code.let(`${h} / ${w}`);
  const limited = (slope: string): string =>
    code.let(`Math.min(Math.max(${slope} / ${s}, ${tiny}), ${1 / tiny})`);
  const a = limited(code.read(dk, at));
  const b = limited(code.read(dk, next));
  return { x0, w, a, b, y0, h, c: code.let(`(${a} - 1) + (${b} - 1)`), s };
}

/** The place of the bin of a value: the last whose start is not above it, in `knots` from `start` on. */
function findBin(code: GpuCode, knots: GpuArray, start: string, count: number, value: string): string {
  const found = code.variable(start);
  if (count > 2) {
    code.loop(count - 2, (k) => {
      const at = code.let(`${start} + ${k} + 1`);
      code.when(`${value} >= ${code.read(knots, at)}`, () => code.assign(found, at));
    });
  }
  return code.let(`${found} + 0`);
}

function clip(code: GpuCode, value: string, low: string, high: string): string {
  return code.let(`Math.min(Math.max(${value}, ${low}), ${high})`);
}

/** What a value of x gives within its bin: eq. 4 and 5, and what their derivatives need. */
interface Inside {
  readonly xi: string;
  readonly omega: string;
  readonly tau: string;
  readonly r: string;
  readonly ratio: string;
  readonly numerator: string;
  readonly slope: string;
}

function inside(code: GpuCode, bin: Bin, clipped: string): Inside {
  const { x0, w, a } = bin;
  const xi = code.let(`(${clipped} - ${x0}) / ${w}`);
  const { omega, tau, r, numerator, slope } = slopeAt(code, bin, xi, code.let(`1 - ${xi}`));
  const ratio = code.let(`(${xi} * ${xi} + ${a} * ${tau}) * ${r}`);
  return { xi, omega, tau, r, ratio, numerator, slope };
}

function slopeAt(
  code: GpuCode,
  { a, b, c, s }: Bin,
  xi: string,
  omega: string,
): Pick<Inside, 'omega' | 'tau' | 'r' | 'numerator' | 'slope'> {
  const tau = code.let(`${xi} * ${omega}`);
  const r = code.let(`1 / (1 + ${c} * ${tau})`);
  const numerator = code.let(`${b} * ${xi} * ${xi} + 2 * ${tau} + ${a} * ${omega} * ${omega}`);
  return { omega, tau, r, numerator, slope: code.let(`${s} * ${r} * (${numerator} * ${r})`) };
}

/** y and y′ at element `index`. */
function forwardAt(code: GpuCode, spline: Spline, index: string): { value: string; derivative: string } {
  const { n, count, xk } = spline;
  const x = code.read(spline.values, index);
  const start = code.let(`${code.quotient(index, n)} * ${count}`);
  const bin = binAt(code, spline, findBin(code, xk, start, count, x));
  const last = code.read(xk, code.let(`${start} + ${count - 1}`));
  const clipped = clip(code, x, code.read(xk, start), last);
  const { ratio, slope } = inside(code, bin, clipped);
  return {
    value: code.let(`${bin.y0} + ${bin.h} * ${ratio} + ${slope} * (${x} - ${clipped})`),
    derivative: code.let(`Math.max(${slope}, ${smallest})`),
  };
}

/** x and y′ at element `index` of y; see `inverseAt` of `bin.ts`. */
function inverseAt(code: GpuCode, spline: Spline, index: string): { value: string; derivative: string } {
  const { n, count, yk } = spline;
  const y = code.read(spline.values, index);
  const start = code.let(`${code.quotient(index, n)} * ${count}`);
  const bin = binAt(code, spline, findBin(code, yk, start, count, y));
  const last = code.read(yk, code.let(`${start} + ${count - 1}`));
  const clipped = clip(code, y, code.read(yk, start), last);
  const eta = code.let(`Math.min((${clipped} - ${bin.y0}) / ${bin.h}, 1)`);
  const rest = code.let(`1 - ${eta}`);
  const q = code.let(`${bin.a} * ${rest} - ${bin.b} * ${eta}`);
  const t = code.let(`Math.abs(${q}) + Math.sqrt(${q} * ${q} + 4 * ${eta} * ${rest})`);
  const twice = code.let(`2 * (${q} >= 0 ? ${eta} : ${rest})`);
  const small = code.let(`${twice} / (${t} + ${twice})`);
  const large = code.let(`${t} / (${t} + ${twice})`);
  const xi = code.let(`(${q} >= 0 ? ${small} : ${large})`);
  const { slope } = slopeAt(code, bin, xi, code.let(`(${q} >= 0 ? ${large} : ${small})`));
  const derivative = code.let(`Math.max(${slope}, ${smallest})`);
  return {
    value: code.let(`${bin.x0} + ${bin.w} * ${xi} + (${y} - ${clipped}) / ${derivative}`),
    derivative,
  };
}

/** Values, and the logarithms of their derivatives, summed over rows where asked. */
function valuesAndLogs(at: typeof forwardAt, sign: 1 | -1): GpuKernel<RationalQuadraticAttributes> {
  return {
    lower(l) {
      const spline = splineOf(l);
      const { rows, n } = spline;
      const logOf = (code: GpuCode, index: string): string => {
        const log = code.call('log', at(code, spline, index).derivative);
        return sign > 0 ? log : code.let(`0 - ${log}`);
      };
      const logs = l.attributes.reduce
        ? l.sum(rows, n, (code, row, k) => logOf(code, code.let(`${row} * ${n} + ${k}`)))
        : l.map(rows * n, logOf);
      return [l.map(rows * n, (code, index) => at(code, spline, index).value), logs];
    },
  };
}

/** y and ln y′. */
export const rationalQuadraticGpu: GpuKernel<RationalQuadraticAttributes> = valuesAndLogs(forwardAt, 1);

/** x and ln dx/dy. */
export const rationalQuadraticInverseGpu: GpuKernel<RationalQuadraticAttributes> = valuesAndLogs(
  inverseAt,
  -1,
);

/** Cotangents of x, xk, yk, dk. */
export const rationalQuadraticVjpGpu: GpuKernel<RationalQuadraticAttributes> = {
  lower(l) {
    const spline = splineOf(l);
    const { rows, n, count, values, xk } = spline;
    const size = rows * n;
    const last = count - 1;
    const [gyArray, glArray] = [l.inputs[4]!.array, l.inputs[5]!.array];
    /** The place of the bin of each value in the knots. */
    const places = l.store(
      l.map(size, (code, index) => {
        const start = code.let(`${code.quotient(index, n)} * ${count}`);
        return findBin(code, xk, start, count, code.read(values, index));
      }),
    );
    const at = (code: GpuCode, index: string): Cotangent => {
      const row = code.quotient(index, n);
      const start = code.let(`${row} * ${count}`);
      const x = code.read(values, index);
      const bin = binAt(code, spline, code.read(places, index));
      const clipped = clip(code, x, code.read(xk, start), code.read(xk, code.let(`${start} + ${last}`)));
      const gl = code.read(glArray, l.attributes.reduce ? row : index);
      return cotangentAt(code, bin, x, clipped, code.read(gyArray, index), gl);
    };
    const gradientOfX = l.store(l.map(size, (code, index) => at(code, index).gx));
    /** What each value gives to the knots of its bin: to xk left and right, to yk, to dk. */
    const shares = l.store(
      l.map(6 * size, (code, index) => {
        const which = code.quotient(index, size);
        const { xk, yk, dk } = at(code, code.let(`${index} - ${which} * ${size}`));
        const [left, right] = [0, 1].map((side) =>
          code.let(`(${which} < 2 ? ${xk[side]} : (${which} < 4 ? ${yk[side]} : ${dk[side]}))`),
        );
        return code.let(`(${code.remainder(which, 2)} < 0.5 ? ${left} : ${right})`);
      }),
    );
    // No branches: every value is read, and counts where its bin is next to the knot.
    const knots = l.sum(3 * rows * count, n, (code, out, k) => {
      const kind = code.quotient(out, rows * count);
      const knot = code.let(`${out} - ${kind} * ${rows * count}`);
      const index = code.let(`${code.quotient(knot, count)} * ${n} + ${k}`);
      const after = code.let(`${knot} - ${code.read(places, index)}`);
      const side = code.let(`Math.min(Math.max(${after}, 0), 1)`);
      const share = code.read(shares, code.let(`${index} + ${kind} * ${2 * size} + ${side} * ${size}`));
      return code.let(`(${after} === ${side} ? ${share} : 0)`);
    });
    const whole = l.store(knots);
    const part = (kind: number): GpuArray =>
      l.map(rows * count, (code, index) => code.read(whole, code.let(`${index} + ${kind * rows * count}`)));
    return [gradientOfX, part(0), part(1), part(2)];
  },
};

/** The cotangent of one x, and what its bin's left and right knot get: of their position, value and slope. */
interface Cotangent {
  readonly gx: string;
  readonly xk: readonly [string, string];
  readonly yk: readonly [string, string];
  readonly dk: readonly [string, string];
}

/** `backwardAt` and `finishBackward` of `bin.ts` for one value with the cotangents gy of y and gl of ln y′. */
function cotangentAt(code: GpuCode, bin: Bin, x: string, clipped: string, gy: string, gl: string): Cotangent {
  const { w, a, b, c, h, s } = bin;
  const { xi, omega, tau, r, ratio, numerator, slope } = inside(code, bin, clipped);
  const tilt = code.let(`${omega} - ${xi}`);
  const lx = code.let(
    `2 / ${w} * ((${b} * ${xi} + ${tilt} - ${a} * ${omega}) / ${numerator} - ${c} * ${tilt} * ${r})`,
  );
  const gx = code.let(`${gy} * ${slope} + (${x} === ${clipped} ? ${gl} * ${lx} : 0)`);
  const scaled = code.let(`${gy} * ${h} * (${tau} * ${r})`);
  const both = code.let(`2 * ${tau} * ${r}`);
  const ga = code.let(`${scaled} * (1 - ${ratio}) + ${gl} * (${omega} * ${omega} / ${numerator} - ${both})`);
  const gb = code.let(`${gl} * (${xi} * ${xi} / ${numerator} - ${both}) - ${scaled} * ${ratio}`);
  // ln s, a and b depend on the bin's height and width through s = h/w.
  const scale = code.let(`${gl} - ${a} * ${ga} - ${b} * ${gb}`);
  const outside = code.let(`${gy} * (${x} - ${clipped})`);
  const right = code.let(`0 - ${gx} * ${xi} - ${scale} / ${w}`);
  const top = code.let(`${gy} * ${ratio} + ${scale} / ${h}`);
  return {
    gx,
    // Shifting x with all xk changes nothing, shifting all yk shifts y.
    xk: [code.let(`0 - ${gx} - ${right}`), right],
    yk: [code.let(`${gy} - ${top}`), top],
    dk: [
      code.let(`${ga} / ${s} + (${x} < ${clipped} ? ${outside} : 0)`),
      code.let(`${gb} / ${s} + (${x} > ${clipped} ? ${outside} : 0)`),
    ],
  };
}
