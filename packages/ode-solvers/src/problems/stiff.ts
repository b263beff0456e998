/** Stiff problems (Hairer & Wanner II, section IV.10; Mazzia & Magherini, Test set for IVP solvers). */
import type { Jacobian, VectorField } from '../types.ts';
import type { InitialValueProblem } from './detest.ts';

const robertsonField: VectorField = (_, y, dydt) => {
  const a = 0.04 * y[0]!;
  const b = 1e4 * y[1]! * y[2]!;
  const c = 3e7 * y[1]! * y[1]!;
  dydt[0] = -a + b;
  dydt[1] = a - b - c;
  dydt[2] = c;
};

/** Its Jacobian. */
export const robertsonJacobian: Jacobian = (_, y, j) => {
  const [b, c, d] = [1e4 * y[2]!, 1e4 * y[1]!, 6e7 * y[1]!];
  j[0] = -0.04;
  j[1] = b;
  j[2] = c;
  j[3] = 0.04;
  j[4] = -b - d;
  j[5] = -c;
  j[7] = d;
};

/** Robertson's chemical kinetics, to t = 1e11. */
export const robertson: InitialValueProblem = {
  name: 'robertson',
  field: robertsonField,
  span: [0, 1e11],
  y0: [1, 0, 0],
};

/** Van der Pol's oscillator with μ = 1e6 in the time of its slow motion. */
export const vanDerPol: InitialValueProblem = {
  name: 'van der pol',
  field(_, y, dydt) {
    dydt[0] = y[1]!;
    dydt[1] = 1e6 * ((1 - y[0]! * y[0]!) * y[1]! - y[0]!);
  },
  span: [0, 2],
  y0: [2, 0],
};

/** HIRES: eight reactions of plant physiology (Schäfer 1975). */
export const hires: InitialValueProblem = {
  name: 'hires',
  field(_, y, dydt) {
    const s = 280 * y[5]! * y[7]!;
    dydt[0] = -1.71 * y[0]! + 0.43 * y[1]! + 8.32 * y[2]! + 0.0007;
    dydt[1] = 1.71 * y[0]! - 8.75 * y[1]!;
    dydt[2] = -10.03 * y[2]! + 0.43 * y[3]! + 0.035 * y[4]!;
    dydt[3] = 8.32 * y[1]! + 1.71 * y[2]! - 1.12 * y[3]!;
    dydt[4] = -1.745 * y[4]! + 0.43 * y[5]! + 0.43 * y[6]!;
    dydt[5] = -s + 0.69 * y[3]! + 1.71 * y[4]! - 0.43 * y[5]! + 0.69 * y[6]!;
    dydt[6] = s - 1.81 * y[6]!;
    dydt[7] = -s + 1.81 * y[6]!;
  },
  span: [0, 321.8122],
  y0: [1, 0, 0, 0, 0, 0, 0, 0.0057],
};

/** Medical Akzo Nobel: penetration of antibodies into a tissue, two fields on `cells` cells; f jumps at t = 5. */
export function medazko(cells = 40): InitialValueProblem {
  const [k, c, d] = [100, 4, 1 / cells];
  return {
    name: 'medazko',
    field(t, y, dydt) {
      for (let i = 0; i < cells; i++) {
        const x = (i + 1) * d - 1;
        const u = y[2 * i]!;
        const left = i === 0 ? (t <= 5 ? 2 : 0) : y[2 * i - 2]!;
        const right = i === cells - 1 ? u : y[2 * i + 2]!;
        const reaction = k * u * y[2 * i + 1]!;
        const alpha = (2 * x ** 3) / c ** 2;
        const beta = x ** 4 / c ** 2;
        dydt[2 * i] =
          (alpha * (right - left)) / (2 * d) + (beta * (left - 2 * u + right)) / (d * d) - reaction;
        dydt[2 * i + 1] = -reaction;
      }
    },
    span: [0, 20],
    y0: Array.from({ length: 2 * cells }, (_, i) => i % 2),
    discontinuities: [5],
  };
}
