/** Many wants as one batch: grouped by kind, one framed part each, parsed back to readings. */
import type { Key } from '../model/key.ts';
import type { Kind, Reading, Ref, Want } from '../model/kind.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Part, PartResult } from '../remote/contract.ts';
import { type Picture, wasRead } from './picture.ts';

export interface Batch {
  readonly parts: readonly Part[];
  /** The readings in the answers to `parts`; every want gets one. */
  readings(results: readonly PartResult[]): readonly Reading[];
}

interface Group {
  readonly tag: string;
  readonly kind: Kind;
  readonly user: string | undefined;
  readonly wants: Map<Key, Want>;
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

export function batchReads(refs: Iterable<Ref>): Batch {
  const groups = new Map<string, Group>();
  for (const ref of refs) {
    const name = `${ref.kind.name}\0${ref.user ?? ''}`;
    let group = groups.get(name);
    if (!group) {
      group = { tag: `r${groups.size}.${ref.kind.name}`, kind: ref.kind, user: ref.user, wants: new Map() };
      groups.set(name, group);
    }
    addWant(group, ref);
  }
  const list = [...groups.values()];
  return {
    parts: list.map((group) => ({
      tag: group.tag,
      script: group.kind.read([...group.wants.values()]),
      limitMs: group.kind.limitMs,
      ...(group.user === undefined ? {} : { user: group.user }),
    })),
    readings: (results) => {
      const byTag = new Map(results.map((result) => [result.tag, result]));
      return list.flatMap((group) => readGroup(group, byTag.get(group.tag)));
    },
  };
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
  const wants = [...group.wants.values()];
  const all = (why: string): readonly Reading[] => wants.map(({ key }) => ({ key, unreadable: why }));
  if (!result) return all('it was not read');
  if (result.ended === 'hung') return all(`reading it took longer than ${group.kind.limitMs / 1000} s`);
  if (result.ended !== 'done')
    return all(`the shell that read it was ${result.ended === 'killed' ? 'killed' : 'gone'}`);
  const readings = group.kind.parse(result.out, wants);
  const found = new Set(readings.map(({ key }) => key));
  const missing = wants.filter(({ key }) => !found.has(key));
  if (missing.length === 0) return readings;
  const last = result.err.toString('utf8').trim().split('\n').at(-1);
  const why = `reading it gave no answer (status ${result.rc}${last ? `: ${last}` : ''})`;
  return [...readings, ...missing.map(({ key }) => ({ key, unreadable: why }))];
}
