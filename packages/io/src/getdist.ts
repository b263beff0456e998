/**
 * Chains as GetDist and CosmoMC write them (Lewis 2019, arXiv:1910.13970; getdist.readthedocs.io, "Loading samples"):
 * `root.txt` with rows `weight −ln(posterior) p₁ p₂ …`, `root.paramnames` with lines `name<TAB>LaTeX` (a `*` after the
 * name marks a derived parameter), `root.ranges` with lines `name lower upper` where N means unbounded.
 */
import { FileFormatError } from './errors.ts';
import { parseTable } from './tables.ts';

/** One parameter of a chain. */
export interface ChainParameter {
  /** Without white space. */
  readonly name: string;
  /** LaTeX without dollar signs, such as `\Omega_m`; the name by default. */
  readonly label?: string;
  /** True for parameters computed from the sampled ones. */
  readonly derived?: boolean;
  /** Hard lower bound of the prior, if any. */
  readonly lower?: number;
  /** Hard upper bound of the prior, if any. */
  readonly upper?: number;
}

/** Weighted samples of a posterior. */
export interface Chain {
  readonly parameters: readonly ChainParameter[];
  /** Shape (samples). */
  readonly weights: Float64Array;
  /** −ln(posterior) of each sample up to a constant, shape (samples). */
  readonly minusLogPosterior: Float64Array;
  /** Shape (samples, parameters), row by row. */
  readonly samples: Float64Array;
}

/** The three files of a chain. */
export interface GetDistFiles {
  /** `root.txt`. */
  readonly txt: string;
  /** `root.paramnames`. */
  readonly paramnames: string;
  /** `root.ranges`. */
  readonly ranges: string;
}

/**
 * Writes a chain as GetDist's files, numbers with all their digits.
 * @throws RangeError if the sizes of the chain disagree or a name cannot be written
 */
export function encodeGetDist(chain: Chain): GetDistFiles {
  const { parameters, weights, minusLogPosterior, samples } = chain;
  const n = weights.length;
  const p = parameters.length;
  if (minusLogPosterior.length !== n || samples.length !== n * p) {
    throw new RangeError(
      `encodeGetDist: ${n} weights, ${minusLogPosterior.length} log-posteriors, ${samples.length} values of ${p} parameters`,
    );
  }
  const bad = parameters.find(({ name }) => name === '' || /[\s*#]/.test(name));
  if (bad !== undefined)
    throw new RangeError(`encodeGetDist: '${bad.name}' cannot be a name: no spaces, * or #`);
  const lines: string[] = [];
  for (let i = 0; i < n; i++) {
    const row = [weights[i]!, minusLogPosterior[i]!, ...samples.subarray(i * p, (i + 1) * p)];
    if (!row.every(Number.isFinite)) throw new RangeError(`encodeGetDist: sample ${i} is not finite`);
    lines.push(row.map((value) => value.toExponential()).join(' '));
  }
  const names = parameters.map(
    ({ name, label, derived }) => `${name}${derived ? '*' : ''}\t${label ?? name}`,
  );
  const ranges = parameters.map(({ name, lower, upper }) => `${name} ${lower ?? 'N'} ${upper ?? 'N'}`);
  const text = (rows: string[]): string => (rows.length === 0 ? '' : `${rows.join('\n')}\n`);
  return { txt: text(lines), paramnames: text(names), ranges: text(ranges) };
}

/**
 * Reads a chain back.
 * @param files - `ranges` may be left out: then nothing is bounded
 * @param root - name used in messages, the path without its ending
 * @throws FileFormatError if the files are malformed or disagree
 */
export function parseGetDist(
  files: Omit<GetDistFiles, 'ranges'> & { readonly ranges?: string },
  root = 'chain',
): Chain {
  const bounds = parseRanges(files.ranges ?? '', `${root}.ranges`);
  const parameters: ChainParameter[] = [];
  for (const line of nonEmptyLines(files.paramnames)) {
    const [, marked = '', label = ''] = /^\s*(\S+)\s*(.*)$/.exec(line) ?? [];
    const derived = marked.endsWith('*');
    const name = derived ? marked.slice(0, -1) : marked;
    parameters.push({
      name,
      label: label.trim() || name,
      ...(derived ? { derived } : {}),
      ...bounds.get(name),
    });
  }
  const table = parseTable(files.txt, `${root}.txt`);
  const p = parameters.length;
  if (table.columns !== p + 2) {
    throw new FileFormatError(
      `${root}.txt`,
      `${table.columns} columns, but ${p} names in ${root}.paramnames`,
      'a row is weight, −ln(posterior), then one value a name',
    );
  }
  const weights = new Float64Array(table.rows);
  const minusLogPosterior = new Float64Array(table.rows);
  const samples = new Float64Array(table.rows * p);
  for (let i = 0; i < table.rows; i++) {
    const row = table.data.subarray(i * (p + 2), (i + 1) * (p + 2));
    weights[i] = row[0]!;
    minusLogPosterior[i] = row[1]!;
    samples.set(row.subarray(2), i * p);
  }
  return { parameters, weights, minusLogPosterior, samples };
}

function parseRanges(text: string, file: string): Map<string, { lower?: number; upper?: number }> {
  const bounds = new Map<string, { lower?: number; upper?: number }>();
  for (const [index, line] of nonEmptyLines(text).entries()) {
    const [name = '', lower = '', upper = ''] = line.trim().split(/\s+/);
    const range: { lower?: number; upper?: number } = {};
    for (const [key, cell] of [
      ['lower', lower],
      ['upper', upper],
    ] as const) {
      if (cell === 'N' || cell === 'None') continue;
      const value = cell === '' ? Number.NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new FileFormatError(
          `${file}, line ${index + 1}`,
          `'${cell}' is no bound`,
          'write: name lower upper, N for none',
        );
      }
      range[key] = value;
    }
    bounds.set(name, range);
  }
  return bounds;
}

function nonEmptyLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
