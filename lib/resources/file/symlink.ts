/** A symlink in a desired state. */
import { join, sh } from '../../base/sh.ts';
import { type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { fileBack, fileCuts } from './file-back.ts';
import { differs, unchanged } from './file-guard.ts';
import { fileKind } from './file-kind.ts';
import { ownerUses, planOwner } from './file-owner.ts';
import { parentUse, refuseParent } from './file-parent.ts';
import { removeFile } from './file-remove.ts';
import { ABSENT_FILE, type FileHint, type FileState, fileKey, plainPath } from './file-state.ts';
import { EXPLAIN } from './file-write.ts';
import { temporaryBeside } from './temporary.ts';

export interface SymlinkWish {
  /** Where it points, as it shall stand in the link: absolute, or relative to the link's folder. */
  readonly target?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly absent?: boolean | undefined;
  /** A file that stands there is replaced; a copy of it is kept on the host for the way back. */
  readonly force?: boolean | undefined;
}

/** The symbolic link `path`, an absolute path. Throws PlanError without a target. */
export function symlink(path: string, wish: SymlinkWish): Resource<FileState, FileHint> {
  const place = plainPath(path);
  const target = wish.target ?? '';
  if (!wish.absent && (target === '' || /[\n\0]/.test(target))) {
    throw new PlanError(`the link ${place} has no target that could be`, 'say `target`, on one line');
  }
  return {
    kind: fileKind,
    key: fileKey(place),
    hint: { need: wish.force ? 'sum' : 'stat' },
    uses: wish.absent ? [] : [...parentUse(place), ...ownerUses(wish)],
    plan(state, at, now) {
      if (
        state.exists &&
        state.type !== 'symlink' &&
        !(wish.force && state.type === 'file' && !wish.absent)
      ) {
        const what = state.type === 'directory' ? 'a folder' : 'a file';
        throw new PlanError(
          `${place} is ${what}, not a link`,
          'remove it in an earlier step, or set `force: true`',
        );
      }
      if (wish.absent) return removeFile(place, state, now);
      if (!state.exists) refuseParent(place, at);
      const owner = planOwner(state, { owner: wish.owner, group: wish.group }, at);
      const back = fileBack({ path: place }, state, now);
      const moved = state.target !== target;
      if (!moved && owner.diff.length === 0) return null;
      return {
        action: state.exists ? 'update' : 'create',
        summary: moved ? `link to ${target}` : 'owner of the link',
        diff: [
          ...(moved ? [{ kind: 'field' as const, name: 'target', from: was(state), to: target }] : []),
          ...(state.exists ? owner.diff : []),
        ],
        after: { ...ABSENT_FILE, ...owner.after, exists: true, type: 'symlink', mode: '0777', target },
        run: linkText(place, target, moved, owner.chown),
        guard: stillThere(place, state),
        effects: [],
        // Everything below it is another thing now.
        opaque: state.exists && moved,
        ...fileCuts(place),
        ...(back ? { inverse: 'yes', back } : { inverse: 'no' }),
      } satisfies Draft<FileState>;
    },
  };
}

function was(state: FileState): string {
  if (!state.exists) return 'none';
  return state.type === 'symlink' ? state.target : 'a file';
}

function stillThere(path: string, state: FileState) {
  if (state.type !== 'symlink') return unchanged(path, state, false, false);
  return sh`[ "$(readlink -n ${path}; echo .)" = ${`${state.target}.`} ] || ${differs(path)}`;
}

function linkText(path: string, target: string, moved: boolean, chown: string | undefined) {
  const give = chown === undefined ? [] : [sh`chown -h ${chown} "$t" || exit 1`];
  if (!moved) return join([sh`t=${path}`, ...give]);
  return join([
    sh`p=${path}`,
    temporaryBeside('mktemp -u'),
    sh`trap 'rm -f "$t"' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`ln -s ${target} "$t" || exit 1`,
    ...give,
    // -T, or a link to a folder would take the new one into that folder; without -T it goes for a moment.
    sh`mv -fT "$t" "$p" 2>/dev/null || { rm -f "$p" && mv -f "$t" "$p"; } || ${EXPLAIN}`,
    sh`trap - EXIT`,
  ]);
}
