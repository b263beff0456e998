/** The equiflow command as a function: what `main.ts` runs. */
export { runCommandLine, type Streams } from './program.ts';
