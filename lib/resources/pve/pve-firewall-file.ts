/** Lists of rules in the files of the firewall of Proxmox: what others change in them is told from what this run has. */
import { type Sh, sh } from '../../base/sh.ts';
import { listUnchanged, pathText } from './pve-call.ts';

/** The file in which what stands under a path lies, below /etc/pve, as `$tb_file`. */
export function firewallFileText(path: string): Sh {
  return sh`${pathText(path)}
case $tb_path in /cluster/firewall/*) tb_file=firewall/cluster.fw ;; /cluster/sdn/vnets/*) tb_file=\${tb_path#/cluster/sdn/vnets/}; tb_file=sdn/firewall/\${tb_file%%/*}.fw ;; */qemu/*|*/lxc/*) tb_file=\${tb_path%/firewall/*}; tb_file=firewall/\${tb_file##*/}.fw ;; *) tb_file=\${tb_path%/firewall/*}/host.fw; tb_file=\${tb_file#/} ;; esac`;
}

/** The SHA-1 of the list's own section in its file as `$tb_now`, and the place where it is kept as `$tb_kept`. */
function sectionText(path: string): Sh {
  return sh`${firewallFileText(path)}
tb_part='[rules]'
case $tb_path in */firewall/groups/*) tb_part="[group \${tb_path##*/}]" ;; esac
tb_now=$(awk -v part="$tb_part" '/^\\[/ { on = index(tolower($0), tolower(part)) == 1 } on' "/etc/pve/$tb_file" 2>/dev/null | sha1sum)
tb_kept=$TB_BACKUP/pve.$(printf '%s' "$tb_file $tb_part" | tr / _)`;
}

/** Holds while the list is what was read, or what an earlier change of this run has made of it, as its section tells. */
export function rulesUnchanged(path: string, digest: string): Sh {
  return sh`${sectionText(path)}
[ "$tb_now" = "$(cat "$tb_kept" 2>/dev/null)" ] || {
${listUnchanged(path, digest)}
}`;
}

/** Said after a change of the list. */
export function rulesChanged(path: string): Sh {
  return sh`${sectionText(path)}
printf '%s' "$tb_now" >"$tb_kept"`;
}
