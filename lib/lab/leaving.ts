/** What runs have left on a host that nobody works on: processes under sshd, debts, folders of runs (`result`: of a stretch that came to its end), timers, a lock that is held. */
import { RunError } from '../base/error.ts';
import { inside } from './inside.ts';
import type { Lab, LabHost } from './lab.ts';

/** Whoever logs in, and all that is started then, is in the control group of sshd or of a login session. */
const LOOK = `
for stat in /proc/[0-9]*; do
  grep -qE '/ssh\\.service|/session-' "$stat/cgroup" 2>/dev/null || continue
  args=$(tr '\\0' ' ' <"$stat/cmdline" 2>/dev/null) || continue
  case $args in '') ;; 'sshd: /usr/sbin/sshd -D'*) ;; *) echo "process $args" ;; esac
done
systemctl list-units --plain --no-legend 'tightbeam-revert-*' | awk '{ print "timer", $1 }'
cd /var/lib/tightbeam 2>/dev/null || exit 0
for path in owed/* runs/*/* revert/*; do
  [ -e "$path" ] || continue
  word=file; case $path in runs/*) if [ "$(tail -n 1 "$path/journal" 2>/dev/null)" = end ]; then word=result; fi ;; esac
  echo "$word /var/lib/tightbeam/$path"
done
top=$(ls lock 2>/dev/null | grep -xE '[0-9]+' | sort -n | tail -n 1)
[ -n "$top" ] || exit 0
if grep -q '^free' "lock/$top" || ! grep -qF "boot $(cat /proc/sys/kernel/random/boot_id)" "lock/$top"; then exit 0; fi
for holder in $(awk '$1 == "script" { print $2 "." $3 } $1 == "beat" { beat = $3 "." $4 } END { print beat }' "lock/$top"); do
  start=$(sed 's/.*) //' "/proc/\${holder%.*}/stat" 2>/dev/null | awk '{ print $20 }')
  if [ -n "$start" ] && [ "$start" = "\${holder#*.}" ]; then echo "lock /var/lib/tightbeam/lock/$top of process \${holder%.*}"; fi
done
exit 0
`;

/** Lines; empty where nothing is left. Throws `failed` where the host is down. */
export async function hostLeavings(lab: Lab, host: LabHost): Promise<readonly string[]> {
  const { rc, out, err } = await inside(lab, host, LOOK);
  if (rc !== 0)
    throw new RunError('failed', `lab: what is left on ${host.name} cannot be read`, { output: err });
  return out.split('\n').filter(Boolean).sort();
}
