/**
 * Functions that the shading languages have too loosely for 1e-5, or not at all (WGSL allows tanh, sin, cos an absolute
 * error of 5e-4, atan2 4096 ulp, log near 1 an absolute error of 5e-7). Written in the JavaScript that gpu.js translates:
 * one `return`, no arrays. Polynomials are Taylor series cut where the next term is below 1e-8 of the value, or the
 * minimax ones of S. L. Moshier's Cephes library (single precision).
 */
import type { GpuJsFunction } from './gpu-js.ts';

const one = (name: string, body: string): GpuJsFunction => ({
  name,
  source: `function ${name}(x) { ${body} }`,
  argumentTypes: ['Number'],
  returnType: 'Number',
});
const two = (name: string, body: string): GpuJsFunction => ({
  name,
  source: `function ${name}(x, y) { ${body} }`,
  argumentTypes: ['Number', 'Number'],
  returnType: 'Number',
});

/** ⌊x/y⌋ of whole numbers: a division may be off by an ulp, the remainder then is out of bounds by one y. */
const wholeQuotient = two(
  'wholeQuotient',
  'const q = Math.floor(x / y); const r = x - q * y; let d = q; if (r < 0) { d = q - 1; } if (r >= y) { d = q + 1; } return d;',
);

/** ln x = 2 artanh s, s = (x − 1)/(x + 1), near 1. */
const logarithm = one(
  'logarithm',
  `let y = 0; const d = x - 1;
  if (Math.abs(d) < 0.35) { const s = d / (x + 1); const z = s * s;
    y = 2 * s * (1 + z * (0.3333333333 + z * (0.2 + z * (0.1428571429 + z * (0.1111111111 + z * 0.0909090909))))); }
  else { y = Math.log(x); } return y;`,
);

/** ln(1 + x) = 2 artanh s, s = x/(2 + x), near 0. */
const logarithmOfOnePlus = one(
  'logarithmOfOnePlus',
  `let y = 0;
  if (Math.abs(x) < 0.35) { const s = x / (2 + x); const z = s * s;
    y = 2 * s * (1 + z * (0.3333333333 + z * (0.2 + z * (0.1428571429 + z * (0.1111111111 + z * 0.0909090909))))); }
  else { y = Math.log(1 + x); } return y;`,
);

const exponentialMinusOne = one(
  'exponentialMinusOne',
  `let y = 0;
  if (Math.abs(x) < 0.5) { y = x * (1 + x * (0.5 + x * (0.1666666667 + x * (0.0416666667 + x * (0.0083333333 + x * (0.0013888889 + x * (0.0001984127 + x * 0.0000248016))))))); }
  else { y = Math.exp(x) - 1; } return y;`,
);

/** tanh x = 1 − 2/(e^{2x} + 1) away from 0; the polynomial of Cephes near 0. */
const hyperbolicTangent = one(
  'hyperbolicTangent',
  `let y = 0; const a = Math.abs(x);
  if (a < 0.625) { const z = x * x;
    y = x + x * z * (-0.333332819422 + z * (0.133314422036 + z * (-0.0537397155531 + z * (0.0206390887954 + z * -0.00570498872745)))); }
  else { const t = 1 - 2 / (Math.exp(2 * Math.min(a, 15)) + 1); if (x < 0) { y = 0 - t; } else { y = t; } if (!(x >= 0 || x < 0)) { y = x; } }
  return y;`,
);

/** Both need the argument reduced by multiples of π/2, in three parts (Cody and Waite). */
const quadrant = `const k = Math.floor(x * 0.63661977236 + 0.5); const q = k - 4 * Math.floor(k * 0.25);
  const r = ((x - k * 1.5703125) - k * 0.0004837512969970703) - k * 0.00000007549789954891;
  const z = r * r;
  const s = r + r * z * (-0.16666654611 + z * (0.0083321608736 + z * -0.00019515295891));
  const c = 1 - 0.5 * z + z * z * (0.04166664568298827 + z * (-0.001388731625493765 + z * 0.00002443315711809948));`;
const sine = one(
  'sine',
  `${quadrant} let y = s; if (q === 1) { y = c; } if (q === 2) { y = 0 - s; } if (q === 3) { y = 0 - c; } return y;`,
);
const cosine = one(
  'cosine',
  `${quadrant} let y = c; if (q === 1) { y = 0 - s; } if (q === 2) { y = 0 - c; } if (q === 3) { y = s; } return y;`,
);

/** Arctangent of a number in [0, 1]: reduced at tan(π/8). */
const arctangentOfFraction = one(
  'arctangentOfFraction',
  `let t = x; let shift = 0; if (x > 0.4142135623730950) { t = (x - 1) / (x + 1); shift = 0.7853981633974483; }
  const z = t * t;
  return shift + t + t * z * (-0.333329491539 + z * (0.199777106478 + z * (-0.138776856032 + z * 0.0805374449538)));`,
);

/** The angle of the point (y, x): as in \`Math.atan2(x, y)\`, the first argument is the ordinate. */
const arctangent2: GpuJsFunction = {
  ...two(
    'arctangent2',
    `const a = Math.abs(x); const b = Math.abs(y); const low = Math.min(a, b); const high = Math.max(a, b);
    let t = 0; if (high > 0) { t = arctangentOfFraction(low / high); }
    if (a > b) { t = 1.5707963267948966 - t; }
    if (y < 0) { t = 3.141592653589793 - t; }
    if (x < 0) { t = 0 - t; }
    return t;`,
  ),
};

/** x^y as JavaScript has it: also for negative x and whole y. */
const powerOf = two(
  'powerOf',
  `const a = Math.abs(x); const whole = Math.floor(y); const half = Math.floor(whole * 0.5); let z = Math.exp(y * logarithm(Math.max(a, 1.2e-38)));
  if (x < 0) { if (whole < y) { z = Math.sqrt(x); } else { if (whole - 2 * half > 0.5) { z = 0 - z; } } }
  if (a === 0 && y > 0) { z = 0; }
  if (!(x >= 0 || x < 0)) { z = x; }
  if (y === 0) { z = 1; }
  return z;`,
);

/** Every helper function, by the name that code calls it by. */
export const functions: ReadonlyMap<string, GpuJsFunction> = new Map([
  ['quotient', wholeQuotient],
  ['log', logarithm],
  ['log1p', logarithmOfOnePlus],
  ['expm1', exponentialMinusOne],
  ['tanh', hyperbolicTangent],
  ['sin', sine],
  ['cos', cosine],
  ['atan', arctangentOfFraction],
  ['atan2', arctangent2],
  ['power', powerOf],
]);

/** Helpers that call others. */
export const calls: ReadonlyMap<string, readonly string[]> = new Map([
  ['atan2', ['atan']],
  ['power', ['log']],
]);
