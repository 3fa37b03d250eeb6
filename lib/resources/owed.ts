/** Marks on a host of what is owed to changes made: a handler, a restart, a reload. Written and removed by the engine. */
import { sh } from '../base/sh.ts';
import { keyId } from '../model/key.ts';
import type { Kind, Ref } from '../model/kind.ts';
import type { Owed } from '../model/resource.ts';

export const owedKind: Kind<Owed> = {
  name: 'owed',
  limitMs: 10_000,
  absent: { exists: false, since: 0 },
  // One `ls`, none at all on a host that never owed anything. `@end` tells an empty folder from a broken read.
  read() {
    return sh`if [ -d "$TB_STATE/owed" ]; then ls -1a "$TB_STATE/owed" || exit $?; fi; printf '@end\n'`;
  },
  parse(out, wants) {
    const lines = out.toString('latin1').split('\n');
    const names = new Set(lines);
    return wants.map(({ key }) =>
      names.has('@end')
        ? { key, state: { exists: names.has(keyId(key)), since: 0 } }
        : { key, unreadable: 'the folder of marks on the host cannot be listed' },
    );
  },
};

/** The mark of that name: `handler.restart_frr`, `restart.frr.service`, `reload`. */
export function owedRef(name: string): Ref<Owed> {
  return { kind: owedKind, key: `owed:${name}` };
}
