/** The events of a run that was written down, as renderers want them: one start, one recap, each step once on each host. */
import type { HostRecap, RunEvent } from '../model/event.ts';
import type { RunRecord } from './read.ts';
import { atWork, unfinishedHosts } from './standing.ts';

type Recap = Extract<RunEvent, { kind: 'recap' }>;

/** A run that was taken up again is one run; one that was killed gets the recap that it did not come to. */
export function replay(record: RunRecord): readonly RunEvent[] {
  const all = record.events.map(({ event }) => event);
  const starts = all.filter((event) => event.kind === 'start');
  const [first] = starts;
  const last = new Map<string, RunEvent>();
  for (const event of all) if (event.kind === 'step') last.set(`${event.step}\0${event.host}`, event);
  const told = all.filter((event) => {
    if (event.kind === 'start' || event.kind === 'recap') return false;
    return event.kind !== 'step' || last.get(`${event.step}\0${event.host}`) === event;
  });
  return [...(first ? [first] : [startOf(record)]), ...told, recapOf(record, told)];
}

function startOf({ head }: RunRecord): RunEvent {
  const { id, version, runbook, hosts } = head;
  return { kind: 'start', v: 1, run: id, version, runbook, dryRun: false, hosts };
}

function recapOf(record: RunRecord, told: readonly RunEvent[]): Recap {
  const recaps = record.events.flatMap(({ event }) => (event.kind === 'recap' ? [event] : []));
  const hosts = Object.assign({}, ...recaps.map((recap) => recap.hosts)) as Record<string, HostRecap>;
  for (const host of record.head.hosts) {
    const ends = told.flatMap((event) => (event.kind === 'step' && event.host === host ? [event] : []));
    // Without a recap what is counted is newer than the recap of a part before.
    if (!hosts[host] || (!record.recap && ends.length > 0)) hosts[host] = countedRecap(ends, told, host);
  }
  if (record.recap) return { ...record.recap, hosts };
  const left = unfinishedHosts(record);
  const next = left.length > 0 && !atWork(record) ? { next: `run resume ${record.head.id}` } : {};
  return { kind: 'recap', exit: 130, result: 'interrupted', dryRun: false, hosts, ...next };
}

function countedRecap(
  ends: readonly Extract<RunEvent, { kind: 'step' }>[],
  told: readonly RunEvent[],
  host: string,
): HostRecap {
  const count = (status: string): number => ends.filter((end) => end.status === status).length;
  return {
    ok: count('ok'),
    changed: count('changed'),
    failed: count('failed'),
    ignored: count('ignored'),
    skipped: count('skipped'),
    later: 0,
    ...(count('rolled_back') > 0 ? { rolledBack: count('rolled_back') } : {}),
    unreachable: told.some((event) => event.kind === 'unreachable' && event.host === host),
    readOnly: false,
    roundTrips: 0,
    seconds: 0,
  };
}
