/** FRR's configuration for BGP EVPN from structured parameters, in the order in which FRR itself prints it. */
import { PlanError } from '../../model/resource.ts';
import type { TaskContext } from '../../model/task.ts';
import { isExit, vrfName } from '../evpn/evpn-overlay.ts';
import type { EvpnParams } from '../evpn/evpn-params.ts';
import type { BgpNeighbor, BgpParams, BgpSteps } from './frr-bgp-params.ts';
import { type BgpEnd, bgpEnd, bgpPeers, compareAddresses, overlayAt, routerId } from './frr-bgp-peer.ts';
import { type Family, familiesOf, remoteSubnets } from './frr-bgp-subnet.ts';

/** The peer group of all hosts of the fabric, and the route map on what they tell an exit. */
const GROUP = 'fabric';
const INBOUND = 'fabric_in';
/** Less wanted than anything a routing protocol finds (those of BGP between sites have 200). */
const LAST_RESORT = 250;

interface Speaker {
  readonly bgp: BgpParams;
  readonly id: string;
  readonly end: BgpEnd;
  readonly peers: readonly BgpEnd[];
  readonly neighbors: readonly BgpNeighbor[];
  readonly bfd: boolean;
  readonly overlay: EvpnParams | undefined;
  /** Name of the VRF; empty: routed in the main table. */
  readonly vrf: string;
  readonly exit: boolean;
  readonly families: readonly Family[];
  /** Subnets that only peers have. */
  readonly remote: readonly string[];
}

/** The whole of /etc/frr/frr.conf, ending with a line end. Throws PlanError where an address is not to be had. */
export function bgpConfig(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): string {
  const speaker = speakerOf(bgp, ctx, steps);
  const routed = speaker.overlay?.vrf !== undefined;
  const blocks = [
    ...(routed ? vrfBlocks(speaker) : []),
    mainBlock(speaker, routed && speaker.vrf === ''),
    ...(routed && speaker.vrf !== '' ? [tenantBlock(speaker)] : []),
    ...(filters(speaker) ? [...routeMap()] : []),
  ];
  return blocks.map((lines) => `${lines.join('\n')}\n!\n`).join('');
}

function speakerOf(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): Speaker {
  const end = bgpEnd(ctx.host.name, ctx, steps);
  const id = routerId(bgp, end);
  if (id === undefined) {
    throw new PlanError(
      `nothing says which address ${ctx.host.name} is known by in BGP`,
      'put a step of task wireguard before it, or say `router_id`',
    );
  }
  const overlay = overlayAt(ctx.host.name, ctx, steps.overlay);
  const peers = bgpPeers(bgp, ctx, steps);
  const neighbors = [...(bgp.neighbors ?? [])].sort((a, b) => compareAddresses(a.address, b.address));
  return {
    bgp,
    id,
    end,
    peers,
    neighbors,
    bfd: bgp.bfd ?? steps.daemons?.includes('bfdd') ?? false,
    overlay,
    vrf: overlay ? vrfName(overlay) : '',
    exit: overlay !== undefined && isExit(overlay),
    families: familiesOf(overlay),
    remote: remoteSubnets(overlay, bgp, ctx, steps),
  };
}

/** Whether default routes of other exits are refused: this host has its own way out. */
function filters({ exit, vrf }: Speaker): boolean {
  return exit && vrf !== '';
}

/**
 * A packet for a network that BGP does not tell of would leave by the host's own default route, in the clear: the VRF
 * goes on looking in the main table. So what only peers have is refused as long as they do not tell of it; who is no
 * exit refuses all that it does not know.
 */
function vrfBlocks(speaker: Speaker): readonly (readonly string[])[] {
  const vni = `vni ${speaker.overlay?.vrf?.vni}`;
  const refused = refusedSubnets(speaker).map(
    (subnet) => `${subnet.includes(':') ? 'ipv6' : 'ip'} route ${subnet} reject ${LAST_RESORT}`,
  );
  if (speaker.vrf === '') return [[vni], ...(refused.length === 0 ? [] : [refused])];
  return [[`vrf ${speaker.vrf}`, ...[vni, ...refused].map((line) => ` ${line}`), 'exit-vrf']];
}

function refusedSubnets({ vrf, exit, families, remote }: Speaker): readonly string[] {
  if (vrf === '' || exit) return remote;
  return families.map(({ name }) => (name === 'ipv4' ? '0.0.0.0/0' : '::/0'));
}

