/** Arithmetic on IPv4 and IPv6 addresses and networks: read, written, contained in each other, overlapping. Pure. */

export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** An address with a prefix length: `10.1.0.1/16` keeps its host part. See {@link networkOf}. */
export interface IpCidr extends IpAddress {
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** `10.1.0.1`, `2001:db8::1`, `::ffff:10.1.0.1`; undefined for anything else, zones (`%eth0`) included. */
export function parseAddress(text: string): IpAddress | undefined {
  const value = text.includes(':') ? readV6(text) : readV4(text);
  return value === undefined ? undefined : { version: text.includes(':') ? 6 : 4, value };
}

/** `10.1.0.1/16`, `2001:db8::1/64`; without a prefix length it is the address alone (/32, /128). */
export function parseCidr(text: string): IpCidr | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const bits = BITS[address.version];
  if (slash === -1) return { ...address, prefix: bits };
  const length = text.slice(slash + 1);
  return LENGTH.test(length) && Number(length) <= bits ? { ...address, prefix: Number(length) } : undefined;
}

const LENGTH = /^(0|[1-9]\d{0,2})$/;

/** As the kernel writes it: IPv6 in lower case, its longest run of zeros as `::`. */
export function formatAddress({ version, value }: IpAddress): string {
  return version === 4 ? writeV4(value) : writeV6(value);
}

/** The address of a text as the kernel writes it; what is none stays as it is. */
export function asWritten(text: string): string {
  const address = parseAddress(text);
  return address ? formatAddress(address) : text;
}

/** `10.1.0.1/16`, with the prefix length in any case. */
export function formatCidr(cidr: IpCidr): string {
  return `${formatAddress(cidr)}/${cidr.prefix}`;
}

/** The network that an address with a prefix length lies in: host bits cleared. */
export function networkOf(cidr: IpCidr): IpCidr {
  const rest = BigInt(BITS[cidr.version] - cidr.prefix);
  return { ...cidr, value: (cidr.value >> rest) << rest };
}

/** The last address of the network, as a network alone. */
export function lastOf(cidr: IpCidr): IpCidr {
  const bits = BITS[cidr.version];
  return { ...cidr, value: networkOf(cidr).value | ((1n << BigInt(bits - cidr.prefix)) - 1n), prefix: bits };
}

/** The address alone, as a network: /32 or /128. */
export function hostOf({ version, value }: IpAddress): IpCidr {
  return { version, value, prefix: BITS[version] };
}

/** Whether all of `inner` (an address or a network) lies in the network of `outer`. */
export function contains(outer: IpCidr, inner: IpAddress | IpCidr): boolean {
  const prefix = 'prefix' in inner ? inner.prefix : BITS[inner.version];
  if (outer.version !== inner.version || outer.prefix > prefix) return false;
  const rest = BigInt(BITS[outer.version] - outer.prefix);
  return outer.value >> rest === inner.value >> rest;
}

/** Whether two networks share an address: then one contains the other. */
export function overlaps(a: IpCidr, b: IpCidr): boolean {
  return contains(a, b) || contains(b, a);
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.version === b.version && a.value === b.value;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Digit by digit: a fabric of many hosts has thousands of them. */
function readV4(text: string): bigint | undefined {
  if (text.length > 15) return undefined;
  let value = 0;
  let octet = 0;
  let digits = 0;
  let octets = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || octet > 255) return undefined;
      value = value * 256 + octet;
      octets += 1;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    // No leading zeros: some programs read them as octal.
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined;
    octet = octet * 10 + digit;
    digits += 1;
  }
  return octets === 4 ? BigInt(value) : undefined;
}

function readV6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const tail = readV4(dotted[2] ?? '');
    if (tail === undefined) return undefined;
    return readV6(`${dotted[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const words = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail];
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return words.reduce((all, word) => (all << 16n) | BigInt(`0x${word}`), 0n);
}

function writeV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

function writeV6(value: bigint): string {
  if (value >> 32n === 0xffffn) return `::ffff:${writeV4(value & 0xffff_ffffn)}`;
  const words = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const run = longestZeros(words);
  if (run.length < 2) return words.join(':');
  return `${words.slice(0, run.start).join(':')}::${words.slice(run.start + run.length).join(':')}`;
}

/** The first of the longest runs of zero words. */
function longestZeros(words: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start += 1) {
    let end = start;
    while (words[end] === '0') end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
