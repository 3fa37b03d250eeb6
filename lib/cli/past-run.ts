/** What of a run that was written down can be undone, host by host, and what cannot. */

import type { PastChange } from '../engine/undo/past-change.ts';
import type { HostPage, RunRecord } from '../journal/read.ts';
import type { Found, Intended } from '../model/journal.ts';
import { keyKind } from '../model/key.ts';

export interface PastHost {
  /** In their order. */
  readonly changes: readonly PastChange[];
  /** What stays as the run has left it, a line each. */
  readonly stays: readonly string[];
}

/** Hosts on which something was changed. `known`: names of the kinds that can be read without the runbook. */
export function pastHosts(record: RunRecord, known: ReadonlySet<string>): ReadonlyMap<string, PastHost> {
  const hosts = [...record.hosts].map(([host, page]) => [host, pastHost(page, known)] as const);
  return new Map(hosts.filter(([, { changes, stays }]) => changes.length + stays.length > 0));
}

function pastHost(page: HostPage, known: ReadonlySet<string>): PastHost {
  const made = page.stretches.flatMap(({ stretch, changes }) =>
    changes.flatMap((change) => {
      const end = page.ends.get(change.id);
      const never = end && (end.ended === 'not_run' || end.ended === 'drifted' || end.ended === 'locked_out');
      return never || change.quiet
        ? []
        : [
            {
              stretch,
              change,
              sound: end?.ended === 'done' && end.rc === 0,
              found: page.found.get(change.id),
            },
          ];
    }),
  );
  return {
    changes: made.flatMap(({ stretch, change, sound, found }) =>
      change.restore === undefined || !known.has(keyKind(change.key))
        ? []
        : [pastChange(change, { restore: change.restore, stretch, sound, found })],
    ),
    stays: [...new Set(made.flatMap(({ change }) => staysOf(change, known)))],
  };
}

interface Made {
  readonly restore: string;
  readonly stretch: number;
  readonly sound: boolean;
  readonly found: Found | undefined;
}

function pastChange(change: Intended, { found, ...made }: Made): PastChange {
  const { id, step, key, title, before, finish, saves, user, cuts, hint, opaque } = change;
  const after = found?.state ?? change.after;
  const seen = found !== undefined;
  return {
    id,
    step,
    key,
    title,
    before,
    after,
    seen,
    finish,
    saves: saves ?? false,
    opaque: opaque ?? false,
    user,
    cuts,
    hint,
    ...made,
  };
}

function staysOf(change: Intended, known: ReadonlySet<string>): readonly string[] {
  const { step, key, title = key, summary, restore, restoreHidden, leaves = [] } = change;
  if (restoreHidden)
    return [`${step}: ${title}: ${summary} (its way back holds a secret, which no journal keeps)`];
  if (restore === undefined) return [`${step}: ${title}: ${summary}`];
  if (!known.has(keyKind(key))) return [`${step}: ${title}: ${summary} (of a kind of the project's own)`];
  return leaves;
}
