/** Functions on addresses and networks: `cidr.host("10.1.0.0/16", 5)`. IPv4 and IPv6. */
import {
  contains,
  formatAddress,
  formatCidr,
  type IpCidr,
  lastOf,
  networkOf,
  parseCidr,
} from '../../base/ip-address.ts';
import type { CelFunction } from './function.ts';

export const ADDRESS_FUNCTIONS: readonly CelFunction[] = [
  { signature: 'cidr.host(string, int): string', run: host },
  { signature: 'cidr.subnet(string, int, int): string', run: subnet },
  {
    signature: 'cidr.contains(string, string): bool',
    run: (net: string, inner: string) => holds(net, inner),
  },
  { signature: 'cidr.next(string): string', run: next },
  { signature: 'cidr.address(string): string', run: (text: string) => formatAddress(read('address', text)) },
  {
    signature: 'cidr.network(string): string',
    run: (text: string) => formatCidr(networkOf(read('network', text))),
  },
  { signature: 'cidr.prefix(string): int', run: (text: string) => BigInt(read('prefix', text).prefix) },
  { signature: 'cidr.netmask(string): string', run: netmask },
  {
    signature: 'cidr.broadcast(string): string',
    run: (text: string) => formatAddress(lastOf(read('broadcast', text))),
  },
];

const BITS = { 4: 32, 6: 128 } as const;

function read(name: string, text: string): IpCidr {
  const found = parseCidr(text);
  if (!found) throw new Error(`cidr.${name}(): this is no address and no network`);
  return found;
}

/** The address that stands at `index` in the network, from its end where that is below zero. */
function host(text: string, index: bigint): string {
  const net = networkOf(read('host', text));
  const first = net.value;
  const last = lastOf(net).value;
  const value = index < 0n ? last + 1n + index : first + index;
  if (value < first || value > last)
    throw new Error(`cidr.host(): ${formatCidr(net)} has no address ${index}`);
  return formatAddress({ version: net.version, value });
}

/** The network number `index` of that prefix length within the network. */
function subnet(text: string, prefix: bigint, index: bigint): string {
  const net = networkOf(read('subnet', text));
  const bits = BITS[net.version];
  const length = Number(prefix);
  if (length < net.prefix || length > bits)
    throw new Error(`cidr.subnet(): /${prefix} does not lie in ${formatCidr(net)}`);
  if (index < 0n || index >= 1n << BigInt(length - net.prefix))
    throw new Error(`cidr.subnet(): ${formatCidr(net)} has no /${prefix} number ${index}`);
  return formatCidr({ ...net, value: net.value + (index << BigInt(bits - length)), prefix: length });
}

function holds(net: string, inner: string): boolean {
  return contains(read('contains', net), read('contains', inner));
}

/** The address behind it; with a prefix length it keeps that, and stays in its network. */
function next(text: string): string {
  const here = read('next', text);
  const value = here.value + 1n;
  const bare = !text.includes('/');
  const last = bare ? (1n << BigInt(BITS[here.version])) - 1n : lastOf(here).value;
  if (value > last) throw new Error(`cidr.next(): ${formatCidr(here)} is the last address`);
  return bare ? formatAddress({ ...here, value }) : formatCidr({ ...here, value });
}

function netmask(text: string): string {
  const { version, prefix } = read('netmask', text);
  if (version === 6) throw new Error('cidr.netmask(): IPv6 has prefix lengths only');
  const value = ((1n << BigInt(prefix)) - 1n) << BigInt(32 - prefix);
  return formatAddress({ version, value });
}
