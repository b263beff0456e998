/**
 * Where the discriminative loss draws θ: covariances of the parameters over the prior, out of Fisher matrices of the flow that the
 * training starts from, on maps that this flow generates. The information of the prior itself (12/width² for each
 * parameter) is added, so that a direction that the maps say nothing about stays as wide as the prior.
 */
import {
  type CovarianceTable,
  type Evaluator,
  fisherMatrix,
  type MapFlow,
  tableNodes,
} from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import { InputError } from './errors.ts';
import type { NamedPrior } from './options.ts';
import { progressBar } from './progress.ts';

/** Maps a node. */
const MAPS = 24;

/** Nodes an axis: a table of at most 81 nodes for up to four parameters. */
function nodesPerAxis(parameters: number): number {
  return parameters <= 2 ? 4 : parameters <= 4 ? 3 : 2;
}

/** Measures the table. */
export async function covarianceTable(
  flow: MapFlow,
  evaluator: Evaluator,
  prior: NamedPrior,
  seed: number,
): Promise<CovarianceTable> {
  const box = { low: prior.low, high: prior.high };
  const width = box.low.map((low, axis) => box.high[axis]! - low);
  const n = width.length;
  const nodes = nodesPerAxis(n);
  const places = tableNodes(box, nodes);
  const covariances: number[] = [];
  const bar = progressBar('Fisher matrices', places.length);
  for (const [node, theta] of places.entries()) {
    const repeated = (values: ArrayLike<number>): Float64Array =>
      Float64Array.from({ length: MAPS * n }, (_, i) => values[i % n]!);
    const latents = flow.base.sample(foldIn(foldIn(key(seed), 4), node), MAPS);
    const maps = await evaluator.generate(latents, repeated(theta));
    const gradient = (at: Float64Array) => evaluator.thetaGradient(maps, repeated(at));
    // First with steps of a hundredth of the prior, then of a tenth of the standard deviation that this gave.
    let covariance = await covarianceOf(
      gradient,
      theta,
      width.map((w) => w / 100),
      width,
    );
    covariance = await covarianceOf(
      gradient,
      theta,
      width.map((_, axis) => 0.1 * Math.sqrt(covariance[axis * n + axis]!)),
      width,
    );
    covariances.push(...covariance);
    bar.to(node + 1);
  }
  bar.end();
  return { box, nodes, covariances };
}

async function covarianceOf(
  gradient: (theta: Float64Array) => Promise<Float64Array>,
  theta: readonly number[],
  steps: readonly number[],
  width: readonly number[],
): Promise<number[]> {
  const { fisher } = await fisherMatrix(gradient, theta, steps);
  const n = width.length;
  for (let axis = 0; axis < n; axis++) fisher[axis * n + axis]! += 12 / width[axis]! ** 2;
  return inverse(fisher, n, theta);
}

/** Inverse of a small positive definite matrix by Gauss-Jordan. */
function inverse(matrix: Float64Array, n: number, theta: readonly number[]): number[] {
  const a = Array.from({ length: n }, (_, i) => [
    ...matrix.subarray(i * n, (i + 1) * n),
    ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
  ]);
  for (let p = 0; p < n; p++) {
    const pivot = a[p]![p]!;
    if (!(pivot > 0)) {
      throw new InputError(
        `--loss discriminative: the Fisher matrix of the initial model is not positive definite at θ = (${theta.join(', ')}); train that model longer`,
      );
    }
    a[p] = a[p]!.map((value) => value / pivot);
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const factor = a[i]![p]!;
      a[i] = a[i]!.map((value, j) => value - factor * a[p]![j]!);
    }
  }
  return a.flatMap((row) => row.slice(n));
}
