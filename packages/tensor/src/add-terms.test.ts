import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTerms } from './add-terms.ts';
import { gradients } from './autodiff.ts';
import { compile, evaluate, trace } from './compile.ts';
import { add, exp, multiply, pad, slice, square, sum } from './primitives/index.ts';
import { constant, type Tensor } from './tensor.ts';

const evaluated = (terms: Tensor[], total: Tensor): [number[], number[]] => {
  const plain = terms
    .map((term) => evaluate(term))
    .reduce((left, right) => left.map((v, i) => v + right[i]!));
  return [[...evaluate(total)], [...plain]];
};

test('joining pads that lie apart gives the sum, whatever overlaps', () => {
  const piece = fc.record({ axis: fc.nat(1), start: fc.nat(4), length: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.boolean(), (pieces, plainTerm) => {
      const size = 7;
      const terms = pieces.map(({ axis, start, length }, index) => {
        const shape = axis === 0 ? [length, size] : [size, length];
        const values = Array.from({ length: length * size }, (_, i) => index + i);
        const widths = [start, size - start - length] as const;
        return pad(constant(values, shape, 'float64'), axis === 0 ? [widths] : [[0, 0], widths]);
      });
      if (plainTerm) terms.push(constant(new Float64Array(size * size).fill(0.5), [size, size]));
      const [total, expected] = evaluated(terms, addTerms(terms));
      expect(total).toEqual(expected);
    }),
  );
});

test('the gradient of a vector unpacked into pieces is one concatenation', () => {
  const count = 20;
  const loss = (x: Tensor): Tensor => {
    const parts = Array.from({ length: count }, (_, i) => slice(x, [[3 * i, 3 * i + 2]]));
    return sum(parts.map((part, i) => multiply(square(part), i)).reduce(add));
  };
  const specs = [{ shape: [3 * count], dtype: 'float64' as const }];
  const graph = trace((x) => gradients(loss(x), [x]), specs);
  const names = graph.nodes.map(({ primitive }) => primitive.name.split('#')[1]);
  expect(names.filter((name) => name === 'padPrimitive')).toHaveLength(0);
  expect(names.filter((name) => name === 'concatenatePrimitive')).toHaveLength(1);
  const x = Float64Array.from({ length: 3 * count }, (_, i) => i);
  const [slope, second] = compile((t) => {
    const [first] = gradients(loss(t), [t]);
    return [first!, ...gradients(sum(exp(multiply(first!, 1e-3))), [t])];
  }, specs).run([x]);
  const expected = x.map((v, i) => (i % 3 === 2 ? 0 : 2 * Math.floor(i / 3) * v));
  expect(slope).toEqual(expected);
  second!.forEach((value, i) => {
    const factor = i % 3 === 2 ? 0 : 2e-3 * Math.floor(i / 3);
    expect(value).toBeCloseTo(factor * Math.exp(1e-3 * expected[i]!), 12);
  });
});
