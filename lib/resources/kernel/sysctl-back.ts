/** The way back of a running value, and of those that the kernel changes along with it. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';
import { sysctlPath } from './sysctl-name.ts';

/** Switches for all interfaces at once: each interface's own value goes along, and so do a few others. */
const WIDE =
  /^net\.(ipv[46])\.(?:ip_forward|conf\.(?:all|default)\.(?:forwarding|disable_ipv6|mc_forwarding))$/;
const FOLLOW = ['forwarding', 'disable_ipv6', 'accept_redirects', 'send_redirects', 'accept_ra'];

/** `now`: the number of the change, which names what is kept. */
export function sysctlBack(plain: string, before: string, now: number): Back {
  const path = sysctlPath(plain);
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  // Blanks between words are the kernel's own.
  const again = sh`p=${path}; if [ -e "$p" ] && [ "$(tr -s '[:space:]' ' ' <"$p" | sed 's/ $//')" != ${before} ]; then printf '%s\\n' ${before} >"$p" || exit 1; fi`;
  const family = WIDE.exec(plain)?.[1];
  if (family === undefined) return { restore: again };
  const paths: Sh[] = FOLLOW.map((name) => sh`/proc/sys/net/${family}/conf/*/${name}`);
  return {
    save: sh`grep '' ${join(paths, ' ')} /dev/null >${kept} 2>/dev/null; [ -s ${kept} ]`,
    restore: join([
      again,
      // Those of the whole first: they are handed down.
      sh`if [ -e ${kept} ]; then for tb_first in 1 2; do while IFS=: read -r p v; do
case $tb_first:$p in 1:*/conf/all/*|1:*/conf/default/*) ;; 1:*) continue ;; esac
[ ! -w "$p" ] || [ "$(cat "$p")" = "$v" ] || printf '%s\\n' "$v" >"$p" || exit 1
done <${kept}; done; fi`,
      again,
    ]),
    ...(plain.endsWith('disable_ipv6')
      ? { leaves: ['IPv6 addresses and routes that were added by hand'] }
      : {}),
  };
}
