/** Openings in a firewall, and the rules of nftables that make them. */
import { formatAddress, networkOf, parseCidr } from '../../base/ip-address.ts';
import { protocolNumber } from './nft-match.ts';
import { SSH_PORTS } from './ssh-door.ts';

export interface OpenPort {
  readonly protocol: string;
  /** Ports and ranges, `8000:8010` or `8000-8010`; none: the whole protocol. */
  readonly ports: readonly (number | string)[];
  /** CIDRs; none: from anywhere. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Interfaces it comes in by and, when it is forwarded, goes out by; none: all. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly comment: string;
  /** Through this host, not to it. */
  readonly forwarded: boolean;
}

/** `8000:8010` as its two ends, in order; undefined when it is none. */
export function portRange(port: number | string): readonly [number, number] | undefined {
  const [, low = '', high = low] = /^(\d{1,5})(?:[:-](\d{1,5}))?$/.exec(String(port)) ?? [];
  const ends = [Number(low), Number(high)] as const;
  if (low === '' || ends[0] < 1 || ends[1] > 65_535 || ends[0] > ends[1]) return undefined;
  return ends;
}

/** One rule, or two where both IPv4 and IPv6 addresses are named. */
export function openingRules(opening: OpenPort): readonly string[] {
  const { protocol, ports, inputs, outputs, comment } = opening;
  const interfaces = [
    ...(inputs.length > 0 ? [`iifname ${oneOrSet(sortedNames(inputs).map(quoted))}`] : []),
    ...(outputs.length > 0 ? [`oifname ${oneOrSet(sortedNames(outputs).map(quoted))}`] : []),
  ];
  const end = `accept${comment === '' ? '' : ` comment ${quoted(comment)}`}`;
  return addressMatches(opening).map((addresses) =>
    [...interfaces, ...addresses, transport(protocol, ports), end].filter((each) => each !== '').join(' '),
  );
}

function transport(protocol: string, ports: readonly (number | string)[]): string {
  if (protocol === 'any') return '';
  if (ports.length > 0) return `${protocol} dport ${oneOrSet(portWords(ports))}`;
  return `meta l4proto ${protocolNumber(protocol)}`;
}

function portWords(ports: readonly (number | string)[]): readonly string[] {
  const ranges = ports.flatMap((port) => {
    const range = portRange(port);
    return range ? [[BigInt(range[0]), BigInt(range[1])] as const] : [];
  });
  return joined(ranges).map(([low, high]) => (low === high ? String(low) : `${low}-${high}`));
}

type Span = readonly [bigint, bigint];

/** In order, what overlaps or touches as one: as nft keeps them, which refuses overlaps. */
function joined(spans: readonly Span[]): readonly Span[] {
  const found: [bigint, bigint][] = [];
  for (const [low, high] of [...spans].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    const last = found.at(-1);
    if (!last || low > last[1] + 1n) found.push([low, high]);
    else if (high > last[1]) last[1] = high;
  }
  return found;
}

function addressMatches({ from, to }: Pick<OpenPort, 'from' | 'to'>): readonly (readonly string[])[] {
  if (from.length === 0 && to.length === 0) return [[]];
  return ([4, 6] as const).flatMap((version) => {
    const sides = [
      ['saddr', from],
      ['daddr', to],
    ] as const;
    const words = sides
      .filter(([, list]) => list.length > 0)
      .map(([side, list]) => [side, networks(list, version)] as const);
    // Of this version on one side alone: nothing can match.
    if (words.some(([, list]) => list.length === 0)) return [];
    return [words.map(([side, list]) => `${version === 4 ? 'ip' : 'ip6'} ${side} ${oneOrSet(list)}`)];
  });
}

function networks(list: readonly string[], version: 4 | 6): readonly string[] {
  const bits = version === 4 ? 32 : 128;
  const spans = list.flatMap((text) => {
    const cidr = parseCidr(text);
    if (cidr?.version !== version) return [];
    const { value } = networkOf(cidr);
    return [[value, value + (1n << BigInt(bits - cidr.prefix)) - 1n] as const];
  });
  return joined(spans).map(([low, high]) => {
    const first = formatAddress({ version, value: low });
    if (low === high) return first;
    const size = (high - low).toString(2).length;
    const whole = high - low + 1n === 1n << BigInt(size) && low % (1n << BigInt(size)) === 0n;
    return `${first}${whole ? `/${bits - size}` : `-${formatAddress({ version, value: high })}`}`;
  });
}

/** As nft sorts names: as numbers whose first byte counts least. */
function sortedNames(names: readonly string[]): readonly string[] {
  const backwards = (name: string) => [...name].reverse().join('');
  return [...new Set(names)].sort((a, b) => a.length - b.length || (backwards(a) < backwards(b) ? -1 : 1));
}

function oneOrSet(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `{ ${words.join(', ')} }`;
}

function quoted(text: string): string {
  return `"${text}"`;
}

/**
 * What a chain of policy drop must let in, or the host is cut off: loopback, SSH (from `sshFrom`, else from
 * anywhere), answers, ICMP with neighbour discovery, answers of DHCP. SSH stands before connection tracking has its
 * say: connections that are older than the table may look invalid to it.
 */
export function safeRules(sshFrom: readonly string[]): readonly string[] {
  return [
    'iifname "lo" accept',
    ...addressMatches({ from: sshFrom, to: [] }).map((addresses) =>
      [...addresses, `tcp dport ${SSH_PORTS} accept`].join(' '),
    ),
    'ct state established,related accept',
    'ct state invalid drop',
    'meta l4proto { 1, 58 } accept',
    'udp sport 67 udp dport 68 accept',
    'ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept',
  ];
}
