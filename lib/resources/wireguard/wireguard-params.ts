/** Parameters of the task `wireguard` as its code takes them, and the wish that they mean. */

import { formatCidr, networkOf, parseCidr } from '../../base/ip-address.ts';
import { Secret } from '../../base/secret.ts';
import { known, Unknown, UnknownUsed } from '../../base/unknown.ts';
import { PlanError } from '../../model/resource.ts';
import type { HostView, TaskContext } from '../../model/task.ts';
import { tunnelMtu } from '../link/overlay-mtu.ts';
import { formatEndpoint, parseEndpoint } from './wireguard-endpoint.ts';
import { WIREGUARD_KEY } from './wireguard-key-kind.ts';
import { knownMember, LISTEN_PORT, type MemberParams, textsOf } from './wireguard-member.ts';
import {
  type GivenMember,
  plainNetworks,
  type WireguardNetwork,
  wireguardNetwork,
} from './wireguard-network.ts';
import { allowedIps, connected, type Topology } from './wireguard-topology.ts';
import type { WireguardPeerWish, WireguardWish } from './wireguard-wish.ts';

export interface OutsidePeer {
  readonly public_key: string;
  readonly preshared_key?: string | Secret;
  readonly allowed_ips: string | readonly string[];
  readonly endpoint?: string;
  readonly keepalive?: number;
}

export interface WireguardParams extends MemberParams {
  readonly interface?: string;
  readonly listen_port?: number;
  readonly key?: string;
  readonly private_key?: string;
  readonly mtu?: number;
  readonly underlay_mtu?: number;
  readonly table?: string | number;
  readonly fwmark?: number;
  readonly dns?: readonly string[];
  readonly pre_up?: readonly string[];
  readonly post_up?: readonly string[];
  readonly pre_down?: readonly string[];
  readonly post_down?: readonly string[];
  readonly peers?: string;
  readonly topology?: 'mesh' | 'hub';
  readonly hubs?: readonly string[];
  readonly keepalive?: number;
  readonly preshared_key?: string | Secret;
  readonly external_peers?: Readonly<Record<string, OutsidePeer>>;
}

const KEY_PATH = '/etc/wireguard/wg0.key';

/** Seconds: often enough for the usual NAT, whose memory is 30 s at worst. */
const BEHIND_NAT = 25;

export function topologyOf({ topology = 'mesh', hubs = [] }: WireguardParams): Topology {
  return { kind: topology, hubs };
}

/** Where the private key is: said, or as the step that makes it has it. */
export function keyPath(params: WireguardParams, ctx: TaskContext): string {
  if (params.private_key !== undefined) return params.private_key;
  const path = params.key === undefined ? undefined : ctx.params(params.key)?.path;
  return path === undefined ? KEY_PATH : String(path);
}

/** Throws UnknownUsed while addresses or endpoints are not known; public keys may be. */
export function wishOf(params: WireguardParams, ctx: TaskContext): WireguardWish {
  const name = params.interface ?? 'wg0';
  const own = knownMember(ctx.host.name, params);
  return {
    interface: name,
    addresses: [...new Set(own.addresses.map(formatCidr))],
    listenPort: own.listenPort,
    keyPath: keyPath(params, ctx),
    mtu: tunnelMtu(params),
    table: tableOf(params.table),
    fwmark: params.fwmark ?? 0,
    dns: params.dns ?? [],
    hooks: {
      preUp: params.pre_up ?? [],
      postUp: params.post_up ?? [],
      preDown: params.pre_down ?? [],
      postDown: params.post_down ?? [],
    },
    peers: [...insidePeers(params, ctx), ...outsidePeers(params)],
  };
}

function tableOf(table: string | number | undefined): string {
  if (table === undefined) return 'auto';
  return table === 'main' ? '254' : String(table);
}

/** Seconds between keepalives towards the peers. */
function keepaliveOf(params: WireguardParams): number {
  return params.keepalive ?? (params.endpoint ? 0 : BEHIND_NAT);
}

function insidePeers(params: WireguardParams, ctx: TaskContext): readonly WireguardPeerWish[] {
  if (params.peers === undefined) return [];
  const hosts = ctx.hosts(params.peers);
  const given = hosts.map((host) => ({ name: host.name, params: paramsOf(host, params, ctx) }));
  const network = sharedNetwork(given, ctx);
  const topology = topologyOf(params);
  const keepalive = keepaliveOf(params);
  const presharedKey = secretOf(params.preshared_key);
  return hosts.flatMap((host, index) => {
    const member = network.members[index];
    if (member?.vague) knownMember(host.name, given[index]?.params ?? {});
    if (!member || !connected(ctx.host.name, host.name, topology)) return [];
    return [
      {
        name: host.name,
        publicKey: publicKeyOf(host, params.key),
        endpoint: network.lines.get(host.name)?.endpoint,
        allowedIps: allowedIps(ctx.host.name, member, network, topology),
        keepalive,
        presharedKey,
      },
    ];
  });
}

/** The network of these members: worked out by the first of its hosts, for all of them. */
export function sharedNetwork(given: readonly GivenMember[], ctx: TaskContext): WireguardNetwork {
  const of = given.flatMap(({ name, params }) => [name, params]);
  return ctx.once(`wireguard network of ${ctx.stepId}`, of, () => wireguardNetwork(given));
}

function paramsOf(host: HostView, params: WireguardParams, ctx: TaskContext): MemberParams {
  const theirs = ctx.params(ctx.stepId, host.name);
  if (theirs instanceof Unknown) throw new UnknownUsed(theirs);
  if (theirs !== undefined) return theirs;
  // Its own are at hand even where others could not tell yet whether the step runs here.
  if (host.name === ctx.host.name) return params;
  throw new PlanError(
    `${host.name} is a peer, but this step does not run there`,
    'let the step run on all hosts of the group, or name the peer under `external_peers`',
  );
}

function publicKeyOf(host: HostView, step: string | undefined): string | Unknown {
  const value = step === undefined ? undefined : host.steps[step]?.outputs.public_key;
  if (value instanceof Unknown) return value;
  if (typeof value === 'string' && WIREGUARD_KEY.test(value)) return value;
  throw new PlanError(
    `the public key of ${host.name} is not there`,
    `let the step of task wireguard_key run on ${host.name}, with \`state: present\``,
  );
}

function outsidePeers(params: WireguardParams): readonly WireguardPeerWish[] {
  return Object.entries(params.external_peers ?? {}).map(([name, peer]) => ({
    name,
    publicKey: known(peer.public_key),
    endpoint: outsideEndpoint(peer.endpoint),
    allowedIps: networksOf(peer.allowed_ips),
    keepalive: peer.keepalive ?? keepaliveOf(params),
    presharedKey: secretOf(peer.preshared_key),
  }));
}

function outsideEndpoint(text: string | undefined): string | undefined {
  const endpoint = text ? parseEndpoint(text, LISTEN_PORT) : undefined;
  return endpoint && formatEndpoint(endpoint);
}

function networksOf(value: unknown): readonly string[] {
  const networks = textsOf(value).flatMap((text) => parseCidr(text) ?? []);
  return plainNetworks(networks.map(networkOf));
}

/** A key written plainly into a runbook is a secret all the same. */
function secretOf(value: unknown): Secret | undefined {
  if (value instanceof Unknown) throw new UnknownUsed(value);
  if (value === undefined || value instanceof Secret) return value;
  return new Secret('preshared key', String(value));
}
