/** The task `pve_vm`: a virtual machine on a node of Proxmox. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { guest, guestSettings } from '../lib/resources/pve/pve-guest.ts';
import { GUEST_PARAMS, NIC_PARAMS } from '../lib/resources/pve/pve-guest-params.ts';
import { vmNic } from '../lib/resources/pve/pve-nic.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary:
    'A virtual machine of Proxmox: settings, disks, cloud-init, interfaces that keep their MAC, and whether it runs',
  examples: [
    `
- task: pve_vm
  with:
    id: 123
    name: sdntest
    memory: 512
    nics:
      - { bridge: crossvnt, firewall: true, mtu: 1 }
      - { bridge: vmbr0, firewall: true }
    disks:
      scsi0: { storage: local-lvm, import_from: "local:import/debian-13.qcow2" }
    cloud_init:
      storage: local-lvm
      user: debian
      addresses: [{ ip: 10.1.1.11/24, gw: 10.1.1.1 }, { ip: 192.168.3.12/16 }]
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
      name: { type: 'string', minLength: 1, description: 'Name of the VM.' },
      sockets: { type: 'integer', minimum: 1, description: 'Sockets of its CPU.' },
      cpu: { type: 'string', minLength: 1, description: 'Type of its CPU: `x86-64-v2-AES`, `host`.' },
      ostype: { type: 'string', default: 'l26', description: 'What runs in it: l26 is Linux.' },
      agent: { type: 'boolean', description: 'Whether the guest agent runs in it.' },
      scsihw: { type: 'string', default: 'virtio-scsi-pci', description: 'Controller of its SCSI disks.' },
      nics: {
        type: 'array',
        items: {
          ...NIC_PARAMS,
          properties: {
            ...NIC_PARAMS.properties,
            model: { type: 'string', default: 'virtio', description: 'Kind of interface.' },
          },
        },
        description: 'Interfaces net0, net1 and so on.',
      },
      disks: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          required: ['storage'],
          properties: {
            storage: { type: 'string', minLength: 1, description: 'Where it lies.' },
            size_gb: { type: 'integer', minimum: 1, description: 'Size in GiB, of an empty one.' },
            import_from: { type: 'string', minLength: 1, description: 'Image that it is made from.' },
          },
        },
        description: 'Disks by their place: `scsi0`. Made with the VM; one that is there is left as it is.',
      },
      cloud_init: {
        type: 'object',
        additionalProperties: false,
        required: ['storage'],
        properties: {
          storage: { type: 'string', minLength: 1, description: 'Where its disk lies, as ide2.' },
          user: { type: 'string', minLength: 1, description: 'Account that is made.' },
          ssh_keys: {
            type: 'array',
            items: { type: 'string', minLength: 1 },
            description: 'Public keys that may log in.',
          },
          nameserver: { type: 'string', minLength: 1, description: 'DNS server.' },
          addresses: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['ip'],
              properties: {
                ip: { type: 'string', minLength: 1, description: 'Address with prefix length, or dhcp.' },
                gw: { type: 'string', minLength: 1, description: 'Gateway.' },
              },
            },
            description: 'Addresses of the interfaces, in their order.',
          },
          custom_user: {
            type: 'string',
            minLength: 1,
            description: 'Snippet with user data: `local:snippets/x.yaml`.',
          },
        },
        description: 'What cloud-init tells the guest when it starts.',
      },
      boot: { type: 'string', minLength: 1, description: 'Order of booting: `order=scsi0`.' },
      serial: { type: 'boolean', description: 'Whether it has a serial console.' },
      restart: {
        type: 'boolean',
        default: false,
        description:
          'Whether a running VM is shut down and started anew where settings wait for that: memory, CPU, cloud-init. Left out: they wait for its next start, and the change says so.',
      },
      state: { ...STATE, description: 'Whether it is there. With absent its disks go, too.' },
    },
  },
  check({ disks }) {
    return Object.entries(disks ?? {}).flatMap(([name, { size_gb: size, import_from: image }]) => [
      ...(/^(scsi|virtio|sata|ide)\d+$/.test(name)
        ? []
        : [
            {
              path: ['disks', name],
              message: `"${name}" is no place for a disk`,
              hint: 'scsi0, virtio0, sata0, ide0',
            },
          ]),
      ...((size === undefined) === (image === undefined)
        ? [
            {
              path: ['disks', name],
              message: 'a disk is either empty (size_gb) or made from an image (import_from)',
              hint: 'set one of them',
            },
          ]
        : []),
    ]);
  },
  desire(params) {
    const { id, node = '@node', nics = [], disks = {}, cloud_init: init, state = 'present' } = params;
    const made = Object.fromEntries(
      Object.entries(disks).map(([name, { storage, size_gb: size, import_from: image }]) => [
        name,
        image === undefined ? `${storage}:${size}` : `${storage}:0,import-from=${image}`,
      ]),
    );
    return guest({
      type: 'qemu',
      node,
      id,
      state,
      running: params.running,
      restart: params.restart,
      purge: true,
      make: { ...made, ...(init ? { ide2: `${init.storage}:cloudinit` } : {}) },
      disks: Object.keys(made),
      settings: (found) =>
        guestSettings({
          name: params.name,
          memory: params.memory,
          cores: params.cores,
          sockets: params.sockets,
          cpu: params.cpu,
          ostype: params.ostype ?? 'l26',
          agent: params.agent === undefined ? undefined : `enabled=${params.agent ? 1 : 0}`,
          scsihw: params.scsihw ?? 'virtio-scsi-pci',
          boot: params.boot,
          serial0: params.serial ? 'socket' : undefined,
          onboot: params.on_boot,
          startup: params.startup,
          tags: params.tags?.join(';'),
          description: params.description,
          ciuser: init?.user,
          nameserver: init?.nameserver,
          cicustom: init?.custom_user === undefined ? undefined : `user=${init.custom_user}`,
          sshkeys:
            init?.ssh_keys === undefined ? undefined : encodeURIComponent(`${init.ssh_keys.join('\n')}\n`),
          ...Object.fromEntries(
            (init?.addresses ?? []).map(({ ip, gw }, index) => [
              `ipconfig${index}`,
              gw === undefined ? `ip=${ip}` : `ip=${ip},gw=${gw}`,
            ]),
          ),
          ...Object.fromEntries(nics.map((nic, index) => [`net${index}`, vmNic(nic, found[`net${index}`])])),
        }),
    });
  },
});
