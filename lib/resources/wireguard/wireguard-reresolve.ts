/** A timer that looks names of silent WireGuard peers up again: their addresses may have changed. */
import { toBytes } from '../../base/bytes.ts';
import type { AnyResource } from '../../model/resource.ts';
import { directory } from '../file/directory.ts';
import { file } from '../file/file.ts';
import { service } from '../unit/service.ts';

const FOLDER = '/etc/tightbeam';

interface Places {
  readonly script: string;
  readonly unit: string;
  readonly service: string;
  readonly timer: string;
}

function placesOf(name: string): Places {
  const unit = `tightbeam-reresolve-${name}`;
  return {
    script: `${FOLDER}/reresolve-${name}.sh`,
    unit,
    service: `/etc/systemd/system/${unit}.service`,
    timer: `/etc/systemd/system/${unit}.timer`,
  };
}

/** `interval` in seconds. */
export function wireguardReresolve(name: string, interval: number): readonly AnyResource[] {
  const places = placesOf(name);
  const root = { owner: 'root', group: 'root' } as const;
  return [
    directory(FOLDER, {}),
    file(places.script, { ...root, mode: '0644', content: toBytes(SCRIPT) }),
    file(places.service, { ...root, mode: '0644', content: toBytes(serviceText(name, places)) }),
    file(places.timer, { ...root, mode: '0644', content: toBytes(timerText(name, interval)) }),
    service(`${places.unit}.timer`, { enabled: true, running: true, settleMs: 0 }),
  ];
}

export function noWireguardReresolve(name: string): readonly AnyResource[] {
  const places = placesOf(name);
  const stopped = service(`${places.unit}.timer`, { enabled: false, running: false });
  return [
    stopped,
    file(places.timer, { absent: true }),
    file(places.service, { absent: true }),
    file(places.script, { absent: true }),
    // Once more, for systemd to forget the files.
    stopped,
  ];
}

// Without LogLevelMax systemd would write two lines into the journal each time.
function serviceText(name: string, places: Places): string {
  return `# Written by Tightbeam: what is changed here is put back by the next run.
[Unit]
Description=Look up names of silent WireGuard peers of ${name} again
ConditionPathExists=/sys/class/net/${name}
After=network-online.target nss-lookup.target

[Service]
Type=oneshot
Environment=WG_ENDPOINT_RESOLUTION_RETRIES=2
ExecStart=/bin/sh ${places.script} ${name}
LogLevelMax=notice
`;
}

function timerText(name: string, interval: number): string {
  return `# Written by Tightbeam: what is changed here is put back by the next run.
[Unit]
Description=Look up names of silent WireGuard peers of ${name} every ${interval} s

[Timer]
OnActiveSec=${interval}
OnUnitInactiveSec=${interval}
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}

/**
 * A session lives for 120 seconds and is then made anew: one that is older than 135 was tried for, in vain. Peers that
 * run no more are not brought back, addresses are left alone.
 */
const SCRIPT = `# Written by Tightbeam: what is changed here is put back by the next run.
# Gives silent peers of the WireGuard interface $1 the address that the name in its file has now.
name=$1
seen=$(wg show "$name" latest-handshakes) || exit 1
now=$(date +%s)
tab=$(printf '\\t')
newline='
'
set -f

silent() {
  wanted=$1
  IFS="$tab$newline"; set -- $seen; unset IFS
  while [ $# -ge 2 ]; do
    [ "$1" != "$wanted" ] || { [ $((now - $2)) -gt 135 ]; return; }
    shift 2
  done
  return 1
}

follow() {
  case $2 in ''|*]:*) return 0 ;; esac
  case \${2%:*} in *[!0-9.]*) ;; *) return 0 ;; esac
  silent "$1" || return 0
  was=$(wg show "$name" endpoints)
  wg set "$name" peer "$1" endpoint "$2" || { echo "<4>$2 cannot be looked up"; return 0; }
  [ "$was" = "$(wg show "$name" endpoints)" ] || echo "<5>the peer $1 is looked for at another address of $2"
}

key= endpoint=
while read -r line || [ -n "$line" ]; do
  line=\${line%%#*}
  set -- \${line%%=*}; word=\${1:-}
  set -- \${line#*=}; value=\${1:-}
  case $word in
  '['*) follow "$key" "$endpoint"; key= endpoint= ;;
  [Pp]ublic[Kk]ey) key=$value ;;
  [Ee]ndpoint) endpoint=$value ;;
  esac
done <"/etc/wireguard/$name.conf"
follow "$key" "$endpoint"
`;
