/** The way back of files whose content nobody may see: copies of them are kept on the host. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';

/** Files, or nothing, before and after. `now`: the number of the change, which names the copies. */
export function keptBack(paths: readonly string[], now: number): Back & { readonly save: Sh } {
  const places = paths.map((path, index) => ({ path, kept: sh`"\${TB_BACKUP:?}"/${now}.${index}` }));
  return {
    save: join(
      places.map(
        ({ path, kept }) =>
          sh`p=${path}; if [ -e "$p" ] || [ -h "$p" ]; then cp -a "$p" ${kept} || { echo "no room for a copy of $p in $TB_BACKUP" >&2; exit 1; }; else : >${kept}.none || exit 1; fi`,
      ),
    ),
    // What was not kept was not begun.
    restore: join([
      ...places.map(
        ({ path, kept }) => sh`p=${path}
if [ -e ${kept}.none ]; then rm -f "$p" || exit 1
elif [ -h ${kept} ]; then rm -f "$p" && cp -a ${kept} "$p" || exit 1
elif [ -e ${kept} ]; then
cmp -s ${kept} "$p" && [ "$(stat -c '%a %u %g' ${kept})" = "$(stat -c '%a %u %g' "$p")" ] || {
t=$(mktemp "\${p%/*}/.tb.XXXXXX") && cp -a ${kept} "$t" && sync "$t" 2>/dev/null && mv -f "$t" "$p" || { rm -f "$t"; exit 1; }; }
fi`,
      ),
      sh`:`,
    ]),
  };
}

/** Two ways back of one change as one: what was kept by each, and what each brings back, one after the other. */
export function bothBack(first: Back, second: Back): Back {
  const save = [first.save, second.save].filter((each) => each !== undefined);
  const finish = [first.finish, second.finish].filter((each) => each !== undefined);
  const leaves = [...(first.leaves ?? []), ...(second.leaves ?? [])];
  const apart = (texts: readonly Sh[]): Sh => join(texts.map((text) => sh`( ${text} ) || exit $?`));
  return {
    ...(save.length === 0 ? {} : { save: apart(save) }),
    restore: apart([first.restore, second.restore]),
    ...(finish.length === 0 ? {} : { finish: apart(finish) }),
    ...(leaves.length === 0 ? {} : { leaves }),
  };
}
