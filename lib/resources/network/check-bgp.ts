/** The check of BGP and EVPN: FRR on this host, then each neighbour. */
import type { AnyResource } from '../../model/resource.ts';
import { checkHost, checkProbe } from './check-network.ts';
import { neighborFault, routerFault } from './diagnosis-bgp.ts';
import { age } from './diagnosis-wireguard.ts';
import type { Evidence } from './network-state.ts';

export interface BgpCheck {
  readonly address: string;
  readonly asn: number;
  readonly routerId?: string | undefined;
  readonly evpn: boolean;
  /** Types of EVPN routes that each neighbour must have sent. */
  readonly routes: readonly number[];
  readonly peers: readonly { readonly name: string; readonly address: string; readonly asn: number }[];
  /** Seconds. */
  readonly wait: number;
}

export function checkBgp(wish: BgpCheck): readonly AnyResource[] {
  const { evpn, routes, wait } = wish;
  const router = { ...wish, peers: wish.peers.map(({ address }) => address) };
  const needs = {
    targets: wish.peers.map(({ address }) => ({ to: address })),
    parts: ['rules', 'routing'],
  } as const;
  const host = checkHost({
    title: 'bgpd',
    needs,
    judge: (evidence) => routerFault(evidence, router),
    seen: ({ routing }) => (routing ? `AS ${routing.asn}, router-id ${routing.routerId}` : undefined),
  });
  const peers = wish.peers.map(({ name, address, asn }) =>
    checkProbe({
      title: `bgp → ${name}`,
      probe: { kind: 'session', to: address, evpn, wait },
      needs,
      judge: (session, evidence) =>
        routerFault(evidence, router) === undefined
          ? neighborFault(evidence, { name, address, asn, evpn, routes }, session)
          : undefined,
      seen: (_, evidence) =>
        routerFault(evidence, router) === undefined ? seen(evidence, name, address, evpn) : undefined,
    }),
  );
  return [host, ...peers];
}

function seen({ routing }: Evidence, name: string, address: string, evpn: boolean): string | undefined {
  const neighbor = routing?.neighbors.find((each) => each.address === address);
  if (neighbor === undefined) return undefined;
  const up = `BGP with ${name} up for ${age(neighbor.upFor)}`;
  const bfd = neighbor.bfd === '' ? '' : `, BFD ${neighbor.bfd}`;
  return evpn ? `${up}${bfd}, EVPN routes ${types(routing?.routes ?? [], address)}` : `${up}${bfd}`;
}

/** `2×4 3×1 5×3`: type and number of routes. */
function types(routes: readonly { readonly type: number; readonly from: string }[], from: string): string {
  const counts = new Map<number, number>();
  for (const route of routes) {
    if (route.from === from) counts.set(route.type, (counts.get(route.type) ?? 0) + 1);
  }
  const words = [...counts].sort(([a], [b]) => a - b).map(([type, count]) => `type ${type}: ${count}`);
  return words.length === 0 ? 'none' : words.join(', ');
}
