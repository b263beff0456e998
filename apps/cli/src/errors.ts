/**
 * What a user can put right is told in one line: where, what, what to do. Everything else is a fault of equiflow and keeps its
 * stack.
 */
import { TensorError } from '@equiflow/tensor';

/** A choice or an input that cannot be used. The message is one line. */
export class InputError extends Error {
  override name = 'InputError';
}

/** Exit codes of the command. */
export const EXIT: { readonly fault: 1; readonly input: 2; readonly interrupted: 130 } = {
  fault: 1,
  input: 2,
  interrupted: 130,
};

/** Faults of the program itself; the libraries tell everything else in a line. */
const FAULTS: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'AssertionError', 'EvalError']);

/** True where the message alone is what the user needs: a bad input, a refused file, a plan that cannot be run. */
export function isTold(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof TensorError ||
    (error instanceof Error && !FAULTS.has(error.name))
  );
}

/** The message of an error on one line. */
export function oneLine(error: Error): string {
  return error.message.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}
