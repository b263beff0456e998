/** What the stepping loop promises: events, output, times to hit, failures that say so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as solvers from './index.ts';
import { dop853, dopri5, type Method, OdeError, solveOde, solveOdeBatch, type VectorField } from './index.ts';

const decay: VectorField = (_, y, dydt) => {
  dydt[0] = -y[0]!;
};
const oscillator: VectorField = (_, y, dydt) => {
  dydt[0] = y[1]!;
  dydt[1] = -y[0]!;
};
const everyMethod = Object.values(solvers).filter(
  (value): value is Method => typeof value === 'object' && 'stepper' in value,
);
const adaptive = Object.values(solvers).filter(
  (value): value is Method => typeof value === 'object' && 'stepper' in value && value.adaptive,
);

describe('events', () => {
  it.each(adaptive.filter((method) => method.order >= 4).map((method) => [method.name, method] as const))(
    'are located at known times to 1e-10 by %s',
    (_, method) => {
      const solution = solveOde(oscillator, [0, 7], [1, 0], {
        method,
        rtol: 1e-12,
        atol: 1e-13,
        maximumStep: method.order >= 7 ? 0.2 : 0.01,
        events: [{ value: (_, y) => y[0]! }],
      });
      expect(solution.events.length).toBe(2);
      solution.events.forEach(({ t }, i) => {
        expect(Math.abs(t - Math.PI * (i + 0.5))).toBeLessThan(1e-10);
      });
    },
  );

  it.each(everyMethod.map((method) => [method.name, method] as const))(
    'are located at known times to 1e-10 by %s, on a motion that it solves exactly',
    (_, method) => {
      // From a height of 3, at a speed of 4 upward; a method of order 1 needs a speed that stays.
      const gravity = method.order === 1 ? 0 : 9.81;
      const speed = method.order === 1 ? -4 : 4;
      const land = gravity === 0 ? 3 / 4 : (speed + Math.sqrt(speed ** 2 + 6 * gravity)) / gravity;
      const tolerance = method.order <= 2 ? 1e-7 : 1e-12;
      for (const action of ['stop', 'record'] as const) {
        const { events, status } = solveOde(
          (_, y, dydt) => {
            dydt[0] = y[1]!;
            dydt[1] = -gravity;
          },
          [0, 2],
          [3, speed],
          {
            method,
            ...(method.adaptive ? { rtol: tolerance, atol: tolerance } : { step: 0.037 }),
            events: [{ value: (_, y) => y[0]!, direction: 'falling', action }],
          },
        );
        expect(status).toBe(action === 'stop' ? 'event' : 'finished');
        expect(events.length).toBe(1);
        expect(Math.abs(events[0]!.t - land)).toBeLessThan(1e-10);
        expect(Math.abs(events[0]!.y[0]!)).toBeLessThan(1e-10);
      }
    },
  );

  it('have a direction, backward in time too', () => {
    const find = (direction: 'rising' | 'falling' | 'both', span: [number, number]): number[] =>
      solveOde(oscillator, span, [Math.cos(span[0]), -Math.sin(span[0])], {
        method: dop853,
        rtol: 1e-12,
        atol: 1e-13,
        events: [{ value: (_, y) => y[0]!, direction }],
      }).events.map(({ t }) => t);
    const close = (times: number[], expected: number[]): void => {
      expect(times.length).toBe(expected.length);
      times.forEach((t, i) => {
        expect(t).toBeCloseTo(expected[i]!, 9);
      });
    };
    const half = Math.PI / 2;
    close(find('falling', [0, 9]), [half, 5 * half]);
    close(find('rising', [0, 9]), [3 * half]);
    close(find('both', [0, 9]), [half, 3 * half, 5 * half]);
    close(find('rising', [9, 0]), [5 * half, half]);
  });

  it('stop the solve, and output beyond them is left out', () => {
    const solution = solveOde(oscillator, [0, 10], [1, 0], {
      rtol: 1e-10,
      saveAt: [0, 1, 1.5, 2, 3],
      dense: true,
      events: [{ value: (_, y) => y[0]!, action: 'stop' }],
    });
    expect(solution.status).toBe('event');
    expect(solution.success).toBe(true);
    expect([...solution.t]).toEqual([0, 1, 1.5]);
    expect(solution.end.t).toBeCloseTo(Math.PI / 2, 8);
    expect(solution.dense!.evaluate(1)[0]).toBeCloseTo(Math.cos(1), 8);
    expect(() => solution.dense!.evaluate(2)).toThrow(/outside the solution's span/);
  });

  it('change the state: a ball that bounces', () => {
    const ball: VectorField = (_, y, dydt) => {
      dydt[0] = y[1]!;
      dydt[1] = -10;
    };
    const { events, status } = solveOde(ball, [0, 2.8], [5, 0], {
      events: [
        {
          value: (_, y) => y[0]!,
          direction: 'falling',
          action: (_, y) => {
            y[0] = 0;
            y[1] = -0.5 * y[1]!;
          },
        },
      ],
    });
    expect(status).toBe('finished');
    [1, 2, 2.5, 2.75].forEach((t, i) => {
      expect(events[i]!.t).toBeCloseTo(t, 9);
    });
  });

  it('are those that SciPy finds: a rational problem with three functions', () => {
    const rational: VectorField = (t, y, dydt) => {
      dydt[0] = y[1]! / t;
      dydt[1] = (y[1]! * (y[0]! + 2 * y[1]! - 1)) / (t * (y[0]! - 1));
    };
    const { events } = solveOde(rational, [5, 8], [1 / 3, 2 / 9], {
      method: dop853,
      rtol: 1e-12,
      events: [
        { value: (_, y) => y[0]! - y[1]! ** 0.7 },
        { value: (_, y) => y[1]! ** 0.6 - y[0]! },
        { value: (t) => t - 7.4 },
      ],
    });
    // The bounds of SciPy's test_events; the third is a time.
    expect(events.map(({ event }) => event)).toEqual([0, 2, 1]);
    expect(events[0]!.t).toBeGreaterThan(5.3);
    expect(events[0]!.t).toBeLessThan(5.7);
    expect(events[2]!.t).toBeGreaterThan(7.3);
    expect(events[2]!.t).toBeLessThan(7.7);
    expect(events[1]!.t).toBeCloseTo(7.4, 12);
  });
});

describe('output', () => {
  it.each(adaptive.map((method) => [method.name, method] as const))(
    '%s: dense output is close everywhere',
    (_, method) => {
      const solution = solveOde(oscillator, [0, 3], [1, 0], {
        method,
        ...(method.order <= 2 ? { rtol: 5e-8, atol: 5e-10 } : { rtol: 1e-8, atol: 1e-10 }),
        dense: true,
        maximumStep: 0.25,
      });
      const at = Array.from({ length: 61 }, (_, i) => i / 20);
      const worst = Math.max(...at.map((t) => Math.abs(solution.dense!.evaluate(t)[0]! - Math.cos(t))));
      expect(worst).toBeLessThan(method.order <= 1 ? 1e-3 : method.order === 2 ? 1e-4 : 2e-6);
      const slope = Math.max(...at.map((t) => Math.abs(solution.dense!.derivative(t)[0]! + Math.sin(t))));
      expect(slope).toBeLessThan(method.order <= 2 ? 2e-2 : 1e-4);
      for (const t of solution.t)
        expect(solution.dense!.evaluate(t)[0]).toBeCloseTo(Math.cos(t), method.order <= 2 ? 3 : 5);
    },
  );

  it('at given times is what dense output gives, in either direction', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ min: 0, max: 4, noNaN: true }), { maxLength: 12 }),
        fc.boolean(),
        (times, back) => {
          const span: [number, number] = back ? [4, 0] : [0, 4];
          const saveAt = times.sort((a, b) => (back ? b - a : a - b));
          const sampled = solveOde(oscillator, span, [1, 0.5], { saveAt });
          const { dense } = solveOde(oscillator, span, [1, 0.5], { dense: true });
          expect([...sampled.t]).toEqual(saveAt);
          saveAt.forEach((t, i) => {
            expect(Math.abs(sampled.state(i)[0]! - dense!.evaluate(t)[0]!)).toBeLessThan(1e-12);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('lands on times to hit, keeps both ends, reports steps and progress', () => {
    const steps: number[] = [];
    const shares: number[] = [];
    const solution = solveOde(decay, [0, 2], [1], {
      hitTimes: [0.3, 1.7],
      saveAt: 'ends',
      onStep: ({ t }) => {
        steps.push(t);
        return true;
      },
      onProgress: (share) => shares.push(share),
    });
    expect(steps).toContain(0.3);
    expect(steps).toContain(1.7);
    expect([...solution.t]).toEqual([0, 2]);
    expect(solution.statistics.steps).toBe(steps.length);
    expect(shares.at(-1)).toBe(1);
    expect(solution.state(-1)[0]).toBeCloseTo(Math.exp(-2), 6);
    expect(solveOde(decay, [0, 2], [1], { onStep: ({ t }) => t < 1 }).status).toBe('stopped');
  });

  it.each(everyMethod.filter((method) => !method.adaptive).map((method) => [method.name, method] as const))(
    '%s, with steps of one length: dense output is close everywhere, and at the ends exact',
    (_, method) => {
      const solution = solveOde(oscillator, [0, 3], [1, 0], { method, step: 1 / 64, dense: true });
      for (let i = 0; i <= 60; i++) {
        expect(Math.abs(solution.dense!.evaluate(i / 20)[0]! - Math.cos(i / 20))).toBeLessThan(
          method.order === 1 ? 3e-2 : 1e-3,
        );
      }
      for (const [i, t] of solution.t.entries()) {
        expect(Math.abs(solution.dense!.evaluate(t)[0]! - solution.state(i)[0]!)).toBeLessThan(1e-12);
      }
    },
  );

  it('counts what it costs, and keeps its steps within limits', () => {
    let [evaluations, jacobians] = [0, 0];
    const steps: number[] = [];
    const counted = (method: Method, jacobian: boolean) =>
      solveOde(
        (t, y, dydt) => {
          evaluations++;
          oscillator(t, y, dydt);
        },
        [0, 5],
        [1, 0],
        {
          method,
          maximumStep: 0.4,
          minimumStep: 1e-9,
          firstStep: 0.1,
          ...(jacobian
            ? {
                jacobian: (__: number, ___: Float64Array, j: Float64Array) => {
                  jacobians++;
                  j[1] = 1;
                  j[2] = -1;
                },
              }
            : {}),
          onStep: ({ h }) => {
            steps.push(h);
            return true;
          },
        },
      ).statistics;
    for (const method of adaptive) {
      [evaluations, jacobians, steps.length] = [0, 0, 0];
      const statistics = counted(method, true);
      expect(statistics.evaluations).toBe(evaluations);
      expect(statistics.jacobians).toBe(jacobians);
      expect(statistics.steps).toBe(steps.length);
      expect(statistics.factorisations > 0).toBe(jacobians > 0);
      expect(Math.max(...steps)).toBeLessThanOrEqual(0.4 * (1 + 1e-12));
      expect(steps[0]).toBeLessThanOrEqual(0.1);
    }
    evaluations = 0;
    expect(counted(solvers.radau5, false).evaluations).toBe(evaluations);
  });

  it('is the initial state for a span of no length', () => {
    const solution = solveOde(decay, [1, 1], [3], { dense: true });
    expect(solution.dense!.evaluate(1)).toEqual(Float64Array.of(3));
    expect(() => solution.dense!.evaluate(2)).toThrow(/outside/);
    expect(solution.status).toBe('finished');
    expect([...solution.end.y]).toEqual([3]);
  });
});

it('restarts at a discontinuity that it is told of', () => {
  const jump: VectorField = (t, _, dydt) => {
    dydt[0] = t < 1 ? 1 : -2;
  };
  const solution = solveOde(jump, [0, 2], [0], { discontinuities: [1], rtol: 1e-10 });
  expect(solution.end.y[0]).toBeCloseTo(-1, 13);
  expect(solution.statistics.rejected).toBeLessThanOrEqual(2);
});

it("takes tolerances by component, a norm of one's own, and any controller", () => {
  const options = { atol: [1e-3, 1e-10], rtol: [0, 1e-8] };
  expect(solveOde(oscillator, [0, 5], [1, 0], options).success).toBe(true);
  const first = { norm: (scaled: Float64Array) => Math.abs(scaled[0]!) };
  const stiffSecond: VectorField = (t, y, dydt) => {
    dydt[0] = -y[0]!;
    dydt[1] = Math.cos(40 * t);
  };
  const own = solveOde(stiffSecond, [0, 1], [1, 0], first).statistics.steps;
  expect(own).toBeLessThan(solveOde(stiffSecond, [0, 1], [1, 0]).statistics.steps);
  for (const controller of [solvers.piController, solvers.pidController]) {
    expect(solveOde(oscillator, [0, 5], [1, 0], { controller }).end.y[0]).toBeCloseTo(Math.cos(5), 4);
  }
});

describe('failure', () => {
  it('says that a singularity stops it', () => {
    const solution = solveOde((_, y, dydt) => (dydt[0] = y[0]! ** 2), [0, 2], [1]);
    expect(solution.status).toMatch(/step-too-small|not-finite/);
    expect(solution.success).toBe(false);
    expect(solution.end.t).toBeCloseTo(1, 4);
  });

  it('says that a step below the least one would be needed', () => {
    const { status, message, end } = solveOde((_, y, dydt) => (dydt[0] = y[0]! ** 2), [0, 2], [1], {
      minimumStep: 1e-4,
    });
    expect(status).toBe('step-too-small');
    expect(message).toMatch(/^dopri5: a step below .* is needed at t = 0\.9/);
    expect(end.t).toBeGreaterThan(0.9);
  });

  it('gives the part that it reached when the steps run out', () => {
    const solution = solveOde(oscillator, [0, 1000], [1, 0], { maximumSteps: 50 });
    expect(solution.status).toBe('too-many-steps');
    expect(solution.t.length).toBeGreaterThan(30);
    expect(solution.message).toMatch(/50 steps reached t = .* of 1000; raise maximumSteps/);
    expect(Math.abs(solution.end.y[0]! - Math.cos(solution.end.t))).toBeLessThan(1e-3);
  });

  it.each(adaptive.map((method) => [method.name, method] as const))(
    '%s tells where the field is not a number',
    (_, method) => {
      const broken: VectorField = (t, y, dydt) => {
        dydt[0] = -y[0]!;
        dydt[1] = t > 0.5 ? Number.NaN : 1;
      };
      const solution = solveOde(broken, [0, 1], [1, 0], { method, minimumStep: 1e-7 });
      expect(solution.status).toBe('not-finite');
      expect(solution.message).toMatch(/NaN in component 1 at t = 0\.5/);
      expect(solution.end.t).toBeLessThanOrEqual(0.5);
      expect(solution.end.t).toBeGreaterThan(0.49);
      expect(solveOde((_, __, dydt) => dydt.fill(Number.NaN), [0, 1], [1], { method }).message).toMatch(
        /component 0 at t = 0/,
      );
    },
  );

  it.each([
    [{ rtol: 1e-16 }, /rtol = 1e-16 is below 100 times the machine precision/],
    [{ rtol: -1 }, /rtol = -1 is no tolerance/],
    [{ atol: [1, 2, 3] }, /atol has 3 values for a state of 2/],
    [{ saveAt: [0, 2, 1] }, /saveAt is not monotonic/],
    [{ saveAt: [11] }, /saveAt\[0\] = 11 is outside the span 0 to 10/],
    [{ hitTimes: [-1] }, /hitTimes\[0\] = -1 is outside/],
    [{ method: solvers.rk4 }, /rk4 does not choose its steps; give the option step/],
    [{ step: -0.1 }, /step = -0.1; give a positive number/],
    [{ minimumStep: -1 }, /minimumStep = -1; give a number from 0 to maximumStep/],
    [{ minimumStep: 2, maximumStep: 1 }, /minimumStep = 2; give a number from 0 to maximumStep, which is 1/],
    [{ maximumSteps: 0 }, /maximumSteps = 0; give a positive number/],
    [{ atol: Number.NaN }, /atol = NaN is no tolerance/],
    [{ saveAt: 'all' as 'ends' }, /saveAt is 'all'; give 'steps', 'ends' or times/],
    [{ method: 'dopri5' as unknown as Method }, /method is dopri5; give a method itself/],
    [{ events: [{ value: (): number => 1, direction: 'up' as 'rising' }] }, /events\[0\].direction is 'up'/],
    [{ events: [{ value: (): number => 1, action: 'halt' as 'stop' }] }, /events\[0\].action is 'halt'/],
    [{ rtol: 0, atol: [1e-3, 0] }, /component 1 has rtol = 0 and atol = 0/],
  ])('refuses %j', (options, message) => {
    expect(() => solveOde(oscillator, [0, 10], [1, 0], options)).toThrow(message);
  });

  it.each(adaptive.map((method) => [method.name, method] as const))(
    '%s finds what the field does not write, and events that are not a number',
    (_, method) => {
      const unwritten = solveOde((_, y, dydt) => (dydt[0] = -y[0]!), [0, 1], [1, 2], { method });
      expect(unwritten.status).toBe('not-finite');
      expect(unwritten.message).toMatch(/NaN in component 1 at t = 0; it has to write/);
      const events = [{ value: () => 1 }, { value: (t: number) => Math.sqrt(0.5 - t) }];
      const lost = solveOde(decay, [0, 1], [1], { method, events });
      expect(lost.status).toBe('not-finite');
      expect(lost.message).toMatch(/events\[1\]\.value gives NaN at t = /);
      expect(lost.end.t).toBeLessThanOrEqual(0.5);
    },
  );

  it('tells of a Jacobian that is not a number', () => {
    for (const method of [solvers.radau5, solvers.bdf, solvers.kvaerno5]) {
      const jacobian = (_: number, __: Float64Array, out: Float64Array): void => {
        out.set([0, 1, -1, Number.NaN]);
      };
      const { status, message } = solveOde(oscillator, [0, 1], [1, 0], { method, jacobian });
      expect(status).toBe('not-finite');
      expect(message).toMatch(/the Jacobian has NaN in the row of component 1 at t = 0/);
    }
  });

  it('refuses formulas that do not exist', () => {
    expect(() => solvers.bdfMethod(6)).toThrow(/no formula of order 6; give 1 to 5/);
  });

  it('refuses times and states that are not finite', () => {
    expect(() => solveOde(decay, [0, Number.NaN], [1])).toThrow(OdeError);
    expect(() => solveOde(decay, [0, 1], [Number.POSITIVE_INFINITY])).toThrow(/y0\[0\] is Infinity/);
    expect(() => solveOde(decay, [0, 1], 1 as unknown as number[])).toThrow(/y0 has no length/);
  });
});

it('solves a batch with steps by row, as one by one', () => {
  const rates = [0.1, 1, 30];
  const batch = solveOdeBatch(
    (_, y, dydt, row) => {
      dydt[0] = -rates[row]! * y[0]!;
    },
    [0, 1],
    [1, 2, 3],
    1,
    { saveAt: [0.5, 1], method: dopri5 },
  );
  rates.forEach((rate, row) => {
    const single = solveOde((_, y, dydt) => (dydt[0] = -rate * y[0]!), [0, 1], [row + 1], {
      saveAt: [0.5, 1],
    });
    expect([...batch.y.subarray(2 * row, 2 * row + 2)]).toEqual([...single.y]);
    expect(batch.steps[row]).toBe(single.statistics.steps);
  });
  expect(batch.success).toBe(true);
  expect(batch.steps[2]).toBeGreaterThan(2 * batch.steps[0]!);
});
