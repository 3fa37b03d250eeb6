/** The keeper's share for containers: systemd-nspawn in a network namespace of the host's own. */

/**
 * 133 is how systemd-nspawn --keep-unit says that the guest wants to boot again. A namespace outlives a container and with
 * it addresses, routes, nft tables and sysctls: only a new one makes a boot a boot. VFS_WRITABLE=network leaves
 * /proc/sys/net to the host and everything else under /proc/sys, which is the machine's own, read-only.
 * Each host has its own control group: two hosts in one would see each other's units as occupied.
 */
export const CONTAINER_SCRIPT = `
groups='/sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified'
clear_up() {
  ip -n "$bridge" link delete dev "$link" 2>/dev/null
  ip netns delete "$machine" 2>/dev/null
  for group in $groups; do
    [ -d "$group/$machine" ] && find "$group/$machine" -depth -type d -exec rmdir {} \\;
  done
  rmdir "/run/systemd/nspawn/propagate/$machine" 2>/dev/null
  rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$disk")"
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
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=network exec systemd-nspawn --quiet --boot --directory="$disk" \\
    --machine="$machine" --hostname="$name" --register=no --keep-unit --network-namespace-path="/run/netns/$machine" \\
    --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_ADMIN --resolv-conf=off --timezone=off --link-journal=no \\
    --suppress-sync=yes --console=read-only "$@"
}
is_reboot() { [ "$1" = 133 ]; }
`;
