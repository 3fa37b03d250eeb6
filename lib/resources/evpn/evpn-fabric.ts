/** All hosts of an overlay, worked out once for all of them: where they stand, and which could be in each other's way. Pure. */

import { hostOf, type IpAddress, type IpCidr, parseAddress } from '../../base/ip-address.ts';
import { known, Unknown, unlessUnknown } from '../../base/unknown.ts';
import type { TaskContext } from '../../model/task.ts';
import { type CidrIndex, indexCidrs } from '../link/cidr-index.ts';
import { subnetsOf, type Underlay, underlayOver, vrfName } from './evpn-overlay.ts';
import type { EvpnNetwork, EvpnParams } from './evpn-params.ts';

/** A host with what its overlay comes to. */
export interface EvpnSite {
  readonly name: string;
  readonly params: EvpnParams;
  readonly underlay: Underlay;
  /** End of its tunnels, where it is an address. */
  readonly end: IpAddress | undefined;
  readonly networks: readonly SiteNetwork[];
}

export interface SiteNetwork {
  readonly network: EvpnNetwork;
  readonly subnets: readonly IpCidr[];
}

/** A network that is the same on all these hosts. */
export interface SharedNetwork extends SiteNetwork {
  readonly params: EvpnParams;
  readonly sites: EvpnSite[];
}

export interface EvpnFabric {
  /** Where each host stands in its group. */
  readonly position: ReadonlyMap<string, number>;
  readonly sites: ReadonlyMap<string, EvpnSite>;
  readonly ends: CidrIndex<EvpnSite>;
  readonly networks: CidrIndex<SharedNetwork>;
  /** Hosts by the name of their VRF and the VNI of what is routed. */
  readonly routed: ReadonlyMap<string, ReadonlyMap<number, readonly EvpnSite[]>>;
}

interface GivenSite {
  readonly name: string;
  readonly params: EvpnParams;
  /** Parameters of the step that makes the tunnels below. */
  readonly below: Readonly<Record<string, unknown>> | undefined;
}

/** The hosts of a group on which the step runs. What rests on something unknown has no site. */
export function evpnFabric(group: string, ctx: TaskContext): EvpnFabric {
  const given: (GivenSite | undefined)[] = [];
  const of: unknown[] = [];
  for (const { name } of ctx.hosts(group)) {
    const site = unlessUnknown(() => givenAt(name, ctx));
    const sure = site instanceof Unknown ? undefined : site;
    given.push(sure);
    of.push(name, sure?.params, sure?.below);
  }
  return ctx.once(`evpn fabric of ${ctx.stepId}`, of, () => fabricOf(given));
}

function givenAt(name: string, ctx: TaskContext): GivenSite | undefined {
  const params = known(ctx.params(ctx.stepId, name) as EvpnParams | Unknown | undefined);
  if (params === undefined || params.state === 'absent') return undefined;
  const step = known(params.underlay);
  return { name, params, below: step === undefined ? undefined : known(ctx.params(step, name)) };
}

export function siteOf(name: string, params: EvpnParams, underlay: Underlay): EvpnSite {
  return {
    name,
    params,
    underlay,
    end: underlay.local === undefined ? undefined : parseAddress(underlay.local),
    networks: known(params.networks).map((network) => ({ network, subnets: subnetsOf(network) })),
  };
}

function fabricOf(given: readonly (GivenSite | undefined)[]): EvpnFabric {
  const sites = given.flatMap((each) => {
    const site = unlessUnknown(
      () => each && siteOf(each.name, each.params, underlayOver(each.params, each.below)),
    );
    return site === undefined || site instanceof Unknown ? [] : [site];
  });
  return {
    position: new Map(given.flatMap((each, at) => (each ? [[each.name, at] as const] : []))),
    sites: new Map(sites.map((site) => [site.name, site])),
    ends: indexCidrs(sites.flatMap((site) => (site.end ? [[hostOf(site.end), site] as const] : []))),
    networks: indexCidrs(
      sharedNetworks(sites).flatMap((each) => each.subnets.map((subnet) => [subnet, each] as const)),
    ),
    routed: routedSites(sites),
  };
}

/** Each network once, however many hosts have it: a gateway that all have is one thing to compare with. */
function sharedNetworks(sites: readonly EvpnSite[]): readonly SharedNetwork[] {
  const shared = new Map<string, SharedNetwork>();
  for (const site of sites) {
    const { params } = site;
    for (const { network, subnets } of site.networks) {
      const key = JSON.stringify([network, params.vrf && vrfName(params)]);
      const same = shared.get(key);
      if (same) same.sites.push(site);
      else shared.set(key, { network, subnets, params, sites: [site] });
    }
  }
  return [...shared.values()];
}

function routedSites(sites: readonly EvpnSite[]): EvpnFabric['routed'] {
  const routed = new Map<string, Map<number, EvpnSite[]>>();
  for (const site of sites) {
    if (site.params.vrf === undefined) continue;
    const byVni = routed.get(vrfName(site.params)) ?? new Map<number, EvpnSite[]>();
    routed.set(vrfName(site.params), byVni);
    const same = byVni.get(site.params.vrf.vni);
    if (same) same.push(site);
    else byVni.set(site.params.vrf.vni, [site]);
  }
  return routed;
}
