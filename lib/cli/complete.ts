/** What may stand where a command line is being typed: asked by the shell each time a key is pressed. */
import { PROBLEM_CODES } from '../base/problem-code.ts';
import { type Line, positionWords, readLine } from './complete-line.ts';
import {
  bareHosts,
  type CompletionSource,
  hostNames,
  inventoryNames,
  runbookNames,
  runNames,
  stepNames,
  tagNames,
  taskNames,
  variableNames,
} from './complete-source.ts';
import type { Flag } from './flag.ts';
import { inventoryWord } from './inventory-word.ts';
import { projectRoot } from './project-folder.ts';
import { type Surroundings, settle } from './setting.ts';
import { VERBS } from './verbs.ts';

export interface Candidate {
  readonly value: string;
  /** A few words on it. */
  readonly about?: string;
}

type Values = (source: CompletionSource) => readonly string[] | Promise<readonly string[]>;

/** By the word that usage and flags have for it. */
const VALUES: Readonly<Record<string, Values>> = {
  '<runbook>': runbookNames,
  '<inventory>': inventoryNames,
  '<host>': bareHosts,
  '<task>': taskNames,
  '<step>': stepNames,
  '<verb>': () => VERBS.map(({ name }) => name),
  '<variable>': variableNames,
  '<run>': runNames,
  RUNBOOK: runbookNames,
  INVENTORY: inventoryNames,
  HOSTS: hostNames,
  HOST: bareHosts,
  TAGS: tagNames,
  STEP: stepNames,
  TASK: taskNames,
  CODE: () => Object.keys(PROBLEM_CODES),
};

/** `words`: all after `run`, the unfinished one last. Empty: the shell may offer files. */
export async function complete(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<readonly Candidate[]> {
  const line = readLine(words);
  if (line.over) return [];
  const { current, before, flag } = line;
  const all = flag ? await flagValues(line, flag, surroundings) : await wordValues(line, surroundings);
  return all
    .filter(({ value }) => value.startsWith(current) && !/[\s'"\\]/.test(value))
    .map((each) => ({ ...each, value: before + each.value }));
}

async function flagValues(line: Line, flag: Flag, surroundings: Surroundings): Promise<readonly Candidate[]> {
  if (flag.choices) return plain(flag.choices);
  const values = VALUES[flag.value ?? ''];
  if (!values) return [];
  const names = await values(await sourceOf(line, surroundings));
  if (!flag.multiple) return plain(names);
  // Of a list, the last word is being typed; `!` and `&` stand before a name.
  const [, head = ''] = /^(.*,|)/.exec(line.current) ?? [];
  const [mark = ''] = /^[!&]/.exec(line.current.slice(head.length)) ?? [];
  const taken = new Set(head.split(','));
  return plain(names.filter((name) => !taken.has(name)).map((name) => head + mark + name));
}

async function wordValues(line: Line, surroundings: Surroundings): Promise<readonly Candidate[]> {
  const { verb, args, current } = line;
  if (current.startsWith('-')) return flagNames(line);
  const wanted = positionWords(verb, args.positionals);
  const source = wanted.some((word) => VALUES[word]) ? await sourceOf(line, surroundings) : undefined;
  const found = await Promise.all(
    wanted.map((word) => {
      const values = VALUES[word];
      return values && source ? values(source) : word.startsWith('<') ? [] : [word];
    }),
  );
  const verbs = verb || args.positionals.length > 0 ? [] : VERBS.map(aboutVerb);
  return [...plain([...new Set(found.flat())]), ...verbs];
}

function aboutVerb({ name, summary }: (typeof VERBS)[number]): Candidate {
  return { value: name, about: summary[0]?.[1] ?? '' };
}

function flagNames({ flags, args, current }: Line): readonly Candidate[] {
  const open = flags.filter(({ name, alias, multiple }) => multiple || !args.has(alias ?? name));
  const short = current === '-' ? open.filter((flag) => flag.short !== undefined) : [];
  return [
    ...open.map(({ name, help }) => ({ value: `--${name}`, about: help })),
    ...short.map((flag) => ({ value: `-${flag.short}`, about: flag.help })),
  ];
}

function plain(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value }));
}

/** Settings that are wrong are told when the command runs. */
async function sourceOf(line: Line, surroundings: Surroundings): Promise<CompletionSource> {
  const args = await settle(line.args, line.flags, surroundings).then(
    (settings) => settings.args,
    () => line.args,
  );
  const { cwd } = surroundings;
  return {
    cwd,
    root: projectRoot(args, cwd) ?? cwd,
    runbook: wordFor(line, '<runbook>') ?? '',
    inventory: line.verb?.name === 'lab' ? 'lab' : inventoryWord(args, wordFor(line, '<inventory>')),
  };
}

/** The finished word that stands where the usage says so. */
function wordFor({ verb, args: { positionals } }: Line, name: string): string | undefined {
  return positionals.find((_, index) => positionWords(verb, positionals.slice(0, index)).includes(name));
}
