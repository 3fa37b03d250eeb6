/** A command line that is still being typed: what stands already, and what is asked for at its end. */
import type { Args, Source } from './args.ts';
import { type Flag, RUN_FLAGS } from './flag.ts';
import type { Verb } from './verb.ts';
import { verbNamed } from './verbs.ts';

export interface Line {
  readonly verb: Verb | undefined;
  readonly flags: readonly Flag[];
  /** Of the words that are finished; faults among them are passed over. */
  readonly args: Args;
  /** The word at the cursor, as far as it is typed; of `--limit=we` this is `we`. */
  readonly current: string;
  /** What stands before it in the same word: `--limit=`. */
  readonly before: string;
  /** The flag whose value it is. */
  readonly flag: Flag | undefined;
  /** After `--`: what follows is no business of ours. */
  readonly over: boolean;
}

/** `words`: all after `run`, the unfinished one last. */
export function readLine(words: readonly string[]): Line {
  const verb = words.length > 1 ? verbNamed(words[0]) : undefined;
  const flags = verb?.flags ?? RUN_FLAGS;
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let flag: Flag | undefined;
  let over = false;
  const give = ({ name, alias }: Flag, value: string): unknown =>
    given.set(alias ?? name, [...(given.get(alias ?? name) ?? []), value]);
  for (const word of words.slice(verb ? 1 : 0, -1)) {
    if (flag) {
      give(flag, word);
      flag = undefined;
    } else if (over || !/^-./.test(word)) positionals.push(word);
    else if (word === '--') over = true;
    else {
      const { found, value } = flagOf(word, flags);
      if (found?.type === 'string' && value === undefined) flag = found;
      else if (found) give(found, value ?? 'true');
    }
  }
  const last = words.at(-1) ?? '';
  const args = argsOf(positionals, given);
  const joined = flag || over ? undefined : flagOf(last, flags);
  if (joined?.found?.type === 'string' && joined.value !== undefined) {
    const before = last.slice(0, last.length - joined.value.length);
    return { verb, flags, args, current: joined.value, before, flag: joined.found, over };
  }
  return { verb, flags, args, current: last, before: '', flag, over };
}

function flagOf(
  word: string,
  flags: readonly Flag[],
): { readonly found: Flag | undefined; readonly value: string | undefined } {
  const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  const found = flags.find((flag) => name === `--${flag.name}` || name === `-${flag.short ?? flag.name}`);
  return { found, value };
}

function argsOf(positionals: readonly string[], given: ReadonlyMap<string, readonly string[]>): Args {
  const flag: Source = { kind: 'flag' };
  return {
    positionals,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
    source: (name) => (given.has(name) ? flag : undefined),
  };
}

/** Words that may stand at a position, by the verb's own usage: `<inventory>`, `up`, `bash`. */
export function positionWords(verb: Verb | undefined, before: readonly string[]): readonly string[] {
  const lines = verb ? verb.usage.map(([command]) => command) : ['run <runbook> <inventory>'];
  const found = lines.flatMap((line) => {
    const words = line.split(' ').slice(verb ? 2 : 1);
    const end = words.findIndex((word) => /^(\[?-|\[flags|…)/.test(word));
    const places = (end === -1 ? words : words.slice(0, end)).map((word) =>
      word.replace(/^\[(.*)\]$/, '$1').split('|'),
    );
    const fits = before.every((word, index) =>
      places[index]?.some((each) => each === word || each.startsWith('<')),
    );
    return fits ? (places[before.length] ?? []) : [];
  });
  return [...new Set(found)];
}
