/**
 * Every tableau against the order conditions (Hairer, Nørsett & Wanner I, theorem II.2.13): for each rooted tree τ of
 * r ≤ p nodes, Σ_i b_i Φ_i(τ) = 1/γ(τ); for an interpolant b_i(θ) the sum is θ^r/γ(τ).
 */
import { describe, expect, it } from 'vitest';
import * as solvers from '../index.ts';
import { interpolantWeights } from './tableau.ts';

type Tree = readonly Tree[];

const order = (tree: Tree): number => 1 + tree.reduce((sum, child) => sum + order(child), 0);
const density = (tree: Tree): number =>
  tree.reduce((product, child) => product * density(child), order(tree));

/** All rooted trees with up to `most` nodes, by order. */
function rootedTrees(most: number): Tree[][] {
  const byOrder: Tree[][] = [[], [[]]];
  for (let nodes = 2; nodes <= most; nodes++) {
    const smaller = byOrder.flat();
    const found: Tree[] = [];
    const choose = (children: Tree[], from: number, left: number): void => {
      if (left === 0) found.push([...children]);
      for (let i = from; i < smaller.length; i++) {
        const size = order(smaller[i]!);
        if (size <= left) choose([...children, smaller[i]!], i, left - size);
      }
    };
    choose([], 0, nodes - 1);
    byOrder.push(found);
  }
  return byOrder;
}

const trees = rootedTrees(8);

/** Φ_i(τ) of every stage. */
function elementaryWeights(a: readonly (readonly number[])[], tree: Tree): number[] {
  const product = a.map(() => 1);
  for (const child of tree) {
    const inner = elementaryWeights(a, child);
    a.forEach((row, i) => {
      product[i]! *= row.reduce((sum, weight, j) => sum + weight * inner[j]!, 0);
    });
  }
  return product;
}

/** Largest misfit of Σ weight_i Φ_i γ / θ^r − 1 over the trees of exactly r nodes. */
function misfit(a: readonly (readonly number[])[], weights: readonly number[], r: number, theta = 1): number {
  return Math.max(
    ...trees[r]!.map((tree) => {
      const phi = elementaryWeights(a, tree);
      const sum = weights.reduce((total, weight, i) => total + weight * phi[i]!, 0);
      return Math.abs((sum * density(tree)) / theta ** r - 1);
    }),
  );
}

const explicit = Object.values(solvers).flatMap((value) =>
  typeof value === 'object' && 'tableau' in value && 'b' in (value.tableau as object)
    ? [value as typeof solvers.dopri5]
    : [],
);

it('counts rooted trees', () => {
  expect(trees.map((of) => of.length)).toEqual([0, 1, 1, 2, 4, 9, 20, 48, 115]);
});

describe.each(explicit.map((method) => [method.name, method] as const))('%s', (_, method) => {
  const { tableau } = method;
  const stages = tableau.b.length;
  const whole = [...tableau.a, tableau.b, ...(tableau.extra?.a ?? [])];

  it('has rows that sum to their abscissae', () => {
    const abscissae = [...tableau.c, 1, ...(tableau.extra?.c ?? [])];
    whole.forEach((row, i) => {
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(abscissae[i]!, 13);
      expect(row.length).toBe(i);
    });
  });

  it('meets the order conditions up to its order and no further', () => {
    for (let r = 1; r <= tableau.order; r++) expect(misfit(tableau.a, tableau.b, r)).toBeLessThan(2e-12);
    if (tableau.order < 8) expect(misfit(tableau.a, tableau.b, tableau.order + 1)).toBeGreaterThan(1e-6);
  });

  it.runIf(tableau.error)('has an embedded method of the order that its exponent says', () => {
    const padded = [...tableau.error!];
    while (padded.length < stages + 1) padded.push(0);
    const embedded = padded.map((error, i) => (tableau.b[i] ?? 0) - error);
    const a = [...tableau.a, tableau.b];
    // DOP853 joins estimates of order 5 and 3 into one that goes as h^8.
    const embeddedOrder = tableau.secondError ? 5 : tableau.errorExponent! - 1;
    for (let r = 1; r <= embeddedOrder; r++) expect(misfit(a, embedded, r)).toBeLessThan(2e-12);
    expect(misfit(a, embedded, embeddedOrder + 1)).toBeGreaterThan(1e-6);
  });

  it('has an interpolant of its order less one at least, which meets both ends', () => {
    const weights = interpolantWeights(tableau);
    expect(weights.length).toBe(whole.length);
    const at = (theta: number): number[] =>
      weights.map((row) => row.reduceRight((sum, value) => (sum + value) * theta, 0));
    weights.forEach((_, i) => {
      expect(at(1)[i]).toBeCloseTo(tableau.b[i] ?? 0, 12);
    });
    // The cubic through both ends is of order 3 whatever the method.
    const least = tableau.interpolant ? tableau.order - 1 : Math.min(3, tableau.order);
    for (let r = 1; r <= least; r++) {
      for (const theta of [0.2, 0.55, 0.9]) expect(misfit(whole, at(theta), r, theta)).toBeLessThan(5e-9);
    }
  });
});
