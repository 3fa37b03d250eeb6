/** The way back of users and groups: their lines in the tables of /etc as they were, in their places. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';

const OWN = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'];

/**
 * Lines that begin with the name, and memberships of it; tools would change dates and numbers beside. `now`: the number
 * of the change, which names what is kept.
 */
export function accountBack(name: string, now: number): Back & { readonly save: Sh } {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  return {
    save: sh`( umask 077; for f in ${OWN}; do [ ! -f /etc/$f ] || awk -F: -v name=${name} '$1 == name { print NR ":" $0 }' /etc/$f >${kept}.$f || exit 1; done
for f in group gshadow; do [ ! -f /etc/$f ] || awk -F: -v name=${name} '("," $4 ",") ~ ("," name ",") { print $1 }' /etc/$f >${kept}.$f.of || exit 1; done )`,
    restore: join([
      LOCK,
      EDIT,
      sh`name=${name} kept=${kept}; for f in ${OWN}; do tb_table $f || exit 1; done`,
    ]),
  };
}

/** As the tools of shadow lock each other out: a file with the process in it. */
const LOCK = sh`tb_locks=
tb_lock() { tb_n=0; until ( set -C; echo $$ >/etc/$1.lock ) 2>/dev/null; do tb_p=$(cat /etc/$1.lock 2>/dev/null); kill -0 "\${tb_p:-0}" 2>/dev/null || rm -f /etc/$1.lock
tb_n=$((tb_n+1)); [ $tb_n -lt 60 ] || { echo "somebody holds /etc/$1.lock" >&2; exit 1; }; sleep 0.5 2>/dev/null || sleep 1; done; tb_locks="$tb_locks /etc/$1.lock"; }
trap 'rm -f $tb_locks $tb_t' EXIT; trap 'exit 143' HUP INT TERM
for f in passwd group shadow gshadow; do [ ! -f /etc/$f ] || tb_lock $f; done`;

/** Own lines first: at the number they had. Then memberships, in the order in which they stand. */
const EDIT = sh`tb_table() {
[ -f /etc/$1 ] && [ -e "$kept.$1" ] || return 0
tb_t=$(mktemp /etc/.tb.XXXXXX) && cp -p /etc/$1 "$tb_t" || return 1
tb_of=; [ ! -e "$kept.$1.of" ] || tb_of=$kept.$1.of
awk -F: -v OFS=: -v name="$name" -v lines="$kept.$1" -v groups="$tb_of" '
BEGIN { while ((getline row < lines) > 0) { at = index(row, ":"); want[++wants] = substr(row, at + 1); place[wants] = substr(row, 1, at - 1) + 0 }
while (groups != "" && (getline row < groups) > 0) of[row] = 1; next_one = 1 }
$1 == name { next }
{ while (next_one <= wants && place[next_one] <= out + 1) { print want[next_one++]; out++ }
if (groups != "") { n = split($4, all, ","); text = ""; found = 0
for (i = 1; i <= n; i++) if (all[i] == name) { if (($1 in of) && !found) { text = text (text == "" ? "" : ",") name }; found = 1 } else text = text (text == "" ? "" : ",") all[i]
if (($1 in of) && !found) text = text (text == "" ? "" : ",") name
if (text != $4) $4 = text }
print; out++ }
END { while (next_one <= wants) print want[next_one++] }' /etc/$1 >"$tb_t" || return 1
cmp -s "$tb_t" /etc/$1 || { sync "$tb_t" 2>/dev/null; mv -f "$tb_t" /etc/$1 || return 1; }
rm -f "$tb_t"; }`;

/** A user that was made, with the home folder that came with it as long as nothing was put into it. */
export function newUserBack(name: string, home: string, now: number): Back {
  const account = accountBack(name, now);
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  const places = [home, `/var/mail/${name}`, `/var/spool/mail/${name}`];
  return {
    save: join([
      sh`( ${account.save} ) || exit 1`,
      sh`for p in ${places}; do if [ -e "$p" ] || [ -h "$p" ]; then printf '%s\\n' "$p"; fi; done >${kept}.there`,
    ]),
    restore: join([
      sh`[ -e ${kept}.there ] || exit 0`,
      sh`( ${account.restore} ) || exit 1`,
      sh`p=${home}; if ! grep -qxF -- "$p" ${kept}.there && [ -d "$p" ] && [ ! -h "$p" ]; then
if [ -d /etc/skel ]; then diff -r /etc/skel "$p" >/dev/null 2>&1; else [ -z "$(ls -A "$p")" ]; fi && rm -rf "$p" || echo "$p stays, as something was put into it"; fi`,
      sh`for p in ${places.slice(1)}; do grep -qxF -- "$p" ${kept}.there || [ -s "$p" ] || [ ! -f "$p" ] || rm -f "$p"; done`,
    ]),
    leaves: [`${home} stays if something was put into it, and so do other files of ${name}`],
  };
}

/** New numbers are given to the files in the home folder, too. */
export function numberBack(home: string, from: readonly [number, number], now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}.home`;
  const [uid, gid] = from;
  return {
    save: sh`p=${home}; if [ -d "$p" ]; then find "$p" -xdev \\( -uid ${uid} -o -gid ${gid} \\) -exec stat -c '%u:%g %n' {} + >${kept} || exit 1; fi`,
    restore: sh`[ ! -e ${kept} ] || while read -r o p; do [ ! -e "$p" ] && [ ! -h "$p" ] || chown -h "$o" "$p" || exit 1; done <${kept}`,
  };
}
