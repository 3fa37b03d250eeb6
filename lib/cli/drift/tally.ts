/** What was found on each host over several looks, as one recap. */
import { type Verdict, verdict } from '../../engine/exit.ts';
import type { HostRecap } from '../../model/event.ts';

export interface Tally {
  /** Another look at a host has ended. */
  add(host: string, recap: HostRecap): void;
  /** A runbook that cannot be looked at counts as a failure of the hosts that remember it. */
  fail(hosts: readonly string[]): void;
  readonly hosts: Readonly<Record<string, HostRecap>>;
  verdict(interrupted: 'SIGINT' | 'SIGTERM' | undefined): Verdict;
}

const NOTHING: HostRecap = {
  ok: 0,
  changed: 0,
  failed: 0,
  ignored: 0,
  skipped: 0,
  later: 0,
  unreachable: false,
  readOnly: false,
  roundTrips: 0,
  seconds: 0,
};

export function createTally(names: Iterable<string>): Tally {
  const hosts: Record<string, HostRecap> = {};
  for (const name of names) hosts[name] = NOTHING;
  const tally: Tally = {
    hosts,
    add(host, more) {
      const known = hosts[host];
      hosts[host] = known ? sum(known, more) : more;
    },
    fail(names) {
      for (const name of names) tally.add(name, { ...NOTHING, failed: 1 });
    },
    verdict: (interrupted) =>
      verdict({
        // What is known only after an apply is no drift.
        hosts: Object.values(hosts).map((recap) => ({ ...recap, later: 0 })),
        interrupted,
        dryRun: true,
        detailed: true,
        onlyRefused: false,
      }),
  };
  return tally;
}

function sum(a: HostRecap, b: HostRecap): HostRecap {
  return {
    ok: a.ok + b.ok,
    changed: a.changed + b.changed,
    failed: a.failed + b.failed,
    ignored: a.ignored + b.ignored,
    skipped: a.skipped + b.skipped,
    later: a.later + b.later,
    unreachable: a.unreachable || b.unreachable,
    readOnly: a.readOnly && b.readOnly,
    roundTrips: a.roundTrips + b.roundTrips,
    seconds: Math.round((a.seconds + b.seconds) * 1000) / 1000,
  };
}
