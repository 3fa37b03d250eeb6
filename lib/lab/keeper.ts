/** The process behind each host: boots it, gives it a new network at each boot, and outlives the command that began it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTAINER_SCRIPT } from './keeper-container.ts';
import { UML_SCRIPT } from './keeper-uml.ts';
import { modulesFolder } from './kernel-module.ts';
import { type Driver, diskFolder, gatewayOf, imageOf, type Lab, type LabHost, logOf, treeOf } from './lab.ts';
import { writeWhole } from './write.ts';

export const KEEPER = 'keeper.sh';

/**
 * POSIX sh, arguments: machine, link in the bridge, disk, bridge namespace, address, gateway, host name, MAC address,
 * log, and for user-mode Linux the folder of the kernel's modules.
 * The driver says how to set up and clear up a network, how to boot, and whether the guest wants to boot again.
 */
const HEAD = `# Keeps one lab host running; run lab down ends it.
machine=$1 link=$2 disk=$3 bridge=$4 address=$5 gateway=$6 name=$7 mac=$8 log=$9 modules=\${10}
stop= child=
say() { echo "keeper: $*"; }
end_child() {
  [ -n "$child" ] || return 0
  inits=$(cat "/proc/$child/task/$child/children" 2>/dev/null)
  kill -KILL \${inits:-$child} 2>/dev/null
}
trap 'stop=1; end_child' TERM INT HUP
`;

const LOOP = `
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
  is_reboot "$rc" || break
done
clear_up
say over
exit
}
# A function is read whole before it runs.
keep
`;

const DRIVERS: Readonly<Record<Driver, string>> = { container: CONTAINER_SCRIPT, uml: UML_SCRIPT };

/** Starts the keeper of a host: a session of its own, no stdin, its output and the host's console in the log. */
export function startKeeper(lab: Lab, host: LabHost): void {
  const script = join(diskFolder(lab), KEEPER);
  // Whole: another host's keeper may be reading it at this moment.
  writeWhole(script, `${HEAD}${DRIVERS[lab.driver]}${LOOP}`);
  const log = logOf(lab, host);
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a', 0o600);
  const isUml = lab.driver === 'uml';
  const args = [
    script,
    host.machine,
    `v-${host.name}`,
    isUml ? imageOf(lab, host) : treeOf(lab, host),
    lab.id,
    host.address,
    gatewayOf(lab),
    host.name,
    macOf(host.address),
    log,
    ...(isUml ? [join(modulesFolder(lab.cacheDir), 'lib/modules')] : []),
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
