/** The task `pve_sdn_subnet`: a network of addresses on a vnet. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { sdnObject } from '../lib/resources/pve/pve-sdn.ts';
import { liesWithin, networkFaults, SHORT_ID } from '../lib/resources/pve/pve-sdn-params.ts';
import { subnet } from '../lib/resources/pve/pve-sdn-wish.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'A subnet of a vnet of Proxmox, with its gateway, SNAT and DHCP ranges',
  examples: [
    `
- task: pve_sdn_subnet
  once: true
  with: { vnet: crossvnt, cidr: 10.1.1.0/24, gateway: 10.1.1.1, snat: true }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['vnet', 'cidr'],
    properties: {
      vnet: { ...SHORT_ID, description: 'Its vnet.' },
      cidr: { type: 'string', minLength: 1, description: 'The network: `10.1.1.0/24`.' },
      gateway: { type: 'string', minLength: 1, description: 'Address of the gateway, on each node alike.' },
      snat: { type: 'boolean', description: 'Guests go out under the address of the exit node.' },
      dhcp_ranges: {
        type: 'array',
        description: 'Addresses that are given away; in simple zones with dhcp.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['start', 'end'],
          properties: {
            start: { type: 'string', minLength: 1, description: 'The first address.' },
            end: { type: 'string', minLength: 1, description: 'The last address.' },
          },
        },
      },
      dhcp_dns_server: { type: 'string', minLength: 1, description: 'DNS server that guests are told of.' },
      dns_prefix: { type: 'string', minLength: 1, description: 'Put before the DNS domain of the zone.' },
      state: { ...STATE, description: 'Whether it is there.' },
    },
  },
  check({ cidr, gateway, dhcp_ranges: ranges, state }) {
    const faults: ParamFault[] = [...networkFaults(cidr, 'cidr')];
    if (state === 'absent' || faults.length > 0) return faults;
    const outside = (address: unknown, path: ParamFault['path'], what: string): void => {
      if (liesWithin(address, cidr)) return;
      faults.push({
        path,
        message: `${what} ${String(address)} lies outside ${cidr}`,
        hint: 'name one within it',
      });
    };
    outside(gateway, ['gateway'], 'the gateway');
    for (const [index, range] of (Array.isArray(ranges) ? ranges : []).entries()) {
      outside(range.start, ['dhcp_ranges', index, 'start'], 'the first address');
      outside(range.end, ['dhcp_ranges', index, 'end'], 'the last address');
    }
    return faults;
  },
  desire(params) {
    const { vnet, cidr, state = 'present' } = params;
    const ranges = params.dhcp_ranges?.map(({ start, end }) => `start-address=${start},end-address=${end}`);
    return [
      sdnObject(
        ...subnet(vnet, cidr, {
          state,
          fields: {
            gateway: params.gateway,
            snat: params.snat,
            'dhcp-range': ranges && ranges.length > 0 ? ranges : undefined,
            'dhcp-dns-server': params.dhcp_dns_server,
            dnszoneprefix: params.dns_prefix,
          },
        }),
      ),
    ];
  },
});
