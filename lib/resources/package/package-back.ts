/** The way back of packages: exactly what apt has newly installed goes, with the accounts that came with it. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';
import { APT_WORLD } from './apt-script.ts';

const LIST = sh`dpkg-query -W -f '\${binary:Package} \${db:Status-Status} \${Version}\\n' | sort`;

/** The accounts of this host that stand in its own tables. */
const accounts = (suffix: string, kept: Sh): Sh =>
  sh`cut -d: -f1 /etc/passwd | sort >${kept}.users${suffix} && cut -d: -f1 /etc/group | sort >${kept}.groups${suffix}`;

/** The change itself, telling which accounts came with it. */
export function noted(run: Sh, now: number): Sh {
  const kept = sh`"\${TB_BACKUP:-/nowhere}"/${now}`;
  return sh`( ${run} ); tb_rc=$?; [ ! -e ${kept}.packages ] || { ${accounts('.after', kept)}; }; exit $tb_rc`;
}

/** `now`: the number of the change, which names what is kept. */
export function packageBack(now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  return {
    save: sh`${accounts('', kept)} && apt-mark showmanual | sort >${kept}.manual && ${LIST} >${kept}.packages || exit 1`,
    restore: join([
      // What was not listed was not begun.
      sh`[ -e ${kept}.packages ] || exit 0`,
      APT_WORLD,
      sh`tb_limit=60; tb_now=$(${LIST}) || exit 1`,
      sh`tb_new=$(printf '%s\\n' "$tb_now" | awk 'NR == FNR { was[$1] = $2; next } $2 != "not-installed" && $2 != "config-files" && was[$1] != "installed" { print $1 }' ${kept}.packages -)`,
      sh`tb_bare= tb_edited=
for tb_name in $tb_new; do
if grep -q "^$tb_name config-files " ${kept}.packages || [ -n "$(dpkg-query -W -f '\${Conffiles}\\n' "$tb_name" | while read -r tb_file tb_sum tb_rest; do [ ! -f "$tb_file" ] || [ "$(md5sum <"$tb_file")" = "$tb_sum  -" ] || echo "$tb_file"; done)" ]; then tb_edited="$tb_edited $tb_name"; else tb_bare="$tb_bare $tb_name"; fi
done`,
      sh`if [ -n "$tb_new" ]; then tb_wait
[ -z "$tb_edited" ] || { echo "with their configuration, which was there before or was changed, stay:$tb_edited"; dpkg --remove $tb_edited || exit 1; }
[ -z "$tb_bare" ] || dpkg --purge $tb_bare || exit 1; fi`,
      sh`tb_now=$(${LIST}) || exit 1
tb_old=$(printf '%s\\n' "$tb_now" | awk 'NR == FNR { now[$1] = $2 " " $3; next } $2 == "installed" && now[$1] != $2 " " $3 { print $1 "=" $3 }' - ${kept}.packages)
if [ -n "$tb_old" ]; then tb_wait
apt-get install -y -q --allow-downgrades --allow-change-held-packages --no-install-recommends -o Dpkg::Options::=--force-confold -o Acquire::http::Timeout=10 -o Acquire::Retries=0 $tb_old || { echo "these could not be had any more:" $tb_old >&2; exit 1; }; fi`,
      sh`tb_hand=$(apt-mark showmanual | sort | comm -13 - ${kept}.manual); [ -z "$tb_hand" ] || apt-mark manual $tb_hand >/dev/null 2>&1`,
      sh`if [ -e ${kept}.users.after ]; then
for tb_name in $(comm -13 ${kept}.users ${kept}.users.after); do ! getent passwd "$tb_name" >/dev/null || userdel "$tb_name" || exit 1; done
for tb_name in $(comm -13 ${kept}.groups ${kept}.groups.after); do ! getent group "$tb_name" >/dev/null || groupdel "$tb_name" || exit 1; done
fi`,
    ]),
    leaves: ['what programs of new packages have written meanwhile, beside their configuration'],
  };
}

/** What is removed or replaced comes from the package archive again. */
export function replacedLeaves(names: readonly string[]): readonly string[] {
  return names.length === 0
    ? []
    : [`${names.join(', ')}: the version of before comes back only if the package archive still has it`];
}
