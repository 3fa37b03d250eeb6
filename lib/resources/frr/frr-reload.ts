/** Shell text that makes a running FRR follow its files: daemons started and stopped, the configuration reloaded. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { temporaryBeside } from '../file/temporary.ts';
import { unitJournal } from '../unit/unit-command.ts';
import { FRR_CONFIG_FILE } from './frr-config.ts';
import { FRR_ALIVE, FRR_PROOF, FRR_RUNNING, FRR_TEST } from './frr-text.ts';

export interface FrrReload {
  /** Daemons that shall live, beside those that always do. */
  readonly daemons: readonly string[];
  /** Daemons that live and shall not. */
  readonly stopped: readonly string[];
  /** FRR has to look at /etc/frr/daemons again. */
  readonly turn: boolean;
  /** The configuration is a secret: it is kept out of FRR's own log of reloads. */
  readonly secret: boolean;
}

/** Half seconds to wait for daemons, and for somebody who is in `configure terminal`. */
const PATIENCE = 60;

/**
 * frr-reload takes away whatever runs and is not in the file. Of that, forwarding and the host's name are not
 * configuration but what FRR sees of the host: they are added to the copy that frr-reload is given, as otherwise every
 * reload would switch the kernel's forwarding on (and drop default routes learned from routers with it).
 */
const COPY = sh`tb_copy() {
cat ${FRR_CONFIG_FILE} || return 1
for tb_word in ip ipv6; do
case $tb_kernel in *"no $tb_word forwarding"*) grep -Eq "^(no )?$tb_word forwarding *$" ${FRR_CONFIG_FILE} || printf 'no %s forwarding\\n' "$tb_word" ;; esac
done
tb_name=$(uname -n)
case $tb_run in *"\${n}hostname $tb_name$n"*) grep -q '^hostname ' ${FRR_CONFIG_FILE} || printf 'hostname %s\\n' "$tb_name" ;; esac
}`;

/**
 * `systemctl reload` starts and stops daemons without touching the others, so that sessions stay up; a restart would end
 * them all. It then reloads /etc/frr/frr.conf, which is for us to do once the daemons are there (see COPY): for that
 * moment what runs stands in its place, so that there is nothing to reload.
 */
const TURN = sh`p=${FRR_CONFIG_FILE}
${temporaryBeside('mktemp -u')}
tb_was=$t; ${temporaryBeside()}
tb_new=$t; cp -p ${FRR_CONFIG_FILE} "$tb_new" && ln ${FRR_CONFIG_FILE} "$tb_was" || exit 1
trap 'mv -f "$tb_was" ${FRR_CONFIG_FILE}; rm -f "$tb_new"' EXIT; trap 'exit 143' HUP INT TERM
vtysh -c 'show running-config no-header' >"$tb_new" && mv -f "$tb_new" ${FRR_CONFIG_FILE} || exit 1
systemctl reset-failed frr.service 2>/dev/null || :
systemctl reload frr.service || { ${unitJournal('frr.service')}; exit 1; }
mv -f "$tb_was" ${FRR_CONFIG_FILE} || exit 1
trap - EXIT HUP INT TERM`;

function wait({ daemons, stopped }: FrrReload): Sh {
  return sh`tb_all() {
tb_list=$(tb_daemons)
for tb_name in zebra staticd ${daemons}; do case "$n$tb_list$n" in *"$n$tb_name$n"*) [ -S "/run/frr/$tb_name.vty" ] || return 1 ;; *) return 1 ;; esac; done
for tb_name in ${stopped}; do case "$n$tb_list$n" in *"$n$tb_name$n"*) return 1 ;; esac; done
tb_name=vtysh; tb_running
}
tb_i=0; until tb_all; do
tb_i=$((tb_i+1)); [ $tb_i -lt ${PATIENCE} ] || { printf '%s is not as it should be after %s seconds\\n' "$tb_name" ${PATIENCE / 2}; ${unitJournal('frr.service')}; exit 1; }
sleep 0.5 2>/dev/null || sleep 1
done`;
}

/**
 * bgpd has its AS number for life, and no BGP with routed VNIs is taken away: where the number is to be another, frr-reload
 * is refused by both. The VNIs and the instances go before it then, those of VRFs first, and it brings them back.
 */
