/** A run folded from its events: what each host would do or did, and what is the same on many hosts, told once. */
import { createHash } from 'node:crypto';
import type { Emit, FailureInfo, HostRecap, RunEvent } from '../model/event.ts';

type Of<K extends RunEvent['kind']> = Extract<RunEvent, { readonly kind: K }>;
export type ChangeEvent = Of<'change'>;
export type LaterEvent = Of<'later'>;
export type StepEvent = Of<'step'>;
export type RefusalEvent = Of<'refusal'>;
export type ProblemEvent = Of<'invalid'>['problems'][number];

/** Something that holds on all these hosts; `event` is that of one of them. */
export interface Shared<T> {
  readonly event: T;
  /** In the order of the inventory. */
  readonly hosts: readonly string[];
}

export interface HostReport {
  readonly name: string;
  /** In order. */
  readonly changes: readonly ChangeEvent[];
  readonly later: readonly LaterEvent[];
  readonly steps: readonly StepEvent[];
  readonly unreachable?: FailureInfo;
  readonly locked?: FailureInfo;
  readonly recap?: HostRecap;
}

export interface RunReport {
  /** Empty when the run was refused before it began. */
  readonly runbook: string;
  readonly version: string;
  readonly dryRun: boolean;
  /** Hosts that may be changed in the order of the inventory, then those that were only read. */
  readonly hosts: readonly HostReport[];
  /** In the order of the first host that has them. */
  readonly work: readonly Shared<ChangeEvent | LaterEvent>[];
  /** Steps that failed, those that suspect another host last. */
  readonly failures: readonly Shared<StepEvent & { readonly failure: FailureInfo }>[];
  readonly unreachable: readonly Shared<FailureInfo>[];
  /** By other runs, which have not been waited for any longer. */
  readonly locked: readonly Shared<FailureInfo>[];
  /** By limits, policies and what is protected, as told. */
  readonly refusals: readonly Shared<RefusalEvent>[];
  /** Without hosts: of the run itself. */
  readonly warnings: readonly Shared<string>[];
  /** Of files; with them the run was refused, or a part of it. */
  readonly problems: readonly ProblemEvent[];
  readonly result: string;
  readonly next?: string;
}

interface Host {
  readonly changes: ChangeEvent[];
  readonly later: LaterEvent[];
  readonly work: Entry<ChangeEvent | LaterEvent>[];
  readonly steps: StepEvent[];
  readonly failures: Entry<StepEvent>[];
  readonly unreachable: Entry<FailureInfo>[];
  readonly locked: Entry<FailureInfo>[];
  readonly warnings: Entry<string>[];
}

interface Entry<T> {
  readonly event: T;
  readonly hosts: Set<string>;
}

/** Calls `done` once, at the recap. What many hosts say alike is kept in memory once. */
export function foldRun(done: (report: RunReport) => void): Emit {
  const hosts = new Map<string, Host>();
  const known = new Map<string, Entry<unknown>>();
  const general: Entry<string>[] = [];
  const refusals: Entry<RefusalEvent>[] = [];
  let start: Of<'start'> | undefined;
  let problems: readonly ProblemEvent[] = [];
  const share = <T>(event: T, host: string, what: readonly unknown[]): Entry<T> => {
    const key = createHash('sha256').update(JSON.stringify(what)).digest('base64');
    const entry = (known.get(key) ?? { event, hosts: new Set() }) as Entry<T>;
    known.set(key, entry);
    entry.hosts.add(host);
    return entry;
  };
  return (event) => {
    switch (event.kind) {
      case 'start':
        start = event;
        for (const name of event.hosts) hosts.set(name, emptyHost());
        return;
      case 'change':
      case 'later': {
        const entry = share(event, event.host, sayingOf(event));
        const host = hostOf(hosts, event.host);
        host.work.push(entry);
        // The difference is that of the shared event, so that it is not held for each host.
        if (event.kind === 'change') host.changes.push({ ...event, diff: (entry.event as ChangeEvent).diff });
        else host.later.push(event);
        return;
      }
      case 'step': {
        const host = hostOf(hosts, event.host);
        host.steps.push(event);
        if (event.failure)
          host.failures.push(share(event, event.host, ['step', event.step, event.status, event.failure]));
        return;
      }
      case 'unreachable':
        hostOf(hosts, event.host).unreachable.push(
          share(event.failure, event.host, ['unreachable', event.failure]),
        );
        return;
      case 'locked':
        hostOf(hosts, event.host).locked.push(share(event.failure, event.host, ['locked', event.failure]));
        return;
      case 'refusal': {
        const { guard, message, hint, place, ask } = event;
        refusals.push(share(event, event.host ?? '', ['refusal', guard, message, hint, place, ask]));
        return;
      }
      case 'warning':
        if (event.host === undefined) general.push({ event: event.message, hosts: new Set() });
        else
          hostOf(hosts, event.host).warnings.push(
            share(event.message, event.host, ['warning', event.message]),
          );
        return;
      case 'invalid':
        problems = [...problems, ...event.problems];
        return;
      case 'recap':
        done(reportOf({ start, found: hosts, general, refusals, problems }, event));
    }
  };
}

