/** known_hosts as OpenSSH writes it: parsing, and the verdict on a key that a host has shown. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { matchesList } from './ssh-pattern.ts';

export interface KnownKey {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The first field: `|1|salt|hash` alone, or patterns in lower case. */
  readonly hosts: readonly string[];
  /** `ssh-ed25519` */
  readonly type: string;
  /** The public key in base64, as it stands in the file. */
  readonly key: string;
}

/** The name under which a host's keys are kept: lower case, or its HostKeyAlias (then without a port). */
export interface HostKeyName {
  readonly host: string;
  readonly port: number;
}

export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'revoked'; readonly entry: KnownKey }
  /** The host is known by other keys; `entry` is the one it should have shown. */
  | { readonly kind: 'changed'; readonly entry: KnownKey }
  /** No key of this host is known; `authority` is a certificate authority that could vouch for it. */
  | { readonly kind: 'unknown'; readonly authority?: KnownKey };

/** Lines that say nothing we could read are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownKey[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const [, mark, hosts, type, key] = /^(?:@(\S+)\s+)?(\S+)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    if (hosts === undefined || type === undefined || key === undefined) return [];
    if (mark !== undefined && mark !== 'revoked' && mark !== 'cert-authority') return [];
    const names = hosts.startsWith('|') ? [hosts] : hosts.toLowerCase().split(',');
    return [{ file, line: index + 1, marker: mark ?? 'none', hosts: names, type, key }];
  });
}

/** `host`, or `[host]:port` where the port is not 22. */
export function recordName(name: HostKeyName): string {
  return name.port === 22 ? name.host : `[${name.host}]:${name.port}`;
}

/** The entries that say anything about a host: found once, as each hashed name costs a hash. */
export function entriesFor(entries: readonly KnownKey[], name: HostKeyName): readonly KnownKey[] {
  const names = name.port === 22 ? [name.host] : [recordName(name), name.host];
  return entries.filter((entry) => names.some((each) => isFor(entry, each)));
}

export function judgeHostKey(entries: readonly KnownKey[], name: HostKeyName, blob: Buffer): Verdict {
  const key = blob.toString('base64');
  const exact = entries.filter((entry) => isFor(entry, recordName(name)));
  // A key kept without the port vouches for the same host on another port, as in OpenSSH; it never accuses it.
  const plain = name.port === 22 ? [] : entries.filter((entry) => isFor(entry, name.host));
  const revoked = [...exact, ...plain].find((entry) => entry.marker === 'revoked' && sameKey(entry, key));
  if (revoked) return { kind: 'revoked', entry: revoked };
  const keys = exact.filter((entry) => entry.marker === 'none');
  if (keys.some((entry) => sameKey(entry, key))) return { kind: 'known' };
  const type = keyType(blob);
  const changed = keys.find((entry) => entry.type === type) ?? keys[0];
  if (changed) return { kind: 'changed', entry: changed };
  if (plain.some((entry) => entry.marker === 'none' && sameKey(entry, key))) return { kind: 'known' };
  const authority = exact.find((entry) => entry.marker === 'cert-authority');
  return authority ? { kind: 'unknown', authority } : { kind: 'unknown' };
}

/** Types of the keys known for a host, in the order of the files. */
export function knownTypes(entries: readonly KnownKey[], name: HostKeyName): readonly string[] {
  const keys = entries.filter((entry) => entry.marker === 'none');
  const exact = keys.filter((entry) => isFor(entry, recordName(name)));
  const found = exact.length > 0 ? exact : keys.filter((entry) => isFor(entry, name.host));
  return [...new Set(found.map((entry) => entry.type))];
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The type a public key begins with: a length and a name. */
export function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + Math.min(blob.readUInt32BE(0), 64));
}

/** A line to append; hashed where the user's ssh_config asks for it. */
export function knownHostsLine(name: HostKeyName, blob: Buffer, hashed: boolean): string {
  const field = hashed ? hashName(recordName(name)) : recordName(name);
  return `${field} ${keyType(blob)} ${blob.toString('base64')}\n`;
}

function hashName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${hmac(salt, name).toString('base64')}`;
}

function hmac(salt: Buffer, name: string): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}

function sameKey(entry: KnownKey, key: string): boolean {
  return entry.key === key || entry.key.replace(/=+$/, '') === key.replace(/=+$/, '');
}

function isFor(entry: KnownKey, name: string): boolean {
  const first = entry.hosts[0] ?? '';
  if (!first.startsWith('|')) return matchesList(entry.hosts, name);
  const [, version, salt = '', hash = ''] = first.split('|');
  if (version !== '1') return false;
  const wanted = Buffer.from(hash, 'base64');
  const have = hmac(Buffer.from(salt, 'base64'), name);
  return wanted.length === have.length && timingSafeEqual(wanted, have);
}
