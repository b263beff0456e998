/**
 * The rational-quadratic spline on the GPU: the arithmetic of `bin.ts`, one thread a value. The gradients of the knots are
 * sums over the values of a row, one for each bin and quantity; the bin's parameters do not change within such a sum.
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

/** Sums of a bin: the seven of `backwardAt` and the two of the tails. */
const quantities = 9;

/** Cotangents of x, xk, yk, dk. */
export const rationalQuadraticVjpGpu: GpuKernel<RationalQuadraticAttributes> = {
  lower(l) {
    const spline = splineOf(l);
    const { rows, n, count, values, xk } = spline;
    const [gyArray, glArray] = [l.inputs[4]!.array, l.inputs[5]!.array];
    const bins = count - 1;
    const cotangents = (code: GpuCode, row: string, index: string): { gy: string; gl: string } => ({
      gy: code.read(gyArray, index),
      gl: code.read(glArray, l.attributes.reduce ? row : index),
    });
    /** The cotangent of one x, gy y′ + gl ∂ln y′/∂x, the second only within the knots. */
    const ofX = (code: GpuCode, bin: Bin, at: Inside, within: string, gy: string, gl: string): string => {
      const tilt = code.let(`${at.omega} - ${at.xi}`);
      const lx = code.let(
        `2 / ${bin.w} * ((${bin.b} * ${at.xi} + ${tilt} - ${bin.a} * ${at.omega}) / ${at.numerator} - ${bin.c} * ${tilt} * ${at.r})`,
      );
      return code.let(`${gy} * ${at.slope} + (${within} ? ${gl} * ${lx} : 0)`);
    };
    const gradientOfX = l.map(rows * n, (code, index) => {
      const x = code.read(values, index);
      const row = code.quotient(index, n);
      const start = code.let(`${row} * ${count}`);
      const bin = binAt(code, spline, findBin(code, xk, start, count, x));
      const clipped = clip(code, x, code.read(xk, start), code.read(xk, code.let(`${start} + ${bins}`)));
      const { gy, gl } = cotangents(code, row, index);
      return ofX(code, bin, inside(code, bin, clipped), `${x} === ${clipped}`, gy, gl);
    });
    const sums = l.sum(rows * bins * quantities, n, (code, out, k) => {
      const quantity = code.remainder(out, quantities);
      const rest = code.quotient(out, quantities);
      const which = code.remainder(rest, bins);
      const row = code.quotient(rest, bins);
      const start = code.let(`${row} * ${count}`);
      const at = code.let(`${start} + ${which}`);
      const index = code.let(`${row} * ${n} + ${k}`);
      const x = code.read(values, index);
      const term = code.variable('0');
      const from = code.read(xk, at);
      const to = code.read(xk, code.let(`${at} + 1`));
      // Of the bin and the ends, not of the value: computed once a thread.
      const bin = binAt(code, spline, at);
      const [low, high] = [code.read(xk, start), code.read(xk, code.let(`${start} + ${bins}`))];
      code.when(`(${which} === 0 || ${x} >= ${from}) && (${which} === ${bins - 1} || ${x} < ${to})`, () => {
        const clipped = clip(code, x, low, high);
        const { gy, gl } = cotangents(code, row, index);
        const here = (): Inside => inside(code, bin, clipped);
        const gx = (at: Inside): string => ofX(code, bin, at, `${x} === ${clipped}`, gy, gl);
        const scaled = ({ tau, r }: Inside): string => code.let(`${gy} * ${bin.h} * (${tau} * ${r})`);
        const outside = `${gy} * (${x} - ${clipped})`;
        // Neighbouring threads sum the same quantity: each computes what that one needs.
        const terms: readonly (() => string)[] = [
          () => gy,
          () => `${gy} * ${here().ratio}`,
          () => {
            const at = here();
            const { omega, tau, r, ratio, numerator } = at;
            return `${scaled(at)} * (1 - ${ratio}) + ${gl} * (${omega} * ${omega} / ${numerator} - 2 * ${tau} * ${r})`;
          },
          () => {
            const at = here();
            const { xi, tau, r, ratio, numerator } = at;
            return `${gl} * (${xi} * ${xi} / ${numerator} - 2 * ${tau} * ${r}) - ${scaled(at)} * ${ratio}`;
          },
          () => gx(here()),
          () => {
            const at = here();
            return `${gx(at)} * ${at.xi}`;
          },
          () => gl,
          () => `(${x} < ${clipped} ? ${outside} : 0)`,
          () => `(${x} > ${clipped} ? ${outside} : 0)`,
        ];
        terms.forEach((expression, m) => {
          code.when(`${quantity} === ${m}`, () => code.assign(term, expression()));
        });
      });
      return term;
    });
    return [gradientOfX, ...knotGradients(l, spline, sums)];
  },
};

/** The gradients of xk, yk and dk from the sums of the bins: `finishBackward` of `bin.ts`. */
function knotGradients(
  l: GpuLowering<RationalQuadraticAttributes>,
  spline: Spline,
  sums: GpuArray,
): [GpuArray, GpuArray, GpuArray] {
  const { rows, count } = spline;
  const bins = count - 1;
  /** For each knot, what the bin before it and the bin after it give. */
  const knots = (
    beforeIt: (code: GpuCode, bin: Bin, sum: (m: number) => string) => string,
    afterIt: (code: GpuCode, bin: Bin, sum: (m: number) => string) => string,
  ): GpuArray =>
    l.map(rows * count, (code, index) => {
      const row = code.quotient(index, count);
      const knot = code.remainder(index, count);
      const total = code.variable('0');
      const give = (offset: number, part: typeof beforeIt): void => {
        const at = offset === 0 ? index : code.let(`${index} - ${offset}`);
        const first = code.let(`(${row} * ${bins} + ${knot} - ${offset}) * ${quantities}`);
        const sum = (m: number): string => code.read(sums, code.let(`${first} + ${m}`));
        code.assign(total, `${total} + ${part(code, binAt(code, spline, at), sum)}`);
      };
      code.when(`${knot} > 0`, () => give(1, beforeIt));
      code.when(`${knot} < ${bins}`, () => give(0, afterIt));
      return total;
    });
  // ln s, a and b depend on the bin's height and width through s = h/w.
  const scale = (code: GpuCode, { a, b }: Bin, sum: (m: number) => string): string =>
    code.let(`${sum(6)} - ${a} * ${sum(2)} - ${b} * ${sum(3)}`);
  const width = (code: GpuCode, bin: Bin, sum: (m: number) => string): string =>
    code.let(`0 - ${sum(5)} - ${scale(code, bin, sum)} / ${bin.w}`);
  const height = (code: GpuCode, bin: Bin, sum: (m: number) => string): string =>
    code.let(`${sum(1)} + ${scale(code, bin, sum)} / ${bin.h}`);
  return [
    knots(width, (code, bin, sum) => code.let(`0 - ${sum(4)} - ${width(code, bin, sum)}`)),
    knots(height, (code, bin, sum) => code.let(`${sum(0)} - ${height(code, bin, sum)}`)),
    // The tails' sums are 0 in every bin but the first and the last.
    knots(
      (code, bin, sum) => code.let(`${sum(3)} / ${bin.s} + ${sum(8)}`),
      (code, bin, sum) => code.let(`${sum(2)} / ${bin.s} + ${sum(7)}`),
    ),
  ];
}
