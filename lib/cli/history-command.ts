/** `run history`: a line for each run that was written down. */
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { runIds } from '../journal/shelf.ts';
import { changedHosts, resultOf, unfinishedHosts } from '../journal/standing.ts';
import type { Args } from './args.ts';
import { projectHere } from './project-folder.ts';
import { table } from './text-table.ts';

interface Entry {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly runbook: string;
  readonly inventory: string;
  readonly who: string;
  readonly result: string;
  readonly exit: number | null;
  readonly hosts: number;
  readonly changed: readonly string[];
  /** Failed, unreachable, or not brought to their end. */
  readonly unfinished: readonly string[];
  readonly resumed: number;
}

export async function historyCommand(args: Args): Promise<number> {
  const [name, ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, { hint: 'run history <runbook>' });
  const root = projectHere(args);
  const entries = entriesOf(root, name, Number(args.value('last')));
  if (args.has('json')) process.stdout.write(`${JSON.stringify(entries, undefined, 1)}\n`);
  else if (entries.length === 0) process.stderr.write('no run has been written down in this project\n');
  else process.stdout.write(`${table([HEADER, ...entries.map(row)])}\n`);
  return 0;
}

/** The latest last. Throws RunError `invalid` for a runbook that no run is of. */
function entriesOf(root: string, name: string | undefined, most: number): readonly Entry[] {
  const found: Entry[] = [];
  const names = new Set<string>();
  for (const id of runIds(root).toReversed()) {
    if (found.length >= most) break;
    const entry = entryOf(root, id);
    if (!entry) continue;
    const short = shortName(entry.runbook);
    names.add(short);
    if (name === undefined || name === entry.runbook || name === short) found.push(entry);
  }
  if (name !== undefined && found.length === 0 && names.size > 0)
    throw new RunError('invalid', `no run of "${name}" has been written down`, {
      hint: didYouMean(name, names) ?? `there are runs of ${[...names].join(', ')}`,
    });
  return found.reverse();
}

/** Undefined for what was cut off before its first line. */
function entryOf(root: string, id: string): Entry | undefined {
  let record: RunRecord;
  try {
    record = readRun(root, id);
  } catch {
    return undefined;
  }
  const { head, recap, resumed } = record;
  return {
    id,
    at: new Date(head.at).toISOString(),
    runbook: head.runbook,
    inventory: head.inventory,
    who: head.who,
    result: resultOf(record),
    exit: recap?.exit ?? null,
    hosts: head.hosts.length,
    changed: [...changedHosts(record)],
    unfinished: unfinishedHosts(record),
    resumed: resumed.length,
  };
}

const HEADER = ['RUN', 'WHEN', 'RUNBOOK', 'INVENTORY', 'WHO', 'RESULT', 'HOSTS'];

function row({
  id,
  at,
  runbook,
  inventory,
  who,
  result,
  hosts,
  changed,
  unfinished,
  resumed,
}: Entry): string[] {
  const counts = [
    `${hosts}`,
    ...(changed.length > 0 ? [`${changed.length} changed`] : []),
    ...(unfinished.length > 0 ? [`${unfinished.length} unfinished`] : []),
  ];
  const again = resumed > 0 ? ` (resumed${resumed > 1 ? ` ${resumed} times` : ''})` : '';
  const when = localTime(new Date(at));
  return [id, when, shortName(runbook), inventory, who, `${result}${again}`, counts.join(', ')];
}

/** `provision` for runbooks/provision.yaml. */
export function shortName(runbook: string): string {
  return runbook.replace(/^runbooks\//, '').replace(/\.ya?ml$/, '');
}

/** `2026-11-22 19:41:05`, by the clock of this machine. */
export function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
