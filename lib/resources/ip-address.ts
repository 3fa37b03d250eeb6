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
  const [, head = '', length] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const address = parseAddress(head);
  if (!address) return undefined;
  const prefix = length === undefined ? BITS[address.version] : Number(length);
  return prefix > BITS[address.version] ? undefined : { ...address, prefix };
}

/** As the kernel writes it: IPv6 in lower case, its longest run of zeros as `::`. */
export function formatAddress({ version, value }: IpAddress): string {
  return version === 4 ? writeV4(value) : writeV6(value);
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

/** The address alone, as a network: /32 or /128. */
export function hostOf({ version, value }: IpAddress): IpCidr {
  return { version, value, prefix: BITS[version] };
}

/** Whether all of `inner` (an address or a network) lies in the network of `outer`. */
export function contains(outer: IpCidr, inner: IpAddress | IpCidr): boolean {
  const prefix = 'prefix' in inner ? inner.prefix : BITS[inner.version];
  if (outer.version !== inner.version || outer.prefix > prefix) return false;
  return networkOf(outer).value === networkOf({ ...inner, prefix: outer.prefix }).value;
}

/** Whether two networks share an address: then one contains the other. */
export function overlaps(a: IpCidr, b: IpCidr): boolean {
  return contains(a, b) || contains(b, a);
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.version === b.version && a.value === b.value;
}

function readV4(text: string): bigint | undefined {
  const parts = text.split('.');
  // No leading zeros: some programs read them as octal.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((all, part) => (all << 8n) | BigInt(part), 0n);
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
