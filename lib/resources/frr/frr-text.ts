/** Shell text about a running FRR that reading it and reloading it share. */
import { sh } from '../../base/sh.ts';

/** Where a reload leaves its proof, in the state folder: what the file and the running configuration were afterwards. */
export const FRR_PROOF = 'frr/proof';

/** vtysh keeps a history of what it is asked to run, also by scripts, unless it is told not to. */
const SILENT = sh`VTYSH_HISTFILE=/dev/null PYTHONDONTWRITEBYTECODE=1; export VTYSH_HISTFILE PYTHONDONTWRITEBYTECODE`;

/**
 * `tb_running` puts the running configuration into $tb_run, and fails when vtysh cannot have it. Of forwarding, zebra
 * shows what the kernel has, whoever set it: these two lines are taken out and kept in $tb_kernel, a line each. In
 * `tb_sums` the checksums follow: $tb_sum_run (without FRR's version, so that an upgrade alone is no difference), and
 * $tb_sum of the file $1 (empty without one).
 */
export const FRR_RUNNING = sh`${SILENT}
n='
'
tb_running() {
tb_run=$(vtysh -c 'show running-config no-header' 2>/dev/null) || return 1
tb_run=$n$tb_run$n tb_kernel=
for tb_line in 'no ip forwarding' 'no ipv6 forwarding'; do
case $tb_run in *"$n$tb_line$n"*)
tb_run=\${tb_run%%"$n$tb_line$n"*}$n\${tb_run#*"$n$tb_line$n"}
tb_kernel=$tb_kernel$tb_line$n ;;
esac; done
}
tb_sums() {
set -- $(printf %s "\${tb_run#"$n"frr version*"$n"}" | sha256sum - "$1" 2>/dev/null)
tb_sum_run=$1 tb_sum=$3
}`;

/** `tb_daemons`: the daemons that live, a line each, by their pid files; no fork. Instances (`ospfd-1`) count as one. */
export const FRR_ALIVE = sh`tb_daemons() {
for tb_file in /run/frr/*.pid; do
tb_name=\${tb_file##*/}; tb_name=\${tb_name%.pid}; tb_name=\${tb_name%%-*}
{ read -r tb_pid <"$tb_file" && read -r tb_comm <"/proc/$tb_pid/comm"; } 2>/dev/null || continue
[ "$tb_comm" != "$tb_name" ] || printf '%s\\n' "$tb_name"
done; }`;

/** `tb_test FILE [OPTIONS]`: what frr-reload would do, without what passwords it names; its status, its words on stdout. */
export const FRR_TEST = sh`tb_mask() { sed 's/\\(password\\|key-string\\|authentication-key\\|authentication string\\| md5\\) .*/\\1 (not shown)/'; }
tb_test() {
tb_said=$(/usr/lib/frr/frr-reload.py --test --log-level error "$@" 2>&1); tb_rc=$?
printf '%s\\n' "$tb_said" | tb_mask; return $tb_rc; }`;
