/** The backend in a browser: the same suites as in Node, with Web Workers for the pool. */
import './conformance.test.ts';
import './executable.test.ts';
import './pool.test.ts';
import './random-graphs.test.ts';
import { expect, test } from 'vitest';

test('this is a browser that shares memory between workers', () => {
  expect(typeof document).toBe('object');
  expect(globalThis.crossOriginIsolated).toBe(true);
});
