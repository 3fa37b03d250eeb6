/** What a resource is about: `file:/etc/frr/daemons`, `unit:frr.service`, `package:frr`. */

/** Kind name, colon, id. One key is one thing on one host; two names of one thing have one canonical key. */
export type Key = `${string}:${string}`;

export function keyKind(key: Key): string {
  return key.slice(0, key.indexOf(':'));
}

/** What stands after the colon: `/etc/frr/daemons` of `file:/etc/frr/daemons`. */
export function keyId(key: Key): string {
  return key.slice(key.indexOf(':') + 1);
}
