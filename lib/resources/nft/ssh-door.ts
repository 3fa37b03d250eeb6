/** The way by which we are on a host: ports on which SSH listens, and where this session comes from. */

import { contains, parseAddress, parseCidr } from '../../base/ip-address.ts';
import { type Sh, sh } from '../../base/sh.ts';
import { type Draft, PlanError } from '../../model/resource.ts';
import { SESSION_WAY } from '../lockout/session-way.ts';

export interface SshDoor {
  /** Where sshd listens, and the port of this session; ascending. */
  readonly ports: readonly number[];
  /** The address that this session comes from, as the host sees it; empty where it does not come by SSH. */
  readonly peer: string;
}

/** Stands in the text of a table for the ports of SSH, which only the host knows. */
export const SSH_PORTS = '@ssh@';

/**
 * Leaves `22` or `{ 22, 2222 }` in `$tb_ssh` and prints the door. Where sshd will listen once it is started again counts, too. What a session forwards is no door: such a listener is that of
 * a process which is not called a listener, and mostly on loopback, which is let in anyway.
 */
export const READ_DOOR: Sh = sh`${SESSION_WAY}
tb_add() { case ", $tb_ssh," in *", $1,"*) ;; *) tb_ssh="\${tb_ssh:+$tb_ssh, }$1" ;; esac; }
tb_forward() {
case $1 in 127.*|'[::1]'*|'[::ffff:127.'*) return 0 ;; esac
tb_p=\${2#*\\"sshd\\",pid=} tb_title=
{ read -r tb_title <"/proc/\${tb_p%%,*}/cmdline"; } 2>/dev/null
case $tb_title in 'sshd: '*'[listener]'*) false ;; 'sshd: '*) ;; *) false ;; esac
}
tb_config() {
tb_any=$(cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null)
[ -n "$tb_any" ] || return 0
set -- $(printf '%s\\n' "$tb_any" | grep -iE '^[[:space:]]*(Port|ListenAddress)[[:space:]=]' | tr '=' ' ')
tb_any=
for tb_word in "$@"; do case $tb_word in
'['*']':[0-9]*) tb_add "\${tb_word##*]:}"; tb_any=1 ;;
*:*:*) ;;
*:[0-9]*) tb_add "\${tb_word#*:}"; tb_any=1 ;;
*[!0-9]*) ;;
*) tb_add "$tb_word"; tb_any=1 ;;
esac; done
[ -n "$tb_any" ] || tb_add 22
}
tb_door() {
tb_session
tb_ssh=$tb_self_port tb_at=
tb_config
set -f
for tb_word in $(ss -Hltnp 2>/dev/null); do case $tb_word in
users:*'"sshd"'*|users:*'"dropbear"'*) tb_forward "$tb_at" "$tb_word" || tb_add "\${tb_at##*:}" ;;
users:*) ;;
*:[0-9]*) tb_at=$tb_word ;;
esac; done
set +f
printf '@door %s;%s\\n' "$tb_peer" "$tb_ssh"
case $tb_ssh in *,*) tb_ssh="{ $tb_ssh }" ;; esac; }`;

/** Undefined where nothing says on which port SSH is to be had. */
export function parseDoor(text: string): SshDoor | undefined {
  const [, peer = '', list = ''] = /^@door ([^;\n]*);(.*)$/m.exec(text) ?? [];
  const ports = list
    .split(', ')
    .map(Number)
    .filter((port) => port > 0 && port < 65_536)
    .sort((a, b) => a - b);
  if (ports.length === 0) return undefined;
  return { ports, peer: peer.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/, '') };
}

/** The text with the ports in it, as nft writes them. */
export function throughDoor(text: string, door: SshDoor | undefined): string {
  if (!text.includes(SSH_PORTS)) return text;
  if (door === undefined) {
    throw new PlanError(
      'it cannot be told on which port SSH listens here, so it could be locked out',
      'install iproute2 (its `ss` tells), or leave out `policy: drop`',
    );
  }
  const list = door.ports.join(', ');
  return text.replaceAll(SSH_PORTS, door.ports.length === 1 ? list : `{ ${list} }`);
}

/** What a change is to be refused with where this very session would not get in any more. */
export function lockoutOf(
  door: SshDoor | undefined,
  from: readonly string[],
): { readonly lockout?: NonNullable<Draft['lockout']> } {
  const peer = door && door.peer !== '' ? parseAddress(door.peer) : undefined;
  if (!peer || from.length === 0) return {};
  const inside = from.some((each) => {
    const cidr = parseCidr(each);
    return cidr !== undefined && contains(cidr, peer);
  });
  if (inside) return {};
  return {
    lockout: {
      message: `this session comes from ${door?.peer}, which \`ssh_from\` (${from.join(', ')}) does not let in: the next one would be locked out`,
      hint: `add ${door?.peer} or its network to \`ssh_from\``,
    },
  };
}
