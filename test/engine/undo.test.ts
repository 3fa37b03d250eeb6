/** An undo: what others have changed is seen also when it goes on after an interruption, and what can cut is confirmed as one. */
import { sh } from '../../lib/base/sh.ts';
import { waitOf } from '../../lib/engine/confirm.ts';
import type { PastChange } from '../../lib/engine/undo/past-change.ts';
import { undoResources } from '../../lib/engine/undo/undo.ts';
import type { Key } from '../../lib/model/key.ts';
import type { At, Kind, State } from '../../lib/model/kind.ts';
import type { AnyResource, Draft } from '../../lib/model/resource.ts';
import { assert, suite } from '../suite.ts';

const test = suite('undo');

interface Thing extends State {
  readonly value: string;
}

const kind: Kind<Thing> = {
  name: 'thing',
  absent: { exists: false, value: '' },
  limitMs: 1000,
  read: () => sh`:`,
  parse: () => [],
};

const thing = (value: string): Thing => ({ exists: true, value });

function past(id: number, key: Key, more: Partial<PastChange> = {}): PastChange {
  const made = { before: thing('old'), after: thing('new'), seen: true, restore: 'true', saves: false };
  return { id, stretch: 1, step: `s${id}`, key, opaque: false, sound: true, ...made, ...more };
}

const CHANGES = [past(1, 'thing:a'), past(2, 'thing:b', { finish: 'true' }), past(3, 'thing:c')];

function resources(changes: readonly PastChange[], begun: readonly Key[] = []): readonly AnyResource[] {
  return undoResources('r1', changes, new Map([['thing', kind]]), new Set(begun));
}

/** The states of things by name, and marks that are owed. */
function world(values: Readonly<Record<string, string>>, owed: readonly string[] = []): At {
  return <S>(key: Key) =>
    (key.startsWith('owed:')
      ? { exists: owed.includes(key), since: 0 }
      : thing(values[key.slice('thing:'.length)] ?? 'new')) as S;
}

function plans(list: readonly AnyResource[], at: At): readonly (Draft | null)[] {
  return list.map((each, index) => each.plan(at(each.key) as State, at, index + 1));
}

test('what somebody has changed since is refused as a whole', () => {
  assert.throws(
    () => plans(resources(CHANGES), world({ a: 'theirs' })),
    /somebody has changed since[\s\S]*thing:a/,
  );
  assert.is(plans(resources(CHANGES), world({ a: 'old' })).filter(Boolean).length, 2);
});

test('an undo that was interrupted sees it, too; only what it was at may be anything', () => {
  const owed = ['owed:undo.r1.2'];
  assert.throws(() => plans(resources(CHANGES), world({ a: 'theirs', c: 'old' }, owed)), /thing:a/);
  // Its files may be back, and what runs has not seen them yet.
  assert.is(plans(resources(CHANGES), world({ b: 'half', c: 'old' }, owed)).filter(Boolean).length, 3);
  assert.throws(() => plans(resources(CHANGES), world({ b: 'half' })), /thing:b/);
  // Begun by an undo of which nobody knows how far it came.
  assert.is(plans(resources(CHANGES, ['thing:a']), world({ a: 'half' })).filter(Boolean).length, 3);
  assert.throws(() => plans(resources(CHANGES, ['thing:a']), world({ a: 'half', c: 'theirs' })), /thing:c/);
});

/** Nobody says anything of how long. */
const LIFE = {
  context: { confirm: undefined, steps: { get: () => undefined } },
  cutting: new Set<string>(),
} as unknown as Parameters<typeof waitOf>[0];

const waits = (list: readonly AnyResource[], at: At): readonly string[] =>
  plans(list, at).map((draft) => {
    const wait = draft ? waitOf(LIFE, 'undo', draft) : 'nothing';
    return typeof wait === 'string' ? wait : `${wait.ms} ${wait.by}${draft?.cuts ? ` ${draft.cuts}` : ''}`;
  });

test('where anything of it can cut, all of it is confirmed as one; what was kept goes afterwards', () => {
  const [a, b, c] = CHANGES;
  if (!a || !b || !c) throw new Error('no changes');
  const at = world({}, ['owed:undo.r1.2']);
  assert.equal(waits(resources([a, b, c]), at), ['none', 'none', 'none', 'none']);
  const cuts = [a, { ...b, cuts: 'firewall' } as const, c];
  assert.equal(waits(resources(cuts), at), [
    '60000 cuts',
    '60000 cuts firewall',
    '60000 cuts',
    '60000 cuts firewall',
  ]);
  // A package must not be ended in its middle.
  assert.is(waits(resources([{ ...a, opaque: true }, ...cuts.slice(1)]), at)[0], '300000 cuts');
  const kept = resources([{ ...a, saves: true }, ...cuts.slice(1)]).at(-1);
  const draft = kept?.plan({ exists: true, stretches: ['1'] } as State, at, 9);
  assert.is(draft ? waitOf(LIFE, 'undo', draft) : undefined, 'none');
  // The reload is done once more where the undo itself is taken back.
  const reload = plans(resources(cuts), at).at(-1);
  assert.match(reload?.back?.finish?.text ?? '', /eval true/);
});
