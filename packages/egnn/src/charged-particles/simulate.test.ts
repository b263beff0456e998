import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { relativeDifference } from '../testing/motions.ts';
import { chargedBatch, chargedDataset } from './dataset.ts';
import { type ChargedState, initialCharges, integrateCharges, simulateCharges } from './simulate.ts';

/** Kinetic energy and Coulomb energy. */
function energy(charges: Float64Array, x: Float64Array, v: Float64Array): number {
  let total = v.reduce((sum, value) => sum + 0.5 * value * value, 0);
  for (let i = 0; i < charges.length; i++) {
    for (let j = 0; j < i; j++) {
      const r = [0, 1, 2].map((axis) => x[3 * i + axis]! - x[3 * j + axis]!);
      total += (charges[i]! * charges[j]!) / Math.hypot(...r);
    }
  }
  return total;
}

/** Equal charges never come close: no clamping, and smooth orbits. */
const repelling: ChargedState = {
  charges: Float64Array.of(1, 1, 1, 1),
  x: Float64Array.of(1, 0, 0, -1, 0.2, 0, 0, 1, -0.3, 0.1, -1, 1),
  v: Float64Array.of(-0.3, 0.1, 0.2, 0.4, 0, 0.1, 0, -0.4, 0, 0.1, 0.3, -0.3),
};

const last = (values: Float64Array, width: number): Float64Array => values.slice(-width);

describe('the integrator', () => {
  test('agrees with an independent fourth-order integration', () => {
    const { charges } = repelling;
    // y = (x, v), y' = (v, a(x)), classical Runge–Kutta.
    const slope = (y: Float64Array): Float64Array => {
      const result = new Float64Array(24);
      result.set(y.subarray(12), 0);
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          if (i === j) continue;
          const r = [0, 1, 2].map((axis) => y[3 * i + axis]! - y[3 * j + axis]!);
          const d = Math.hypot(...r);
          for (let axis = 0; axis < 3; axis++)
            result[12 + 3 * i + axis]! += (charges[i]! * charges[j]! * r[axis]!) / d ** 3;
        }
      }
      return result;
    };
    const h = 0.005;
    let y = Float64Array.of(...repelling.x, ...repelling.v);
    const plus = (a: Float64Array, factor: number, b: Float64Array): Float64Array<ArrayBuffer> =>
      Float64Array.from(a, (value, i) => value + factor * b[i]!);
    for (let step = 0; step < 200; step++) {
      const k1 = slope(y);
      const k2 = slope(plus(y, h / 2, k1));
      const k3 = slope(plus(y, h / 2, k2));
      const k4 = slope(plus(y, h, k3));
      y = Float64Array.from(y, (value, i) => value + (h / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!));
    }
    const { positions, velocities } = integrateCharges(repelling, { steps: 1000 });
    expect(relativeDifference(y.subarray(0, 12), last(positions, 12))).toBeLessThan(1e-6);
    expect(relativeDifference(y.subarray(12), last(velocities, 12))).toBeLessThan(1e-6);
  });

  test('is of second order', () => {
    const end = (timeStep: number): Float64Array =>
      last(
        integrateCharges(repelling, { timeStep, steps: Math.round(1 / timeStep), stepsPerFrame: 10 })
          .positions,
        12,
      );
    const exact = end(1e-4);
    const ratio = relativeDifference(exact, end(0.02)) / relativeDifference(exact, end(0.01));
    expect(ratio).toBeGreaterThan(3.8);
    expect(ratio).toBeLessThan(4.2);
  });

  test('keeps energy to 1e-6 and momentum to rounding', () => {
    const { charges, positions, velocities } = integrateCharges(repelling);
    const start = energy(charges, repelling.x, repelling.v);
    for (let frame = 0; frame < 50; frame++) {
      const at = (values: Float64Array): Float64Array => values.slice(frame * 12, (frame + 1) * 12);
      expect(Math.abs(energy(charges, at(positions), at(velocities)) / start - 1)).toBeLessThan(1e-6);
      for (let axis = 0; axis < 3; axis++) {
        const momentum = (v: Float64Array): number => v[axis]! + v[axis + 3]! + v[axis + 6]! + v[axis + 9]!;
        expect(Math.abs(momentum(at(velocities)) - momentum(repelling.v))).toBeLessThan(1e-12);
      }
    }
  });

  test('goes back to its start when time is turned', () => {
    const { charges, positions, velocities } = integrateCharges(repelling);
    const turned = integrateCharges({
      charges,
      x: last(positions, 12) as Float64Array<ArrayBuffer>,
      v: last(velocities, 12).map((value) => -value) as Float64Array<ArrayBuffer>,
    });
    expect(relativeDifference(repelling.x, last(turned.positions, 12))).toBeLessThan(1e-9);
  });

  test('clamps each component of the total force', () => {
    const close: ChargedState = {
      charges: Float64Array.of(1, -1),
      x: Float64Array.of(0, 0, 0, 1e-3, 2e-3, 0),
      v: new Float64Array(6),
    };
    const { velocities } = integrateCharges(close, { steps: 1, stepsPerFrame: 1, timeStep: 1e-9 });
    expect([...velocities].map((value) => Math.round(value * 1e9))).toEqual([100, 100, 0, -100, -100, 0]);
  });
});

test('the start has charges ±1 in equal parts, unit normal positions and one speed', () => {
  let charge = 0;
  let squares = 0;
  const systems = 4000;
  for (let index = 0; index < systems; index++) {
    const { charges, x, v } = initialCharges(9, index);
    for (const q of charges) {
      expect(Math.abs(q)).toBe(1);
      charge += q;
    }
    squares += x.reduce((sum, value) => sum + value * value, 0);
    for (let i = 0; i < 15; i += 3) expect(Math.hypot(...v.subarray(i, i + 3))).toBeCloseTo(0.5, 12);
  }
  // Four standard deviations.
  expect(Math.abs(charge)).toBeLessThan(4 * Math.sqrt(5 * systems));
  expect(Math.abs(squares / (15 * systems) - 1)).toBeLessThan(4 * Math.sqrt(2 / (15 * systems)));
});

test('a dataset is a function of seed and number, whatever is asked for beside it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 3 }), (first, size) => {
      const frames = { fromFrame: 1, toFrame: 2 };
      const all = chargedDataset({ seed: 4, first, size, ...frames });
      const one = chargedDataset({ seed: 4, first: first + size - 1, size: 1, ...frames });
      expect(chargedBatch(all, [size - 1])).toEqual(one);
    }),
    { numRuns: 5 },
  );
  const { x, v, target, charges } = chargedDataset({ seed: 4, first: 7, size: 1 });
  const system = simulateCharges(4, 7);
  expect([...x]).toEqual([...Float32Array.from(system.positions.subarray(30 * 15, 31 * 15))]);
  expect([...v]).toEqual([...Float32Array.from(system.velocities.subarray(30 * 15, 31 * 15))]);
  expect([...target]).toEqual([...Float32Array.from(system.positions.subarray(40 * 15, 41 * 15))]);
  expect([...charges]).toEqual([...Float32Array.from(system.charges)]);
});

test('misfits are refused in one line', () => {
  expect(() => integrateCharges(repelling, { steps: 10 })).toThrow('10 steps with a frame every 100');
  expect(() => integrateCharges(repelling, { timeStep: Number.NaN })).toThrow('the time step is NaN');
  expect(() => chargedDataset({ seed: 1, size: 1, fromFrame: 4, toFrame: 4 })).toThrow('frames 4 to 4');
});
