/** The task `pve_sdn_dns`: a DNS server that the SDN of a Proxmox cluster registers its guests with. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { sdnService } from '../lib/resources/pve/pve-sdn-service.ts';
import { FINGERPRINT, SERVICE_ID, secretOf, urlFaults } from '../lib/resources/pve/pve-service-params.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'A DNS server of the SDN of Proxmox: PowerDNS, by its API',
  examples: [
    `
- task: pve_sdn_dns
  once: true
  with:
    id: powerdns
    url: http://192.0.2.53:8081/api/v1/servers/localhost
    key: "\${{ secrets.powerdns }}"
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id'],
    properties: {
      id: { ...SERVICE_ID, description: 'Its name, as zones name it.' },
      type: { enum: ['powerdns'], default: 'powerdns', description: 'What it is.' },
      url: {
        type: 'string',
        minLength: 1,
        description: 'Its API: `http://HOST:8081/api/v1/servers/localhost`. Proxmox calls it at once.',
      },
      key: {
        format: 'secret',
        description: 'Key of the API, from `secrets`. On no command line of the node.',
      },
      ttl: {
        type: 'integer',
        minimum: 1,
        description: 'Seconds for which answers may be kept; Proxmox’ own: 14400.',
      },
      reverse_mask_v6: {
        type: 'integer',
        minimum: 4,
        maximum: 124,
        multipleOf: 4,
        description: 'Prefix of the reverse zone of IPv6, where it is not that of the subnet.',
      },
      fingerprint: FINGERPRINT,
      state: { ...STATE, description: 'Whether it is there. One that a zone uses is not taken away.' },
    },
  },
  check({ url, key, state }) {
    if (state === 'absent') return [];
    const faults: ParamFault[] = [...urlFaults(url)];
    for (const [name, value] of Object.entries({ url, key }))
      if (value === undefined)
        faults.push({
          path: [],
          message: `a DNS server of type powerdns needs ${name}`,
          hint: `set ${name}`,
        });
    return faults;
  },
  desire({ id, type = 'powerdns', url, key, ttl, reverse_mask_v6, fingerprint, state = 'present' }) {
    return [
      sdnService({
        list: 'dns',
        name: id,
        type,
        state,
        fields: { url, ttl, reversemaskv6: reverse_mask_v6, fingerprint },
        secret: { name: 'key', value: secretOf('key', key) },
      }),
    ];
  },
});