function mainBlock(speaker: Speaker, routed: boolean): readonly string[] {
  const { bgp, id, vrf, exit, families } = speaker;
  const unicast = families.flatMap((family) => {
    const lines = [
      ...(routed ? family.subnets.map((subnet) => `network ${subnet}`) : []),
      ...neighborsOf(speaker, family.name),
      ...(exit && vrf !== '' ? [`import vrf ${vrf}`] : []),
    ];
    return addressFamily(`${family.name} unicast`, lines);
  });
  return [
    `router bgp ${bgp.asn}`,
    ` bgp router-id ${id}`,
    ' no bgp default ipv4-unicast',
    ...sessions(speaker),
    ...unicast,
    ...otherFamilies(speaker),
    ...addressFamily('l2vpn evpn', [
      ...neighborsOf(speaker, 'evpn'),
      ...(speaker.overlay ? ['advertise-all-vni'] : []),
      ...(routed ? families.map(({ name }) => `advertise ${name} unicast`) : []),
    ]),
    'exit',
  ];
}

/** Routes of the hosts themselves, for neighbours outside the fabric, where the overlay has none of that family. */
function otherFamilies(speaker: Speaker): readonly string[] {
  const had = new Set(speaker.families.map(({ name }) => name));
  return (['ipv4', 'ipv6'] as const)
    .filter((name) => !had.has(name))
    .flatMap((name) => addressFamily(`${name} unicast`, neighborsOf(speaker, name)));
}

function sessions({ bgp, peers, neighbors, bfd, end }: Speaker): readonly string[] {
  const { keepalive = 10, hold = 30, connect = 5 } = bgp.timers ?? {};
  const group = [
    `neighbor ${GROUP} peer-group`,
    `neighbor ${GROUP} remote-as ${bgp.asn}`,
    ...(bfd ? [`neighbor ${GROUP} bfd`] : []),
    ...(end.address === undefined ? [] : [`neighbor ${GROUP} update-source ${end.address}`]),
    `neighbor ${GROUP} timers ${keepalive} ${hold}`,
    `neighbor ${GROUP} timers connect ${connect}`,
    ...peers.map(({ address }) => `neighbor ${address} peer-group ${GROUP}`),
  ];
  const lines = [
    ...(bgp.peers === undefined ? [] : group),
    ...neighbors.flatMap((each) => neighborLines(each, bgp)),
  ];
  return lines.map((line) => ` ${line}`);
}

function neighborLines(neighbor: BgpNeighbor, bgp: BgpParams): readonly string[] {
  const { address, asn, description, source, multihop, bfd } = neighbor;
  return [
    `neighbor ${address} remote-as ${asn}`,
    ...(bfd ? [`neighbor ${address} bfd`] : []),
    ...(description === undefined ? [] : [`neighbor ${address} description ${description}`]),
    ...(multihop === undefined || asn === bgp.asn ? [] : [`neighbor ${address} ebgp-multihop ${multihop}`]),
    ...(source === undefined ? [] : [`neighbor ${address} update-source ${source}`]),
  ];
}

function neighborsOf(speaker: Speaker, family: 'ipv4' | 'ipv6' | 'evpn'): readonly string[] {
  const group = family === 'evpn' && speaker.bgp.peers !== undefined ? [`neighbor ${GROUP} activate`] : [];
  const map = group.length > 0 && filters(speaker) ? [`neighbor ${GROUP} route-map ${INBOUND} in`] : [];
  const others = speaker.neighbors.filter((each) => (family === 'evpn' ? (each.evpn ?? true) : each[family]));
  return [...group, ...map, ...others.map(({ address }) => `neighbor ${address} activate`)];
}

/** The VRF's own BGP: subnets of the gateways as type 5, and from an exit the way out. */
function tenantBlock({ bgp, id, vrf, exit, families }: Speaker): readonly string[] {
  return [
    `router bgp ${bgp.asn} vrf ${vrf}`,
    ` bgp router-id ${id}`,
    // A route that another VRF shall import must be one of these: `network` lines are not taken over.
    ...families.flatMap(({ name }) => addressFamily(`${name} unicast`, ['redistribute connected'])),
    ...addressFamily('l2vpn evpn', [
      ...families.map(({ name }) => `advertise ${name} unicast`),
      ...(exit ? families.map(({ name }) => `default-originate ${name}`) : []),
    ]),
    'exit',
  ];
}

function addressFamily(name: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return [' !', ` address-family ${name}`, ...lines.map((line) => `  ${line}`), ' exit-address-family'];
}

/** Both matches are needed: FRR takes a route of type 2 for a default route as well. */
function routeMap(): readonly (readonly string[])[] {
  return [
    [`route-map ${INBOUND} deny 10`, ' match evpn default-route', ' match evpn route-type prefix', 'exit'],
    [`route-map ${INBOUND} permit 20`, 'exit'],
  ];
}
