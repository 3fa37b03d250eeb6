/** Words that choose hosts: names, ranges, groups, globs, `!not`, `&and`, `~regex`. Used by --limit and by `hosts:`. */
import { didYouMean } from '../../base/suggest.ts';
import { openWithin, TimeUp } from '../expression/time-limit.ts';
import { glob, type Matches } from './glob.ts';
import { mayHoldRange, nameRange } from './host-range.ts';

export interface HostNames {
  /** In inventory order. */
  readonly hosts: Iterable<string>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

export interface PatternFault {
  readonly word: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** A group that the inventory has, and no host in it. */
  readonly isEmptyGroup?: true;
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
  const known: Known = { hosts: new Set(all), groups: names.groups };
  const resolve = (word: string): ReadonlySet<string> => new Set(match(word, known, faults));
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

interface Known {
  readonly hosts: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

function match(word: string, known: Known, faults: PatternFault[]): readonly string[] {
  const { hosts, groups } = known;
  const found = (list: readonly string[]): readonly string[] => {
    if (list.length === 0) faults.push({ word, message: `"${word}" matches no host`, hint: undefined });
    return list;
  };
  if (word.startsWith('~')) return matchRegex(word, hosts, found, faults);
  const group = groups.get(word);
  if (group) {
    const message = `group "${word}" has no host`;
    if (group.length === 0) faults.push({ word, message, hint: undefined, isEmptyGroup: true });
    return group;
  }
  if (hosts.has(word)) return [word];
  if (!/[*?[]/.test(word)) {
    const hint = word.includes(':')
      ? `commas stand between words: ${word.split(':').join(',')}`
      : didYouMean(word, [...hosts, ...groups.keys()]);
    faults.push({ word, message: `no host or group "${word}"`, hint });
    return [];
  }
  const part = /^(.*)\[(?:(-?\d+)|(-?\d*):(-?\d*))\]$/.exec(word);
  const whole = part && groups.get(part[1] ?? '');
  const fits = glob(word);
  if (part && whole) {
    const chosen = subscript(whole, part.slice(2));
    const other = otherReading(word, fits, chosen, hosts);
    if (other === undefined) return found(chosen);
    const message = `"${word}" may mean hosts of group "${part[1]}" by their place in it, or hosts such as "${other}"`;
    faults.push({ word, message, hint: 'name the hosts, or write ~ and a regular expression' });
    return [];
  }
  if (mayHoldRange(word)) return matchRange(word, known, faults);
  const inGroups = [...groups].filter(([name]) => fits(name)).flatMap(([, members]) => members);
  return found([...[...hosts].filter(fits), ...inGroups]);
}

/** `web[0]`, `web[-1]`, `web[0:3]` (both ends within), `web[2:]`: hosts of a group by where they stand in it. */
function subscript(group: readonly string[], parts: readonly (string | undefined)[]): readonly string[] {
  const [only, first = '', last = ''] = parts;
  const at = (text: string): number => (text.startsWith('-') ? group.length + Number(text) : Number(text));
  if (only !== undefined) return group.slice(at(only), at(only) + 1);
  const to = last === '' ? group.length - 1 : at(last);
  return group.slice(Math.max(0, at(first)), Math.max(0, to + 1));
}

/** A host that the word chooses as a range or as a glob, and not as a place in a group. */
function otherReading(
  word: string,
  fits: Matches,
  chosen: readonly string[],
  hosts: ReadonlySet<string>,
): string | undefined {
  const range = nameRange(word);
  const named = range && 'texts' in range ? range.texts().filter((name) => hosts.has(name)) : [];
  return [...named, ...[...hosts].filter(fits)].find((host) => !chosen.includes(host));
}

/** Every name of a range must be there: one that is not is as wrong as a mistyped name. */
function matchRange(word: string, known: Known, faults: PatternFault[]): readonly string[] {
  const range = nameRange(word);
  if (!range || 'code' in range) {
    faults.push({ word, message: range?.message ?? `"${word}" is no range`, hint: range?.hint });
    return [];
  }
  const names = range.texts();
  const missing = names.find((name) => !known.hosts.has(name) && !known.groups.has(name));
  if (missing === undefined) return names.flatMap((name) => known.groups.get(name) ?? [name]);
  const hint = didYouMean(missing, known.hosts);
  faults.push({ word, message: `no host or group "${missing}", which "${word}" names`, hint });
  return [];
}

function matchRegex(
  word: string,
  hosts: ReadonlySet<string>,
  found: (list: readonly string[]) => readonly string[],
  faults: PatternFault[],
): readonly string[] {
  try {
    const pattern = new RegExp(word.slice(1), 'u');
    return found(openWithin()(REGEX_LIMIT_MS, () => [...hosts].filter((host) => pattern.test(host))));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message =
      error instanceof TimeUp
        ? `"${word}" takes longer than ${REGEX_LIMIT_MS} ms to match`
        : `"${word}" is not a regular expression: ${why}`;
    faults.push({ word, message, hint: undefined });
    return [];
  }
}

const REGEX_LIMIT_MS = 100;
