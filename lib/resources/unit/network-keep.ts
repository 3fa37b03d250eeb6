/**
 * Addresses, routes and rules of a host as they were before a unit that manages them was acted on. Such units do not take
 * away what an earlier configuration of theirs has added: a route to nowhere would stay, though its file is gone.
 */
import { join, type Sh, sh } from '../../base/sh.ts';

const NAMES = ['links', 'addresses', 'route4', 'route6', 'rule4', 'rule6'] as const;

/** What routing daemons and the kernel make by themselves comes and goes by itself. */
const MADE = 'kernel|ra|redirect|bgp|zebra|ospf|isis|rip|ripng|eigrp|babel|bird|openr|keepalived|[0-9]+';
/** Words that tell how a route fares, and which `ip route add` does not take. */
const FARES = 'linkdown|dead|pervasive|offload|offload_failed|rt_offload|rt_offload_failed|trap|rt_trap';

/** Functions that list what there is, one thing a line, as `ip` takes it again. */
const LISTS: Sh = sh`export LC_ALL=C; set -f
tb_links() { ip -o link show | while read -r i d x; do d=\${d%:}; echo "\${d%%@*}"; done; }
tb_addresses() { ip -o address show | while read -r i d f a b c x; do
case "$f $b $c $x" in *dynamic*|*temporary*|*mngtmpaddr*|'inet6 '*'scope link'*) continue ;; 'inet peer '*|'inet6 peer '*) a="$a peer $c" ;; esac
case $f in inet|inet6) echo "$d $a" ;; esac; done; }
tb_routes() { ip -o -$1 route show table all 2>/dev/null | tr '\\\\\\t' '  ' | sed -E -e ${`:a;s/ (${FARES}|expires [0-9]+sec|error -?[0-9]+)( |$)/ /;ta`} -e 's/  +/ /g;s/ $//' | grep -vE ${` table local( |$)| proto (${MADE})( |$)`}; }
tb_rules() { ip -$1 rule show 2>/dev/null | grep -v l3mdev | while read -r p x; do echo "pref \${p%:} $x"; done; }
tb_list() { case $1 in links) tb_links ;; addresses) tb_addresses ;; route?) tb_routes \${1#route} ;; rule?) tb_rules \${1#rule} ;; esac; }
tb_more() { tb_list "$1" >"$k.now"; grep -vxF -f "$k.$1" "$k.now"; }
tb_less() { tb_list "$1" >"$k.now"; grep -vxF -f "$k.now" "$k.$1"; }`;

function kept(now: number): Sh {
  return sh`k="\${TB_BACKUP:?}"/${now}.network`;
}

/** Keeps it all. `now`: the number of the change, which names what is kept. */
export function keepNetwork(now: number): Sh {
  return join([
    sh`command -v ip >/dev/null 2>&1 || exit 0`,
    kept(now),
    LISTS,
    sh`for n in ${NAMES}; do tb_list $n >"$k.$n"; done`,
    sh`ip -o link show up | while read -r i d x; do d=\${d%:}; echo "\${d%%@*}"; done >"$k.up"`,
    sh`ip address save >"$k.address" || exit 1`,
  ]);
}

/**
 * Brings it back: of links that were there, what has come since goes, and what has gone comes. Only while a change is taken back by the host
 * itself, right after it was made; an undo, much later, would take away what others have added. `whole`: ends with 1 where something of it has not come back.
 */
export function networkAgain(now: number, whole: boolean): Sh {
  const some = sh`echo "$x" | while read -r d a; do ! grep -qxF "$d" "$k.links" || ip address delete $a dev "$d"; done`;
  return sh`if [ -n "$TB_REVERT" ] && ( ${kept(now)}; [ -e "$k.address" ] ); then (
${join([
  kept(now),
  LISTS,
  sh`{ while read -r d; do ip link set dev "$d" up; done <"$k.up"`,
  sh`x=$(tb_more addresses); [ -z "$x" ] || ${some}`,
  sh`ip address restore <"$k.address"`,
  // Of one prefix and metric there may be two routes of IPv4.
  sh`for f in 4 6; do [ $f = 4 ] && v=append || v=add
tb_more route$f | grep -v ' proto dhcp' | while read -r x; do ip -$f route delete $x; done
for i in 1 2; do tb_less route$f | while read -r x; do ip -$f route $v $x; done; done
tb_more rule$f | while read -r x; do ip -$f rule delete $x; done
tb_less rule$f | while read -r x; do ip -$f rule add $x; done
done; } >/dev/null 2>&1`,
  whole
    ? sh`x=$(for n in ${NAMES}; do tb_less $n; done)
[ -z "$x" ] || { printf 'has not come back: %s\\n' "$x" >&2; exit 1; }`
    : sh`:`,
])}
) || tb_rc=$?; fi`;
}

/** Units that go on setting up links after they have started say so by files. Ten seconds at most. */
export function linksSettled(unit: string): readonly Sh[] {
  if (!unit.startsWith('systemd-networkd.')) return [];
  return [
    sh`sleep 0.3; tb_n=0; while [ $tb_n -lt 50 ] && grep -qsE '^ADMIN_STATE=(pending|initialized|configuring)' /run/systemd/netif/links/*; do tb_n=$((tb_n+1)); sleep 0.2; done`,
  ];
}
