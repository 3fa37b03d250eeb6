/** Parameters that VMs and containers have in common. */

export const GUEST_PARAMS = {
  id: { type: 'integer', minimum: 100, maximum: 999999999, description: 'Its number.' },
  node: { type: 'string', minLength: 1, description: 'Name of its node; left out: that of the host.' },
  memory: { type: 'integer', minimum: 16, description: 'Memory in MiB.' },
  cores: { type: 'integer', minimum: 1, description: 'CPU cores.' },
  on_boot: { type: 'boolean', description: 'Whether it starts with its node.' },
  startup: { type: 'string', minLength: 1, description: 'Order of starting: `order=200,up=30`.' },
  tags: { type: 'array', items: { type: 'string', minLength: 1 }, description: 'Tags.' },
  description: { type: 'string', description: 'What people read of it.' },
  running: { type: 'boolean', description: 'Whether it runs; left out: as it is.' },
} as const;

export const NIC_PARAMS = {
  type: 'object',
  additionalProperties: false,
  required: ['bridge'],
  properties: {
    bridge: { type: 'string', minLength: 1, description: 'Bridge or vnet.' },
    mac: {
      type: 'string',
      pattern: '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$',
      $comment: 'must be a MAC address, as in BC:24:11:00:00:01',
      description: 'MAC; left out: the one it has, else one that Proxmox makes.',
    },
    firewall: { type: 'boolean', description: 'Whether the firewall of the guest is for it.' },
    tag: { type: 'integer', minimum: 1, maximum: 4094, description: 'VLAN.' },
    mtu: { type: 'integer', minimum: 1, maximum: 65520, description: 'MTU in bytes; 1: that of the bridge.' },
    rate: { type: 'number', minimum: 0, description: 'Most MB a second.' },
    link_down: { type: 'boolean', description: 'Whether its cable is out.' },
  },
} as const;
