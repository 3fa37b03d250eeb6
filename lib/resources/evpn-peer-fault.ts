/** What is wrong with an overlay across its hosts: subnets that overlap, tunnel ends that are shared, VNIs that differ. */
import { Unknown, unlessUnknown } from '../base/unknown.ts';
import type { ParamFault, TaskContext } from '../model/task.ts';
import { gatewayMac, gatewaysOf, subnetsOf, type Underlay, underlayOf, vrfName } from './evpn-overlay.ts';
import type { EvpnNetwork, EvpnParams } from './evpn-params.ts';
import { contains, formatCidr, overlaps, parseAddress, sameAddress } from './ip-address.ts';

interface Peer {
  readonly name: string;
  readonly params: EvpnParams;
  readonly underlay: Underlay;
}

/** Faults of this host against each peer; one whose parameters rest on something unknown is passed over. */
export function peerFaults(params: EvpnParams, underlay: Underlay, ctx: TaskContext): readonly ParamFault[] {
  return peersOf(underlay.peers, ctx).flatMap((peer) => {
    const faults = unlessUnknown(() => [
      ...endFaults(params, underlay, peer),
      ...vrfFaults(params, peer),
      ...params.networks.flatMap((network, index) =>
        networkFaults(network, index, peer, together(params, peer.params)),
      ),
    ]);
    return faults instanceof Unknown ? [] : faults;
  });
}

/** Whether what one tells the other arrives in the same table of routes. */
function together(ours: EvpnParams, theirs: EvpnParams): boolean {
  return ours.vrf !== undefined && theirs.vrf !== undefined && vrfName(ours) === vrfName(theirs);
}

function peersOf(group: string | undefined, ctx: TaskContext): readonly Peer[] {
  if (group === undefined) return [];
  return ctx.hosts(group).flatMap(({ name }) => {
    if (name === ctx.host.name) return [];
    const peer = unlessUnknown((): Peer | undefined => {
      const params = ctx.params(ctx.stepId, name) as EvpnParams | undefined;
      if (params === undefined || params.state === 'absent') return undefined;
      return { name, params, underlay: underlayOf(params, ctx, name) };
    });
    return peer === undefined || peer instanceof Unknown ? [] : [peer];
  });
}

function endFaults(params: EvpnParams, own: Underlay, { name, underlay }: Peer): readonly ParamFault[] {
  const [a, b] = [own.local, underlay.local].map((text) =>
    text === undefined ? undefined : parseAddress(text),
  );
  if (!a || !b || !sameAddress(a, b)) return [];
  return [
    {
      path: params.local === undefined ? [] : ['local'],
      message: `${own.local} is the tunnel address of ${name} too`,
      hint: 'give each host an address of its own below the overlay',
    },
  ];
}

function vrfFaults(params: EvpnParams, peer: Peer): readonly ParamFault[] {
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

function networkFaults(
  network: EvpnNetwork,
  index: number,
  peer: Peer,
  routed: boolean,
): readonly ParamFault[] {
  const path = ['networks', index, 'gateway'];
  const end = peer.underlay.local === undefined ? undefined : parseAddress(peer.underlay.local);
  const swallowed = subnetsOf(network).find((subnet) => end && contains(subnet, end));
  if (swallowed) {
    return [
      {
        path,
        message: `the tunnel address ${peer.underlay.local} of ${peer.name} lies in ${formatCidr(swallowed)}, so its tunnel would run through itself`,
        hint: 'keep the addresses of the tunnels out of the networks of the overlay',
      },
    ];
  }
  return peer.params.networks.flatMap((other) =>
    clash(network, other, peer.name, routed).map((fault) => ({ path, ...fault })),
  );
}

/** Two networks of one VNI are one: the same subnet with the same gateway, or subnets apart. */
function clash(
  ours: EvpnNetwork,
  theirs: EvpnNetwork,
  host: string,
  routed: boolean,
): readonly Omit<ParamFault, 'path'>[] {
  const one = ours.vni === theirs.vni;
  // What is only bridged never meets the other.
  if (!one && !routed) return [];
  for (const a of subnetsOf(ours)) {
    const b = subnetsOf(theirs).find((each) => overlaps(a, each));
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
  ours: EvpnNetwork,
  theirs: EvpnNetwork,
  host: string,
): readonly Omit<ParamFault, 'path'>[] {
  const [own, other] = [gatewayMac(ours), gatewayMac(theirs)];
  if (ours.vni !== theirs.vni || own === other) return [];
  const shared = gatewaysOf(ours).find((gateway) => gatewaysOf(theirs).includes(gateway));
  if (shared === undefined) return [];
  return [
    {
      message: `the gateway ${shared} has the MAC address ${own} here and ${other} on ${host}`,
      hint: 'a gateway that several hosts have needs one `mac` on all of them',
    },
  ];
}
