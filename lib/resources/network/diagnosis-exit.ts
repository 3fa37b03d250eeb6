/**
 * Whether a node lets the guests of a network out, and answers and guests of other sites in: first the four usual causes of a
 * connection that begins and then dies (forwarding, rp_filter, local routing, forward rules), then route and SNAT.
 */
import type { NftPacket } from '../nft/nft-match.ts';
import { type Translation, translationOf } from '../nft/nft-nat.ts';
import { type NftDecision, verdictOf } from '../nft/nft-verdict.ts';
import { type Fault, firstFault } from './diagnosis.ts';
import { isOverlay, routeWords } from './diagnosis-path.ts';
import { placeOf } from './diagnosis-port.ts';
import { forwardingFault, rpFilterFault } from './diagnosis-sysctl.ts';
import type { Evidence, NetworkPath } from './network-state.ts';

export interface ExitWish {
  /** Interface of the guests' network on this host. */
  readonly vnet: string;
  /** `10.1.1.0/24`. */
  readonly network: string;
  /** Address of a guest there. */
  readonly guest: string;
  /** Address outside, to which the way out is looked up. */
  readonly outside: string;
  /** Addresses of guests elsewhere that reach this one's. */
  readonly others: readonly string[];
  readonly snat: boolean;
  /** Whether a rule must let them pass in so many words, and not a policy. */
  readonly byRule: boolean;
  /** Name of the way out within the evidence. */
  readonly target: string;
}

export function exitFault(evidence: Evidence, wish: ExitWish): Fault | undefined {
  const { vnet } = wish;
  const path = evidence.paths[wish.target];
  if (evidence.links[vnet] === undefined) {
    return {
      cause: `the interface ${vnet} is not there`,
      hint: 'run the runbook that makes it; on Proxmox: apply the SDN, and look at its status there',
    };
  }
  return firstFault(
    () => localRoutingFault(evidence, vnet),
    () => forwardingFault(evidence.sysctls, vnet),
    () => strictFault(evidence, wish, path),
    () => noWayFault(evidence, wish, path),
    () => passageFault(evidence, wish, outward(wish, path), `guests of ${wish.network} out`),
    ...wish.others.map(
      (other) => () =>
        passageFault(evidence, wish, inward(wish, other), `${other} to guests of ${wish.network}`),
    ),
    () => (wish.snat ? snatFault(evidence, wish, path) : undefined),
  );
}

/** Where packets of guests leave, and as whom: for people. */
export function exitWords(evidence: Evidence, wish: ExitWish): string {
  const path = evidence.paths[wish.target];
  const found = translation(evidence, wish, path);
  const as = found === undefined ? '' : ` as ${found.to ?? 'its own address'}`;
  const by = decisionOf(evidence, outward(wish, path));
  const rule = by === undefined || !namesAddress(by) ? '' : `, let through by ${by.chain}`;
  return `guests of ${wish.network} leave by ${path?.taken?.dev ?? 'no interface'}${as}${rule}; no local routing`;
}

/** Proxmox makes a pair of interfaces for it: \`xvrf_\` and the zone's name. */
export function localRoutingFault({ links }: Evidence, vnet?: string): Fault | undefined {
  const vrf = vnet === undefined ? '' : (links[vnet]?.master ?? '');
  const zone = vrf.startsWith('vrf_') ? vrf.slice(4) : '';
  const name = Object.keys(links).find((each) =>
    zone === '' ? /^xvrf_/.test(each) : each === `xvrf_${zone}`,
  );
  if (name === undefined) return undefined;
  return {
    cause: `local routing is on: the exit node has the interface ${name}, on whose way source ports are rewritten, so that guests refuse the answers`,
    hint: 'set `exit_nodes_local_routing: false` in pve_sdn_zone, and apply the SDN',
  };
}

/** Interfaces that packets pass: the guests' network, its VRF, the VRF's way between sites, the way out. */
function strictFault(
  evidence: Evidence,
  { vnet }: ExitWish,
  path: NetworkPath | undefined,
): Fault | undefined {
  const vrf = evidence.links[vnet]?.master ?? '';
  const between = Object.entries(evidence.links).filter(
    ([, { master, type }]) => master === vrf && type === 'bridge',
  );
  const names = [
    vnet,
    ...(vrf === '' ? [] : [vrf, ...between.map(([name]) => name)]),
    path?.taken?.dev ?? '',
  ];
  return firstFault(...[...new Set(names)].map((name) => () => rpFilterFault(evidence.sysctls, name)));
}

