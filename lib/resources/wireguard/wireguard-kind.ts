/** How running WireGuard interfaces are read: one `wg show all dump`, whose secrets stay in a variable of the shell. */
import { fingerprint } from '../../base/fingerprint.ts';
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { runningBack } from './wireguard-back.ts';

export interface WireguardPeer {
  readonly publicKey: string;
  /** Hex SHA-256 of the 44 characters of the preshared key; empty without one. */
  readonly presharedKey: string;
  /** `192.0.2.1:51820`, `[2001:db8::1]:51820`; empty while none is known. Unknown where a name is resolved on the host. */
  readonly endpoint: string | Unknown;
  /** Networks with their prefix length, sorted. */
  readonly allowedIps: readonly string[];
  /** Seconds; 0: off. */
  readonly keepalive: number;
  /** Seconds since the last handshake; -1: there was none. */
  readonly handshakeAge: number;
}

export interface WireguardState extends State {
  /** Public half of the key it runs with; empty when it has none. */
  readonly publicKey: string | Unknown;
  readonly listenPort: number;
  /** 0: off. */
  readonly fwmark: number;
  /** Sorted by public key. */
  readonly peers: readonly WireguardPeer[] | Unknown;
}

export const NO_WIREGUARD: WireguardState = {
  exists: false,
  publicKey: '',
  listenPort: 0,
  fwmark: 0,
  peers: [],
};

export function wireguardInterfaceKey(name: string): Key {
  return `wireguard:${name}`;
}

/** The running interface of that name: for `reads` and resources of this kind. */
export function wireguardRef(name: string): Ref<WireguardState> {
  return { kind: wireguardKind, key: wireguardInterfaceKey(name) };
}

export const wireguardKind: Kind<WireguardState> = {
  name: 'wireguard',
  limitMs: 15_000,
  absent: NO_WIREGUARD,
  // The dump holds the private key and the preshared ones: it never leaves the variable, of which builtins print
  // what is no secret. Equal preshared keys, the usual case, are hashed once.
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    return sh`if ! command -v wg >/dev/null 2>&1; then echo @end; exit 0; fi
tb_dump=$(wg show all dump 2>/dev/null); tb_rc=$?
tb_nl='
' tb_tab=$(printf '\\t') tb_last= tb_sum= tb_now=0
[ -z "$tb_dump" ] || tb_now=$(date +%s)
tb_one() {
if [ $# = 5 ]; then printf 'I %s %s %s %s\\n' "$1" "$3" "$4" "$5"; return; fi
tb_p=-; case $3 in '(none)') ;; *)
if [ "$3" != "$tb_last" ]; then tb_last=$3; tb_sum=$(printf %s "$3" | sha256sum); tb_sum=\${tb_sum%% *}; fi; tb_p=$tb_sum ;; esac
tb_age=-1; [ "$6" = 0 ] || tb_age=$((tb_now-$6))
printf 'P %s %s %s %s %s %s %s\\n' "$1" "$2" "$tb_p" "$4" "$5" "$tb_age" "$9"
}
set -f; set -- ${names}; tb_want=" $* "; IFS=$tb_nl
for tb_l in $tb_dump; do
case $tb_want in *" \${tb_l%%"$tb_tab"*} "*) IFS=$tb_tab; tb_one $tb_l ;; esac
done
unset IFS tb_dump tb_last; echo "@end $tb_rc"`;
  },
  parse(out, wants) {
    const text = out.toString('latin1');
    const end = /^@end( \d+)?\n$/m.exec(text);
    const lines = text.split('\n').map((line) => line.split(' '));
    return wants.map(({ key }): Reading<WireguardState> => {
      const name = keyId(key);
      const own = lines.filter((line) => line[1] === name);
      const head = own.find((line) => line[0] === 'I');
      if (!end) return { key, unreadable: 'the list of WireGuard interfaces was cut short' };
      if (head) return { key, state: stateOf(head, own) };
      if ((end[1] ?? ' 0') === ' 0') return { key, state: NO_WIREGUARD };
      return { key, unreadable: '`wg show` may not look at all interfaces as this account: use become' };
    });
  },
  // Peers are heard of, fall silent and move by themselves. Setting an endpoint is a change that the review holds or not.
  review(state) {
    if (state.peers instanceof Unknown) return { counts: state, shown: state };
    const lasting = state.peers.map(({ handshakeAge: _, endpoint: __, ...peer }) => peer);
    const shown = lasting.map(({ presharedKey, ...peer }) => ({
      ...peer,
      presharedKey: presharedKey === '' ? '' : fingerprint(presharedKey),
    }));
    return { counts: { ...state, peers: lasting }, shown: { ...state, peers: shown } };
  },
  forth: (key, { now }) => runningBack(keyId(key), now),
};

function stateOf(head: readonly string[], lines: readonly (readonly string[])[]): WireguardState {
  const [, , publicKey = '', port = '0', mark = 'off'] = head;
  return {
    exists: true,
    publicKey: plain(publicKey),
    listenPort: Number(port),
    fwmark: mark === 'off' ? 0 : Number(mark),
    peers: lines
      .filter((line) => line[0] === 'P')
      .map(peerOf)
      .sort(byPublicKey),
  };
}

function peerOf(line: readonly string[]): WireguardPeer {
  const [, , publicKey = '', psk = '-', endpoint = '', allowed = '', age = '-1', keepalive = 'off'] = line;
  return {
    publicKey,
    presharedKey: psk === '-' ? '' : psk,
    endpoint: plain(endpoint),
    allowedIps: plain(allowed)
      .split(',')
      .filter((network) => network !== '')
      .sort(),
    keepalive: keepalive === 'off' ? 0 : Number(keepalive),
    handshakeAge: Number(age),
  };
}

function plain(value: string): string {
  return value === '(none)' ? '' : value;
}

export function byPublicKey(a: WireguardPeer, b: WireguardPeer): number {
  return a.publicKey < b.publicKey ? -1 : a.publicKey > b.publicKey ? 1 : 0;
}
