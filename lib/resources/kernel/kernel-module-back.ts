/** The way back of a kernel module that comes or goes. */
import { sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';

/**
 * With it go the modules that came with it, and no others; those that went come again. `name`: as the kernel has it;
 * `change`: the number of the change, which names what is kept.
 */
export function loadedBack(name: string, change: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${change}`;
  return {
    save: sh`cut -d' ' -f1 /proc/modules >${kept}`,
    restore: sh`[ -e ${kept} ] || exit 0
[ ! -e /sys/module/${name}/initstate ] || modprobe -r ${name} || exit 1
while read -r m; do [ -e "/sys/module/$m" ] || modprobe "$m" || exit 1; done <${kept}`,
  };
}