/** What has to be alike for two hosts to be told of once. */
function sayingOf(event: ChangeEvent | LaterEvent): readonly unknown[] {
  if (event.kind === 'later') return ['later', event.step, event.reason, event.place];
  const { step, key, action, summary, diff, inverse, place, mayDiffer, retries, confirm } = event;
  return ['change', step, key, action, summary, diff, inverse, place, mayDiffer, retries, confirm];
}

function emptyHost(): Host {
  return {
    changes: [],
    later: [],
    work: [],
    steps: [],
    failures: [],
    unreachable: [],
    locked: [],
    warnings: [],
  };
}

function hostOf(hosts: Map<string, Host>, name: string): Host {
  const host = hosts.get(name) ?? emptyHost();
  hosts.set(name, host);
  return host;
}

interface Found {
  readonly start: Of<'start'> | undefined;
  readonly found: ReadonlyMap<string, Host>;
  readonly general: readonly Entry<string>[];
  readonly refusals: readonly Entry<RefusalEvent>[];
  readonly problems: readonly ProblemEvent[];
}

function reportOf({ start, found, general, refusals, problems }: Found, recap: Of<'recap'>): RunReport {
  const first = start?.hosts ?? [];
  // Hosts that are only read come up as their events come in.
  const others = [...found.keys(), ...Object.keys(recap.hosts)].filter((name) => !first.includes(name));
  const names = [...first, ...[...new Set(others)].sort()];
  const all = names.map((name) => [name, found.get(name) ?? emptyHost()] as const);
  const rank = new Map(names.map((name, at) => [name, at]));
  const shared = <T>({ event, hosts }: Entry<T>): Shared<T> => ({
    event,
    hosts: [...hosts].filter((name) => name !== '').sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)),
  });
  const collect = <T>(list: (host: Host) => readonly Entry<T>[]): readonly Shared<T>[] =>
    [...new Set(all.flatMap(([, host]) => list(host)))].map(shared);
  const failures = collect(({ failures }) => failures) as RunReport['failures'];
  const suspects = ({ event }: Shared<StepEvent>): number => (event.failure?.elsewhere ? 1 : 0);
  return {
    runbook: start?.runbook ?? '',
    version: start?.version ?? '',
    dryRun: recap.dryRun,
    hosts: all.map(([name, { changes, later, steps, unreachable, locked }]) => ({
      name,
      changes,
      later,
      steps,
      ...(unreachable[0] ? { unreachable: unreachable[0].event } : {}),
      ...(locked[0] ? { locked: locked[0].event } : {}),
      ...(recap.hosts[name] ? { recap: recap.hosts[name] } : {}),
    })),
    work: collect(({ work }) => work),
    failures: [...failures].sort((a, b) => suspects(a) - suspects(b)),
    unreachable: collect(({ unreachable }) => unreachable),
    locked: collect(({ locked }) => locked),
    refusals: [...new Set(refusals)].map(shared),
    warnings: [...distinct(general), ...collect(({ warnings }) => warnings)],
    problems,
    result: recap.result,
    ...(recap.next === undefined ? {} : { next: recap.next }),
  };
}

function distinct(warnings: readonly Entry<string>[]): readonly Shared<string>[] {
  return [...new Set(warnings.map(({ event }) => event))].sort().map((event) => ({ event, hosts: [] }));
}
