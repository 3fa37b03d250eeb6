/** The task `wireguard`: an encrypted tunnel to other hosts, its file and what runs. */
import { formatAddress, parseCidr } from '../lib/base/ip-address.ts';
import { defineTask, type ParamFault, type TaskContext } from '../lib/model/task.ts';
import { directory } from '../lib/resources/file/directory.ts';
import { absolutePath } from '../lib/resources/file/file-params.ts';
import { LEAST_MTU } from '../lib/resources/link/overlay-mtu.ts';
import { packages } from '../lib/resources/package/package.ts';
import { wireguardFaults } from '../lib/resources/wireguard/wireguard-check.ts';
import { wireguardConf } from '../lib/resources/wireguard/wireguard-conf.ts';
import { wireguardInterface } from '../lib/resources/wireguard/wireguard-interface.ts';
import { wireguardLink } from '../lib/resources/wireguard/wireguard-link.ts';
import { type WireguardParams, wishOf } from '../lib/resources/wireguard/wireguard-params.ts';
import { noWireguard } from '../lib/resources/wireguard/wireguard-remove.ts';
import * as schema from '../lib/resources/wireguard/wireguard-schema.ts';
import { wireguardUnit } from '../lib/resources/wireguard/wireguard-unit.ts';
import { hasDefaultRoute } from '../lib/resources/wireguard/wireguard-wish.ts';

