/** What has to see the files of before, once they are back: restarts and reloads. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { AnyKind, At } from '../../model/kind.ts';
import type { Owed, Resource } from '../../model/resource.ts';
import { owedKind } from '../../resources/owed.ts';
import type { Cutting } from './forth.ts';
import { type PastChange, pastText } from './past-change.ts';
import { sameState } from './same-state.ts';

/** Written before the first change of the undo, removed when it is through. */
export function finishMark(run: string, { id }: PastChange): Key {
  return `owed:undo.${run}.${id}`;
}

/** Whether a mark stands on the host. */
export function isOwed(at: At, mark: Key): boolean {
  const owed = at(mark);
  return owed !== undefined && !(owed instanceof Unknown) && owed.exists;
}

interface Among {
  /** Those that are undone. */
  readonly keys: ReadonlySet<Key>;
  readonly cut: Cutting;
  /** Of the change. */
  readonly kind: AnyKind | undefined;
}

/** Owed from the first change of the undo on, so that no failure loses it. */
export function finished(run: string, change: PastChange, { keys, cut, kind }: Among): Resource<Owed> {
  const mark = finishMark(run, change);
  return {
    kind: owedKind,
    key: mark,
    title: change.title ?? change.key,
    item: change.step,
    debts: [{ mark, because: (key) => keys.has(key) }],
    plan(state) {
      if (!state.exists) return null;
      // What has changed its state besides is told by its kind's own way forth.
      const again = !kind?.forth || sameState(change.before, change.after);
      const text = change.finish === undefined ? sh`:` : pastText(run, change, change.finish);
      return {
        action: 'reload',
        summary: 'with the files of before',
        diff: [],
        after: { exists: false, since: 0 },
        run: text,
        effects: [],
        opaque: false,
        pays: [mark],
        inverse: 'no',
        // Taken back itself: the same again, once the files are those from before the undo.
        ...(cut.some ? { back: { restore: sh`:`, ...(again ? { finish: text } : {}) } } : {}),
        ...cut.of([change]),
      };
    },
  };
}
