/** What a live view shows of a run, folded from its events: how many hosts are where, what each does, who failed. */
import type { RunEvent } from '../model/event.ts';

export interface HostLine {
  readonly name: string;
  /** Where it stands, in a word: `connecting`, `reading`, `writing`, `done`. */
  readonly stage: string;
  /** The step it is at, and what that printed last; empty where nobody knows. */
  readonly detail: string;
  /** When that stage began, in milliseconds of the view's clock. */
  readonly since: number;
}

export interface LiveModel {
  readonly runbook: string;
  readonly dryRun: boolean;
  readonly started: number;
  readonly total: number;
  readonly done: number;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
  /** Hosts still at work, those longest in their stage first. */
  busy(most: number): readonly HostLine[];
  /** The latest failures, one line each, oldest first. */
  failures(most: number): readonly string[];
}

export interface LiveFold extends LiveModel {
  take(event: RunEvent, now: number): void;
}

/** Failures kept for the view; all of them are printed for good as they happen. */
const KEPT_FAILURES = 8;

export function createLiveModel(): LiveFold {
  const working = new Map<string, HostLine>();
  const changedOn = new Set<string>();
  const failedOn = new Set<string>();
  const unreachable = new Set<string>();
  const failures: string[] = [];
  let runbook = '';
  let dryRun = false;
  let started = 0;
  let total = 0;
  let done = 0;
  const move = (name: string, stage: string, detail: string, now: number): void => {
    const before = working.get(name);
    if (!before) return;
    const since = before.stage === stage ? before.since : now;
    // In the order of arrival at their stage, so that the slowest stand first without sorting.
    if (since !== before.since) working.delete(name);
    working.set(name, { name, stage, detail, since });
  };
  const fail = (text: string): void => {
    failures.push(text.split('\n', 1)[0] ?? '');
    if (failures.length > KEPT_FAILURES) failures.shift();
  };
  const take = (event: RunEvent, now: number): void => {
    switch (event.kind) {
      case 'start':
        runbook = event.runbook;
        dryRun = event.dryRun;
        started = now;
        total = event.hosts.length;
        for (const name of event.hosts) working.set(name, { name, stage: 'waiting', detail: '', since: now });
        return;
      case 'stage':
        if (event.stage === 'done') {
          if (working.delete(event.host)) done += 1;
        } else move(event.host, event.stage, '', now);
        return;
      case 'change':
        changedOn.add(event.host);
        move(event.host, working.get(event.host)?.stage ?? 'writing', event.step, now);
        return;
      case 'progress':
        move(event.host, working.get(event.host)?.stage ?? 'writing', `${event.step} ${event.lastLine}`, now);
        return;
      case 'retry':
        move(
          event.host,
          working.get(event.host)?.stage ?? 'waiting',
          `${event.step} try ${event.try} of ${event.of}`,
          now,
        );
        return;
      case 'step':
        if (!event.failure || event.status === 'ignored') return;
        failedOn.add(event.host);
        fail(`${event.host}  ${event.step}: ${event.failure.message}`);
        return;
      case 'unreachable':
        unreachable.add(event.host);
        fail(`${event.host}  unreachable: ${event.failure.message}`);
        return;
      case 'locked':
        failedOn.add(event.host);
        fail(event.failure.message);
    }
  };
  return {
    get runbook() {
      return runbook;
    },
    get dryRun() {
      return dryRun;
    },
    get started() {
      return started;
    },
    get total() {
      return total;
    },
    get done() {
      return done;
    },
    get changed() {
      return changedOn.size;
    },
    get failed() {
      return failedOn.size;
    },
    get unreachable() {
      return unreachable.size;
    },
    busy: (most) => first(working.values(), most, ({ stage }) => stage !== 'waiting'),
    failures: (most) => failures.slice(Math.max(0, failures.length - most)),
    take,
  };
}

function first<T>(items: Iterable<T>, most: number, wanted: (item: T) => boolean): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length >= most) break;
    if (wanted(item)) found.push(item);
  }
  return found;
}
