/** Many wants as one batch: grouped by kind, one framed part each, parsed back to readings. */
import { Sh } from '../base/sh.ts';
import type { Key } from '../model/key.ts';
import { type Kind, kindOrigin, type Reading, type Ref, type Want } from '../model/kind.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Part, PartResult } from '../remote/contract.ts';
import { brokenSnippet, checkedReadings, named, namesakes, sameKind, thrownBy } from './kind-fault.ts';
import { type Picture, wasRead } from './picture.ts';

export interface Batch {
  readonly parts: readonly Part[];
  /** What is read, a line per key. */
  wanted(): readonly Ref[];
  /** The readings in the answers to `parts`; every want gets one. */
  readings(results: readonly PartResult[]): readonly Reading[];
}

interface Group {
  readonly tag: string;
  readonly kind: Kind;
  readonly user: string | undefined;
  readonly limitMs: number;
  readonly wants: Map<Key, Want>;
  /** Keys that another kind of the same name wants: they cannot be told apart. */
  readonly unreadable: Map<Key, string>;
}

/** All keys a resource's plan looks at, each with its kind. */
export function refsOf(resource: AnyResource): readonly Ref[] {
  const own: Ref = resource;
  return [own, ...(resource.reads ?? []), ...(resource.uses ?? [])];
}

/** Adds them to a list: a host has hundreds. */
export function addRefs(refs: Ref[], resource: AnyResource): void {
  refs.push(resource);
  if (resource.reads) refs.push(...resource.reads);
  if (resource.uses) refs.push(...resource.uses);
}

/** What these look at and nobody has read yet. */
export function unreadOf(resources: readonly AnyResource[], picture: Picture): readonly Ref[] {
  const unread: Ref[] = [];
  const look = (ref: Ref): void => {
    if (!wasRead(picture, ref.key)) unread.push(ref);
  };
  for (const resource of resources) {
    look(resource);
    resource.reads?.forEach(look);
    resource.uses?.forEach(look);
  }
  return unread;
}

/** `keeping`: what is found is kept for later plans, so each kind is asked for what those may need. */
export function batchReads(refs: Iterable<Ref>, keeping = false): Batch {
  const groups = new Map<string, Group>();
  for (const ref of refs) {
    const name = `${ref.kind.name}\0${ref.user ?? ''}\0${ref.limitMs ?? ''}`;
    let group = groups.get(name);
    if (!group) {
      group = {
        tag: `r${groups.size}.${ref.kind.name}`,
        kind: ref.kind,
        user: ref.user,
        limitMs: ref.limitMs ?? ref.kind.limitMs,
        wants: new Map(),
        unreadable: new Map(),
      };
      groups.set(name, group);
    }
    if (ref.kind !== group.kind && !sameKind(group.kind, ref.kind)) {
      group = besides(group, ref);
      groups.set(name, group);
    } else addWant(group, ref);
  }
  const list = [...groups.values()];
  if (keeping) list.forEach(askMore);
  return {
    parts: list.flatMap(partOf),
    wanted: () => list.flatMap(({ kind, wants }) => [...wants.values()].map((want) => ({ ...want, kind }))),
    readings: (results) => {
      const byTag = new Map(results.map((result) => [result.tag, result]));
      return list.flatMap((group) => readGroup(group, byTag.get(group.tag)));
    },
  };
}

function askMore({ kind, wants }: Group): void {
  const { ask } = kind.keep ?? {};
  if (!ask) return;
  for (const [key, want] of wants) wants.set(key, { ...want, hint: ask(want.hint) });
}

/** Two kinds of one name: what the second wants is unreadable, or what a project's wants where ours is the other one. */
function besides(group: Group, ref: Ref): Group {
  const why = namesakes(group.kind, ref.kind);
  if (kindOrigin(ref.kind)) {
    group.unreadable.set(ref.key, why);
    return group;
  }
  const unreadable = new Map(group.unreadable);
  for (const key of group.wants.keys()) unreadable.set(key, why);
  const ours: Group = { ...group, kind: ref.kind, wants: new Map(), unreadable };
  addWant(ours, ref);
  return ours;
}

/** None, and the keys unreadable, where the kind's own code fails. */
function partOf(group: Group): readonly Part[] {
  const { tag, kind, user, limitMs, wants } = group;
  try {
    const script = kind.read([...wants.values()]);
    if (!(script instanceof Sh))
      throw new TypeError('what it gives is no shell text: make it with the tag sh');
    return [{ tag, script, limitMs, ...(user === undefined ? {} : { user }) }];
  } catch (error) {
    const why = thrownBy(kind, 'read', error);
    for (const key of wants.keys()) group.unreadable.set(key, why);
    wants.clear();
    return [];
  }
}

function addWant(group: Group, ref: Ref): void {
  const known = group.wants.get(ref.key);
  if (!known) {
    group.wants.set(ref.key, ref.hint === undefined ? { key: ref.key } : { key: ref.key, hint: ref.hint });
    return;
  }
  if (ref.hint === undefined) return;
  const hint = known.hint === undefined ? ref.hint : (group.kind.merge?.(known.hint, ref.hint) ?? known.hint);
  group.wants.set(ref.key, { key: ref.key, hint });
}

function readGroup(group: Group, result: PartResult | undefined): readonly Reading[] {
  const { kind, unreadable } = group;
  const wants = [...group.wants.values()].filter(({ key }) => !unreadable.has(key));
  const lost = [...unreadable].map(([key, why]) => ({ key, unreadable: why }));
  if (wants.length === 0) return lost;
  const all = (why: string): readonly Reading[] => [
    ...lost,
    ...wants.map(({ key }) => ({ key, unreadable: why })),
  ];
  if (!result) return all('it was not read');
  if (result.ended === 'hung') return all(`reading it took longer than ${group.limitMs / 1000} s`);
  if (result.ended !== 'done')
    return all(`the shell that read it was ${result.ended === 'killed' ? 'killed' : 'gone'}`);
  const broken = brokenSnippet(kind, result);
  if (broken !== undefined) return all(broken);
  let readings: readonly Reading[];
  try {
    readings = [...lost, ...checkedReadings(kind, wants, kind.parse(result.out, wants))];
  } catch (error) {
    return all(thrownBy(kind, 'parse', error));
  }
  const found = new Set(readings.map(({ key }) => key));
  const missing = wants.filter(({ key }) => !found.has(key));
  if (missing.length === 0) return readings;
  const last = result.err.toString('utf8').trim().split('\n').at(-1);
  const ended = `(status ${result.rc}${last ? `: ${last}` : ''})`;
  const why = kindOrigin(kind)
    ? `parse of ${named(kind)} gives no reading for it ${ended}`
    : `reading it gave no answer ${ended}`;
  return [...readings, ...missing.map(({ key }) => ({ key, unreadable: why }))];
}
