/**
 * The program of a worker, as text: started with `eval` in Node and from a Blob in a browser, so that no
 * bundler or TypeScript loader has to find a file. A classic script without imports; it knows plans (pure
 * data) and nothing of primitives.
 *
 * Messages: `load` {key, plan, modules} prepares a plan; `unload` {key}; `run` {buffer, shared, batch,
 * outputs, chunks} computes chunks. Every message has an `id`, and every answer carries it with `error` or,
 * where the buffer was transferred, with the buffer.
 */
export const workerSource = `'use strict';
const node = typeof process !== 'undefined' && process.versions && process.versions.node;
const port = node ? require('node:worker_threads').parentPort : self;
const loaded = new Map();

const size = { float32: 4, float64: 8, int32: 4 };
const bytesOf = (place) => place.shape.reduce((product, length) => product * length, size[place.dtype]);

function load({ key, plan, modules }) {
  const pages = Math.ceil(plan.bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = new Uint8Array(memory.buffer);
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports);
  for (const { pointer, data } of plan.constants) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), pointer);
  }
  const views = (places) => places.map((place) => bytes.subarray(place.pointer, place.pointer + bytesOf(place)));
  loaded.set(key, {
    inputs: views(plan.inputs),
    outputs: views(plan.outputs),
    kernels: plan.calls.map((call) => instances[call.binary][call.name]),
    values: plan.calls.map((call) => call.arguments),
    names: plan.calls.map((call) => call.name),
  });
}

function run({ buffer, shared, batch, outputs, chunks }) {
  const all = new Uint8Array(buffer);
  const fed = new Set();
  for (const { key, item, index } of chunks) {
    const { inputs, outputs: results, kernels, values, names } = loaded.get(key);
    if (!fed.has(key)) {
      fed.add(key);
      for (const { slot, offset } of shared) inputs[slot].set(all.subarray(offset, offset + inputs[slot].length));
    }
    for (const { slot, offset, itemBytes } of batch) {
      const at = offset + item * itemBytes;
      inputs[slot].set(all.subarray(at, at + inputs[slot].length));
    }
    let at = 0;
    try {
      for (; at < kernels.length; at++) kernels[at].apply(undefined, values[at]);
    } catch (error) {
      throw new Error('the kernel ' + names[at] + ' stopped (' + error.message + '); is an index outside its axis?');
    }
    for (const { slot, offset, itemBytes, chunkBytes } of outputs) {
      all.set(results[slot], offset + item * itemBytes + index * chunkBytes);
    }
  }
}

function answer(message) {
  const { id } = message;
  try {
    if (message.kind === 'load') load(message);
    else if (message.kind === 'unload') loaded.delete(message.key);
    else run(message);
    if (message.buffer instanceof ArrayBuffer) port.postMessage({ id, buffer: message.buffer }, [message.buffer]);
    else port.postMessage({ id });
  } catch (error) {
    port.postMessage({ id, error: String((error && error.message) || error) });
  }
}

if (node) port.on('message', answer);
else self.onmessage = (event) => answer(event.data);
port.postMessage({ id: 0 });
`;
