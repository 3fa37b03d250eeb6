/** What is wrong with an overlay across its hosts: subnets that overlap, tunnel ends that are shared, VNIs that differ. */

import { contains, formatCidr, overlaps, sameAddress } from '../../base/ip-address.ts';
import { Unknown, unlessUnknown } from '../../base/unknown.ts';
import type { ParamFault, TaskContext } from '../../model/task.ts';
import { type EvpnFabric, type EvpnSite, evpnFabric, type SiteNetwork, siteOf } from './evpn-fabric.ts';
import { gatewayMac, gatewaysOf, type Underlay, vrfName } from './evpn-overlay.ts';
import type { EvpnParams } from './evpn-params.ts';

/**
 * Faults of this host against the hosts before it in the group, so that each pair is named once; of what its networks
 * swallow, against all. A peer whose parameters rest on something unknown is passed over.
 */
export function peerFaults(params: EvpnParams, underlay: Underlay, ctx: TaskContext): readonly ParamFault[] {
  if (underlay.peers === undefined) return [];
  const fabric = evpnFabric(underlay.peers, ctx);
  const { name } = ctx.host;
  const found = unlessUnknown(() => {
    const own = fabric.sites.get(name) ?? siteOf(name, params, underlay);
    const at = fabric.position.get(name) ?? fabric.position.size;
    const rivals = rivalsOf(own, fabric).filter((peer) => (fabric.position.get(peer.name) ?? 0) < at);
    const swallowed = own.networks.flatMap(({ subnets }) => subnets.flatMap(fabric.ends.overlapping));
    const peers = new Set([...rivals, ...swallowed].filter((peer) => peer.name !== name));
    const order = (peer: EvpnSite): number => fabric.position.get(peer.name) ?? 0;
    return [...peers]
      .sort((a, b) => order(a) - order(b))
      .flatMap((peer) => pairFaults(own, peer, order(peer) < at));
  });
  return found instanceof Unknown ? [] : found;
}

/** Hosts that could be in its way; most are not even looked at. */
function rivalsOf(own: EvpnSite, { ends, networks, routed }: EvpnFabric): readonly EvpnSite[] {
  const others = own.params.vrf && routed.get(vrfName(own.params));
  return [
    ...(own.end ? ends.around(own.end) : []),
    ...[...(others ?? [])].flatMap(([vni, sites]) => (vni === own.params.vrf?.vni ? [] : sites)),
    ...own.networks.flatMap((network) =>
      [...new Set(network.subnets.flatMap(networks.overlapping))].flatMap((other) =>
        clashes(network, other, together(own.params, other.params)) ? other.sites : [],
      ),
    ),
  ];
}

function clashes(ours: SiteNetwork, theirs: SiteNetwork, routed: boolean): boolean {
  const found = unlessUnknown(() => clash(ours, theirs, '', routed).length > 0);
  return found === true;
}

function pairFaults(own: EvpnSite, peer: EvpnSite, before: boolean): readonly ParamFault[] {
  const routed = together(own.params, peer.params);
  const faults = unlessUnknown(() => [
    ...(before ? [...endFaults(own, peer), ...vrfFaults(own.params, peer)] : []),
    ...own.networks.flatMap((network, index) => {
      const path = ['networks', index, 'gateway'];
      const swallowed = swallowFault(network, peer);
      if (swallowed) return [{ path, ...swallowed }];
      if (!before) return [];
      return peer.networks.flatMap((other) =>
        clash(network, other, peer.name, routed).map((fault) => ({ path, ...fault })),
      );
    }),
  ]);
  return faults instanceof Unknown ? [] : faults;
}

/** Whether what one tells the other arrives in the same table of routes. */
function together(ours: EvpnParams, theirs: EvpnParams): boolean {
  return ours.vrf !== undefined && theirs.vrf !== undefined && vrfName(ours) === vrfName(theirs);
}

function endFaults({ params, underlay, end }: EvpnSite, peer: EvpnSite): readonly ParamFault[] {
  if (!end || !peer.end || !sameAddress(end, peer.end)) return [];
  return [
    {
      path: params.local === undefined ? [] : ['local'],
      message: `${underlay.local} is the tunnel address of ${peer.name} too`,
      hint: 'give each host an address of its own below the overlay',
    },
  ];
}

function vrfFaults(params: EvpnParams, peer: EvpnSite): readonly ParamFault[] {
  const theirs = peer.params.vrf?.vni;
  const ours = params.vrf?.vni;
  if (ours === undefined || theirs === undefined || ours === theirs) return [];
  if (vrfName(params) !== vrfName(peer.params)) return [];
  return [
    {
      path: ['vrf', 'vni'],
      message: `the VNI of what is routed is ${ours} here and ${theirs} on ${peer.name}: they would never find each other`,
      hint: 'use one number on all hosts',
    },
  ];
}

function swallowFault(
  { subnets }: SiteNetwork,
  { name, end, underlay }: EvpnSite,
): Omit<ParamFault, 'path'> | undefined {
  const swallowed = subnets.find((subnet) => end && contains(subnet, end));
  if (!swallowed) return undefined;
  return {
    message: `the tunnel address ${underlay.local} of ${name} lies in ${formatCidr(swallowed)}, so its tunnel would run through itself`,
    hint: 'keep the addresses of the tunnels out of the networks of the overlay',
  };
}

/** Two networks of one VNI are one: the same subnet with the same gateway, or subnets apart. */
function clash(
  { network: ours, subnets }: SiteNetwork,
  { network: theirs, subnets: others }: SiteNetwork,
  host: string,
  routed: boolean,
): readonly Omit<ParamFault, 'path'>[] {
  const one = ours.vni === theirs.vni;
  // What is only bridged never meets the other.
  if (!one && !routed) return [];
  for (const a of subnets) {
    const b = others.find((each) => overlaps(a, each));
    if (b === undefined || (one && formatCidr(a) === formatCidr(b))) continue;
    return [
      {
        message: `${formatCidr(a)} of ${ours.name} overlaps ${formatCidr(b)} of ${theirs.name} on ${host}`,
        hint: one
          ? 'one network has the same subnet on every host, or subnets that lie apart'
          : 'give networks of different VNIs addresses of their own',
      },
    ];
  }
  return sameGateway(ours, theirs, host);
}

function sameGateway(
  ours: SiteNetwork['network'],
  theirs: SiteNetwork['network'],
  host: string,
): readonly Omit<ParamFault, 'path'>[] {
  if (ours.vni !== theirs.vni) return [];
  const [own, other] = [gatewayMac(ours), gatewayMac(theirs)];
  if (own === other) return [];
  const shared = gatewaysOf(ours).find((gateway) => gatewaysOf(theirs).includes(gateway));
  if (shared === undefined) return [];
  return [
    {
      message: `the gateway ${shared} has the MAC address ${own} here and ${other} on ${host}`,
      hint: 'a gateway that several hosts have needs one `mac` on all of them',
    },
  ];
}
