/**
 * Step-size controllers of the PID family (Söderlind 2002, "Automatic control and adaptive time-stepping"):
 * h_{n+1} = h_n · safety · e_n^(−β1/k) · e_{n−1}^(−β2/k) · e_{n−2}^(−β3/k), where e is the scaled error and e ∝ h^k,
 * with β1 = P + I + D, β2 = −(P + 2 D), β3 = D.
 */

/** Coefficients of a controller, as data. */
export interface StepController {
  readonly proportional: number;
  readonly integral: number;
  readonly derivative: number;
  /** Share of the predicted best step that is taken. */
  readonly safety: number;
  /** Least and greatest change of the step from one to the next. */
  readonly minimumFactor: number;
  readonly maximumFactor: number;
}

const limits = { safety: 0.9, minimumFactor: 0.2, maximumFactor: 10 };

/** The elementary controller: only the last error counts. The default. */
export const integralController: StepController = { proportional: 0, integral: 1, derivative: 0, ...limits };

/** PI control (Gustafsson 1991; coefficients P = 0.4, I = 0.3): smoother steps where stability limits them. */
export const piController: StepController = { proportional: 0.4, integral: 0.3, derivative: 0, ...limits };

/** PID control with a little of the error's second difference (P = 0.3, I = 0.3, D = 0.01): the smoothest steps. */
export const pidController: StepController = {
  proportional: 0.3,
  integral: 0.3,
  derivative: 0.01,
  ...limits,
};

/** Remembers the errors that a controller needs. */
export interface ControllerState {
  /** Factor after an accepted step with this error. */
  accepted(error: number): number;
  /** Factor, below 1, after a rejected attempt with this error; not finite errors count as failures. */
  rejected(error: number): number;
  forget(): void;
}

/** Puts a controller to work for errors that go as h^exponent. */
export function controllerState(controller: StepController, exponent: number): ControllerState {
  const { proportional, integral, derivative, safety, minimumFactor, maximumFactor } = controller;
  const beta1 = (proportional + integral + derivative) / exponent;
  const beta2 = -(proportional + 2 * derivative) / exponent;
  const beta3 = derivative / exponent;
  let previous = 1;
  let beforePrevious = 1;
  let afterRejection = false;
  return {
    accepted(error) {
      const e = Math.max(error, 1e-12);
      let factor = safety * e ** -beta1;
      if (beta2 !== 0) factor *= previous ** -beta2;
      if (beta3 !== 0) factor *= beforePrevious ** -beta3;
      factor = Math.min(afterRejection ? 1 : maximumFactor, Math.max(minimumFactor, factor));
      afterRejection = false;
      beforePrevious = previous;
      previous = e;
      return factor;
    },
    rejected(error) {
      afterRejection = true;
      if (!Number.isFinite(error)) return Math.max(minimumFactor, 0.25);
      return Math.min(0.95, Math.max(minimumFactor, safety * error ** (-1 / exponent)));
    },
    forget() {
      previous = 1;
      beforePrevious = 1;
      afterRejection = false;
    },
  };
}
