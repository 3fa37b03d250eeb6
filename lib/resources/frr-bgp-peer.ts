/** The hosts that a host has BGP sessions with, and its own end of them. */
import type { TaskContext } from '../model/task.ts';
import { underlayOf } from './evpn-overlay.ts';
import type { EvpnParams } from './evpn-params.ts';
import type { BgpParams, BgpSteps } from './frr-bgp-params.ts';
import { parseAddress } from './ip-address.ts';

export interface BgpEnd {
  readonly host: string;
  /** Address that sessions come from and go to; undefined where no step says it. */
  readonly address: string | undefined;
}

/** A host's end of the sessions: its address below the overlay, else the first of its tunnel. */
export function bgpEnd(host: string, ctx: TaskContext, { underlay, overlay }: BgpSteps): BgpEnd {
  const evpn = overlayAt(host, ctx, overlay);
  const address = evpn && underlayOf(evpn, ctx, host).local;
  const tunnel = underlay === undefined ? undefined : ctx.params(underlay, host)?.address;
  const [first] = [tunnel ?? []].flat();
  return { host, address: address ?? (first === undefined ? undefined : String(first).replace(/\/.*$/, '')) };
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
export function bgpPeers(bgp: BgpParams, ctx: TaskContext, steps: BgpSteps): readonly BgpEnd[] {
  if (bgp.peers === undefined) return [];
  return ctx
    .hosts(bgp.peers)
    .filter(({ name }) => name !== ctx.host.name && ctx.params(ctx.stepId, name) !== undefined)
    .map(({ name }) => bgpEnd(name, ctx, steps))
    .sort((a, b) => compareAddresses(a.address ?? '', b.address ?? ''));
}

export function compareAddresses(a: string, b: string): number {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  if (!left || !right || left.version !== right.version) return a < b ? -1 : Number(a > b);
  return left.value < right.value ? -1 : Number(left.value > right.value);
}

/** The host's number in BGP; undefined where it cannot be told. */
export function routerId(bgp: BgpParams, end: BgpEnd): string | undefined {
  if (bgp.router_id !== undefined) return bgp.router_id;
  return end.address !== undefined && parseAddress(end.address)?.version === 4 ? end.address : undefined;
}
