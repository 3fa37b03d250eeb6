/** The subnets that BGP tells of: this host's own by family of addresses, and those that only its peers have. */

import { formatCidr, type IpCidr, overlaps } from '../../base/ip-address.ts';
import type { TaskContext } from '../../model/task.ts';
import { subnetsOf } from '../evpn/evpn-overlay.ts';
import type { EvpnParams } from '../evpn/evpn-params.ts';
import type { BgpParams, BgpSteps } from './frr-bgp-params.ts';
import { byAddress, compareAddresses, orderOf, overlayAt } from './frr-bgp-peer.ts';

export interface Family {
  readonly name: 'ipv4' | 'ipv6';
  /** What the overlay's gateways on this host stand in. */
  readonly subnets: readonly string[];
}

/** Subnets of peers that this host does not have itself, in the order of their addresses. */
export function remoteSubnets(
  overlay: EvpnParams | undefined,
  bgp: BgpParams,
  ctx: TaskContext,
  { overlay: step }: BgpSteps,
): readonly string[] {
  const own = overlay?.networks.flatMap(subnetsOf) ?? [];
  const others = bgp.peers === undefined ? [] : fabricSubnets(bgp.peers, ctx, step);
  // Those of the host itself overlap its own.
  const apart = others.filter(({ subnet }) => !own.some((each) => overlaps(each, subnet)));
  return [...new Set(apart.map(({ text }) => text))];
}

/** Families of addresses that the overlay has on this host. */
export function familiesOf(overlay: EvpnParams | undefined): readonly Family[] {
  const subnets = overlay?.networks.flatMap(subnetsOf) ?? [];
  return ([4, 6] as const).flatMap((version) => {
    const own = subnets.filter((subnet) => subnet.version === version).map(formatCidr);
    return own.length === 0 ? [] : [{ name: `ipv${version}`, subnets: own.sort(compareSubnets) } as const];
  });
}

function compareSubnets(a: string, b: string): number {
  return compareAddresses(a.replace(/\/.*/, ''), b.replace(/\/.*/, ''));
}

/** A subnet that the gateway of some host stands in. */
interface FabricSubnet {
  readonly host: string;
  readonly subnet: IpCidr;
  /** With its prefix length. */
  readonly text: string;
}

/** The subnets of the overlays of all hosts on which the step runs, in the order of their addresses. */
function fabricSubnets(group: string, ctx: TaskContext, step: string | undefined): readonly FabricSubnet[] {
  const of: unknown[] = [];
  const overlays: { readonly host: string; readonly overlay: EvpnParams | undefined }[] = [];
  for (const { name } of ctx.hosts(group)) {
    if (ctx.params(ctx.stepId, name) === undefined) continue;
    const overlay = overlayAt(name, ctx, step);
    overlays.push({ host: name, overlay });
    of.push(name, overlay);
  }
  return ctx.once(`bgp subnets of ${ctx.stepId}`, of, () =>
    overlays
      .flatMap(({ host, overlay }) =>
        (overlay?.networks.flatMap(subnetsOf) ?? []).map((subnet) => ({
          host,
          subnet,
          text: formatCidr(subnet),
          order: orderOf(formatCidr(subnet).replace(/\/.*/, '')),
        })),
      )
      .sort(byAddress),
  );
}
