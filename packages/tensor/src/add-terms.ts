/**
 * Sums of many cotangents of one tensor. A vector of parameters that is cut into pieces by `slice` gets one pad of its
 * own full length from every piece; pads that do not overlap are joined side by side instead of being added up, which
 * makes the cost of unpacking linear in the vector and not in its length times the number of pieces.
 */
import { add } from './primitives/arithmetic.ts';
import { concatenate } from './primitives/concatenate.ts';
import { full } from './primitives/select.ts';
import { type PadAttributes, padPrimitive } from './primitives/slice.ts';
import type { Tensor } from './tensor.ts';

/** A tensor with zeros before and after it along one axis. */
interface Piece {
  readonly padded: Tensor;
  readonly content: Tensor;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** Σ terms, which have one type; at least one. */
export function addTerms(terms: readonly Tensor[]): Tensor {
  if (terms.length < 3) return terms.reduce((total, term) => add(total, term));
  const pieces: Piece[] = [];
  const rest: Tensor[] = [];
  for (const term of terms) {
    const piece = asPiece(term);
    if (piece) pieces.push(piece);
    else rest.push(term);
  }
  const joined = rowsOfDisjoint(pieces).map((row) => (row.length === 1 ? row[0]!.padded : join(row)));
  return [...rest, ...joined].reduce((total, term) => add(total, term));
}

/** What a pad along exactly one axis, without gaps, consists of. */
function asPiece(padded: Tensor): Piece | null {
  if (padded.node.primitive !== (padPrimitive as unknown)) return null;
  const content = padded.node.inputs[0]!;
  const { starts, steps } = padded.node.attributes as PadAttributes;
  const axes = padded.shape.flatMap((length, axis) => (length === content.shape[axis] ? [] : [axis]));
  const [axis] = axes;
  if (axes.length !== 1 || axis === undefined || steps[axis] !== 1) return null;
  const start = starts[axis]!;
  return { padded, content, axis, start, end: start + content.shape[axis]! };
}

/** Distributes pieces over as few rows as it takes for those of a row to lie apart, in order, along one axis. */
function rowsOfDisjoint(pieces: readonly Piece[]): Piece[][] {
  const rows: Piece[][] = [];
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const row = rows.find((candidate) => {
      const last = candidate.at(-1)!;
      return last.axis === piece.axis && last.end <= piece.start;
    });
    if (row) row.push(piece);
    else rows.push([piece]);
  }
  return rows;
}

/** The sum of pieces that lie apart, in order: their contents side by side, zeros in the gaps. */
function join(row: readonly Piece[]): Tensor {
  const { padded, axis } = row[0]!;
  const parts: Tensor[] = [];
  let at = 0;
  const zerosUntil = (place: number): void => {
    if (place === at) return;
    const shape = padded.shape.map((length, i) => (i === axis ? place - at : length));
    parts.push(full(0, shape, padded.dtype));
  };
  for (const { content, start, end } of row) {
    zerosUntil(start);
    parts.push(content);
    at = end;
  }
  zerosUntil(padded.shape[axis]!);
  return concatenate(parts, axis);
}