const RENUMBER = sh`tb_renumber() {
tb_i=0
while :; do
tb_vrf='' tb_own='' tb_bgp=''
vtysh -c 'show running-config no-header' >"$tb_dir/was" || return 1
set -- -c 'configure terminal'
while IFS= read -r tb_line; do
case $tb_line in
'vrf '*) tb_vrf=$tb_line ;;
exit-vrf) tb_vrf= ;;
'vni '[0-9]*) set -- "$@" -c "no $tb_line" ;;
' vni '[0-9]*) [ -z "$tb_vrf" ] || set -- "$@" -c "$tb_vrf" -c "no$tb_line" -c exit-vrf ;;
'router bgp '*' vrf '*|'router bgp '*' view '*) tb_bgp=$tb_bgp$n$tb_line ;;
'router bgp '*) tb_own=$n$tb_line ;;
esac
done <"$tb_dir/was"
tb_bgp=$tb_bgp$tb_own
[ -n "$tb_bgp" ] || return 0
[ $tb_i -lt ${PATIENCE} ] || { printf 'bgpd does not let go of its AS number:%s\\n' "$tb_bgp"; return 1; }
[ "$#" = 2 ] || vtysh "$@" >/dev/null 2>&1
printf '%s\\n' "$tb_bgp" | while IFS= read -r tb_line; do
[ -z "$tb_line" ] || vtysh -c 'configure terminal' -c "no $tb_line" >/dev/null 2>&1
done
tb_i=$((tb_i+1)); sleep 0.5 2>/dev/null || sleep 1
done
}`;

/** Some changes need two passes: what is deleted in the first is missing in the second. */
const PASSES = 4;

/** Passes until frr-reload finds nothing, or the same as before: such lines FRR takes and does not show, or adds itself. */
function passes(secret: boolean): Sh {
  const log = secret ? sh`--stdout --log-level error` : sh``;
  const tell = secret
    ? sh`printf 'frr-reload refuses the configuration; what it says is not shown, as the configuration is a secret\\n'`
    : sh`printf '%s\\n' "$tb_said" | tb_mask`;
  return sh`tb_dir=$(mktemp -d) || exit 1
trap 'rm -rf "$tb_dir"' EXIT; trap 'exit 143' HUP INT TERM
[ ! -f /etc/frr/vtysh.conf ] || cp /etc/frr/vtysh.conf "$tb_dir" || exit 1
tb_copy >"$tb_dir/frr.conf" || exit 1
tb_left=none tb_free='' tb_i=0 tb_pass=0
while :; do
tb_now=$(tb_test --confdir "$tb_dir" "$tb_dir/frr.conf") || { tb_said=$tb_now; ${tell}; exit 1; }
[ -n "$tb_now" ] && [ "$tb_now" != "$tb_left" ] && [ $tb_pass -lt ${PASSES} ] || break
tb_said=$(/usr/lib/frr/frr-reload.py --reload ${log} --confdir "$tb_dir" "$tb_dir/frr.conf" 2>&1); tb_rc=$?
case $tb_said in *"locked by other VTY"*)
tb_i=$((tb_i+1)); [ $tb_i -lt ${PATIENCE} ] || { echo "somebody is in 'configure terminal' of vtysh and keeps it locked"; exit 1; }
sleep 0.5 2>/dev/null || sleep 1; continue ;;
*"BGP is already running; AS is"*)
if [ -z "$tb_free" ]; then tb_free=1; tb_renumber || exit 1; tb_i=0 tb_left=none; continue; fi ;;
esac
[ $tb_rc = 0 ] || { ${tell}; exit 1; }
tb_left=$tb_now tb_pass=$((tb_pass+1))
done`;
}

/** The proof is made from what runs and what the file is by now; a broken one only costs time. */
const PROVE = sh`tb_running && tb_sums ${FRR_CONFIG_FILE} || exit 1
umask 077; mkdir -p "$TB_STATE"/frr || exit 1
printf '%s %s\\n%s\\n' "$tb_sum" "$tb_sum_run" "$tb_now" >"$TB_STATE"/${FRR_PROOF}.new && mv -f "$TB_STATE"/${FRR_PROOF}.new "$TB_STATE"/${FRR_PROOF} || exit 1`;

export function frrReload(reload: FrrReload): Sh {
  return join([
    FRR_RUNNING,
    FRR_ALIVE,
    FRR_TEST,
    COPY,
    RENUMBER,
    sh`for tb_name in ${reload.daemons}; do [ -x "/usr/lib/frr/$tb_name" ] || { echo "the FRR of this host has no $tb_name"; exit 1; }; done`,
    ...(reload.turn ? [TURN] : []),
    wait(reload),
    passes(reload.secret),
    PROVE,
  ]);
}
