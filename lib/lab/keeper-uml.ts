/** The keeper's share for user-mode Linux: a kernel of the host's own, as a process in the bridge's namespace. */
import { UML_INIT } from './image.ts';

// Units that look for hardware, logins at a console or volumes, none of which are there: half of a boot's time.
const MASKED = [
  'getty@tty1.service',
  'e2scrub_reap.service',
  'e2scrub_all.timer',
  'fstrim.timer',
  'modprobe@configfs.service',
  'modprobe@dm_mod.service',
  'modprobe@drm.service',
  'modprobe@efi_pstore.service',
  'modprobe@fuse.service',
  'modprobe@loop.service',
];

/** Folder of the kernel's memory and control socket, in a file system that ends with the host. */
export const UML_FOLDER = '/dev/shm';

/**
 * A killed kernel leaves processes behind that run what was its userland: a namespace of processes takes them along. It
 * has a shell as its first process because the kernel ends itself by a signal, which a first process would not feel.
 * `gro=1` takes packets that were joined on the way, which would else be lost. Kernel and userland wait for each other all
 * the time: on one and the same processor they do so at twice the speed.
 * It ends with 0 for a reboot as for a shutdown; which of them it was stands on the console.
 */
export const UML_SCRIPT = `
clear_up() {
  ip -n "$bridge" link delete dev "$link" 2>/dev/null
}
set_up() {
  ip -n "$bridge" tuntap add dev "$link" mode tap &&
  ip -n "$bridge" link set dev "$link" master br0 up
}
boot() {
  pin="taskset --cpu-list $(( \${address##*.} % $(nproc) ))"
  $pin true 2>/dev/null || pin=
  exec ip netns exec "$bridge" unshare --pid --fork --kill-child --mount-proc \\
    sh -c 'mount -t tmpfs -o mode=0700 lab ${UML_FOLDER} || exit 1; "$@"; exit $?' sh \\
    $pin linux.uml "umid=$machine" uml_dir=${UML_FOLDER} noreboot mem=512M \\
    "ubd0=$disk" root=/dev/ubda rootfstype=ext4 rootflags=nobarrier rw init=${UML_INIT} \\
    con0=null,fd:1 con=null ssl=null "hostfs=$modules" \\
    "vec0:transport=tap,ifname=$link,depth=128,gro=1,mac=$mac" \\
    "lab_address=$address/24" "lab_gateway=$gateway" ${MASKED.map((unit) => `systemd.mask=${unit}`).join(' ')}
}
is_reboot() {
  [ "$1" = 0 ] && ! tail -n 5 "$log" | grep -qE 'reboot: (Power down|System halted)'
}
`;
