/** Which change last started a thing, or made a debt: no reading tells, so it is kept and laid over what is read. */
import type { Key } from '../model/key.ts';
import type { State } from '../model/kind.ts';
import type { Change } from '../model/resource.ts';
import type { ApplyResult } from '../remote/contract.ts';
import { canonical, type Picture } from './picture.ts';

/** Numbers of changes, by the key of what they (re)started and by the mark of what they owe. */
export type Since = Map<Key, number>;

interface Numbered extends State {
  readonly since?: number;
}

export function noteSince(since: Since, changes: readonly Change[], result: ApplyResult): void {
  const results = new Map(result.changes.map((each) => [each.id, each]));
  for (const { id, key, owes, draft } of changes) {
    const how = results.get(id);
    if (!how || how.ended === 'not_run' || how.ended === 'drifted' || how.ended === 'locked_out') continue;
    // Marks are there before the change, so also when it fails.
    for (const mark of owes) since.set(mark, id);
    const started = (draft.after as Numbered).since === id;
    if (started && how.ended === 'done' && how.rc === 0) since.set(key, id);
  }
}

/** Without it a handler behind a boundary would restart again what has been restarted since it was notified. */
export function laySince(since: Since, picture: Picture): void {
  for (const [name, number] of since) {
    const key = canonical(picture, name);
    const state = picture.states.get(key);
    if (state?.exists) picture.states.set(key, { ...state, since: number } as Numbered);
  }
}
