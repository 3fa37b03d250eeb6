/** Whether a packet matches an expression of nftables: yes, no, or that it depends on what is not known of the packet. */
import { contains, hostOf, type IpCidr, overlaps, parseAddress, parseCidr } from '../../base/ip-address.ts';
import { isRecord, type NftExpression } from './nft-ruleset.ts';

export type Match = 'yes' | 'no' | 'maybe';

/** A packet as a firewall sees it. What is left out may be anything. */
export interface NftPacket {
  readonly hook: 'input' | 'forward' | 'output';
  readonly family: 'ip' | 'ip6';
  /** `tcp`, `udp`, `icmp`, …: names of /etc/protocols. */
  readonly protocol: string;
  readonly dport?: number;
  readonly sport?: number;
  /** Addresses or prefixes: of a prefix, all of it is meant. */
  readonly saddr?: string;
  readonly daddr?: string;
  readonly iif?: string;
  readonly oif?: string;
  /** State of connection tracking. */
  readonly state: 'new' | 'established';
}

/** Elements of a named set, undefined where they are not known. */
export type SetLookup = (name: string) => readonly unknown[] | undefined;

/** A field: its value; undefined where that is not known; null where the packet has no such field. */
type Field = string | number | undefined | null;

export function matches(expression: unknown, packet: NftPacket, sets: SetLookup): Match {
  if (!isRecord(expression)) return 'maybe';
  const { op, left, right } = expression;
  const found = holds(left, right, packet, sets);
  if (op === '==' || op === 'in') return found;
  if (op === '!=') return fieldOf(left, packet) === null ? 'no' : not(found);
  return compared(String(op), fieldOf(left, packet), right);
}

function not(match: Match): Match {
  if (match === 'maybe') return match;
  return match === 'yes' ? 'no' : 'yes';
}

function compared(op: string, field: Field, right: unknown): Match {
  if (field === null) return 'no';
  if (typeof field !== 'number' || typeof right !== 'number') return 'maybe';
  const truth =
    op === '<' ? field < right : op === '>' ? field > right : op === '<=' ? field <= right : field >= right;
  return truth ? 'yes' : 'no';
}

/** Whether a key of a set, a map or a match is the packet's. */
export function holds(left: unknown, right: unknown, packet: NftPacket, sets: SetLookup): Match {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = sets(right.slice(1));
    if (fieldOf(left, packet) === null) return 'no';
    return elements === undefined ? 'maybe' : any(elements.map((each) => holds(left, each, packet, sets)));
  }
  if (isRecord(right) && Array.isArray(right.set))
    return any(right.set.map((each) => holds(left, each, packet, sets)));
  if (isRecord(right) && isRecord(right.elem)) return holds(left, right.elem.val, packet, sets);
  if (isRecord(left) && Array.isArray(left.concat)) return concatenated(left.concat, right, packet, sets);
  if (Array.isArray(right)) return any(right.map((each) => holds(left, each, packet, sets)));
  const field = fieldOf(left, packet);
  if (field === null) return 'no';
  if (field === undefined) return right === '*' ? 'yes' : 'maybe';
  return equals(field, right);
}

function concatenated(parts: readonly unknown[], right: unknown, packet: NftPacket, sets: SetLookup): Match {
  const values = isRecord(right) && Array.isArray(right.concat) ? right.concat : undefined;
  if (!values) return 'maybe';
  return all(parts.map((part, index) => holds(part, values[index], packet, sets)));
}

export function any(found: readonly Match[]): Match {
  if (found.includes('yes')) return 'yes';
  return found.includes('maybe') ? 'maybe' : 'no';
}

export function all(found: readonly Match[]): Match {
  if (found.includes('no')) return 'no';
  return found.includes('maybe') ? 'maybe' : 'yes';
}

