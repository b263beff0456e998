/** Explicit methods without an error estimate, for steps of one length (Hairer, Nørsett & Wanner I, table II.1.2). */
import { explicitMethod } from './explicit.ts';

type ExplicitMethod = ReturnType<typeof explicitMethod>;

/** Euler's method, order 1. */
export const euler: ExplicitMethod = explicitMethod({
  name: 'euler',
  order: 1,
  c: [0],
  a: [[]],
  b: [1],
});

/** The explicit midpoint rule (Runge), order 2. */
export const midpoint: ExplicitMethod = explicitMethod({
  name: 'midpoint',
  order: 2,
  c: [0, 1 / 2],
  a: [[], [1 / 2]],
  b: [0, 1],
});

/** Heun's method (the explicit trapezoid), order 2. */
export const heun: ExplicitMethod = explicitMethod({
  name: 'heun',
  order: 2,
  c: [0, 1],
  a: [[], [1]],
  b: [1 / 2, 1 / 2],
});

/** Ralston's method of order 2, with the smallest bound on the local error (Ralston 1962). */
export const ralston: ExplicitMethod = explicitMethod({
  name: 'ralston',
  order: 2,
  c: [0, 2 / 3],
  a: [[], [2 / 3]],
  b: [1 / 4, 3 / 4],
});

/** The classical Runge-Kutta method, order 4. */
export const rk4: ExplicitMethod = explicitMethod({
  name: 'rk4',
  order: 4,
  c: [0, 1 / 2, 1 / 2, 1],
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
});

/** Kutta's 3/8 rule, order 4. */
export const rk38: ExplicitMethod = explicitMethod({
  name: 'rk38',
  order: 4,
  c: [0, 1 / 3, 2 / 3, 1],
  a: [[], [1 / 3], [-1 / 3, 1], [1, -1, 1]],
  b: [1 / 8, 3 / 8, 3 / 8, 1 / 8],
});
