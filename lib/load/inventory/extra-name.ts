/** A name in --extra-vars that is nearly one that the project knows: a typo, which would otherwise do nothing in silence. */
import { nearest } from '../../base/suggest.ts';
import type { Inventory } from '../../model/inventory.ts';
import { child, listOf, type MapNode, type Node } from '../source/node.ts';
import type { Report } from '../source/report.ts';

const SHORTEST = 5;

/** Names that nothing knows and nothing resembles pass: a template may use them. */
export function checkExtraNames(
  extraVars: Readonly<Record<string, unknown>>,
  inventory: Inventory,
  tops: readonly MapNode[],
  report: Report,
): void {
  const names = Object.keys(extraVars);
  if (names.length === 0) return;
  const known = knownNames(inventory, tops);
  for (const name of names) {
    // Short names resemble each other by nature.
    if (known.has(name) || name.length < SHORTEST) continue;
    const near = nearest(name, known);
    if (near === undefined) continue;
    const place = { file: '--extra-vars', line: 1, col: 1 };
    report.add(
      'unknown-extra-var',
      `nothing here uses a variable "${name}"`,
      place,
      `did you mean "${near}"?`,
    );
  }
}

function knownNames(inventory: Inventory, tops: readonly MapNode[]): ReadonlySet<string> {
  const used = tops.flatMap((top) =>
    [...top.file.text.matchAll(/\bvars(?:\.|\[["'])([a-z][a-z0-9_]*)/g)].map(([, name = '']) => name),
  );
  return new Set([
    ...[...inventory.hosts.values()].flatMap((host) => Object.keys(host.vars)),
    ...tops.flatMap(entriesOf).flatMap((node) => keysOf(child(node, 'vars'))),
    ...used,
  ]);
}

/** The file itself and all its entries, those in groups included. */
function entriesOf(node: Node): readonly Node[] {
  const below = [...listOf(child(node, 'steps')), ...listOf(child(node, 'handlers'))];
  return [node, ...below.flatMap(entriesOf)];
}

function keysOf(node: Node | undefined): string[] {
  return node?.kind === 'map' ? node.entries.map(({ name }) => name) : [];
}
