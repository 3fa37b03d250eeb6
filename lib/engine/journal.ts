/** Writes down what a host is about to be changed to, and how that ended. */

import type { Intended, Journal } from '../model/journal.ts';
import { keyKind } from '../model/key.ts';
import type { State } from '../model/kind.ts';
import type { Change } from '../model/resource.ts';
import type { ChangeResult } from '../remote/contract.ts';
import type { Life } from './life.ts';
import { isAct } from './outcome.ts';
import { causeOf } from './review/cause.ts';
import { shownBy } from './review/counted.ts';

/** The journal of a run, and what takes the values of secrets out of anything that it holds. */
export interface Diary {
  readonly to: Journal;
  readonly mask: (value: unknown) => unknown;
}

/** Before a stretch is sent. Rejects with RunError `failed` when it cannot be written down. */
export async function intend(life: Life, changes: readonly Change[]): Promise<void> {
  const { diary } = life.context;
  if (!diary) return;
  const shown = shownBy(life);
  const written = changes.map((change) => intended(life, change, diary, shown));
  await diary.to.intend(life.host.name, life.stretch, written);
}

function intended(
  life: Life,
  change: Change,
  diary: Diary,
  shown: (kind: string, state: State) => unknown,
): Intended {
  const { id, step, key, title, item, user, draft } = change;
  const masked = <T>(value: T): T => diary.mask(value) as T;
  // Through JSON: what is not known, and what is secret, say so themselves.
  const state = (value: State): unknown => masked(JSON.parse(JSON.stringify(shown(keyKind(key), value))));
  const restore = draft.back?.restore.text;
  const hidden = restore !== undefined && masked(restore) !== restore;
  return {
    id,
    step,
    key: masked(key),
    ...(title === undefined ? {} : { title: masked(title) }),
    ...(item === undefined ? {} : { item: masked(item) }),
    action: draft.action,
    summary: masked(draft.summary),
    diff: masked(draft.diff),
    inverse: draft.inverse,
    place: causeOf(life, step, key),
    ...(user === undefined ? {} : { user }),
    before: state(change.before),
    after: state(draft.after),
    ...(restore === undefined ? {} : hidden ? { restoreHidden: true } : { restore }),
    ...(draft.back?.leaves ? { leaves: masked(draft.back.leaves) } : {}),
    ...(isAct(life, change) ? { act: true } : {}),
    ...(draft.quiet ? { quiet: true } : {}),
  };
}

/** Once the end of a change is known. */
export function noteEnd(life: Life, change: Change, { id, ended, rc, captured }: ChangeResult): void {
  const { diary } = life.context;
  if (!diary) return;
  const keeps = captured !== undefined && ended === 'done' && isAct(life, change);
  const stdout = keeps ? captured.toString('latin1') : undefined;
  const masked = diary.mask(stdout) as typeof stdout;
  diary.to.ended(life.host.name, {
    id,
    ended,
    rc,
    ...(masked === undefined ? {} : { stdout: masked }),
    ...(masked === stdout ? {} : { stdoutHidden: true }),
  });
}

/** Before the host throws away what it knows: of acts, which are not to be done twice whatever happens to this machine. */
export function keepEnds(life: Life, changes: readonly Change[]): (() => Promise<void>) | undefined {
  const { diary } = life.context;
  return diary && changes.some((change) => isAct(life, change)) ? () => diary.to.kept() : undefined;
}
