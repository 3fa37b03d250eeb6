/** One host of an inventory: how it is reached, and its values. */
import { dirname, join, resolve } from 'node:path';
import type { Become, Host } from '../../model/inventory.ts';
import { child, listOf, type MapNode, type Node, placeOf, textOf } from '../source/node.ts';
import type { InventoryPlace } from '../source/root.ts';
import { becomeOf } from './become.ts';
import type { GroupGraph } from './group.ts';
import type { HostValues } from './value.ts';

export function readHost(
  entry: MapNode['entries'][number],
  at: InventoryPlace,
  home: string,
  known: {
    readonly groups: Node | undefined;
    readonly graph: GroupGraph;
    readonly values: ReadonlyMap<string, HostValues>;
  },
): Host {
  const node = entry.value;
  const port = scalar(node, 'port');
  const user = textOf(child(node, 'user'));
  const identity = textOf(child(node, 'identity'));
  const jump = listOf(child(node, 'jump')).flatMap((item) => textOf(item)?.split(',') ?? []);
  const become: Become | false | undefined = becomeOf(node);
  const groups = known.graph.of(entry.name);
  // What is said nearest to the host counts.
  const said = [...groups.map((name) => child(known.groups, name)), node];
  const last = (word: string): unknown =>
    said.map((each) => scalar(each, word)).findLast((value) => value !== undefined);
  const transport = last('transport');
  const forwardAgent = last('forward_agent');
  return {
    name: entry.name,
    address: textOf(child(node, 'address')) ?? entry.name,
    ...(typeof port === 'number' ? { port } : {}),
    ...(user === undefined ? {} : { user }),
    ...(identity === undefined ? {} : { identity: expandPath(identity, dirname(at.file), home) }),
    ...(jump.length === 0 ? {} : { jump: jump.map((hop) => hop.trim()) }),
    connection: textOf(child(node, 'connection')) === 'local' ? 'local' : 'ssh',
    ...(transport === 'builtin' || transport === 'openssh' ? { transport } : {}),
    ...(typeof forwardAgent === 'boolean' ? { forwardAgent } : {}),
    ...(become === undefined ? {} : { become }),
    groups,
    vars: known.values.get(entry.name)?.vars ?? {},
    place: placeOf(entry.key),
  };
}

function scalar(node: Node | undefined, name: string): unknown {
  const value = child(node, name);
  return value?.kind === 'scalar' ? value.value : undefined;
}

/** `~/` is the home folder; anything else is relative to the folder of the file that says it. */
export function expandPath(path: string, folder: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(folder, path);
}
