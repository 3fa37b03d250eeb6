/** Rules of a firewall, tried in a network namespace of their own: whether the next login from where we are would get through. */
import { quoteBytes, quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { LOCKED_OUT, OR_NOT_TRIED, SESSION_WAY } from './session-way.ts';

/**
 * Text that lets `change` have its way in a throw-away network namespace which holds the host's present rules, an interface
 * of the name by which we come in, our own address beyond it; and asks there for our port from our address. Ends with
 * status {@link LOCKED_OUT} where the door is open before the change and shut after it; with 0 otherwise, also where it
 * cannot be tried (no root, no `nft`, `ip`, `unshare` or `nsenter`, rules that nft cannot load again), which it says.
 * Nothing of it is seen outside, and what it starts ends with it, at the latest after 30 seconds.
 */
export function tryFirewall(change: Sh): Sh {
  return sh`${SESSION_WAY}
${OR_NOT_TRIED}
tb_not() { echo "not tried for a lockout: $1"; exit 0; }
for tb_tool in unshare nsenter ip nft; do command -v $tb_tool >/dev/null 2>&1 || tb_not "there is no $tb_tool here"; done
tb_dev=$(ip -o route get "$tb_peer" 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p;q')
case $tb_dev in ''|lo) tb_not "no interface leads to $tb_peer" ;; esac
tb_now=$(nft -s list ruleset 2>/dev/null) || tb_not 'the present rules cannot be listed'
tb_here=$(readlink /proc/self/ns/net) tb_a= tb_b=
trap 'kill $tb_a $tb_b 2>/dev/null' EXIT
tb_nap() { sleep 0.05 2>/dev/null || sleep 1; }
tb_space() {
tb_n=0
while [ "$(readlink /proc/$1/ns/net 2>/dev/null)" = "$tb_here" ] || [ ! -e /proc/$1/ns/net ]; do
tb_n=$((tb_n+1)); [ $tb_n -lt 40 ] || return 1; tb_nap; done; }
unshare -n sleep 30 >/dev/null 2>&1 & tb_a=$!
unshare -n sleep 30 >/dev/null 2>&1 & tb_b=$!
tb_space $tb_a && tb_space $tb_b || tb_not 'no network namespace can be made here'
tb_in() { nsenter -n -t "$@"; }
case $tb_peer in *:*) tb_len=128 tb_dad=nodad ;; *) tb_len=32 tb_dad= ;; esac
{ tb_in $tb_a ip link set lo up
for tb_link in /sys/class/net/*; do tb_link=\${tb_link##*/}
case $tb_link in lo|"$tb_dev"|bonding_masters) ;; *) tb_in $tb_a ip link add "$tb_link" type dummy ;; esac; done
} 2>/dev/null
{ tb_in $tb_a ip link add name "$tb_dev" type veth peer name tb0 netns $tb_b &&
tb_in $tb_a ip address add "$tb_self/$tb_len" dev "$tb_dev" $tb_dad && tb_in $tb_b ip address add "$tb_peer/$tb_len" dev tb0 $tb_dad &&
tb_in $tb_a ip link set "$tb_dev" up && tb_in $tb_b ip link set tb0 up &&
tb_in $tb_a ip route add "$tb_peer" dev "$tb_dev" && tb_in $tb_b ip route add "$tb_self" dev tb0; } >/dev/null 2>&1 || tb_not 'the way here cannot be rebuilt'
printf '%s\\n' "$tb_now" | tb_in $tb_a nft -f - >/dev/null 2>&1 || tb_not 'nft cannot load again the rules that it lists'
tb_count() {
tb_in $1 nft -f - <<EOF
table inet tb_probe
delete table inet tb_probe
table inet tb_probe { chain in { type filter hook input priority $2; tcp $3 $tb_self_port counter; }; }
EOF
}
tb_heard() { case $(tb_in $1 nft list table inet tb_probe 2>/dev/null) in *'counter packets 0 '*|'') return 1 ;; esac; }
tb_knock() {
if command -v bash >/dev/null 2>&1; then exec nsenter -n -t $tb_b bash -c ': </dev/tcp/$0/$1' "$tb_self" "$tb_self_port"; fi
if command -v nc >/dev/null 2>&1; then exec nsenter -n -t $tb_b nc -w 2 "$tb_self" "$tb_self_port"; fi
exec nsenter -n -t $tb_b ssh-keyscan -T 2 -p "$tb_self_port" "$tb_self"; }
tb_open() {
tb_count $tb_a 2147483647 dport >/dev/null 2>&1 && tb_count $tb_b -2147483647 sport >/dev/null 2>&1 || tb_not 'nft cannot count here'
( tb_knock ) </dev/null >/dev/null 2>&1 & tb_k=$!
tb_n=0 tb_rc=1
while [ $tb_n -lt 30 ]; do tb_n=$((tb_n+1)); tb_nap; if tb_heard $tb_a && tb_heard $tb_b; then tb_rc=0; break; fi; done
kill $tb_k 2>/dev/null; wait $tb_k 2>/dev/null; return $tb_rc; }
tb_open || tb_not 'the present rules do not let us in there, though we are in'
printf '%s' ${change.secret ? quoteSecret(change.text) : quoteBytes(change.text)} | tb_in $tb_a /bin/sh -c 'tb_run=$(cat); exec </dev/null; eval "$tb_run"' >/dev/null 2>&1 || tb_not 'it fails there; see what follows'
tb_open && exit 0
echo "with these rules, new logins from $tb_peer to port $tb_self_port of $tb_self would not get in"
exit ${LOCKED_OUT}`;
}
