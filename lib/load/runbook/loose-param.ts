/** Parameters that are not indented under `with:`, and keys of the step that are: told as what they are. */
import type { Violation } from '../schema/schema.ts';
import { foreignHint } from '../source/foreign-key.ts';
import { child, type MapNode, type Node } from '../source/node.ts';
import { GROUP_KEYS, IMPORT_KEYS, STEP_KEYS } from './runbook-schema.ts';

/** `with:` has nothing under it, and keys follow that no step has: those, in order. */
export function looseParams(step: Node | undefined): readonly string[] {
  if (step?.kind !== 'map') return [];
  const given = child(step, 'with');
  if (given?.kind !== 'scalar' || given.value !== null) return [];
  const after = step.entries.slice(step.entries.findIndex(({ name }) => name === 'with') + 1);
  return after.flatMap(({ name }) => (isKey(step, name) ? [] : [name]));
}

function isKey(step: MapNode, name: string): boolean {
  const keys = child(step, 'import') ? IMPORT_KEYS : child(step, 'group') ? GROUP_KEYS : STEP_KEYS;
  return Object.hasOwn(keys, name) || foreignHint(name) !== undefined;
}

/** The first of them is told for all. */
export function tellLooseParam(one: Violation, top: Node): Violation | undefined {
  if (one.code !== 'unknown-key') return one;
  const key = String(one.path.at(-1));
  const loose = looseParams(nodeAt(top, one.path.slice(0, -1)));
  if (!loose.includes(key)) return one;
  if (loose[0] !== key) return undefined;
  const { near: _, ...rest } = one;
  const names = loose.map((name) => `"${name}"`).join(', ');
  return {
    ...rest,
    message: `${names} ${loose.length === 1 ? 'stands' : 'stand'} beside "with:" and not under it`,
    hint: 'indent what belongs to with: by two more spaces',
  };
}

/** For a parameter that its task does not have. */
export function stepKeyHint(name: string): string | undefined {
  if (!Object.hasOwn(STEP_KEYS, name)) return undefined;
  return `${name}: is a key of the step: indent it as deep as with:`;
}

function nodeAt(top: Node, path: readonly (string | number)[]): Node | undefined {
  let at: Node | undefined = top;
  for (const key of path) at = at?.kind === 'list' ? at.items[Number(key)] : child(at, String(key));
  return at;
}
