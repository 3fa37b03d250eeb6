/** What the parameters of a step of task `evpn` come to on a host: addresses, MTU, names, links. Pure. */
import { sha256, toBytes } from '../../base/bytes.ts';
import {
  asWritten,
  formatCidr,
  type IpCidr,
  networkOf,
  parseAddress,
  parseCidr,
} from '../../base/ip-address.ts';
import { known } from '../../base/unknown.ts';
import type { TaskContext } from '../../model/task.ts';
import type { LinkWish } from '../link/link-wish.ts';
import { ETHERNET_MTU, tunnelMtu, VXLAN_OVERHEAD, VXLAN_OVERHEAD_IPV6 } from '../link/overlay-mtu.ts';
import type { EvpnNetwork, EvpnParams } from './evpn-params.ts';

/** What the overlay runs over, on one host; undefined where neither the step nor the parameters say it. */
export interface Underlay {
  /** End of the tunnels of VXLAN: an address without prefix length. */
  readonly local: string | undefined;
  readonly mtu: number;
  /** VXLAN takes this much of it. */
  readonly overhead: number;
  /** The interface of the tunnel; undefined without a step. */
  readonly interface: string | undefined;
  /** The group of hosts it joins. */
  readonly peers: string | undefined;
}

/** Of the host's own context, or of a peer's by its parameters of the same step. */
export function underlayOf(params: EvpnParams, ctx: TaskContext, host = ctx.host.name): Underlay {
  return underlayOver(params, params.underlay === undefined ? undefined : ctx.params(params.underlay, host));
}

/** `step`: parameters of the step that makes the tunnels below, on the same host. */
export function underlayOver(
  params: EvpnParams,
  step: Readonly<Record<string, unknown>> | undefined,
): Underlay {
  const [first] = [known(step?.address ?? [])].flat();
  const given = known(params.local) ?? (first === undefined ? undefined : `${first}`.replace(/\/.*$/, ''));
  const local = given && asWritten(given);
  const name = step?.interface;
  const peers = params.peers ?? step?.peers;
  return {
    local,
    mtu: params.underlay_mtu ?? (step ? tunnelMtu(step) : ETHERNET_MTU),
    overhead: local?.includes(':') ? VXLAN_OVERHEAD_IPV6 : VXLAN_OVERHEAD,
    interface: typeof name === 'string' ? name : undefined,
    peers: typeof peers === 'string' ? peers : undefined,
  };
}

export function overlayMtu(params: EvpnParams, underlay: Underlay): number {
  return params.mtu ?? underlay.mtu - underlay.overhead;
}

export function gatewaysOf(network: EvpnNetwork): readonly string[] {
  return [known(network.gateway) ?? []].flat().map((gateway) => known(gateway));
}

/** The subnets behind the gateways of a network; what is no address is left out. */
export function subnetsOf(network: EvpnNetwork): readonly IpCidr[] {
  return gatewaysOf(network).flatMap((gateway) => {
    const parsed = parseCidr(gateway);
    return parsed ? [networkOf(parsed)] : [];
  });
}

/** Name of the VRF; empty without one. */
export function vrfName(params: EvpnParams): string {
  return params.vrf?.name ?? '';
}

/** What else of ours on the host is named after this overlay: letters, digits and `_`. */
export function overlayId(params: EvpnParams): string {
  return vrfName(params).replace(/\W/g, '_') || 'main';
}

/** Names of the bridge and the VXLAN interface that carry what is routed. */
export function routedNames(params: EvpnParams): { readonly bridge: string; readonly vxlan: string } {
  const name = vrfName(params) || 'l3';
  return { bridge: `br_${name}`, vxlan: `vx_${name}` };
}

export function vxlanName(network: EvpnNetwork): string {
  return `vx_${network.name}`;
}

/** Whether traffic of some network leaves the overlay here. */
export function isExit(params: EvpnParams): boolean {
  return params.networks.some((network) => network.snat === true && gatewaysOf(network).length > 0);
}

/** All links of the overlay on this host, each after its master. */
export function overlayLinks(params: EvpnParams, local: string, mtu: number): readonly LinkWish[] {
  const master = vrfName(params);
  const routed = params.vrf === undefined ? [] : routedLinks(params, params.vrf.vni, local, mtu);
  return [
    ...routed,
    ...params.networks.flatMap((network) => networkLinks(network, params, local, mtu, master)),
  ];
}

function routedLinks(params: EvpnParams, vni: number, local: string, mtu: number): readonly LinkWish[] {
  const name = vrfName(params);
  const names = routedNames(params);
  const vrf: LinkWish = {
    name,
    type: 'vrf',
    master: '',
    settings: { table: String(params.vrf?.table ?? 1001) },
    members: [names.bridge, ...params.networks.map((network) => network.name)],
  };
  return [
    ...(name === '' ? [] : [vrf]),
    // Its MAC is where other hosts send what is routed to this one.
    {
      name: names.bridge,
      type: 'bridge',
      mtu,
      mac: routerMac(local),
      master: name,
      addresses: [],
      settings: BRIDGE,
      proof: names.vxlan,
    },
    vxlan(names.vxlan, vni, params, local, mtu, names.bridge, true),
  ];
}

function networkLinks(
  network: EvpnNetwork,
  params: EvpnParams,
  local: string,
  mtu: number,
  master: string,
): readonly LinkWish[] {
  const gateways = gatewaysOf(network).map((gateway) => {
    const parsed = parseCidr(gateway);
    return parsed ? formatCidr(parsed) : gateway;
  });
  const mac = gateways.length === 0 ? {} : { mac: gatewayMac(network) };
  return [
    {
      name: network.name,
      type: 'bridge',
      mtu,
      ...mac,
      master,
      addresses: gateways,
      settings: BRIDGE,
      proof: vxlanName(network),
    },
    vxlan(vxlanName(network), network.vni, params, local, mtu, network.name, network.suppress ?? true),
    ...(network.ports ?? []).map(
      (name): LinkWish => ({ name, type: 'port', master: network.name, settings: {} }),
    ),
  ];
}

const BRIDGE = { stp_state: '0' } as const;

/** BGP tells where a MAC address is, so nothing is learned from the frames that arrive. */
function vxlan(
  name: string,
  vni: number,
  params: EvpnParams,
  local: string,
  mtu: number,
  master: string,
  suppress: boolean,
): LinkWish {
  const end = local.includes(':') ? { local6: local } : { local };
  return {
    name,
    type: 'vxlan',
    mtu,
    master,
    addresses: [],
    settings: {
      id: String(vni),
      ...end,
      port: String(params.port ?? 4789),
      learning: 'false',
      slave_learning: 'false',
      slave_neigh_suppress: String(suppress),
    },
  };
}

/** Its MAC address in lower case. */
export function gatewayMac(network: EvpnNetwork): string {
  return known(network.mac)?.toLowerCase() ?? `02:00:5e:${pairs(network.vni.toString(16).padStart(6, '0'))}`;
}

/** One of its own for each host: made of its tunnel address, so that it stays over a reboot. */
export function routerMac(local: string): string {
  const address = parseAddress(local);
  if (address?.version === 4) return `02:04:${pairs(address.value.toString(16).padStart(8, '0'))}`;
  return `02:06:${pairs(sha256(toBytes(local)).slice(0, 8))}`;
}

function pairs(hex: string): string {
  return hex.match(/../g)?.join(':') ?? hex;
}
