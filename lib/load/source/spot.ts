/** Where in a source tree something stands that is known by its keys. */
import { entryOf, type Node, type Spot } from './node.ts';

/** Where a value stands, by its keys from the top; the nearest thing above it where it is not written out. */
export function spotOf(node: Node, path: readonly (string | number)[]): Spot {
  return seek(node, { path }).spot;
}

/** The place of what is meant by its keys from the top: the key itself with `atKey`, else the value, else the nearest thing above it. */
export function seek(
  node: Node,
  one: { readonly path: readonly (string | number)[]; readonly atKey?: boolean },
): { readonly spot: Spot; readonly value: Node | undefined } {
  let at = node;
  let spot: Spot = node;
  for (const [index, step] of one.path.entries()) {
    const last = index === one.path.length - 1;
    if (at.kind === 'map') {
      const entry = entryOf(at, String(step));
      if (!entry) return { spot, value: undefined };
      const empty = entry.value.start === entry.value.end;
      spot = (last && one.atKey) || empty ? entry.key : entry.value;
      at = entry.value;
    } else if (at.kind === 'list') {
      const item = at.items[Number(step)];
      if (!item) return { spot, value: undefined };
      spot = at = item;
    } else return { spot, value: undefined };
  }
  return { spot, value: at };
}