export default defineTask({
  summary: 'An encrypted tunnel of WireGuard to other hosts, changed in place',
  examples: [
    `
- task: wireguard_key
# Waits for the public keys of all peers.
- task: wireguard
  with:
    address: "\${{ host.vars.wg_address }}"
    endpoint: "\${{ host.address }}"
    peers: fabric
    keepalive: 25
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      interface: {
        ...schema.TUNNEL,
        default: 'wg0',
        description: 'Name of the interface; its file is /etc/wireguard/NAME.conf, its unit wg-quick@NAME.',
      },
      address: {
        ...schema.NETWORKS,
        description:
          'Tunnel address of this host, or a list of them, like 10.1.0.1/32. Without a prefix length it is the address alone.',
      },
      listen_port: {
        type: 'integer',
        minimum: 1,
        maximum: 65_535,
        default: 51_820,
        description: 'UDP port on which peers reach this host.',
      },
      key: {
        type: 'string',
        format: 'step:wireguard_key',
        description:
          'Step that makes the key pair. Left out: the one step of task wireguard_key before this one.',
      },
      private_key: absolutePath('File of the private key on the host. Left out: as the step `key` has it.'),
      underlay_mtu: {
        type: 'integer',
        minimum: LEAST_MTU,
        maximum: 65_535,
        default: 1500,
        description: 'Bytes that fit into one packet of the network below, on the whole way to the peers.',
      },
      mtu: {
        type: 'integer',
        description: 'MTU of the tunnel. Left out: `underlay_mtu` less the 80 bytes that WireGuard takes.',
      },
      table: {
        type: ['string', 'integer'],
        pattern: '^(auto|off|main|[1-9][0-9]{0,9})$',
        $comment: 'must be auto, off, main or the number of a table',
        default: 'auto',
        description:
          'Routing table that gets a route for each allowed IP. `auto`: the main one, where all other routes through the interface are removed (unless `pre_up` or `post_up` may have made them); a default route is led by rules of wg-quick’s own, made when the interface starts. `off`: none, and none is looked at.',
      },
      fwmark: {
        type: 'integer',
        minimum: 0,
        maximum: 4_294_967_295,
        default: 0,
        description: 'Mark on the encrypted packets; 0 for none.',
      },
      dns: {
        type: 'array',
        items: { type: 'string', pattern: '^[A-Za-z0-9.:_-]+$', $comment: 'must be an address or a domain' },
        description:
          'Name servers and search domains as long as the interface is up (by resolvconf). A change takes effect when the interface starts.',
      },
      pre_up: schema.hook('Run before the interface comes up.'),
      post_up: schema.hook('Run after the interface has come up; not after a change in place.'),
      pre_down: schema.hook('Run before the interface goes.'),
      post_down: schema.hook('Run after the interface has gone.'),
      peers: {
        type: 'string',
        format: 'host-group',
        description: 'Group of hosts that this step connects with each other; this host may be one of them.',
      },
      topology: {
        enum: ['mesh', 'hub'],
        default: 'mesh',
        description:
          '`mesh`: each host is every other’s peer. `hub`: hosts are peers of the `hubs` alone, and reach each other through the first of them, which must forward.',
      },
      hubs: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description: 'Names of the hosts in the middle, for `topology: hub`.',
      },
      endpoint: {
        type: 'string',
        description:
          'Where peers reach this host: a name or an address, with `:port` if that is another than `listen_port` (IPv6: `[2001:db8::1]:51820`). Left out or empty: behind NAT, it calls its peers.',
      },
      allowed_ips: {
        ...schema.NETWORKS,
        description:
          'Networks that peers send to this host, and from which they take packets of it. Left out: its own addresses.',
      },
      keepalive: {
        ...schema.SECONDS,
        description:
          'Seconds between empty packets to each peer, which keep a way through NAT open; 0 for none. Left out: 25 on a host without `endpoint`, else none.',
      },
      preshared_key: {
        type: 'string',
        format: 'secret',
        description:
          'One more secret, shared by all hosts of `peers`: 44 characters, as `wg genpsk` makes it.',
      },
      external_peers: schema.EXTERNAL_PEERS,
      userspace: {
        type: 'boolean',
        default: false,
        description:
          'Install wireguard-go as well, on which wg-quick falls back where the kernel has no WireGuard.',
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description:
          'With absent: taken down, and its file removed. The key pair stays: it is its own step’s.',
      },
    },
    allOf: [
      {
        if: { not: { required: ['state'], properties: { state: { const: 'absent' } } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['address'] },
      },
      {
        if: { required: ['topology'], properties: { topology: { const: 'hub' } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['hubs', 'peers'] },
      },
    ],
  },
  outputs: {
    interface: { type: 'string', description: 'Name of the interface.' },
    addresses: {
      type: 'array',
      items: { type: 'string' },
      description: 'Its addresses, with their prefix length.',
    },
    address: { type: 'string', description: 'The first of them, without prefix length.' },
    mtu: { type: 'integer', description: 'MTU of the tunnel.' },
    listen_port: { type: 'integer', description: 'UDP port on which it is reached.' },
  },
  reads: [{ step: 'key' }, { step: 'key', hosts: 'peers' }],
  check(params, ctx): readonly ParamFault[] {
    return params.state === 'absent' ? [] : wireguardFaults(asParams(params), ctx);
  },
  desire(params, ctx) {
    const { interface: name = 'wg0', userspace, dns = [], state } = params;
    if (state === 'absent') return noWireguard(name);
    const wish = wishOf(asParams(params), ctx);
    const names = [
      'wireguard-tools',
      ...(userspace ? ['wireguard-go'] : []),
      ...(dns.length > 0 ? ['resolvconf'] : []),
      // wg-quick keeps answers to a default route's packets from being forged by rules of nft.
      ...(hasDefaultRoute(wish) ? ['nftables'] : []),
    ];
    return [
      ...packages(names, { state: 'present' }),
      directory('/etc/wireguard', { owner: 'root', group: 'root', mode: '0700' }),
      wireguardConf(wish),
      wireguardUnit(wish),
      wireguardInterface(wish),
      wireguardLink(wish),
    ];
  },
  output(params, _at, ctx: TaskContext) {
    if (params.state === 'absent')
      return { interface: params.interface ?? 'wg0', addresses: [], address: '' };
    const { peers: _, external_peers: __, ...own } = asParams(params);
    const wish = wishOf(own, ctx);
    const first = wish.addresses[0] === undefined ? undefined : parseCidr(wish.addresses[0]);
    return {
      interface: wish.interface,
      addresses: wish.addresses,
      address: first ? formatAddress(first) : '',
      mtu: wish.mtu,
      listen_port: wish.listenPort,
    };
  },
});

/** The schema's type, in the words of the code behind it: lists that may be one text are too much for inference. */
function asParams(params: unknown): WireguardParams {
  return params as WireguardParams;
}
