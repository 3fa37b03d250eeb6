/** The hosts that a host has BGP sessions with, and its own end of them. */

import { asWritten, parseAddress } from '../../base/ip-address.ts';
import { Unknown, unlessUnknown } from '../../base/unknown.ts';
import type { TaskContext } from '../../model/task.ts';
import { underlayOver } from '../evpn/evpn-overlay.ts';
import type { EvpnParams } from '../evpn/evpn-params.ts';
import type { BgpParams, BgpSteps } from './frr-bgp-params.ts';

export interface BgpEnd {
  readonly host: string;
  /** Address that sessions come from and go to; undefined where no step says it. */
  readonly address: string | undefined;
}

/** Another host of the fabric. */
export interface BgpPeer extends BgpEnd {
  /** Its own parameters. */
  readonly bgp: BgpParams | Unknown | undefined;
  /** Its number in BGP. */
  readonly id: string | undefined;
}

type Params = Readonly<Record<string, unknown>>;

/** What a host's end follows from. */
interface GivenEnd {
  readonly host: string;
  readonly overlay: EvpnParams | undefined;
  /** Parameters of the steps that make the tunnels: below the overlay, and of BGP's own. */
  readonly below: Params | undefined;
  readonly tunnel: Params | undefined;
}

function givenEnd(host: string, ctx: TaskContext, { underlay, overlay }: BgpSteps): GivenEnd {
  const evpn = overlayAt(host, ctx, overlay);
  return {
    host,
    overlay: evpn,
    below: evpn?.underlay === undefined ? undefined : ctx.params(evpn.underlay, host),
    tunnel: underlay === undefined ? undefined : ctx.params(underlay, host),
  };
}

/** A host's end of the sessions: its address below the overlay, else the first of its tunnel. */
export function bgpEnd(host: string, ctx: TaskContext, steps: BgpSteps): BgpEnd {
  return endOf(givenEnd(host, ctx, steps));
}

function endOf({ host, overlay, below, tunnel }: GivenEnd): BgpEnd {
  const address = overlay && underlayOver(overlay, below).local;
  const [first] = [tunnel?.address ?? []].flat();
  const own = first === undefined ? undefined : asWritten(String(first).replace(/\/.*$/, ''));
  return { host, address: address ?? own };
}

/** Parameters of the overlay on a host; undefined where it has none, or shall have none. */
export function overlayAt(
  host: string,
  ctx: TaskContext,
  overlay: string | undefined,
): EvpnParams | undefined {
  const params = overlay === undefined ? undefined : (ctx.params(overlay, host) as EvpnParams | undefined);
  return params === undefined || params.state === 'absent' ? undefined : params;
}

/** All peers but the host itself, in the order in which FRR lists them: by address. */
export function bgpPeers(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): readonly BgpPeer[] {
  if (bgp.peers === undefined) return [];
  const given: (readonly [GivenEnd, Params])[] = [];
  // Asked of each host about each: no more than looking them up.
  const of: unknown[] = [];
  for (const { name } of ctx.hosts(bgp.peers)) {
    const params = ctx.params(ctx.stepId, name);
    if (params === undefined) continue;
    const end = givenEnd(name, ctx, steps);
    given.push([end, params]);
    of.push(name, params instanceof Unknown ? undefined : params, end.overlay, end.below, end.tunnel);
  }
  const all = ctx.once(`bgp peers of ${ctx.stepId}`, of, () =>
    given.map(([end, params]) => peerOf(end, params)).sort(byAddress),
  );
  return all.filter(({ host }) => host !== ctx.host.name);
}

function peerOf(given: GivenEnd, params: Params): BgpPeer & { readonly order: BgpOrder } {
  const end = endOf(given);
  const bgp = unlessUnknown(() => params.bgp as BgpParams | Unknown | undefined);
  const id = bgp === undefined || bgp instanceof Unknown ? undefined : routerId(bgp, end);
  return { ...end, bgp, id, order: orderOf(end.address ?? '') };
}

/** An address read once, for many comparisons. */
export interface BgpOrder {
  readonly text: string;
  readonly version: 4 | 6 | undefined;
  readonly value: bigint;
}

export function orderOf(text: string): BgpOrder {
  const address = parseAddress(text);
  return { text, version: address?.version, value: address?.value ?? 0n };
}

export function byAddress(a: { readonly order: BgpOrder }, b: { readonly order: BgpOrder }): number {
  return compareOrder(a.order, b.order);
}

export function compareAddresses(a: string, b: string): number {
  return compareOrder(orderOf(a), orderOf(b));
}

function compareOrder(a: BgpOrder, b: BgpOrder): number {
  if (a.version === undefined || a.version !== b.version)
    return a.text < b.text ? -1 : Number(a.text > b.text);
  return a.value < b.value ? -1 : Number(a.value > b.value);
}

/** The host's number in BGP; undefined where it cannot be told. */
export function routerId(bgp: BgpParams, end: BgpEnd): string | undefined {
  if (bgp.router_id !== undefined) return bgp.router_id;
  return end.address !== undefined && parseAddress(end.address)?.version === 4 ? end.address : undefined;
}
