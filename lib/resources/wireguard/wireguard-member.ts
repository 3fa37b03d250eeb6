/** A host of a WireGuard network, from the parameters of its step. */

import { hostOf, type IpCidr, networkOf, parseCidr } from '../../base/ip-address.ts';
import { findUnknown, Unknown, UnknownUsed } from '../../base/unknown.ts';
import { type Endpoint, parseEndpoint } from './wireguard-endpoint.ts';

/** Parameters of the task `wireguard` that others look at, too. */
export interface MemberParams {
  readonly address?: unknown;
  readonly listen_port?: unknown;
  readonly endpoint?: unknown;
  readonly allowed_ips?: unknown;
}

export interface WireguardMember {
  readonly name: string;
  readonly addresses: readonly IpCidr[];
  readonly listenPort: number;
  /** Undefined: behind NAT, it calls the others. */
  readonly endpoint: Endpoint | undefined;
  /** What others send to it: networks. */
  readonly allowedIps: readonly IpCidr[];
  /** Something of it is not known yet; those parts are left out. */
  readonly vague: boolean;
}

export const LISTEN_PORT = 51_820;

/** What cannot be read as what it should be is left out: the task's check has named it by then. */
export function memberOf(name: string, params: MemberParams): WireguardMember {
  const { address, listen_port, endpoint, allowed_ips } = params;
  const addresses = cidrs(address);
  const port = typeof listen_port === 'number' ? listen_port : LISTEN_PORT;
  return {
    name,
    addresses,
    listenPort: port,
    endpoint: typeof endpoint === 'string' ? parseEndpoint(endpoint, port) : undefined,
    allowedIps: allowed_ips === undefined ? addresses.map(hostOf) : cidrs(allowed_ips).map(networkOf),
    vague: findUnknown({ address, listen_port, endpoint, allowed_ips }) !== undefined,
  };
}

/** As {@link memberOf}; throws UnknownUsed where something of it is not known yet. */
export function knownMember(name: string, params: MemberParams | Unknown): WireguardMember {
  if (params instanceof Unknown) throw new UnknownUsed(params);
  const { address, listen_port, endpoint, allowed_ips } = params;
  const unknown = findUnknown({ address, listen_port, endpoint, allowed_ips });
  if (unknown) throw new UnknownUsed(unknown);
  return memberOf(name, params);
}

/** One text or a list of them; what is no text is left out. */
export function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each): each is string => typeof each === 'string');
}

function cidrs(value: unknown): readonly IpCidr[] {
  return textsOf(value).flatMap((text) => parseCidr(text) ?? []);
}
