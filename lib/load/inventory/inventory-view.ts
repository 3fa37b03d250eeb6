/** An inventory as plain data with the names of its own keys: what `run inventory --json` prints. */
import { formatPlace } from '../../base/problem.ts';
import type { Host } from '../../model/inventory.ts';
import type { ChosenHosts } from './hosts.ts';

/** A host as all of the inventory together makes it, by the names of its keys. */
export interface HostEntry extends Omit<Host, 'name' | 'forwardAgent' | 'become' | 'place'> {
  readonly forward_agent?: boolean;
  readonly become?: false | { readonly user: string; readonly method: string };
  /** Where the host stands. */
  readonly place: string;
}

export interface GroupEntry {
  readonly children: readonly string[];
  /** All members, those of children included, in inventory order. */
  readonly hosts: readonly string[];
}

export interface InventoryView {
  readonly hosts: Readonly<Record<string, HostEntry>>;
  readonly groups: Readonly<Record<string, GroupEntry>>;
  /** Never more than their names. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Of the hosts that are chosen; groups without one of them are left out. */
export function viewInventory({ loaded, limit }: ChosenHosts): InventoryView {
  const { inventory, groups, secrets } = loaded;
  const chosen = [...inventory.hosts.values()].filter(({ name }) => limit.has(name));
  const members = [...inventory.groups].flatMap(([name, hosts]): [string, GroupEntry][] => {
    const here = hosts.filter((host) => limit.has(host));
    if (here.length === 0 && limit.size < inventory.hosts.size) return [];
    return [[name, { children: [...(groups.get(name)?.children.keys() ?? [])], hosts: here }]];
  });
  const there = new Set(members.map(([name]) => name));
  const names = secrets?.kind === 'map' ? secrets.entries.map(({ name }) => name) : [];
  return {
    hosts: Object.fromEntries(chosen.map((host) => [host.name, hostEntry(host)])),
    groups: Object.fromEntries(
      members.map(([name, group]) => [
        name,
        { ...group, children: group.children.filter((each) => there.has(each)) },
      ]),
    ),
    secrets: Object.fromEntries(names.map((name) => [name, `‹${name}›`])),
  };
}

export function hostEntry(host: Host): HostEntry {
  const { address, port, user, identity, jump, connection, transport, forwardAgent, become } = host;
  return {
    address,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(identity === undefined ? {} : { identity }),
    ...(jump === undefined ? {} : { jump }),
    connection,
    ...(transport === undefined ? {} : { transport }),
    ...(forwardAgent === undefined ? {} : { forward_agent: forwardAgent }),
    ...(become === undefined ? {} : { become }),
    groups: host.groups,
    vars: host.vars,
    place: formatPlace(host.place),
  };
}
