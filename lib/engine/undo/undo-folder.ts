/** What a run has kept on a host for its undo, and the end of it. */
import { sh } from '../../base/sh.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Ref, State } from '../../model/kind.ts';
import type { Resource } from '../../model/resource.ts';

export interface UndoFolderState extends State {
  /** Stretches that have kept something: `1`, `2`. */
  readonly stretches: readonly string[];
}

export const undoFolderKind: Kind<UndoFolderState> = {
  name: 'undo',
  limitMs: 10_000,
  absent: { exists: false, stretches: [] },
  read: (wants) =>
    sh`for r in ${wants.map(({ key }) => keyId(key))}; do for d in "$TB_STATE"/undo/$r/*/; do [ ! -d "$d" ] || { d=\${d%/}; printf '%s %s\\n' "$r" "\${d##*/}"; }; done; done; echo @end`,
  parse(out, wants) {
    const lines = out.toString('utf8').split('\n');
    return wants.map(({ key }) => {
      if (!lines.includes('@end'))
        return { key, unreadable: 'the folder of what runs have kept cannot be listed' };
      const found = lines
        .filter((line) => line.startsWith(`${keyId(key)} `))
        .map((line) => line.split(' ')[1]?.split('.')[0] ?? '');
      return { key, state: { exists: found.length > 0, stretches: [...new Set(found)].sort() } };
    });
  },
};

export function undoFolderRef(run: string): Ref<UndoFolderState> {
  return { kind: undoFolderKind, key: `undo:${run}` };
}

/** Nobody needs it any more. */
export function noUndoFolder(run: string): Resource<UndoFolderState> {
  return {
    ...undoFolderRef(run),
    kind: undoFolderKind,
    title: `what run ${run} has kept`,
    plan(state) {
      if (!state.exists) return null;
      return {
        action: 'delete',
        summary: 'forget what was kept for this undo',
        diff: [],
        after: undoFolderKind.absent,
        run: sh`rm -rf "\${TB_STATE:?}"/undo/${run}; rmdir "$TB_STATE"/undo 2>/dev/null; :`,
        effects: [],
        opaque: false,
        quiet: true,
        // What is not confirmed may be undone once more.
        apart: true,
        inverse: 'no',
      };
    },
  };
}
