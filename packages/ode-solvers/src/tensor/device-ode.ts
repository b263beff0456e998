/**
 * Adaptive solves where the steps run on a device (a GPU) whose results come back as a Promise: the loop of `solve.ts` in
 * its simplest form, one explicit step and its vector-Jacobian product compiled, the gradients through the steps that were
 * accepted. Every attempt waits for the host: right, and slow. `odeUnrolled` makes a fixed number of steps in one run.
 */
import {
  abs,
  add,
  divide,
  full,
  type Graph,
  maximum,
  mean,
  multiply,
  reshape,
  sizeOf,
  sqrt,
  square,
  type Tensor,
  TensorError,
  type TensorType,
  type TypedArray,
  trace,
  vjp,
} from '@equiflow/tensor';
import { controllerState, integralController } from '../controller.ts';
import { dopri5 } from '../runge-kutta/adaptive.ts';
import type { ExplicitTableau } from '../runge-kutta/tableau.ts';
import { OdeError } from '../types.ts';
import { stepGraph, type TensorField } from './step-graph.ts';

/** A backend whose runs give a Promise: `await gpu()` of `@equiflow/tensor-gpu` is one. Float32. */
export interface DeviceBackend {
  readonly name: string;
  compile(graph: Graph): {
    run(inputs: readonly TypedArray[]): Promise<TypedArray[]>;
    dispose(): Promise<void>;
  };
}

/** What `compileDeviceOde` needs to know. */
export interface DeviceOdeOptions {
  readonly backend: DeviceBackend;
  /** Shape of the state; a batch is part of it, all rows with the same steps. */
  readonly shape: readonly number[];
  /** Shapes of the parameters. */
  readonly parameters?: readonly (readonly number[])[];
  /** An explicit method with an embedded error. Default `dopri5`. */
  readonly method?: { readonly tableau: ExplicitTableau };
  /** Default 1e-4: float32 bears little less. */
  readonly rtol?: number;
  /** Default 1e-6. */
  readonly atol?: number;
  /** Accepted and rejected together. Default 10,000. */
  readonly maximumSteps?: number;
}

/** A solution at the end of the span. */
export interface DeviceOdeSolution {
  readonly y: Float32Array;
  readonly accepted: number;
  readonly rejected: number;
  /** What a user should know: that every step waited for the host. */
  readonly note: string;
  /** The cotangents of y0 and of the parameters, from that of y, through the accepted steps. */
  gradients(cotangent: Float32Array): Promise<{ y0: Float32Array; parameters: Float32Array[] }>;
}

/** A compiled solver. */
export interface DeviceOde {
  /**
   * Solves from t0 to t1; `firstStep` defaults to a hundredth of the span.
   * @throws OdeError when the steps become too short or too many.
   */
  solve(
    span: readonly [number, number],
    y0: Float32Array,
    parameters?: readonly Float32Array[],
    options?: { readonly firstStep?: number },
  ): Promise<DeviceOdeSolution>;
  dispose(): Promise<void>;
}

/** Compiles a solver of dy/dt = field for a device. @throws OdeError for a method without an embedded error. */
export function compileDeviceOde(field: TensorField, options: DeviceOdeOptions): DeviceOde {
  const { backend, shape, parameters = [], method = dopri5, rtol = 1e-4, atol = 1e-6 } = options;
  const { maximumSteps = 10_000 } = options;
  const { tableau } = method;
  if (!tableau.error || tableau.secondError) {
    throw new OdeError(
      `compileDeviceOde: ${tableau.name} has no single embedded error; give dopri5, tsit5 or another such method`,
    );
  }
  const float32 = (lengths: readonly number[]): TensorType => ({ shape: lengths, dtype: 'float32' });
  const state = float32(shape);
  const specs = parameters.map(float32);
  const step = backend.compile(
    trace(
      (t, h, y, ...p) => {
        const { yNext, error } = stepGraph(tableau, field, t!, h!, y!, p);
        const scale = add(multiply(maximum(abs(y!), abs(yNext)), rtol), atol);
        return [yNext, sqrt(mean(square(divide(error!, scale))))];
      },
      [float32([]), float32([]), state, ...specs],
    ),
  );
  const stepVjp = backend.compile(
    trace(
      (t, h, y, cotangent, ...p) => {
        // An argument that is differentiated gets a node of its own.
        const wrt = [y!, ...p].map((x) => reshape(x, x.shape));
        const { yNext } = stepGraph(tableau, field, t!, h!, wrt[0]!, wrt.slice(1));
        return vjp([yNext], [cotangent!], wrt).map(
          (gradient: Tensor | null, i: number) => gradient ?? full(0, wrt[i]!.shape, 'float32'),
        );
      },
      [float32([]), float32([]), state, state, ...specs],
    ),
  );
  return {
    async solve([t0, t1], y0, given = [], { firstStep = Math.abs(t1 - t0) / 100 } = {}) {
      if (y0.length !== sizeOf(shape) || given.length !== specs.length) {
        throw new TensorError(
          `compileDeviceOde: ${y0.length} values and ${given.length} parameters; give ${sizeOf(shape)} and ${specs.length}`,
        );
      }
      const direction = Math.sign(t1 - t0);
      const controller = controllerState(integralController, tableau.errorExponent ?? tableau.order);
      const steps: { t: number; h: number; y: Float32Array }[] = [];
      const scalar = (value: number): Float32Array => Float32Array.of(value);
      let t = t0;
      let h = direction * firstStep;
      let y = y0.slice();
      let rejected = 0;
      while (direction * (t1 - t) > 0) {
        if (steps.length + rejected >= maximumSteps) {
          throw new OdeError(
            `compileDeviceOde: more than ${maximumSteps} steps, at t = ${t}; raise maximumSteps`,
          );
        }
        const isLast = direction * (t + h - t1) >= 0;
        const taken = isLast ? t1 - t : h;
        const [yNext, error] = (await step.run([scalar(t), scalar(taken), y, ...given])) as Float32Array[];
        const e = error![0]!;
        if (e <= 1) {
          steps.push({ t, h: taken, y });
          t = isLast ? t1 : t + taken;
          y = yNext!.slice();
          h = taken * controller.accepted(e);
        } else {
          rejected++;
          h = taken * controller.rejected(e);
          if (Math.abs(h) < 1e-7 * Math.abs(t1 - t0)) {
            throw new OdeError(
              `compileDeviceOde: steps below 1e-7 of the span at t = ${t}; loosen the tolerances`,
            );
          }
        }
      }
      return {
        y,
        accepted: steps.length,
        rejected,
        note: `${steps.length + rejected} adaptive steps on ${backend.name}, each of which waited for the host: slow; odeUnrolled makes a fixed number in one run`,
        async gradients(cotangent) {
          let ofState = cotangent.slice();
          const ofParameters = specs.map((type) => new Float64Array(sizeOf(type.shape)));
          for (const at of steps.toReversed()) {
            const pulled = await stepVjp.run([scalar(at.t), scalar(at.h), at.y, ofState, ...given]);
            ofState = Float32Array.from(pulled[0]!);
            ofParameters.forEach((total, i) => {
              pulled[i + 1]!.forEach((value, j) => {
                total[j]! += value;
              });
            });
          }
          return { y0: ofState, parameters: ofParameters.map((total) => Float32Array.from(total)) };
        },
      };
    },
    async dispose() {
      await step.dispose();
      await stepVjp.dispose();
    },
  };
}
