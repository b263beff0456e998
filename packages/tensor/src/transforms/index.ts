/** Transformations of functions and graphs that rest on reverse mode. */
export { grad, type TensorFunction, valueAndGrad } from './grad.ts';
export * from './jacobian.ts';
export * from './jvp.ts';
export * from './trace.ts';
