/** The process behind each host: boots it, gives it a new network at each boot, and outlives the command that began it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { diskFolder, gatewayOf, type Lab, type LabHost, logOf, treeOf } from './lab.ts';
import { writeWhole } from './write.ts';

export const KEEPER = 'keeper.sh';

/**
 * POSIX sh, arguments: machine, link in the bridge, tree, bridge namespace, address, gateway, host name, MAC address.
 * 133 is how systemd-nspawn --keep-unit says that the guest wants to boot again. A namespace outlives a container and with
 * it addresses, routes, nft tables and sysctls: only a new one makes a boot a boot. VFS_WRITABLE=network leaves
 * /proc/sys/net to the host and everything else under /proc/sys, which is the machine's own, read-only.
 * Each host has its own control group: two hosts in one would see each other's units as occupied.
 */
const SCRIPT = `# Keeps one lab host running; run lab down ends it.
machine=$1 link=$2 tree=$3 bridge=$4 address=$5 gateway=$6 name=$7 mac=$8
stop= child=
groups='/sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified'
say() { echo "keeper: $*"; }
end_child() {
  [ -n "$child" ] || return 0
  inits=$(cat "/proc/$child/task/$child/children" 2>/dev/null)
  kill -KILL \${inits:-$child} 2>/dev/null
}
trap 'stop=1; end_child' TERM INT HUP
clear_up() {
  ip -n "$bridge" link delete dev "$link" 2>/dev/null
  ip netns delete "$machine" 2>/dev/null
  for group in $groups; do
    [ -d "$group/$machine" ] && find "$group/$machine" -depth -type d -exec rmdir {} \\;
  done
  rmdir "/run/systemd/nspawn/propagate/$machine" 2>/dev/null
  rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$tree")"
}
set_up() {
  ip netns add "$machine" &&
  ip -n "$bridge" link add name "$link" type veth \\
    peer name eth0 address "$mac" netns "$machine" &&
  ip -n "$bridge" link set dev "$link" master br0 up &&
  ip -n "$machine" link set dev lo up &&
  ip -n "$machine" address add "$address/24" dev eth0 &&
  ip -n "$machine" link set dev eth0 up &&
  ip -n "$machine" route add default via "$gateway" || return 1
  for group in $groups; do
    [ ! -f "$group/cgroup.procs" ] || mkdir -p "$group/$machine" || return 1
  done
}
boot() {
  for group in $groups; do
    [ ! -f "$group/$machine/cgroup.procs" ] || echo 0 >"$group/$machine/cgroup.procs" || exit 1
  done
  set -- --bind=/dev/net/tun
  [ -c /dev/net/tun ] || set --
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=network exec systemd-nspawn --quiet --boot --directory="$tree" \\
    --machine="$machine" --hostname="$name" --register=no --keep-unit --network-namespace-path="/run/netns/$machine" \\
    --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN --resolv-conf=off --timezone=off --link-journal=no \\
    --suppress-sync=yes --console=read-only "$@"
}
keep() {
while [ -z "$stop" ]; do
  clear_up
  set_up || { say 'no network'; rc=1; break; }
  ( trap - TERM INT HUP; boot ) &
  child=$!
  [ -z "$stop" ] || end_child
  while :; do wait "$child"; rc=$?; kill -0 "$child" 2>/dev/null || break; done
  child=
  say "host ended with $rc"
  [ "$rc" = 133 ] || break
done
clear_up
say over
exit
}
# A function is read whole before it runs.
keep
`;

/** Starts the keeper of a host: a session of its own, no stdin, its output and the host's console in the log. */
export function startKeeper(lab: Lab, host: LabHost): void {
  const script = join(diskFolder(lab), KEEPER);
  // Whole: another host's keeper may be reading it at this moment.
  writeWhole(script, SCRIPT);
  const log = logOf(lab, host);
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a', 0o600);
  const args = [
    script,
    host.machine,
    `v-${host.name}`,
    treeOf(lab, host),
    lab.id,
    host.address,
    gatewayOf(lab),
    host.name,
    macOf(host.address),
  ];
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const child = spawn('/usr/bin/env', ['-i', path, 'LC_ALL=C', 'sh', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  child.on('error', () => undefined);
  child.unref();
}

/**
 * A machine keeps its MAC address when it reboots. With a new one each time, neighbours would go on sending to the
 * old one until their entry for it runs out, some eight seconds later.
 */
function macOf(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `02:00:${bytes.join(':')}`;
}
