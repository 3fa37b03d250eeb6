/** A command line as a map of flags and what stands between them. */
import { parseArgs } from 'node:util';
import { RunError } from '../base/error.ts';
import type { Place } from '../base/problem.ts';
import { didYouMean, nearest } from '../base/suggest.ts';
import { type Flag, valueFault } from './flag.ts';
import { refusedFlag } from './refused-flag.ts';

/** Who has said what a flag is: the command line, a variable, a place in run.yaml, or nobody. */
export type Source =
  | { readonly kind: 'flag' }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'file'; readonly place: Place }
  | { readonly kind: 'default' };

export interface Args {
  /** All words that are no flags, those after `--` last. */
  readonly positionals: readonly string[];
  /** The words after `--`; undefined without it. */
  readonly rest?: readonly string[];
  has(name: string): boolean;
  /** The last value given. */
  value(name: string): string | undefined;
  /** All values, in order. */
  values(name: string): readonly string[];
  /** Undefined for a flag that nobody has given. */
  source(name: string): Source | undefined;
}

/** Throws RunError `invalid` for unknown flags, missing values and flags given a value they do not take. */
export function parseCommandLine(argv: readonly string[], flags: readonly Flag[]): Args {
  const options = Object.fromEntries(
    flags.map(({ name, short, type }) => [name, { type, multiple: true, ...(short ? { short } : {}) }]),
  );
  const { tokens } = parseArgs({
    args: clusters(argv, flags),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let rest: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') rest = [];
    if (token.kind === 'positional') {
      positionals.push(token.value);
      rest?.push(token.value);
    }
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (!flag) throw unknownFlag(token.rawName, flags);
    if (flag.type === 'string' && token.value === undefined) {
      throw new RunError('invalid', `${token.rawName} needs a value: ${flag.value ?? ''}`, {
        hint: 'run --help',
      });
    }
    if (flag.type === 'boolean' && token.value !== undefined) {
      throw new RunError('invalid', `${token.rawName} takes no value, not "${token.value}"`, {
        hint: 'run --help',
      });
    }
    const fault = token.value === undefined ? undefined : valueFault(flag, token.value);
    if (fault !== undefined) {
      const near = nearest(token.value ?? '', flag.choices ?? []);
      const hint = near === undefined ? {} : { hint: `did you mean "${near}"?` };
      throw new RunError('invalid', `--${flag.name} ${fault}`, hint);
    }
    const name = flag.alias ?? flag.name;
    given.set(name, [...(given.get(name) ?? []), token.value ?? 'true']);
  }
  return {
    positionals,
    ...(rest === undefined ? {} : { rest }),
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
    source: (name) => (given.has(name) ? { kind: 'flag' } : undefined),
  };
}

/** A value that begins with a dash or an exclamation mark (`--limit '!wro'`) is still the flag's value. */
function clusters(argv: readonly string[], flags: readonly Flag[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return [...joined, ...argv.slice(index)];
    const flag = flags.find(
      ({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`),
    );
    const next = argv[index + 1];
    if (flag?.type !== 'string' || next === undefined) {
      joined.push(word);
      continue;
    }
    joined.push(`--${flag.name}=${next}`);
    index += 1;
  }
  return joined;
}

function unknownFlag(raw: string, flags: readonly Flag[]): RunError {
  const instead = refusedFlag(raw);
  if (instead !== undefined) return new RunError('invalid', `${raw} is no flag of run`, { hint: instead });
  const names = flags.flatMap(({ name, short }) => (short ? [`--${name}`, `-${short}`] : [`--${name}`]));
  const long = names.filter((name) => name.startsWith('--'));
  const hint = didYouMean(raw, long.length > 12 && raw.startsWith('--') ? long : names);
  return new RunError('invalid', `no flag ${raw}`, { hint: hint ?? 'run --help lists all flags' });
}
