/** Changes after which nobody would reach the node any more: told before anything is written. */
import { PlanError } from '../../model/resource.ts';
import { type InterfaceWish, optionsOf, sameSetting, setOf } from './pve-interface-wish.ts';
import type { PveValue } from './pve-state.ts';

type Found = Readonly<Record<string, PveValue>>;

/** Throws when the interface carries the default route, or the address of the node, and the wish takes that away. */
export function refuseCut({
  list,
  found,
  wish,
  reached,
}: {
  readonly list: readonly Found[];
  readonly found: Found;
  readonly wish: InterfaceWish;
  readonly reached: string;
}): void {
  const why = carriedBy(list, reached).get(wish.name);
  if (why === undefined) return;
  const what = wish.state === 'absent' ? 'without it' : lossOf(found, wish);
  if (what === undefined) return;
  throw new PlanError(
    `${wish.name} carries ${why}: ${what} this node could not be reached any more`,
    'make this change at its console, or set `allow_lockout: true`',
  );
}

/** What each interface carries, those below others among them. */
function carriedBy(list: readonly Found[], reached: string): ReadonlyMap<string, string> {
  const byName = new Map(list.map((each) => [String(each.iface), each]));
  const carried = new Map<string, string>();
  const add = (name: string, why: string): void => {
    const each = byName.get(name);
    if (!each || carried.has(name)) return;
    carried.set(name, why);
    for (const below of belowOf(each)) add(below, why);
  };
  for (const each of list) {
    const name = String(each.iface);
    if (each.gateway !== undefined || each.gateway6 !== undefined) add(name, 'the default route');
    for (const cidr of [each.cidr, each.cidr6])
      if (typeof cidr === 'string' && cidr.split('/')[0] === reached) add(name, `the address ${reached}`);
  }
  return carried;
}

/** Interfaces that it stands on: ports, members of a bond, the device of a VLAN. */
function belowOf(each: Found): readonly string[] {
  const name = String(each.iface);
  const [device = ''] = name.split('.');
  return [
    ...setOf(String(each.bridge_ports ?? '')).split(' '),
    ...setOf(String(each.slaves ?? '')).split(' '),
    String(each['vlan-raw-device'] ?? (device === name ? '' : device)),
  ].filter(Boolean);
}

/** What would be lost, as the beginning of a sentence; undefined: nothing that counts. */
function lossOf(found: Found, wish: InterfaceWish): string | undefined {
  const options = optionsOf(wish);
  for (const name of ['cidr', 'gateway', 'cidr6', 'gateway6', 'vlan-raw-device', 'vlan-id']) {
    const from = String(found[name] ?? '');
    const to = options[name];
    if (from === '' || to === undefined || sameSetting(name, found[name], to)) continue;
    return to === 'none' ? `without its ${name} ${from}` : `with ${name} ${to} instead of ${from}`;
  }
  if (wish.ports === undefined) return undefined;
  const now = setOf(String(found[wish.type === 'bond' ? 'slaves' : 'bridge_ports'] ?? ''))
    .split(' ')
    .filter(Boolean);
  const lost = now.filter((port) => !wish.ports?.includes(port));
  // A bond lives on with one of its members.
  if (lost.length === 0 || (wish.type === 'bond' && lost.length < now.length)) return undefined;
  return `without ${lost.join(', ')}`;
}
