/** The command line to type next: the one that was typed, for other hosts or without --dry-run. */
import { shellWord } from '../base/shell-word.ts';
import type { Args } from './args.ts';
import { type Flag, RUN_FLAGS } from './flag.ts';

/** Flags that belong to a look, or to how it was shown, and not to the work itself. */
const DROPPED = [
  'dry-run',
  'step',
  'against',
  'detailed-exitcode',
  'format',
  'json',
  'events',
  'list-hosts',
  'list-steps',
  'out',
  'expires',
  'plan-key',
];

/** The look itself: kept where what comes next is another look. */
const LOOK = ['dry-run', 'against', 'detailed-exitcode', 'out', 'expires', 'plan-key'];

/** What chooses the work: said by the environment it is written out, so that the command means the same elsewhere. */
export const CHOICES: readonly string[] = [
  'project',
  'inventory',
  'limit',
  'tags',
  'skip-tags',
  'from',
  'only',
  'allow',
  'allow-lockout',
  'confirm',
  'max-changes',
  'max-hosts',
  'user',
  'private-key',
  'become',
  'become-user',
  'become-method',
];

/** What the environment of this command says, as the next one must be told it. */
export interface Carried {
  readonly flags: readonly { readonly name: string; readonly value: string | undefined }[];
  /** Words before the command: what is in the environment and must not hold for the next. */
  readonly unless: readonly string[];
}

export function carriedWords(args: Args): Carried {
  const fromEnvironment = (name: string): boolean =>
    args.source(name)?.kind === 'environment' && args.has(name);
  const flags = CHOICES.filter(fromEnvironment).flatMap((name) => {
    const boolean = RUN_FLAGS.find((flag) => flag.name === name)?.type === 'boolean';
    return args.values(name).map((value) => ({ name, value: boolean ? undefined : value }));
  });
  return { flags, unless: fromEnvironment('dry-run') ? ['RUN_DRY_RUN=0'] : [] };
}

/** The words of the run itself after `run`: as they were typed, and what the environment had said. */
export function rerunWords(argv: readonly string[], carried: Carried): readonly string[] {
  const dropped = new Set(DROPPED);
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const said = carried.flags.filter(({ name }) => !dropped.has(name));
  const flags = said.flatMap(({ name, value }) => [`--${name}`, ...(value === undefined ? [] : [value])]);
  return [...keep(argv.slice(0, end), dropped), ...flags, ...argv.slice(end)];
}

/** Given the words that were typed, makes the command for some hosts; no hosts: as it was. */
export function rerunCommand(
  argv: readonly string[],
  carried: Carried = { flags: [], unless: [] },
): (hosts: readonly string[], again?: 'look') => string {
  return (hosts, again) => {
    const shown = again === 'look' ? DROPPED.filter((name) => !LOOK.includes(name)) : DROPPED;
    const dropped = new Set(hosts.length > 0 ? [...shown, 'limit'] : shown);
    const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
    const words = keep(argv.slice(0, end), dropped);
    for (const { name, value } of carried.flags)
      if (!dropped.has(name)) words.push(`--${name}`, ...(value === undefined ? [] : [value]));
    if (hosts.length > 0) words.push('--limit', [...new Set(hosts)].join(','));
    const before = again === 'look' ? [] : carried.unless;
    return [...before, 'run', ...words, ...argv.slice(end)].map(shellWord).join(' ');
  };
}

function keep(argv: readonly string[], dropped: ReadonlySet<string>): string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const { rest, wantsValue, keepsValue } = shorten(word, dropped);
    if (rest !== undefined) words.push(rest);
    if (!wantsValue) continue;
    index += 1;
    const value = argv[index];
    if (keepsValue && value !== undefined) words.push(value);
  }
  return words;
}

interface Shortened {
  /** The word without flags to drop; undefined when nothing is left of it. */
  readonly rest: string | undefined;
  /** The next word is the value of its last flag. */
  readonly wantsValue: boolean;
  readonly keepsValue: boolean;
}

function shorten(word: string, dropped: ReadonlySet<string>): Shortened {
  const isDropped = (flag: Flag | undefined): boolean =>
    flag !== undefined && dropped.has(flag.alias ?? flag.name);
  const [, long, value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
  if (long !== undefined) {
    const flag = RUN_FLAGS.find(({ name }) => name === long);
    const drop = isDropped(flag);
    const wantsValue = flag?.type === 'string' && value === undefined;
    return { rest: drop ? undefined : word, wantsValue, keepsValue: !drop };
  }
  if (!/^-[^-]/.test(word)) return { rest: word, wantsValue: false, keepsValue: false };
  let rest = '-';
  for (let at = 1; at < word.length; at += 1) {
    const flag = RUN_FLAGS.find(({ short }) => short === word[at]);
    const drop = isDropped(flag);
    if (flag?.type === 'string') {
      // What follows in the word is its value already.
      if (!drop) rest += word.slice(at);
      return { rest: rest === '-' ? undefined : rest, wantsValue: at === word.length - 1, keepsValue: !drop };
    }
    if (!drop) rest += word[at];
  }
  return { rest: rest === '-' ? undefined : rest, wantsValue: false, keepsValue: false };
}
