/** Hosts of an inventory, on lab hosts: names, groups and variables stay, only the way to them is another. */
import type { Host } from '../../model/inventory.ts';
import type { Project } from '../../model/runbook.ts';

export interface LabPlace {
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly tree: string }[];
  readonly identity: string;
  readonly knownHosts: string;
}

export function placedOnLab(project: Project, place: LabPlace): Project {
  const { inventory } = project;
  const hosts = new Map([...inventory.hosts].map(([name, host]) => [name, placed(host, place)]));
  return { ...project, inventory: { ...inventory, hosts, knownHosts: [place.knownHosts] } };
}

function placed(host: Host, { hosts, identity }: LabPlace): Host {
  const found = hosts.find(({ name }) => name === host.name);
  if (!found) return host;
  const { name, groups, vars, place, become } = host;
  const way = { address: found.address, user: 'root', identity, connection: 'ssh' } as const;
  return { name, groups, vars, place, ...way, ...(become === undefined ? {} : { become }) };
}
