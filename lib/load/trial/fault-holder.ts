/** Which hosts and items have a fault: what many have in common is told once, with their names. */
import { formatPlace } from '../../base/problem.ts';
import type { Item } from '../../model/item.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { onOneLine } from './trial-param.ts';
import { type ValueWorld, valuePlace } from './value-place.ts';

export interface Holders {
  readonly hosts: string[];
  /** The first that has it, and the labels of all. */
  readonly item: Item | undefined;
  readonly items: Set<string>;
}

export function holders(item: Item | undefined): Holders {
  return { hosts: [], item, items: new Set<string>() };
}

/** Hosts come one after the other. */
export function addHolder({ hosts, items }: Holders, host: string, item: Item | undefined): void {
  if (item) items.add(item.label);
  if (hosts.at(-1) !== host) hosts.push(host);
}

/** ` (on wro: inventory/prod/hosts.yaml:4:63)`: which hosts it is about, and where the value comes from. `total`: how many there are. */
export function heldBy(
  built: BuiltStep,
  path: readonly (string | number)[],
  { hosts, item, items }: Holders,
  values: ValueWorld,
  total = built.step.hosts.size,
): string {
  const [first = ''] = hosts;
  const everywhere = hosts.length === total && hosts.length > 1;
  const varies = built.with.uses.some((use) => path.length > 0 && onOneLine(use.path, path));
  const names =
    hosts.length <= 3 ? hosts.join(', ') : `${hosts.slice(0, 2).join(', ')} and ${hosts.length - 2} more`;
  const on = everywhere || (hosts.length === total && !varies) ? '' : `on ${names}`;
  const place = valuePlace(built, first, path, values, item);
  const set = place ? `set at ${formatPlace(place)}` : '';
  const more = items.size > 1 ? ` and ${items.size - 1} more` : '';
  const all = [item ? `${item.label}${more}` : '', on, set].filter((text) => text !== '');
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}
