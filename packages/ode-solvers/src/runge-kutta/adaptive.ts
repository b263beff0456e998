/** Embedded pairs of order 2 to 5 with short tableaus. */
import { explicitMethod } from './explicit.ts';
import { bootstrappedQuartic } from './tableau.ts';

type ExplicitMethod = ReturnType<typeof explicitMethod>;

/** Heun's method of order 2 with Euler's inside. */
export const heunEuler: ExplicitMethod = explicitMethod({
  name: 'heunEuler',
  order: 2,
  errorExponent: 2,
  c: [0, 1],
  a: [[], [1]],
  b: [1 / 2, 1 / 2],
  error: [-1 / 2, 1 / 2],
});

/** Fehlberg's pair of orders 1 and 2 (Fehlberg 1969), which goes on with the solution of order 2. */
export const fehlberg2: ExplicitMethod = explicitMethod({
  name: 'fehlberg2',
  order: 2,
  errorExponent: 2,
  c: [0, 1 / 2, 1],
  a: [[], [1 / 2], [1 / 256, 255 / 256]],
  b: [1 / 512, 255 / 256, 1 / 512],
  error: [-1 / 512, 0, 1 / 512],
});

/** Bogacki and Shampine 3(2) (Appl. Math. Lett. 2, 321, 1989), for loose tolerances. */
export const bosh3: ExplicitMethod = explicitMethod({
  name: 'bosh3',
  order: 3,
  errorExponent: 3,
  c: [0, 1 / 2, 3 / 4],
  a: [[], [1 / 2], [0, 3 / 4]],
  b: [2 / 9, 1 / 3, 4 / 9],
  error: [5 / 72, -1 / 12, -1 / 9, 1 / 8],
});

const fehlbergWeights = [16 / 135, 0, 6656 / 12825, 28561 / 56430, -9 / 50, 2 / 55];

/** Fehlberg's pair of orders 4 and 5 (Fehlberg 1969), which goes on with the solution of order 5. */
export const fehlberg5: ExplicitMethod = explicitMethod({
  name: 'fehlberg5',
  order: 5,
  errorExponent: 5,
  c: [0, 1 / 4, 3 / 8, 12 / 13, 1, 1 / 2],
  a: [
    [],
    [1 / 4],
    [3 / 32, 9 / 32],
    [1932 / 2197, -7200 / 2197, 7296 / 2197],
    [439 / 216, -8, 3680 / 513, -845 / 4104],
    [-8 / 27, 2, -3544 / 2565, 1859 / 4104, -11 / 40],
  ],
  b: fehlbergWeights,
  error: [1 / 360, 0, -128 / 4275, -2197 / 75240, 1 / 50, 2 / 55],
  ...bootstrappedQuartic(fehlbergWeights, 2 / 5),
});

/**
 * Dormand and Prince 5(4) (J. Comput. Appl. Math. 6, 19, 1980) with Shampine's interpolant of order 4 (Math. Comput.
 * 46, 135, 1986): the default.
 */
export const dopri5: ExplicitMethod = explicitMethod({
  name: 'dopri5',
  order: 5,
  errorExponent: 5,
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  error: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
  interpolant: [
    [1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
    [0, 0, 0, 0],
    [0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
    [0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
    [0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
    [0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
    [0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
  ],
});
