/**
 * The way back of what stands in files of the cluster that hold many things, each in a section: only those sections are
 * put back that the change has changed, as others may have changed theirs since.
 */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back, Cut, Draft } from '../../model/resource.ts';
import { call, type PveOptions, pathText } from './pve-call.ts';
import { firewallFileText } from './pve-firewall-file.ts';

/** A file of the SDN, or the one of the firewall in which what stands under a path lies. */
export type SectionFile = { readonly path: string } | { readonly firewall: string };

const place = (file: SectionFile): Sh =>
  'path' in file
    ? sh`tb_at=${file.path}`
    : sh`${firewallFileText(file.firewall)}
tb_at=/etc/pve/$tb_file`;

/** The draft with its way back; `now`: the number of the change, which names what is kept. */
export function withSections<D extends Pick<Draft, 'run'>>(
  draft: D,
  file: SectionFile,
  now: number,
): D & { readonly inverse: 'yes'; readonly back: Back } {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  const look = (suffix: string): Sh =>
    sh`if [ -f "$tb_at" ]; then ( umask 077; cat "$tb_at" >${kept}.${suffix} ); else : >${kept}.${suffix}.none; fi`;
  return {
    ...draft,
    run: join([draft.run, place(file), look('made')]),
    inverse: 'yes',
    back: {
      save: sh`${place(file)}
${look('before')}`,
      restore: join([
        place(file),
        // What was not kept was not begun.
        sh`[ -e ${kept}.before ] || [ -e ${kept}.before.none ] || exit 0`,
        sh`tb_was=${kept}.before; [ -e "$tb_was" ] || tb_was=/dev/null; tb_made=${kept}.made; [ -e "$tb_made" ] || tb_made=$tb_at; [ -e "$tb_made" ] || tb_made=/dev/null`,
        sh`[ -e "$tb_at" ] && tb_is=$tb_at || tb_is=/dev/null`,
        sh`if cmp -s "$tb_is" "$tb_was"; then exit 0; fi`,
        sh`tb_all=$(${SECTIONS}; echo .) || exit 1; tb_all=\${tb_all%.}`,
        sh`if [ -z "$tb_all" ] && [ -e ${kept}.before.none ]; then rm -f "$tb_at"; else printf %s "$tb_all" >"$tb_at.tmp.$$" && mv -f "$tb_at.tmp.$$" "$tb_at"; fi || { echo "cannot write $tb_at: has the cluster quorum (pvecm status)?" >&2; exit 1; }`,
      ]),
    },
  };
}

/** Sections begin with `zone: name` or with `[group name]`; what stands before the first one is one, too. */
const SECTIONS = sh`if cmp -s "$tb_is" "$tb_made"; then cat "$tb_was"; else
awk -v was="$tb_was" -v made="$tb_made" -v now="$tb_is" '
function load(file, all, order,  line, key, n) { key = ""; n = 0
while ((getline line < file) > 0) { if (line ~ /^\\[/ || line ~ /^[a-z]+: /) key = line
if (!(key in all)) order[++n] = key
all[key] = all[key] line "\\n" }
close(file); return n }
BEGIN { m = load(made, M, OM); n = load(now, N, ON); w = load(was, W, OW)
for (i = 1; i <= n; i++) { k = ON[i]; printf "%s", (W[k] != M[k] ? W[k] : N[k]); told[k] = 1 }
for (i = 1; i <= w; i++) { k = OW[i]; if (!(k in told) && W[k] != M[k]) printf "%s", W[k] } }'; fi`;

/** A call that brings a thing to what it was, whatever it is now; done already where `there` does not hold. */
export function callBack(
  verb: 'create' | 'set' | 'delete',
  path: string,
  options: PveOptions = {},
  there?: { readonly path: string; readonly when: 'there' | 'gone' },
): Back {
  const text = call(verb, path, options);
  if (!there) return { restore: text };
  const holds = there.when === 'there' ? sh`|| exit 0` : sh`&& exit 0`;
  return {
    restore: join([
      pathText(there.path),
      sh`timeout 90 pvesh get "$tb_path" --output-format json </dev/null >/dev/null 2>&1 ${holds}`,
      text,
    ]),
  };
}

/** Of something that only this change has made: never another's of the same name. `made` ends the change itself. */
export function ownBack(now: number, back: Back): { readonly made: Sh; readonly back: Back } {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  return {
    made: sh`: >${kept}.made`,
    back: {
      ...back,
      save: sh`: >${kept}.begun`,
      restore: sh`[ -e ${kept}.made ] || exit 0
${back.restore}`,
    },
  };
}

/** Rules of guests and of their networks cut nobody off from a node. `can`: something is let in no more. */
export function firewallCuts(path: string, can: boolean): { readonly cuts?: Cut } {
  return !can || /\/(qemu|lxc|sdn\/vnets)\//.test(path) ? {} : { cuts: 'firewall' };
}
