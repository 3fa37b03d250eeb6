/** Writes down what a host is about to be changed to, and how that ended. */

import type { Found, Intended, Journal } from '../model/journal.ts';
import { keyKind } from '../model/key.ts';
import type { State } from '../model/kind.ts';
import type { Change, Draft } from '../model/resource.ts';
import type { ChangeResult } from '../remote/contract.ts';
import type { Life } from './life.ts';
import { isAct } from './outcome.ts';
import { canonical } from './picture.ts';
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
  shown: (kind: string, state: State, hint: unknown) => unknown,
): Intended {
  const { id, step, key, title, item, user, draft } = change;
  const masked = <T>(value: T): T => diary.mask(value) as T;
  // Through JSON: what is not known, and what is secret, say so themselves.
  const plain = (value: unknown): unknown => masked(JSON.parse(JSON.stringify(value)));
  const state = (value: State): unknown => plain(shown(keyKind(key), value, change.hint));
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
    ...(change.hint === undefined ? {} : { hint: plain(change.hint) }),
    ...(draft.opaque ? { opaque: true } : {}),
    ...wayBack(draft, masked),
    ...(isAct(life, change) ? { act: true } : {}),
    ...(draft.quiet ? { quiet: true } : {}),
  };
}

function wayBack({ back, cuts }: Draft, masked: <T>(value: T) => T): Partial<Intended> {
  if (!back) return {};
  const { save, restore, finish, leaves } = back;
  const texts = [restore, ...(finish ? [finish] : [])];
  const isHidden = texts.some((each) => each.secret || masked(each.text) !== each.text);
  return {
    ...(isHidden
      ? { restoreHidden: true }
      : { restore: restore.text, ...(finish ? { finish: finish.text } : {}) }),
    ...(save ? { saves: true } : {}),
    ...(cuts === undefined ? {} : { cuts }),
    ...(leaves ? { leaves: masked(leaves) } : {}),
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

/** After a stretch, once all was read again: how it really is may be more than was planned. */
export function noteFound(life: Life, changes: readonly Change[]): void {
  const { diary } = life.context;
  if (!diary) return;
  const shown = shownBy(life);
  const last = new Map(
    changes.filter(({ draft }) => draft.back).map((change) => [change.key, change] as const),
  );
  const states = [...last.values()].flatMap((change): readonly Found[] => {
    const state = life.picture.states.get(canonical(life.picture, change.key));
    if (!state) return [];
    const text = (value: State): string => JSON.stringify(shown(keyKind(change.key), value, change.hint));
    const found = text(state);
    if (found === text(change.draft.after)) return [{ id: change.id }];
    return [{ id: change.id, state: diary.mask(JSON.parse(found)) }];
  });
  if (states.length > 0) diary.to.found(life.host.name, states);
}

/** Before the host throws away what it knows: of acts, which are not to be done twice whatever happens to this machine. */
export function keepEnds(life: Life, changes: readonly Change[]): (() => Promise<void>) | undefined {
  const { diary } = life.context;
  return diary && changes.some((change) => isAct(life, change)) ? () => diary.to.kept() : undefined;
}
