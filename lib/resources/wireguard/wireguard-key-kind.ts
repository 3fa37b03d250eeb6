/** How private keys of WireGuard are read: their public halves, made on the host; the private ones are never printed. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { plainPath } from '../file/file-state.ts';
import { keptBack } from '../file/kept-back.ts';

export interface WireguardKeyState extends State {
  /** `file`, or why it is none: `symlink`, `other`. */
  readonly type: 'absent' | 'file' | 'symlink' | 'other';
  /** Base64 of 44 characters; empty when the file holds no key. Unknown without `wg`, and for a key yet to be made. */
  readonly publicKey: string | Unknown;
  /** Four octal digits. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** The word with which the pair was last asked for anew; empty when it never was. */
  readonly rotation: string;
}

export const NO_WIREGUARD_KEY: WireguardKeyState = {
  exists: false,
  type: 'absent',
  publicKey: '',
  mode: '',
  owner: '',
  group: '',
  rotation: '',
};

/** A public or preshared key, as text: 32 bytes in base64. */
export const WIREGUARD_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

export function wireguardKeyKey(path: string): Key {
  return `wireguard-key:${plainPath(path)}`;
}

export function wireguardKeyRef(path: string): Ref<WireguardKeyState> {
  return { kind: wireguardKeyKind, key: wireguardKeyKey(path) };
}

/** The file beside a key that holds its rotation word. */
export function rotationPath(path: string): string {
  return `${path}.rotation`;
}

export const wireguardKeyKind: Kind<WireguardKeyState> = {
  name: 'wireguard-key',
  limitMs: 10_000,
  absent: NO_WIREGUARD_KEY,
  // Two forks for a key that is there, none for one that is not; a third one where it has been rotated.
  read(wants) {
    const paths = wants.map((want) => keyId(want.key));
    return sh`tb_wg=; command -v wg >/dev/null 2>&1 && tb_wg=1
tb_key() {
if [ -h "$2" ]; then echo "@$1 symlink"; return; fi
if [ ! -e "$2" ]; then echo "@$1 absent"; return; fi
tb_is=other; [ -f "$2" ] && tb_is=file
tb_stat=$(stat -c '%a %U %G' -- "$2") || { echo "@$1 unreadable"; return; }
tb_pub=?; if [ $tb_is = file ] && [ -n "$tb_wg" ]; then
if [ -r "$2" ]; then tb_pub=$(wg pubkey <"$2" 2>/dev/null) || tb_pub=; else tb_pub=!; fi; fi
tb_word=; [ -f "$2.rotation" ] && tb_word=$(cat "$2.rotation" 2>/dev/null)
printf '@%s %s %s %s\\n' "$1" $tb_is "$tb_stat" "$tb_pub|$tb_word"
}
tb_n=0; for tb_f in ${paths}; do tb_key $tb_n "$tb_f"; tb_n=$((tb_n+1)); done; echo @end`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const whole = /^@end$/m.test(text);
    return wants.map((want, index): Reading<WireguardKeyState> => {
      const line = whole ? new RegExp(`^@${index} (.*)$`, 'm').exec(text)?.[1] : undefined;
      if (line === undefined) return { key: want.key, unreadable: 'the look at the key was cut short' };
      return readingOf(want.key, line);
    });
  },
  forth: (key, { now }) => keptBack([keyId(key), rotationPath(keyId(key))], now),
};

function readingOf(key: Key, line: string): Reading<WireguardKeyState> {
  if (line === 'absent') return { key, state: NO_WIREGUARD_KEY };
  if (line === 'symlink') return { key, state: { ...NO_WIREGUARD_KEY, exists: true, type: 'symlink' } };
  const match = /^(file|other) (\d+) (\S+) (\S+) ([^|]*)\|(.*)$/.exec(line);
  const [, type, mode = '', owner = '', group = '', found = '', rotation = ''] = match ?? [];
  if (!match || found === '!') return { key, unreadable: `${keyId(key)} may not be read by this account` };
  const publicKey =
    found === '?' && type === 'file'
      ? new Unknown('the package wireguard-tools, without which nobody can tell the public key')
      : WIREGUARD_KEY.test(found)
        ? found
        : '';
  const plain = { owner, group, mode: mode.padStart(4, '0') };
  return { key, state: { exists: true, type: type as 'file' | 'other', publicKey, rotation, ...plain } };
}
