/** A worker process of `simulate --kind nbody`; started by the command itself. */
import { runWorker } from './suite/workers.ts';

await runWorker(process.argv.slice(2));
