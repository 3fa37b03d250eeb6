/** What a part of the firewall is for: the cluster, this node, a vnet, a guest, or a group of rules. */

export interface FirewallScope {
  readonly scope?: 'cluster' | 'node' | 'vnet' | 'vm' | 'ct' | undefined;
  /** Name of the node; undefined: the host's own. */
  readonly node?: string | undefined;
  readonly vnet?: string | undefined;
  /** Number of the guest. */
  readonly id?: number | undefined;
}

/** Parameters of the tasks that say it. */
export const SCOPE_PARAMS = {
  scope: {
    enum: ['cluster', 'node', 'vnet', 'vm', 'ct'],
    default: 'cluster',
    description: 'What it is for. With node, vm and ct it is the node of the host, unless node says another.',
  },
  node: { type: 'string', minLength: 1, description: 'Name of the node.' },
  vnet: { type: 'string', minLength: 1, description: 'Of scope vnet: its name.' },
  id: { type: 'integer', minimum: 100, description: 'Of scope vm and ct: number of the guest.' },
} as const;

/** `/cluster/firewall`: options and rules stand below it. */
export function firewallPath({ scope = 'cluster', node = '@node', vnet, id }: FirewallScope): string {
  switch (scope) {
    case 'cluster':
      return '/cluster/firewall';
    case 'node':
      return `/nodes/${node}/firewall`;
    case 'vnet':
      return `/cluster/sdn/vnets/${vnet ?? ''}/firewall`;
    case 'vm':
      return `/nodes/${node}/qemu/${id ?? ''}/firewall`;
    case 'ct':
      return `/nodes/${node}/lxc/${id ?? ''}/firewall`;
  }
}

/** What the scope lacks, as a message; undefined when all is said. */
export function scopeFault({ scope = 'cluster', vnet, id }: FirewallScope): string | undefined {
  if (scope === 'vnet' && vnet === undefined) return 'scope vnet needs vnet';
  if ((scope === 'vm' || scope === 'ct') && id === undefined) return `scope ${scope} needs id`;
  return undefined;
}
