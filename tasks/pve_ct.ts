/** The task `pve_ct`: a container on a node of Proxmox. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { guest, guestSettings } from '../lib/resources/pve/pve-guest.ts';
import { GUEST_PARAMS, NIC_PARAMS } from '../lib/resources/pve/pve-guest-params.ts';
import { ctNic } from '../lib/resources/pve/pve-nic.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary:
    'A container of Proxmox: settings, its root disk, interfaces that keep their MAC, and whether it runs',
  examples: [
    `
- task: pve_ct
  with:
    id: 130
    hostname: sdnct
    template: "local:vztmpl/debian-13-standard.tar.zst"
    root: { storage: local-lvm, size_gb: 4 }
    nics: [{ name: eth0, bridge: crossvnt, ip: 10.1.1.12/24, gw: 10.1.1.1, firewall: true }]
    running: true
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id'],
    properties: {
      ...GUEST_PARAMS,
      hostname: { type: 'string', minLength: 1, description: 'Name of the container.' },
      template: { type: 'string', minLength: 1, description: 'What it is made from.' },
      root: {
        type: 'object',
        additionalProperties: false,
        required: ['storage', 'size_gb'],
        properties: {
          storage: { type: 'string', minLength: 1, description: 'Where it lies.' },
          size_gb: { type: 'integer', minimum: 1, description: 'Size in GiB.' },
        },
        description: 'Its root disk, made with the container.',
      },
      swap: { type: 'integer', minimum: 0, description: 'Swap in MiB.' },
      unprivileged: {
        type: 'boolean',
        default: true,
        description: 'Whether its root is nobody outside; when it is made.',
      },
      features: { type: 'string', minLength: 1, description: 'What it may: `nesting=1`.' },
      nameserver: { type: 'string', minLength: 1, description: 'DNS server.' },
      nics: {
        type: 'array',
        items: {
          ...NIC_PARAMS,
          required: ['name', 'bridge'],
          properties: {
            ...NIC_PARAMS.properties,
            name: { type: 'string', minLength: 1, description: 'Name of the interface within: `eth0`.' },
            ip: { type: 'string', minLength: 1, description: 'Address with prefix length, or dhcp.' },
            gw: { type: 'string', minLength: 1, description: 'Gateway.' },
          },
        },
        description: 'Interfaces net0, net1 and so on.',
      },
      state: { ...STATE, description: 'Whether it is there. With absent its disks go, too.' },
    },
  },
  check({ state, template, root }) {
    if (state === 'absent' || (template !== undefined && root !== undefined)) return [];
    return [
      {
        path: [],
        message: 'a container is made from a template, on a root disk',
        hint: 'set template and root',
      },
    ];
  },
  desire(params) {
    const { id, node = '@node', nics = [], root, state = 'present' } = params;
    const make = {
      ...(params.template === undefined ? {} : { ostemplate: params.template }),
      ...(root === undefined ? {} : { rootfs: `${root.storage}:${root.size_gb}` }),
      unprivileged: params.unprivileged === false ? 0 : 1,
    };
    return guest({
      type: 'lxc',
      node,
      id,
      state,
      running: params.running,
      purge: true,
      make,
      disks: root === undefined ? [] : ['rootfs'],
      settings: (found) =>
        guestSettings({
          hostname: params.hostname,
          memory: params.memory,
          swap: params.swap,
          cores: params.cores,
          features: params.features,
          nameserver: params.nameserver,
          onboot: params.on_boot,
          startup: params.startup,
          tags: params.tags?.join(';'),
          description: params.description,
          ...Object.fromEntries(nics.map((nic, index) => [`net${index}`, ctNic(nic, found[`net${index}`])])),
        }),
    });
  },
});
