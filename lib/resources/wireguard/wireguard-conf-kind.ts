/** How files of wg-quick are read: line by line, secrets left out on the host before anything is printed. */
import { fingerprint } from '../../base/fingerprint.ts';
import { sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { bothBack, keptBack } from '../file/kept-back.ts';
import { runningBack } from './wireguard-back.ts';
import { WIREGUARD_KEY } from './wireguard-key-kind.ts';

export interface WireguardConfState extends State {
  readonly type: 'absent' | 'file' | 'symlink' | 'other';
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** The lines, each with its end; secrets as {@link HIDDEN}, preshared keys as their fingerprints. */
  readonly text: string | Unknown;
  /** Public half of the private key in it; empty when it has none. */
  readonly publicKey: string | Unknown;
  /** Hex SHA-256 of the whole file, to see that nobody else has changed it. */
  readonly sum: string | Unknown;
}

export const NO_WIREGUARD_CONF: WireguardConfState = {
  exists: false,
  type: 'absent',
  mode: '',
  owner: '',
  group: '',
  text: '',
  publicKey: '',
  sum: '',
};

/** Stands for the private key. */
export const HIDDEN = '‹kept on the host›';

export function confPath(name: string): string {
  return `/etc/wireguard/${name}.conf`;
}

export function wireguardConfKey(name: string): Key {
  return `wireguard-conf:${name}`;
}

export function wireguardConfRef(name: string): Ref<WireguardConfState> {
  return { kind: wireguardConfKind, key: wireguardConfKey(name) };
}

export const wireguardConfKind: Kind<WireguardConfState> = {
  name: 'wireguard-conf',
  limitMs: 15_000,
  absent: NO_WIREGUARD_CONF,
  // sed puts a mark before each line, so that empty ones survive the splitting. As wg does, names are compared
  // without blanks and in any case; behind a # too, for a key may have been taken out of use. What else looks like a
  // key is told by its checksum alone. K public half, S preshared key, H other secret, = plain line.
  read(wants) {
    const paths = wants.map((want) => confPath(keyId(want.key)));
    return sh`tb_nl='
' tb_blank=$(printf ' \\t\\r') tb_b='[A-Za-z0-9+/]' tb_wg=
tb_b=$tb_b$tb_b$tb_b$tb_b$tb_b$tb_b; tb_b="$tb_b$tb_b$tb_b$tb_b$tb_b$tb_b$tb_b"'[A-Za-z0-9+/]='
command -v wg >/dev/null 2>&1 && tb_wg=1
tb_hash() { if [ "$1" != "$tb_last" ] || [ -z "$tb_sum" ]; then tb_last=$1; tb_sum=$(printf %s "$1" | sha256sum); tb_sum=\${tb_sum%% *}; fi; }
tb_line() {
tb_text=$1; IFS=$tb_blank; set -- $tb_text; IFS=; tb_c="$*"; tb_off=
while :; do case $tb_c in '#'*) tb_c=\${tb_c#?}; tb_off=1 ;; *) break ;; esac; done
tb_v=\${tb_c#*=}; tb_v=\${tb_v%%#*}
case $tb_c in
[Pp][Rr][Ii][Vv][Aa][Tt][Ee][Kk][Ee][Yy]=*)
if [ -n "$tb_off" ]; then tb_hash "$tb_c"; printf 'H%s\\n' "$tb_sum"
elif [ -z "$tb_wg" ]; then echo 'K?'
else printf 'K%s\\n' "$(printf '%s\\n' "$tb_v" | wg pubkey 2>/dev/null)"; fi ;;
[Pp][Rr][Ee][Ss][Hh][Aa][Rr][Ee][Dd][Kk][Ee][Yy]=*)
if [ -n "$tb_off" ]; then tb_hash "$tb_c"; printf 'H%s\\n' "$tb_sum"
else tb_hash "$tb_v"; printf 'S%s\\n' "$tb_sum"; fi ;;
[Pp][Uu][Bb][Ll][Ii][Cc][Kk][Ee][Yy]=*) printf '=%s\\n' "$tb_text" ;;
*$tb_b*) tb_hash "$tb_text"; printf 'H%s\\n' "$tb_sum" ;;
*) printf '=%s\\n' "$tb_text" ;;
esac
}
tb_conf() {
if [ -h "$2" ]; then echo "@$1 symlink"; return; fi
if [ ! -e "$2" ]; then echo "@$1 absent"; return; fi
if [ ! -f "$2" ]; then echo "@$1 other"; return; fi
tb_stat=$(stat -c '%a %U %G' -- "$2") && tb_all=$(sha256sum <"$2") && tb_in=$(sed 's/^/=/' <"$2") || { echo "@$1 unreadable"; return; }
echo "@$1 file $tb_stat \${tb_all%% *}"
IFS=$tb_nl; for tb_l in $tb_in; do tb_line "\${tb_l#=}"; done; unset IFS
}
set -f; tb_n=0; tb_last= tb_sum=
for tb_f in ${paths}; do tb_conf $tb_n "$tb_f"; tb_n=$((tb_n+1)); done; echo @end`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    if (!text.endsWith('@end\n')) {
      return wants.map(({ key }) => ({ key, unreadable: 'the look at the file was cut short' }));
    }
    const blocks = text
      .slice(0, -'@end\n'.length)
      .split(/^@\d+ /m)
      .slice(1);
    return wants.map((want, index) => readingOf(want.key, blocks[index] ?? ''));
  },
  review(state) {
    // The sum of a file with a private key in it.
    const { sum: _, ...shown } = state;
    return { counts: state, shown };
  },
  forth: (key, { now }) => bothBack(keptBack([confPath(keyId(key))], now), runningBack(keyId(key), now)),
};

function readingOf(key: Key, block: string): Reading<WireguardConfState> {
  const [head = '', ...lines] = block.replace(/\n$/, '').split('\n');
  const [type, mode = '', owner = '', group = '', sum = ''] = head.split(' ');
  if (type === 'absent') return { key, state: NO_WIREGUARD_CONF };
  if (type === 'symlink' || type === 'other')
    return { key, state: { ...NO_WIREGUARD_CONF, exists: true, type } };
  if (type !== 'file') return { key, unreadable: `${confPath(keyId(key))} may not be read by this account` };
  const pub =
    lines
      .filter((line) => line.startsWith('K'))
      .at(-1)
      ?.slice(1) ?? '';
  return {
    key,
    state: {
      exists: true,
      type,
      mode: mode.padStart(4, '0'),
      owner,
      group,
      sum,
      text: lines.map((line) => `${shownLine(line)}\n`).join(''),
      publicKey: WIREGUARD_KEY.test(pub) ? pub : '',
    },
  };
}

function shownLine(line: string): string {
  if (line.startsWith('K')) return `PrivateKey = ${HIDDEN}`;
  if (line.startsWith('S')) return `PresharedKey = ${fingerprint(line.slice(1))}`;
  return line.startsWith('H') ? fingerprint(line.slice(1)) : line.slice(1);
}
