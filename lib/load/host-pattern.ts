/** Words that choose hosts: names, groups, globs, `!not`, `&and`, `~regex`. Used by --limit and by `hosts:`. */
import { didYouMean } from '../base/suggest.ts';

export interface HostNames {
  /** In inventory order. */
  readonly hosts: Iterable<string>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

export interface PatternFault {
  readonly word: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface Chosen {
  readonly hosts: ReadonlySet<string>;
  /** Words that match nothing, or cannot be read. */
  readonly faults: readonly PatternFault[];
}

/** Plain words add up, `&x` keeps what is also in x, `!x` takes x away; without a plain word all hosts are the start. */
export function chooseHosts(words: readonly string[], names: HostNames): Chosen {
  const faults: PatternFault[] = [];
  const all = [...names.hosts];
  const resolve = (word: string): ReadonlySet<string> => {
    const found = match(word, all, names.groups, faults);
    return new Set(found);
  };
  const plain = words.filter((word) => !/^[!&]/.test(word));
  const sets = plain.map(resolve);
  let chosen = plain.length === 0 ? all : all.filter((host) => sets.some((set) => set.has(host)));
  for (const word of words.filter((each) => each.startsWith('&'))) {
    const set = resolve(word.slice(1));
    chosen = chosen.filter((host) => set.has(host));
  }
  for (const word of words.filter((each) => each.startsWith('!'))) {
    const set = resolve(word.slice(1));
    chosen = chosen.filter((host) => !set.has(host));
  }
  return { hosts: new Set(chosen), faults };
}

function match(
  word: string,
  hosts: readonly string[],
  groups: ReadonlyMap<string, readonly string[]>,
  faults: PatternFault[],
): readonly string[] {
  if (word.startsWith('~')) return matchRegex(word, hosts, faults);
  const group = groups.get(word);
  if (group) {
    if (group.length === 0) faults.push({ word, message: `group "${word}" has no host`, hint: undefined });
    return group;
  }
  if (hosts.includes(word)) return [word];
  const names = [...hosts, ...groups.keys()];
  if (!/[*?[]/.test(word)) {
    faults.push({ word, message: `no host or group "${word}"`, hint: didYouMean(word, names) });
    return [];
  }
  const pattern = globPattern(word);
  const inGroups = [...groups].filter(([name]) => pattern.test(name)).flatMap(([, members]) => members);
  const found = [...hosts.filter((host) => pattern.test(host)), ...inGroups];
  if (found.length === 0) faults.push({ word, message: `"${word}" matches no host`, hint: undefined });
  return found;
}

function matchRegex(word: string, hosts: readonly string[], faults: PatternFault[]): readonly string[] {
  try {
    const pattern = new RegExp(word.slice(1), 'u');
    const found = hosts.filter((host) => pattern.test(host));
    if (found.length === 0) faults.push({ word, message: `"${word}" matches no host`, hint: undefined });
    return found;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    faults.push({ word, message: `"${word}" is not a regular expression: ${why}`, hint: undefined });
    return [];
  }
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/\[!/g, '[^')
    .replace(/[.+^${}()|\\]/g, (letter, at: number, all: string) =>
      letter === '^' && all[at - 1] === '[' ? letter : `\\${letter}`,
    );
  const text = source.replace(/\*/g, '.*').replace(/\?/g, '.');
  try {
    return new RegExp(`^${text}$`, 'u');
  } catch {
    return /^$/;
  }
}
