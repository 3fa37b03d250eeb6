/** All hosts of a WireGuard network, worked out once for all of them. Pure. */

import { formatCidr, hostOf, type IpCidr } from '../../base/ip-address.ts';
import { type CidrIndex, indexCidrs } from '../link/cidr-index.ts';
import { formatEndpoint } from './wireguard-endpoint.ts';
import { type MemberParams, memberOf, type WireguardMember } from './wireguard-member.ts';

export interface WireguardNetwork {
  readonly members: readonly WireguardMember[];
  /** Where each host stands among them. */
  readonly position: ReadonlyMap<string, number>;
  /** Members by their tunnel addresses, by what is sent to them, and by the addresses at which they are reached. */
  readonly addresses: CidrIndex<WireguardMember>;
  readonly allowedIps: CidrIndex<WireguardMember>;
  readonly endpoints: CidrIndex<WireguardMember>;
  /** Members that nobody can call, as far as is known. */
  readonly silent: readonly WireguardMember[];
  /** What the lines of a peer say of each member, by its name. */
  readonly lines: ReadonlyMap<string, PeerLines>;
}

export interface PeerLines {
  readonly endpoint: string | undefined;
  /** Networks with their prefix length, sorted. */
  readonly allowedIps: readonly string[];
}

export interface GivenMember {
  readonly name: string;
  readonly params: MemberParams;
}

export function wireguardNetwork(given: readonly GivenMember[]): WireguardNetwork {
  const members = given.map(({ name, params }) => memberOf(name, params));
  const index = (networks: (member: WireguardMember) => readonly IpCidr[]): CidrIndex<WireguardMember> =>
    indexCidrs(members.flatMap((member) => networks(member).map((each) => [each, member] as const)));
  return {
    members,
    position: new Map(members.map(({ name }, at) => [name, at])),
    addresses: index((member) => member.addresses.map(hostOf)),
    allowedIps: index((member) => member.allowedIps),
    endpoints: index(({ endpoint }) => (endpoint?.address ? [hostOf(endpoint.address)] : [])),
    silent: members.filter(isSilent),
    lines: new Map(members.map((member) => [member.name, linesOf(member)])),
  };
}

/** Nobody can call it, and nothing that is not known yet could change that. */
export function isSilent({ endpoint, vague }: WireguardMember): boolean {
  return !endpoint && !vague;
}

function linesOf({ endpoint, allowedIps }: WireguardMember): PeerLines {
  return { endpoint: endpoint && formatEndpoint(endpoint), allowedIps: plainNetworks(allowedIps) };
}

/** Each once, as text, sorted. */
export function plainNetworks(networks: readonly IpCidr[]): readonly string[] {
  return [...new Set(networks.map(formatCidr))].sort();
}
