/** What a kind of a project's own may do wrong: its keys are then unreadable, and the message names its file; others are read. */
import { type Kind, kindOrigin, kindPlace, type Reading, type Want } from '../model/kind.ts';
import type { PartResult } from '../remote/contract.ts';

/** `parse of kind "space" throws TypeError: … (tasks/space.ts:14:20)` */
export function thrownBy(kind: Kind, part: 'read' | 'parse', error: unknown): string {
  const place = kindOrigin(kind)?.placeOf?.(error) ?? kindPlace(kind);
  return `${part} of kind "${kind.name}" throws ${String(error)}${place === undefined ? '' : ` (${place})`}`;
}

/** The name, and where the kind is defined. */
export function named(kind: Kind): string {
  const place = kindPlace(kind);
  return `kind "${kind.name}"${place === undefined ? '' : ` (${place})`}`;
}

/**
 * A project's snippet that the shell could not read to its end has printed a part, or nothing: what `parse` makes of it
 * would be a guess. Undefined: nothing of the sort. Kinds of the engine, whose guards are texts of users, see to it themselves.
 */
export function brokenSnippet(kind: Kind, { rc, err }: PartResult & { ended: 'done' }): string | undefined {
  if (rc === 0 || !kindOrigin(kind)) return undefined;
  const line = err
    .toString('utf8')
    .split('\n')
    .find((text) => /syntax error|unterminated/i.test(text));
  return line === undefined ? undefined : `the snippet of ${named(kind)} is no shell text: ${line.trim()}`;
}

/** What a project's `parse` gave, with everything that is no reading as an unreadable key. */
export function checkedReadings(kind: Kind, wants: readonly Want[], given: unknown): readonly Reading[] {
  const all = (why: string): readonly Reading[] => wants.map(({ key }) => ({ key, unreadable: why }));
  if (!Array.isArray(given)) return all(`parse of ${named(kind)} gives no list of readings`);
  const readings = given as readonly unknown[];
  if (!kindOrigin(kind)) return given as readonly Reading[];
  const asked = new Set(wants.map(({ key }) => key));
  return readings.flatMap((reading): readonly Reading[] => {
    const { key, state, unreadable } = (reading ?? {}) as Partial<Record<string, unknown>>;
    if (typeof key !== 'string' || !asked.has(key as Reading['key'])) return [];
    if (typeof unreadable === 'string' || isState(state)) return [reading as Reading];
    const why = `parse of ${named(kind)} gives no state for it: a state is a map with \`exists\``;
    return [{ key: key as Reading['key'], unreadable: why }];
  });
}

function isState(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'exists') === 'boolean';
}

/**
 * True when two kinds of one name are one: the same, or one definition that came along with two modules. Their keys would
 * be taken for one another's.
 */
export function sameKind(a: Kind, b: Kind): boolean {
  // Those of the engine know each other.
  if (a === b || (!kindOrigin(a) && !kindOrigin(b))) return true;
  const place = kindPlace(a);
  return place !== undefined && place === kindPlace(b);
}

export function namesakes(a: Kind, b: Kind): string {
  return `two kinds have one name: ${named(a)} and ${named(b)}; give yours another`;
}