function equals(field: string | number, right: unknown): Match {
  const cidr = typeof field === 'string' ? cidrOf(field) : undefined;
  if (isRecord(right) && isRecord(right.prefix)) {
    return cidr ? within(cidr, parseCidr(`${right.prefix.addr}/${right.prefix.len}`)) : 'maybe';
  }
  if (isRecord(right) && Array.isArray(right.range)) return ranged(field, cidr, right.range);
  if (typeof right === 'string' && cidr) return within(cidr, cidrOf(right));
  if (typeof field === 'number') {
    const wanted = typeof right === 'number' ? right : protocolNumber(String(right));
    return wanted === undefined ? 'maybe' : field === wanted ? 'yes' : 'no';
  }
  if (typeof right !== 'string') return 'maybe';
  if (right.endsWith('*')) return field.startsWith(right.slice(0, -1)) ? 'yes' : 'no';
  return field === right ? 'yes' : 'no';
}

function cidrOf(text: string): IpCidr | undefined {
  const address = parseAddress(text);
  return address ? hostOf(address) : parseCidr(text);
}

function within(inner: IpCidr, outer: IpCidr | undefined): Match {
  if (!outer) return 'maybe';
  if (contains(outer, inner)) return 'yes';
  return overlaps(outer, inner) ? 'maybe' : 'no';
}

function ranged(field: string | number, cidr: IpCidr | undefined, range: readonly unknown[]): Match {
  const [low, high] = range;
  if (typeof field === 'number') {
    if (typeof low !== 'number' || typeof high !== 'number') return 'maybe';
    return field >= low && field <= high ? 'yes' : 'no';
  }
  const [from, to] = [parseAddress(String(low)), parseAddress(String(high))];
  if (!cidr || !from || !to) return 'maybe';
  if (from.version !== cidr.version) return 'no';
  const last = cidr.value | ((1n << BigInt((cidr.version === 4 ? 32 : 128) - cidr.prefix)) - 1n);
  if (cidr.value >= from.value && last <= to.value) return 'yes';
  return last < from.value || cidr.value > to.value ? 'no' : 'maybe';
}

const PORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);

function fieldOf(left: unknown, packet: NftPacket): Field {
  if (!isRecord(left)) return undefined;
  if (isRecord(left.meta)) return metaField(String(left.meta.key), packet);
  if (isRecord(left.payload)) return payloadField(left.payload, packet);
  if (isRecord(left.ct)) return ctField(String(left.ct.key), packet);
  if (isRecord(left.fib)) return fibField(left.fib, packet);
  return undefined;
}

/** What nobody has marked or translated. */
function ctField(key: string, packet: NftPacket): Field {
  if (key === 'state') return packet.state;
  if (key === 'status') return 'none';
  return key === 'mark' ? 0 : undefined;
}

function metaField(key: string, packet: NftPacket): Field {
  switch (key) {
    case 'iif':
    case 'iifname':
      return packet.hook === 'output' ? null : packet.iif;
    case 'oif':
    case 'oifname':
      return packet.hook === 'input' ? null : packet.oif;
    case 'nfproto':
      return packet.family === 'ip' ? 'ipv4' : 'ipv6';
    case 'protocol':
      return packet.family;
    case 'l4proto':
      return protocolNumber(packet.protocol);
    case 'pkttype':
      return 'host';
    case 'mark':
      return 0;
    default:
      return undefined;
  }
}

function payloadField(payload: NftExpression, packet: NftPacket): Field {
  const { protocol, field } = payload;
  if (protocol === 'ip' || protocol === 'ip6') {
    if (protocol !== packet.family) return null;
    if (field === 'saddr') return packet.saddr;
    if (field === 'daddr') return packet.daddr;
    return field === 'protocol' || field === 'nexthdr' ? protocolNumber(packet.protocol) : undefined;
  }
  if (typeof protocol !== 'string' || protocol === 'ether' || protocol === 'arp') return undefined;
  if (protocol === 'th' ? !PORTS.has(packet.protocol) : protocol !== packet.protocol) return null;
  if (field === 'dport') return packet.dport;
  return field === 'sport' ? packet.sport : undefined;
}

/** What is delivered here is for an address of this host. */
function fibField(fib: NftExpression, packet: NftPacket): Field {
  const flags = Array.isArray(fib.flags) ? fib.flags : [];
  return fib.result === 'type' && flags.includes('daddr') && packet.hook === 'input' ? 'local' : undefined;
}

const NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  'ipv6-icmp': 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};

/** The number of a protocol by its name or number. */
export function protocolNumber(name: string): number | undefined {
  return /^\d+$/.test(name) ? Number(name) : Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
}
