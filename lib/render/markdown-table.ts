/** The head of the Markdown of a run: what it comes to in a sentence, and the table of hosts and counts. */

import { weightOf } from '../model/review.ts';
import { cell, code, count, names } from './markdown-text.ts';
import type { RunReport } from './run-report.ts';
import { COLUMNS, hostsConcerned, sumOf, type Tally, tallyOf } from './run-tally.ts';

const MOST_ROWS = 24;
const MOST_NAMES = 5;
const HEADS = [
  'hosts',
  'create',
  'update',
  'delete',
  'restart',
  'start, stop',
  'run',
  'known after apply',
  'failed',
];

interface Row {
  readonly tally: Tally;
  readonly hosts: string[];
}

export function headText(report: RunReport): string {
  const what = report.dryRun ? 'Dry run of' : 'Run of';
  return `## ${isDrift(report) ? 'What has drifted:' : what} ${code(report.runbook)}\n\n${sentence(report)}\n\n${table(report)}`;
}

/** Only changes that mend a drift say of which runbook they are. */
export function isDrift({ work }: RunReport): boolean {
  return work.some(({ event }) => event.kind === 'change' && event.runbook !== undefined);
}

function sentence(report: RunReport): string {
  const { dryRun, work, failures } = report;
  const hosts = hostsConcerned(report);
  const changing = hosts.filter(({ changes }) => changes.length > 0);
  const changes = changing.reduce((sum, host) => sum + host.changes.length, 0);
  const weights = changing.flatMap((host) => host.changes.map(weightOf));
  const [destructive, restarts] = ['destructive', 'restart'].map(
    (weight) => weights.filter((each) => each === weight).length,
  );
  const notes = [
    ...(destructive ? [`**${destructive} destructive**`] : []),
    ...(restarts ? [`**${count(restarts, 'restart')}**`] : []),
  ];
  const of = `${dryRun ? 'to make ' : ''}on ${changing.length} of ${count(hosts.length, 'host')}`;
  const main =
    changes === 0
      ? `${dryRun ? 'Nothing to change' : 'Nothing was changed'} on ${count(hosts.length, 'host')}`
      : `${count(changes, 'change')} ${of}${notes.length > 0 ? `, of which ${notes.join(' and ')}` : ''}`;
  const later = work.filter(({ event }) => event.kind === 'later').flatMap((each) => each.hosts);
  const failed = new Set(
    failures
      .filter(({ event }) => event.status === 'failed' || event.status === 'rolled_back')
      .flatMap((each) => each.hosts),
  );
  const states = hosts.map((host) => tallyOf(host).state);
  const drifted = states.filter((state) => state === 'drifted').length;
  const gone = states.filter((state) => state === 'unreachable').length;
  const locked = states.filter((state) => state === 'locked').length;
  const refusing = report.refusals.filter(({ event }) => event.ask !== true).length;
  const rest = [
    ...(refusing > 0 ? [`**The plan is refused, for ${count(refusing, 'reason')}**`] : []),
    ...(later.length > 0
      ? [`${count(later.length, 'part')} known after apply on ${count(new Set(later).size, 'host')}`]
      : []),
    ...(failed.size > drifted ? [`**${count(failed.size - drifted, 'host')} failed**`] : []),
    ...(drifted > 0 ? [`**${count(drifted, 'host')} refused: not as reviewed**`] : []),
    ...(gone > 0 ? [`**${count(gone, 'host')} unreachable**`] : []),
    ...(locked > 0 ? [`**${count(locked, 'host')} locked by another run**`] : []),
  ];
  return `${[main, ...rest].join('. ')}.`;
}

/** Hosts with the same counts share a row; beyond so many rows, those in which something is amiss or lost stay. */
function table(report: RunReport): string {
  const rows = new Map<string, Row>();
  const tallies = hostsConcerned(report).map((host) => ({ name: host.name, tally: tallyOf(host) }));
  for (const { name, tally } of tallies) {
    const key = JSON.stringify(tally);
    const row = rows.get(key) ?? { tally, hosts: [] };
    rows.set(key, row);
    row.hosts.push(name);
  }
  const all = [...rows.values()];
  const kept = new Set([...all].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_ROWS));
  const others = all.filter((row) => !kept.has(row));
  const rest = others.flatMap(({ hosts }) => hosts);
  const restTally = sumOf(others.flatMap(({ tally, hosts }) => hosts.map(() => tally)));
  const lines = [
    `| ${HEADS.join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---:|').join('')}`,
    ...all
      .filter((row) => kept.has(row))
      .map(({ tally, hosts }) => line(hostCell(hosts), tally, hosts.length)),
    ...(rest.length > 0 ? [line(`${count(rest.length, 'other host')}, together`, restTally, 1)] : []),
    ...(tallies.length > 1 ? [line('**all, together**', sumOf(tallies.map(({ tally }) => tally)), 1)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function weight({ tally, hosts }: Row): number {
  const { delete: lost, failed, state, restart } = tally;
  return (
    (state === 'reached' ? 0 : 8e6) +
    (failed > 0 ? 4e6 : 0) +
    (lost > 0 ? 2e6 : 0) +
    (restart > 0 ? 1e6 : 0) +
    hosts.length
  );
}

function hostCell(hosts: readonly string[]): string {
  return `${cell(names(hosts, MOST_NAMES))}${hosts.length > 1 ? ` (${hosts.length} hosts)` : ''}`;
}

function line(head: string, tally: Tally, hosts: number): string {
  const cells = COLUMNS.map((column) => {
    const number = tally[column];
    if (column === 'failed' && tally.state === 'unreachable') return 'unreachable';
    if (column === 'failed' && tally.state === 'locked') return 'locked';
    if (column === 'failed' && tally.state === 'drifted') return 'not as reviewed';
    return number === 0 ? '' : `${number}${hosts > 1 ? ' each' : ''}`;
  });
  return `| ${head} | ${cells.join(' | ')} |`;
}