function noWayFault(evidence: Evidence, wish: ExitWish, path: NetworkPath | undefined): Fault | undefined {
  if (path === undefined) return undefined;
  const { taken, candidates, error } = path;
  const vrf = evidence.links[wish.vnet]?.master ?? '';
  if (taken === undefined) {
    const wall = candidates.find(
      ({ type, table }) => type === 'unreachable' && (table === vrf || vrf === ''),
    );
    const why = wall === undefined ? (error ?? 'there is no route') : routeWords(wall);
    return {
      cause: `guests of ${wish.network} have no way out of this node: ${why}`,
      hint: 'an exit node has no `unreachable default` in the VRF of its zone, and a default route of its own: is it one of the zone’s exit nodes, and has the SDN been applied?',
    };
  }
  if (!isOverlay(evidence, taken.dev)) return undefined;
  return {
    cause: `guests of ${wish.network} leave by another node: ${routeWords(taken)} leads into VXLAN, and not out of this one`,
    hint: 'exit nodes refuse each other’s default route (route-map MAP_VTEP_IN): look at vtysh -c "show route-map", and whether this one is an exit node of the zone',
  };
}

function outward({ guest, outside }: ExitWish, path: NetworkPath | undefined): NftPacket {
  const dev = path?.taken?.dev;
  return { ...PASSING, saddr: guest, daddr: outside, ...(dev === undefined ? {} : { oif: dev }) };
}

function inward({ guest, vnet }: ExitWish, other: string): NftPacket {
  return { ...PASSING, saddr: other, daddr: guest, oif: vnet };
}

/** The interface that it comes in by is left open: of a VRF the kernel names now the one, now the other. */
const PASSING = { hook: 'forward', family: 'ip', protocol: 'tcp', dport: 443, state: 'new' } as const;

function passageFault(evidence: Evidence, wish: ExitWish, packet: NftPacket, who: string): Fault | undefined {
  if (evidence.ruleset === undefined) return undefined;
  const found = verdictOf(evidence.ruleset, packet);
  if (found === 'unknown') return undefined;
  const { by } = found;
  const where = by === undefined ? 'no chain looks at what is forwarded' : `${placeOf(by)}: ${by.text}`;
  if (found.verdict === 'drop') {
    return { cause: `a forward rule is missing: the firewall does not let ${who} (${where})`, hint: RULE };
  }
  if (!wish.byRule || (by !== undefined && namesAddress(by))) return undefined;
  return {
    cause: `a forward rule is missing: none lets ${who}, which pass by a policy alone (${where})`,
    hint: RULE,
  };
}

const RULE =
  'on Proxmox: a rule of type forward over the sets +sdn/VNET-all, in the list of the cluster or in a group that it uses (pve_firewall_group), with nftables on for the node';

function decisionOf(evidence: Evidence, packet: NftPacket): NftDecision | undefined {
  const found = evidence.ruleset === undefined ? 'unknown' : verdictOf(evidence.ruleset, packet);
  return found === 'unknown' ? undefined : found.by;
}

/** A rule that asks for something, and is no policy. */
function namesAddress({ text }: NftDecision): boolean {
  return /\b(saddr|daddr|iifname|oifname|iif|oif)\b|^-|\s-[sdio]\s/.test(text);
}

function translation(
  evidence: Evidence,
  wish: ExitWish,
  path: NetworkPath | undefined,
): Translation | undefined {
  return evidence.ruleset && translationOf(evidence.ruleset, outward(wish, path));
}

function snatFault(evidence: Evidence, wish: ExitWish, path: NetworkPath | undefined): Fault | undefined {
  const dev = path?.taken?.dev;
  if (evidence.ruleset === undefined || dev === undefined) return undefined;
  const found = translation(evidence, wish, path);
  if (found === undefined) {
    return {
      cause: `SNAT is missing: no rule translates what guests of ${wish.network} send by ${dev}`,
      hint: 'set `snat: true` of the subnet (pve_sdn_subnet) and apply the SDN; `iptables -t nat -S POSTROUTING` and `nft list ruleset` show what is there',
    };
  }
  const own = evidence.links[dev]?.addresses.map((each) => each.replace(/\/\d+$/, '')) ?? [];
  if (found.to === undefined || own.includes(found.to)) return undefined;
  return {
    cause: `SNAT has another address: what guests of ${wish.network} send by ${dev} leaves as ${found.to}, and ${dev} has ${own.join(', ') || 'none'}, so that answers go elsewhere`,
    hint: 'the address of the node has changed since the SDN was applied: apply it again, and take away the older rule, which Proxmox leaves behind',
  };
}
