/** The command line of the benchmark. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly list: boolean;
  readonly help: boolean;
  readonly quick: boolean;
  readonly profile: boolean;
  readonly case: string | undefined;
  readonly json: string | undefined;
  readonly peers: Peers | 'none';
}

/** Where the Python peers are. */
export interface Peers {
  /** The Python that has them. */
  readonly python: string;
  /** Whether the user named it. */
  readonly named: boolean;
  /** Clones of repositories that hold a peer's published code, by the peer's name. */
  readonly repositories: Readonly<Record<string, string>>;
}

/** Peers that are the code of a repository and no package: a clone has to be named. */
export const REPOSITORIES: readonly string[] = ['egnn', 'en_flows'];

export const USAGE: string = `Usage: node apps/benchmark/dist/main.js [options]

Times equiflow side by side with named peers, each in processes of its own, and prints a Markdown table.

  --case PATTERN          only the cases whose id contains PATTERN (with *: matches it whole)
  --list                  name the cases and end
  --peers python=PATH     the Python that has SciPy, pyFFTW, PyTorch or JAX (default: python3)
  --peers egnn=PATH       a clone of vgsatorras/egnn, whose model is then a peer (runs on that Python's PyTorch)
  --peers en_flows=PATH   the same for vgsatorras/en_flows; --peers may be given several times
  --peers none            time equiflow alone
  --quick                 one short process each: a smoke test, no verdicts
  --profile               time our own kernels one by one instead, without peers
  --json FILE             also write every figure to FILE, after every case; an interrupted run goes on from it
  --help                  this text`;

/**
 * Reads the arguments.
 *
 * @throws Error in one line: what is wrong and what to do.
 */
export function parseOptions(args: readonly string[]): Options {
  let values: {
    list?: boolean;
    help?: boolean;
    quick?: boolean;
    profile?: boolean;
    case?: string;
    json?: string;
    peers?: string[];
  };
  try {
    values = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        profile: { type: 'boolean' },
        case: { type: 'string' },
        json: { type: 'string' },
        peers: { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text.split(/\.?\s*\n|\. /)[0]}; see --help`);
  }
  return {
    list: values.list ?? false,
    help: values.help ?? false,
    quick: values.quick ?? false,
    profile: values.profile ?? false,
    case: notEmpty('--case', values.case),
    json: notEmpty('--json', values.json),
    peers: parsePeers(values.peers),
  };
}

function notEmpty(option: string, value: string | undefined): string | undefined {
  if (value === '') throw new Error(`${option} needs a value; see --help`);
  return value;
}

function parsePeers(values: readonly string[] = []): Options['peers'] {
  if (values.includes('none')) {
    if (values.length > 1) throw new Error('--peers none: give it alone');
    return 'none';
  }
  let python: string | undefined;
  const repositories: Record<string, string> = {};
  for (const value of values) {
    const [, name, path] = /^(\w+)=(.+)$/.exec(value) ?? [];
    if (name === 'python') python = path!;
    else if (name !== undefined && REPOSITORIES.includes(name)) repositories[name] = path!;
    else {
      const names = ['python', ...REPOSITORIES].map((one) => `${one}=PATH`);
      throw new Error(`--peers ${value}: give none or ${names.join(', ')}`);
    }
  }
  return { python: python ?? 'python3', named: python !== undefined, repositories };
}
