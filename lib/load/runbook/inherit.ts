/** What groups and imports say counts for each step within, unless the step says otherwise; tags add up. */
import { type Entry, entryOf, type ListNode, listOf, type MapNode } from '../source/node.ts';

/** Said together: a step that says one of them says all. */
const TOGETHER: readonly (readonly string[])[] = [['become', 'become_user'], ['confirm']];

/** The node with what `outer` says and it does not; entries keep the places where they are said. */
export function inherit(node: MapNode, outer: MapNode | undefined): MapNode {
  if (!outer) return node;
  const taken = TOGETHER.filter((names) => !names.some((name) => entryOf(node, name))).flat();
  const more = taken.flatMap((name) => entryOf(outer, name) ?? []);
  const tags = joinTags(entryOf(outer, 'tags'), entryOf(node, 'tags'));
  const own = tags ? node.entries.filter(({ name }) => name !== 'tags') : node.entries;
  if (more.length === 0 && !tags) return node;
  return { ...node, entries: [...own, ...more, ...(tags ? [tags] : [])] };
}

function joinTags(outer: Entry | undefined, own: Entry | undefined): Entry | undefined {
  if (!outer || !own) return outer;
  const value: ListNode = {
    kind: 'list',
    file: own.value.file,
    start: own.value.start,
    end: own.value.end,
    items: [...listOf(outer.value), ...listOf(own.value)],
  };
  return { name: 'tags', key: own.key, value };
}
