/** Shell text of probes: each goes on until all is well or its time is over, and writes what it saw to a file. */

import { parseAddress } from '../../base/ip-address.ts';
import { type Sh, sh } from '../../base/sh.ts';
import type { Origin, Probe } from './network-ask.ts';
import { guestText } from './network-guest.ts';

type Of<K extends Probe['kind']> = Extract<Probe, { kind: K }>;

/** IP header and ping's own. */
const HEADERS = { 4: 28, 6: 48 } as const;

/** Of ping itself, where no size is asked for: the whole packet. */
export const PING_SIZE = 84;

/** Sizes tried after a failure, to tell a packet that is too large from a path that is not there. */
const SIZES = [
  84, 576, 1000, 1200, 1280, 1320, 1342, 1350, 1360, 1370, 1380, 1390, 1400, 1420, 1440, 1450, 1472, 1492,
];

/** A probe in the background; what it saw goes to `$tb_d/NAME`. Its last lines begin with `@`. */
export function probeText(probe: Probe, name: string): Sh {
  const body = sh`tb_end=$(($(date +%s) + ${Math.ceil(probe.wait)}))
tb_again() { [ "$(date +%s)" -lt "$tb_end" ] && sleep 1; }
${attempt(probe)}`;
  return sh`( tb_o="$tb_d"/${name}
${probe.guest === undefined ? body : guestText(probe.guest, body, probe.wait)}
) </dev/null >/dev/null 2>&1 &`;
}

function attempt(probe: Probe): Sh {
  switch (probe.kind) {
    case 'ping':
      return ping(probe);
    case 'tcp':
      return tcp(probe);
    case 'http':
      return http(probe);
    case 'session':
      return session(probe);
    case 'machine':
      return machine(probe);
  }
}

function ping(probe: Of<'ping'>): Sh {
  const headers = HEADERS[parseAddress(probe.to)?.version ?? 4];
  const size = probe.size ?? PING_SIZE;
  const source = [probe.vrf, probe.from].flatMap((each) => (each === undefined ? [] : ['-I', each]));
  // Small packets always get through whole, so a ping without -M will do.
  const whole = probe.dontFragment && size > PING_SIZE ? sh`-M do` : sh``;
  const program = sh`${within(probe.netns)}ping -n ${source}`;
  const smaller = SIZES.filter((each) => each < size).map((each) => each - headers);
  return sh`command -v ping >/dev/null || { echo '@rc 127' >"$tb_o"; exit; }
while :; do
${program} -c ${probe.count} -i 0.2 -W 1 -w ${probe.count + 1} -s ${size - headers} ${whole} ${probe.to} >"$tb_o" 2>&1
tb_r=$?; [ "$tb_r" = 0 ] || [ "$tb_r" -gt 1 ] || ! tb_again || continue
echo "@rc $tb_r" >>"$tb_o"; break
done
[ "$tb_r" = 1 ] || exit
for tb_s in ${smaller}; do
( ${program} -M do -c 1 -W 1 -w 1 -s "$tb_s" ${probe.to} >/dev/null 2>&1 && echo "@fits $((tb_s + ${headers}))" >>"$tb_o" ) &
done; wait`;
}

function tcp(probe: Of<'tcp'>): Sh {
  return sh`while :; do : >"$tb_o"
${connection(probe, probe.to, probe.port)}
[ "$tb_r" = 0 ] || [ -z "$tb_x" ] || ! tb_again || continue
${OUTCOME}; break
done`;
}

/**
 * One try. That of busybox has no -z, but starts a program once it is connected. Where there is no nc, bash can open
 * connections by itself, but from no address of our choice.
 */
