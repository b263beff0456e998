/** A thread that computes losses of the E(n) flow for `en-flow.ts`. */
import { parentPort } from 'node:worker_threads';
import { type LossRequest, lossHere } from './en-flow.ts';

const lossOf = lossHere();

parentPort!.on('message', async (request: LossRequest) => parentPort!.postMessage(await lossOf(request)));
