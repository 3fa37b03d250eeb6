/** `once:` of a step: which host carries it out for which others. */

import { formatPlace } from '../../base/problem.ts';
import { didYouMean } from '../../base/suggest.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { HostValues } from '../inventory/value.ts';
import { child, type Node, placeOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';

/** Hosts that a step counts for, each with the one that carries it out for it. */
export type Actors = ReadonlyMap<string, string>;

export interface OnceWorld {
  readonly inventory: Inventory;
  /** Where values of hosts come from. */
  readonly values: ReadonlyMap<string, HostValues>;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

/** The drafts, each `once` settled; one that cannot be is reported, and left as a step of all its hosts. */
export function settleOnce(
  drafts: readonly StepDraft[],
  world: OnceWorld,
  report: Report,
): readonly StepDraft[] {
  return drafts.map((draft) => {
    const node = child(draft.node, 'once');
    const actors = node && actorsOf(draft, node, world, report);
    return actors && actors.size > 0 ? { ...draft, actors } : draft;
  });
}

/** In the order of the inventory. */
function actorsOf(draft: StepDraft, node: Node, world: OnceWorld, report: Report): Actors | undefined {
  if (node.kind !== 'scalar' || node.value === false) return undefined;
  const hosts = [...world.inventory.hosts.keys()].filter((host) => draft.hosts.has(host));
  if (node.value === true) return actFor(hosts, () => '', hosts);
  const name = String(node.value);
  const group = world.inventory.groups.get(name);
  if (group) {
    const able = hosts.filter((host) => group.includes(host));
    if (able.length > 0) return actFor(hosts, () => '', able);
    const message = `no host of this step is in group "${name}"`;
    report.add('once-no-host', message, node, 'name a group of its hosts, a variable, or write true');
    return undefined;
  }
  return byVariable(name, hosts, node, world, report);
}

/**
 * `of`: what hosts have in common that have one actor. `able`: those that can be it. The first of the inventory, whatever
 * --limit says: with another one a second token would be made beside the one that the cluster has.
 */
function actFor(hosts: readonly string[], of: (host: string) => string, able: readonly string[]): Actors {
  const first = new Map<string, string>();
  for (const host of able) {
    if (!first.has(of(host))) first.set(of(host), host);
  }
  return new Map(
    hosts.flatMap((host) => {
      const actor = first.get(of(host));
      return actor === undefined ? [] : [[host, actor] as const];
    }),
  );
}

function byVariable(
  name: string,
  hosts: readonly string[],
  node: Node,
  { inventory, values, extraVars }: OnceWorld,
  report: Report,
): Actors | undefined {
  const valueOn = (host: string): unknown => extraVars[name] ?? inventory.hosts.get(host)?.vars[name];
  const unset = hosts.filter((host) => valueOn(host) === undefined);
  if (hosts.length > 0 && unset.length === hosts.length) {
    const known = new Set(hosts.flatMap((host) => Object.keys(inventory.hosts.get(host)?.vars ?? {})));
    const hint = didYouMean(name, [...inventory.groups.keys(), ...known]);
    const message = `no group and no variable of a host is called "${name}"`;
    report.add(
      'once-unknown',
      message,
      node,
      hint ?? 'name a group, a variable of the inventory, or write true',
    );
    return undefined;
  }
  if (unset.length > 0) {
    const few =
      unset.length <= 3 ? unset.join(', ') : `${unset.slice(0, 2).join(', ')} and ${unset.length - 2} more`;
    const hint = `set ${name} for each host of the step, or narrow its hosts:`;
    report.add(
      'once-unset',
      `"${name}" is not set on ${few}, so nobody can tell with whom they go`,
      node,
      hint,
    );
    return undefined;
  }
  const odd = hosts.find((host) => typeof valueOn(host) === 'object');
  if (odd !== undefined) {
    const place = values.get(odd)?.settings(name).at(-1)?.entry.value;
    const where = place ? ` (${formatPlace(placeOf(place))})` : '';
    report.add(
      'once-unset',
      `"${name}" of ${odd} is a list or a map${where}`,
      node,
      'name a text or a number',
    );
    return undefined;
  }
  const of = (host: string): string => `${typeof valueOn(host)} ${valueOn(host)}`;
  return actFor(hosts, of, hosts);
}