export function connection(origin: Origin, to: string, port: number): Sh {
  const source = origin.from === undefined ? [] : ['-s', origin.from];
  const plain = parseAddress(to) === undefined ? [] : ['-n'];
  return sh`if command -v nc; then tb_x=nc; case $(nc --help 2>&1) in
*BusyBox*) ${inside(origin)}nc -w 3 ${source} -e true ${to} ${port} ;;
*) ${inside(origin)}nc ${plain} -v -z -w 3 ${source} ${to} ${port} ;; esac >>"$tb_o" 2>&1
elif ${origin.from === undefined ? sh`command -v bash` : sh`false`}; then tb_x=bash; ${inside(origin)}timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' ${to} ${port} >>"$tb_o" 2>&1
else tb_x=; false; fi
tb_r=$?`;
}

const OUTCOME: Sh = sh`printf '@tool %s\\n@rc %s\\n' "$tb_x" "$tb_r" >>"$tb_o"`;

function http(probe: Of<'http'>): Sh {
  const { from, url } = probe;
  const curl = from === undefined ? [] : ['--interface', from];
  const wget = from === undefined ? [] : [`--bind-address=${from}`];
  return sh`while :; do rm -f "$tb_o.all"
if command -v curl; then tb_x=curl
tb_c=$(${inside(probe)}curl ${curl} -sS --connect-timeout 3 -m 5 -o "$tb_o.all" -w '%{http_code}' ${url} 2>"$tb_o")
elif command -v wget; then tb_x=wget
${inside(probe)}timeout 6 wget ${wget} -S -O "$tb_o.all" ${url} 2>"$tb_o"
tb_c=$(sed -n 's,^ *HTTP/[0-9.]* \\([0-9]*\\).*,\\1,p' "$tb_o" | head -n 1)
else tb_x= tb_c=; fi
[ "$tb_c" = ${probe.status} ] || [ -z "$tb_x" ] || ! tb_again || continue
printf '\\n@tool %s\\n@status %s\\n' "$tb_x" "$tb_c" >>"$tb_o"; break
done
[ ! -f "$tb_o.all" ] || { head -c 65536 "$tb_o.all" >"$tb_o.page"; rm -f "$tb_o.all"; }`;
}

/** Where the neighbour is not configured there is nothing to wait for. */
function session(probe: Of<'session'>): Sh {
  return sh`tb_v=; while command -v vtysh; do
tb_v=$(timeout 5 vtysh -c ${`show bgp neighbors ${probe.to}`} 2>&1)
case $tb_v in
*'BGP state = Established'*)
case ${probe.evpn ? sh`"\${tb_v##*L2VPN EVPN}"` : sh`''`} in *' 0 accepted prefixes'*) ;; *) echo '@up' >"$tb_o"; case $tb_v in *'Status: Down'*|*'Status: Init'*) ;; *) break ;; esac ;; esac ;;
*'BGP state'*) ;;
*) break ;;
esac
tb_again || break
done
[ -s "$tb_o" ] || printf '%s\\n' "$tb_v" >"$tb_o"
case $tb_v in *'BGP state = Established'*) ;; *'BGP state'*)
${connection({}, probe.to, 179)}
${OUTCOME} ;; esac`;
}

/** One that was silent for minutes is forgotten by bridges, and so by EVPN: it is asked for a word before it counts as missing. */
function machine({ to }: Of<'machine'>): Sh {
  return sh`tb_v=; while command -v vtysh; do
case $(timeout 5 vtysh -c 'show bgp l2vpn evpn route type macip' 2>/dev/null) in *${`[${to}]`}*) echo '@up' >"$tb_o"; break ;; esac
if [ -z "$tb_v" ] && command -v ping; then
tb_v=1; ping -n -c 1 -W 1 ${to} &
for tb_x in $(ip -br link show type vrf | cut -d' ' -f1); do ping -n -I "$tb_x" -c 1 -W 1 ${to} & done; wait
continue; fi
tb_again || break
done`;
}

function within(netns: string | undefined): Sh {
  return netns === undefined ? sh`` : sh`ip netns exec ${netns} `;
}

/** In a namespace, a VRF, or as it is. */
function inside({ netns, vrf }: Origin): Sh {
  if (netns !== undefined) return within(netns);
  return vrf === undefined ? sh`` : sh`ip vrf exec ${vrf} `;
}
