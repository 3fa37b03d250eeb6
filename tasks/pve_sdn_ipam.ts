/** The task `pve_sdn_ipam`: who keeps the addresses of the SDN of a Proxmox cluster. */
import { parseAddress } from '../lib/base/ip-address.ts';
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { ipamEntry } from '../lib/resources/pve/pve-ipam-entry.ts';
import { SHORT_ID } from '../lib/resources/pve/pve-sdn-params.ts';
import { sdnService } from '../lib/resources/pve/pve-sdn-service.ts';
import { FINGERPRINT, SERVICE_ID, secretOf, urlFaults } from '../lib/resources/pve/pve-service-params.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'An IPAM of the SDN of Proxmox: netbox, phpipam, or static entries of its own',
  examples: [
    `
- task: pve_sdn_ipam
  once: true
  with: { id: netbox, type: netbox, url: https://netbox.example.net/api, token: "\${{ secrets.netbox }}" }
# After pve_sdn_apply, as only networks that run have entries.
- id: addresses
  task: pve_sdn_ipam
  once: true
  with:
    id: pve
    type: pve
    entries: [{ vnet: lan, mac: BC:24:11:00:00:11, ip: 10.9.1.11 }]
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type'],
    properties: {
      id: { ...SERVICE_ID, description: 'Its name. The one of Proxmox’ own is `pve`, and always there.' },
      type: { enum: ['pve', 'netbox', 'phpipam'], description: 'What it is. Cannot be changed later.' },
      url: {
        type: 'string',
        minLength: 1,
        description: 'Of netbox and phpipam: `https://netbox.example.net/api`. Proxmox calls it at once.',
      },
      token: {
        format: 'secret',
        description: 'Of netbox and phpipam: the token, from `secrets`. On no command line of the node.',
      },
      section: { type: 'integer', minimum: 1, description: 'Of phpipam: number of the section.' },
      fingerprint: FINGERPRINT,
      entries: {
        type: 'array',
        description: 'Of pve: addresses that MACs get by DHCP. Entries that are not named stay.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['vnet', 'mac', 'ip'],
          properties: {
            vnet: { ...SHORT_ID, description: 'The vnet.' },
            mac: {
              type: 'string',
              pattern: '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$',
              $comment: 'must be a MAC, with colons',
              description: 'The MAC.',
            },
            ip: { type: 'string', minLength: 1, description: 'Its address.' },
            state: { ...STATE, description: 'Whether it is there.' },
          },
        },
      },
      state: { ...STATE, description: 'Whether it is there. One that a zone uses is not taken away.' },
    },
  },
  check({ id, type, url, token, section, fingerprint, entries, state }) {
    const faults: ParamFault[] = [];
    const add = (path: ParamFault['path'], message: string, hint: string): void => {
      faults.push({ path, message, hint });
    };
    if ((type === 'pve') !== (id === 'pve') && typeof id === 'string' && typeof type === 'string')
      add(
        ['type'],
        'the IPAM of type pve has the id pve, and no other has it',
        'name another id, or set type: pve',
      );
    if (type === 'pve') {
      for (const [name, value] of Object.entries({ url, token, section, fingerprint }))
        if (value !== undefined) add([name], `the IPAM of Proxmox’ own has no ${name}`, 'leave it out');
      if (state === 'absent')
        add(['state'], 'the IPAM of Proxmox’ own cannot be taken away', 'leave state out');
    } else if (typeof type === 'string') {
      if (entries !== undefined)
        add(['entries'], `Proxmox keeps no entries of ${type} itself`, 'make them there, or set type: pve');
      if (state !== 'absent') {
        const needed = { url, token, ...(type === 'phpipam' ? { section } : {}) };
        for (const [name, value] of Object.entries(needed))
          if (value === undefined) add([], `an IPAM of type ${type} needs ${name}`, `set ${name}`);
        if (type === 'netbox' && section !== undefined)
          add(['section'], 'netbox has no sections', 'leave it out');
        faults.push(...urlFaults(url));
      }
    }
    for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries())
      if (typeof entry.ip === 'string' && !parseAddress(entry.ip))
        add(['entries', index, 'ip'], `"${entry.ip}" is no IP address`, 'write it as 10.9.1.11');
    return faults;
  },
  desire({ id, type, url, token, section, fingerprint, entries = [], state = 'present' }) {
    if (type === 'pve')
      return entries.map(({ state: each = 'present', ...entry }) => ipamEntry({ ...entry, state: each }));
    return [
      sdnService({
        list: 'ipams',
        name: id,
        type,
        state,
        fields: { url, section, fingerprint },
        secret: { name: 'token', value: secretOf('token', token) },
      }),
    ];
  },
});
