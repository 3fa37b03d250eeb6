/** What is wrong with parameters of BGP beyond their schema: numbers that are reserved, hosts that contradict each other. */

import { parseAddress } from '../../base/ip-address.ts';
import { known, Unknown, unlessUnknown } from '../../base/unknown.ts';
import type { ParamFault, TaskContext } from '../../model/task.ts';
import type { BgpNeighbor, BgpParams, BgpSteps } from './frr-bgp-params.ts';
import { type BgpPeer, bgpEnd, bgpPeers, routerId } from './frr-bgp-peer.ts';

/** Paths begin with `bgp`, as the parameter of the task is called. */
export function bgpFaults(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): readonly ParamFault[] {
  return [
    ...asnFaults(known(bgp.asn), ['bgp', 'asn']),
    ...ownFaults(bgp, ctx, steps),
    ...daemonFaults(bgp, steps),
    ...timerFaults(bgp),
    ...(bgp.neighbors ?? []).flatMap(neighborFaults),
    ...peerFaults(bgp, ctx, steps),
  ];
}

/** What the numbers are kept for (RFC 7607, 6793, 7300). */
const RESERVED: ReadonlyMap<number, string> = new Map([
  [23_456, 'stands for numbers of four bytes where only two fit'],
  [65_535, 'is reserved as the last of two bytes'],
  [4_294_967_295, 'is reserved as the last of all'],
]);

function asnFaults(asn: number, path: readonly (string | number)[]): readonly ParamFault[] {
  const reason = RESERVED.get(asn);
  if (reason === undefined) return [];
  return [{ path, message: `AS ${asn} ${reason}`, hint: 'numbers for use of one’s own are 64512 to 65534' }];
}

function ownFaults(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): readonly ParamFault[] {
  if (bgp.router_id !== undefined) {
    if (parseAddress(bgp.router_id)?.version === 4) return [];
    return [
      {
        path: ['bgp', 'router_id'],
        message: `"${bgp.router_id}" is no IPv4 address`,
        hint: 'a router id is written like one: 10.1.0.1',
      },
    ];
  }
  const end = bgpEnd(ctx.host.name, ctx, steps);
  if (routerId(bgp, end) !== undefined) return [];
  return [
    {
      path: ['bgp'],
      message:
        end.address === undefined
          ? 'nothing says over which address the sessions run'
          : `the tunnel’s address ${end.address} cannot be a router id, which is written like an IPv4 address`,
      hint:
        end.address === undefined
          ? 'put a step of task wireguard before it, or say `router_id`'
          : 'say `router_id`, different on each host',
    },
  ];
}

function daemonFaults({ bfd, neighbors = [] }: BgpParams, { daemons }: BgpSteps): readonly ParamFault[] {
  if (daemons === undefined) return [];
  const wanted = ['bgpd', ...(bfd === true || neighbors.some((each) => each.bfd) ? ['bfdd'] : [])];
  return wanted
    .filter((name) => !daemons.includes(name))
    .map((name) => ({
      path: ['daemons'],
      message: `\`bgp\` needs ${name}, which is not among the daemons`,
      hint: `add ${name}`,
    }));
}

function timerFaults({ timers }: BgpParams): readonly ParamFault[] {
  const { keepalive = 10, hold = 30 } = timers ?? {};
  if (keepalive * 3 <= hold) return [];
  return [
    {
      path: ['bgp', 'timers'],
      message: `a sign of life every ${keepalive} seconds and a hold time of ${hold}: one that is lost ends the session`,
      hint: `set hold to ${keepalive * 3} or more, or keepalive to ${Math.max(1, Math.floor(hold / 3))}`,
    },
  ];
}

function neighborFaults(
  neighbor: BgpNeighbor,
  index: number,
  all: readonly BgpNeighbor[],
): readonly ParamFault[] {
  const path = ['bgp', 'neighbors', index] as const;
  const twice = all.findIndex((each) => each.address === neighbor.address) < index;
  return [
    ...asnFaults(neighbor.asn, [...path, 'asn']),
    ...(parseAddress(neighbor.address)
      ? []
      : [
          {
            path: [...path, 'address'],
            message: `"${neighbor.address}" is no IP address`,
            hint: 'write it without a prefix length: 192.0.2.1',
          },
        ]),
    ...(twice
      ? [
          {
            path: [...path, 'address'],
            message: `${neighbor.address} is there twice`,
            hint: 'keep one of them',
          },
        ]
      : []),
  ];
}

function peerFaults(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): readonly ParamFault[] {
  const own = bgpEnd(ctx.host.name, ctx, steps);
  const peers = unlessUnknown(() => bgpPeers(bgp, ctx, steps));
  if (peers instanceof Unknown) return [];
  const id = routerId(bgp, own);
  return peers.flatMap((peer): readonly ParamFault[] => {
    const faults = unlessUnknown(() => {
      const theirs = known(peer.bgp);
      return theirs === undefined ? [] : contradictions(bgp, id, theirs, peer);
    });
    return faults instanceof Unknown ? [] : faults;
  });
}

function contradictions(
  bgp: BgpParams,
  id: string | undefined,
  theirs: BgpParams,
  peer: BgpPeer,
): readonly ParamFault[] {
  return [
    ...(peer.address === undefined ? [unreachable(peer.host)] : []),
    ...(known(theirs.asn) === bgp.asn ? [] : [differing(bgp.asn, theirs.asn, peer.host)]),
    ...(id !== undefined && peer.id === id ? [sameId(id, peer.host)] : []),
    ...((bgp.neighbors ?? []).some((each) => each.address === peer.address) ? [doubled(peer.host)] : []),
  ];
}

function unreachable(host: string): ParamFault {
  return {
    path: ['bgp', 'peers'],
    message: `${host} has no tunnel address, so no session to it can be made`,
    hint: `let the step of task wireguard run on ${host} too, or take it out of the group`,
  };
}

function differing(ours: number, theirs: number, host: string): ParamFault {
  return {
    path: ['bgp', 'asn'],
    message: `AS ${ours} here and ${theirs} on ${host}: hosts of one fabric have one number`,
    hint: 'set `asn` in the runbook’s vars; who is in another autonomous system belongs into `neighbors`',
  };
}

function sameId(id: string, host: string): ParamFault {
  return {
    path: ['bgp', 'router_id'],
    message: `${id} is the router id of ${host} too`,
    hint: 'give each host one of its own; left out, it is the tunnel’s address',
  };
}

function doubled(host: string): ParamFault {
  return {
    path: ['bgp', 'neighbors'],
    message: `${host} is among the peers already`,
    hint: 'take it out of `neighbors`',
  };
}
