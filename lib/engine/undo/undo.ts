/** What a run has changed on a host, as it was before: refused where somebody else has changed it since. */
import { join } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type Key, keyId, keyKind } from '../../model/key.ts';
import type { AnyKind, At, Ref, State } from '../../model/kind.ts';
import { type AnyResource, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { owedRef } from '../../resources/owed.ts';
import { finished, finishMark, isOwed } from './finish.ts';
import { type Cutting, cutting, forth } from './forth.ts';
import { type PastChange, pastText } from './past-change.ts';
import { sameState } from './same-state.ts';
import { noUndoFolder, type UndoFolderState, undoFolderRef } from './undo-folder.ts';
import { differences, threeWays } from './undo-view.ts';

/** All that one key went through, in order. */
interface Trail {
  readonly key: Key;
  readonly kind: AnyKind;
  readonly hint: unknown;
  readonly changes: readonly [PastChange, ...PastChange[]];
  /** Those before it that may have brought what it found: packages. */
  readonly grounds: readonly Trail[];
}

/**
 * `changes`: those of one host that have a way back, in their order. Of kinds that are not known there must be none. `begun`: keys that
 * an earlier undo of the run has begun to bring back, and of which nobody knows how far it came.
 */
export function undoResources(
  run: string,
  changes: readonly PastChange[],
  kinds: ReadonlyMap<string, AnyKind>,
  begun: ReadonlySet<Key> = new Set(),
): readonly AnyResource[] {
  const trails = trailsOf(changes, kinds);
  const saves = changes.some((change) => change.saves);
  const cut = cutting(changes);
  const back = trails.map((trail) => undone(run, trail, cut));
  const keys = new Set(trails.map(({ key }) => key));
  const [first, ...rest] = back;
  if (!first) return [];
  return [
    refusing(run, first, trails, { saves, begun }),
    ...rest,
    ...changes
      .filter(({ finish }) => finish !== undefined)
      .map((change) => finished(run, change, { keys, cut, kind: kinds.get(keyKind(change.key)) })),
    ...(saves ? [noUndoFolder(run)] : []),
  ];
}

/** The key that was changed last comes first. */
function trailsOf(changes: readonly PastChange[], kinds: ReadonlyMap<string, AnyKind>): readonly Trail[] {
  const byKey = new Map<Key, [PastChange, ...PastChange[]]>();
  for (const each of changes) {
    const { restored } = kinds.get(keyKind(each.key)) ?? {};
    const change = restored ? { ...each, before: restored(each.before as State) } : each;
    const known = byKey.get(change.key);
    byKey.delete(change.key);
    byKey.set(change.key, known ? [...known, change] : [change]);
  }
  const trails = [...byKey].flatMap(([key, all]) => {
    const kind = kinds.get(keyKind(key));
    return kind ? [{ key, kind, hint: hintOf(key, all), changes: all, grounds: [] as Trail[] }] : [];
  });
  for (const trail of trails)
    trail.grounds.push(
      ...trails.filter((each) => each.changes.some(({ opaque, id }) => opaque && id < trail.changes[0].id)),
    );
  return trails.reverse();
}

/** As it was read then; of a file that holds no secret with its content, so that it can be shown. */
function hintOf(key: Key, changes: readonly PastChange[]): unknown {
  const hint = changes.map((change) => change.hint).find((each) => each !== undefined);
  if (!key.startsWith('file:')) return hint;
  const secret = changes.some(
    ({ hint: each }) => typeof each === 'object' && each !== null && 'secret' in each,
  );
  const follow = typeof hint === 'object' && hint !== null && 'follow' in hint;
  return { need: secret ? 'sum' : 'content', ...(secret ? { secret } : {}), ...(follow ? { follow } : {}) };
}

function refOf({ kind, key, hint }: Trail): Ref {
  return { kind, key, ...(hint === undefined ? {} : { hint }) };
}

function shownState({ kind, hint }: Trail, state: State): unknown {
  return JSON.parse(JSON.stringify(kind.review?.(state, hint).shown ?? state));
}

/** How many of its changes still hold; undefined: it is as none of them left it. */
function standing(trail: Trail, state: State, at: At): number | undefined {
  const { changes } = trail;
  const now = shownState(trail, state);
  if (sameState(changes[0].before, now)) return 0;
  if (!state.exists && trail.grounds.some((ground) => isGone(ground, at))) return 0;
  for (let count = changes.length; count > 0; count -= 1) {
    const change = changes[count - 1];
    if (change?.sound && sameState(change.after, now, !change.seen)) return count;
  }
  // What broke off may have left anything.
  return changes.at(-1)?.sound ? undefined : changes.length;
}

/** What it had brought has gone with it. */
function isGone(ground: Trail, at: At): boolean {
  const state = at(ground.key);
  return state !== undefined && !(state instanceof Unknown) && standing(ground, state, at) === 0;
}

function undone(run: string, trail: Trail, cut: Cutting): Resource {
  const { key, kind, hint, changes } = trail;
  const last = changes.at(-1) ?? changes[0];
  return {
    kind,
    key,
    ...(hint === undefined ? {} : { hint }),
    ...(last.title === undefined ? {} : { title: last.title }),
    item: last.step,
    reads: trail.grounds.map(refOf),
    plan(state, at, now) {
      const count = standing(trail, state, at);
      return count === 0
        ? null
        : backDraft(run, trail, { count: count ?? changes.length, state, id: now, cut });
    },
  };
}

interface Way {
  /** How many of its changes are taken back. */
  readonly count: number;
  readonly state: State;
  /** Number of the change. */
  readonly id: number;
  readonly cut: Cutting;
}

function backDraft(run: string, trail: Trail, { count, state, id, cut }: Way): Draft {
  const { changes, key, kind, hint } = trail;
  const now = shownState(trail, state);
  const before = changes[0].before as State;
  const held = changes.slice(0, count);
  const told = held.some(({ finish }) => finish !== undefined);
  const steps = [...new Set(held.map(({ step }) => step))];
  return {
    action: before.exists === state.exists ? 'update' : before.exists ? 'create' : 'delete',
    summary: `as before step${steps.length === 1 ? '' : 's'} ${steps.join(', ')}`,
    diff: differences(now, before),
    after: before,
    run: join([...held].reverse().map((change) => pastText(run, change, change.restore))),
    effects: [],
    opaque: false,
    ...forth(kind, key, { before, state, hint, now: id, told }),
    ...cut.of(held),
  };
}

/** The first of all looks at all: what is refused is refused as a whole, before anything is written. */
function refusing(
  run: string,
  first: Resource,
  trails: readonly Trail[],
  { saves, begun }: { readonly saves: boolean; readonly begun: ReadonlySet<Key> },
): Resource {
  const [own] = trails;
  const marks = trails.flatMap(({ changes }) =>
    changes.filter(({ finish }) => finish !== undefined).map((each) => finishMark(run, each)),
  );
  // An undo that broke off has left things in between: what it was at, and what has not seen the files of before yet.
  const isBetween = ({ key, changes }: Trail, at: At): boolean =>
    begun.has(key) || changes.some((each) => each.finish !== undefined && isOwed(at, finishMark(run, each)));
  return {
    ...first,
    reads: [
      ...trails.slice(1).map(refOf),
      ...marks.map((mark) => owedRef(keyId(mark))),
      ...(saves ? [undoFolderRef(run)] : []),
    ],
    plan(state, at, now) {
      const changed = trails.flatMap((trail) => {
        const found = trail === own ? state : at(trail.key);
        if (found === undefined || found instanceof Unknown) return [];
        if (standing(trail, found, at) !== undefined || isBetween(trail, at)) return [];
        const last = trail.changes.at(-1);
        return [
          threeWays(last?.title ?? trail.key, trail.changes[0].before, last?.after, shownState(trail, found)),
        ];
      });
      if (changed.length > 0)
        throw new PlanError(
          `somebody has changed since what run ${run} has left, and it would be lost:\n${changed.join('\n')}`,
          'bring it to the state after the run, or before it, by hand; nothing was undone on this host',
        );
      if (saves) refuseGone(run, trails, state, at);
      return first.plan(state, at, now);
    },
  };
}

function refuseGone(run: string, trails: readonly Trail[], state: State, at: At): void {
  const folder = at<UndoFolderState>(undoFolderRef(run).key);
  if (folder === undefined || folder instanceof Unknown) return;
  const gone = trails.flatMap((trail, index) => {
    const found = index === 0 ? state : at(trail.key);
    if (found === undefined || found instanceof Unknown) return [];
    const held = trail.changes.slice(0, standing(trail, found, at) ?? 0);
    const lost = held.some((change) => change.saves && !folder.stretches.includes(String(change.stretch)));
    return lost ? [trail.key] : [];
  });
  if (gone.length === 0) return;
  throw new PlanError(
    `what run ${run} has kept on this host is gone, and these cannot be brought back without it: ${gone.join(', ')}`,
    'it is kept for 30 days, and until it is undone; bring them back by hand',
  );
}
