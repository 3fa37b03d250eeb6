/** A folder in a desired state. */
import { posix } from 'node:path';
import { join, sh } from '../../base/sh.ts';
import { type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { planAttributes } from './file-attribute.ts';
import { fileBack, fileCuts, newDirectoryBack, treeBack } from './file-back.ts';
import { fileKind } from './file-kind.ts';
import { freshFields, type Ownership, ownerUses, planOwner } from './file-owner.ts';
import { parentUse, refuseParent } from './file-parent.ts';
import { ABSENT_FILE, type FileHint, type FileState, fileKey, plainPath } from './file-state.ts';
import { EXPLAIN, octal } from './file-write.ts';
import { temporaryBeside } from './temporary.ts';

export interface DirectoryWish extends Ownership {
  /** A symlink to a folder will do, and its folder is what owner and mode are for. */
  readonly follow?: boolean | undefined;
  readonly absent?: boolean | undefined;
  /** With `absent`: with all that is in it. Without, a folder that is not empty is refused. */
  readonly recursive?: boolean | undefined;
}

/** The folder `path`; its own folder must be there. A new one gets mode 0755 unless `mode` says otherwise. */
export function directory(path: string, wish: DirectoryWish): Resource<FileState, FileHint> {
  const place = plainPath(path);
  if (place === '/' && wish.absent) throw new PlanError('/ cannot be removed', 'name a folder below it');
  return {
    kind: fileKind,
    key: fileKey(place),
    hint: { need: 'stat', ...(wish.follow ? { follow: true } : {}) },
    uses: wish.absent ? [] : [...parentUse(place), ...ownerUses(wish)],
    plan(state, at, now) {
      if (wish.absent) return removeDirectory(place, state, wish.recursive ?? false, now);
      if (state.exists) {
        refuseOthers(place, state, wish.follow ?? false);
        return planAttributes(place, state, planOwner(state, wish, at), wish.follow ?? false);
      }
      refuseParent(place, at);
      const owner = planOwner(state, { ...wish, mode: wish.mode ?? '0755' }, at);
      return {
        action: 'create',
        summary: `create the folder, ${freshFields(owner.after.mode, wish)}`,
        diff: [],
        after: { ...ABSENT_FILE, ...owner.after, exists: true, type: 'directory' },
        run: makeDirectory(place, owner.chown, owner.after.mode),
        effects: [],
        opaque: false,
        inverse: 'yes',
        back: newDirectoryBack(place),
        ...fileCuts(place),
      };
    },
  };
}

/** The folders above `path` from the top down, as they are: made where they are not there, else left alone. */
export function parentDirectories(path: string): readonly Resource<FileState, FileHint>[] {
  const above: string[] = [];
  for (let at = posix.dirname(plainPath(path)); at !== '/'; at = posix.dirname(at)) above.unshift(at);
  return above.map((each) => directory(each, { follow: true }));
}

/** Under another name until it belongs to whom it should: whoever is killed in between leaves no folder that looks done. */
function makeDirectory(path: string, chown: string | undefined, mode: string) {
  return join([
    sh`p=${path}`,
    temporaryBeside('mktemp -u'),
    sh`trap 'rmdir "$t" 2>/dev/null' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`( umask 077; mkdir "$t" ) || exit 1`,
    ...(chown === undefined ? [] : [sh`chown -h ${chown} "$t" || exit 1`]),
    sh`chmod ${octal(mode)} "$t" || exit 1`,
    sh`[ ! -e "$p" ] && [ ! -h "$p" ] || { echo "$p is there by now" >&2; exit 1; }`,
    sh`mv -T "$t" "$p" 2>/dev/null || mv "$t" "$p" || ${EXPLAIN}`,
    sh`trap - EXIT`,
  ]);
}

function removeDirectory(
  path: string,
  state: FileState,
  recursive: boolean,
  now: number,
): Draft<FileState> | null {
  if (!state.exists) return null;
  if (state.type !== 'directory') {
    throw new PlanError(`${path} is not a folder`, 'remove it with the task `file` or `symlink`');
  }
  return {
    action: 'delete',
    summary: recursive ? 'remove the folder with all that is in it' : 'remove the empty folder',
    diff: [{ kind: 'field', name: 'type', from: 'directory', to: 'none' }],
    after: ABSENT_FILE,
    run: recursive
      ? sh`p=${path}; rm -rf "$p" || ${EXPLAIN}`
      : sh`rmdir ${path} || { echo "to remove it with all that is in it, set recursive: true" >&2; exit 1; }`,
    effects: [],
    opaque: recursive,
    ...wayBack(path, state, recursive, now),
    ...fileCuts(path),
  };
}

function wayBack(path: string, state: FileState, recursive: boolean, now: number) {
  const back = recursive ? treeBack(path, now) : fileBack({ path }, state, now);
  return back
    ? { inverse: recursive ? ('approximate' as const) : ('yes' as const), back }
    : { inverse: 'no' as const };
}

function refuseOthers(path: string, state: FileState, follow: boolean): void {
  if (state.type === 'directory') return;
  if (state.type === 'symlink') {
    throw new PlanError(
      `${path} is a link to ${state.target}, not a folder`,
      follow
        ? 'mend the link first'
        : 'set `follow: true` to mean the folder it points to, or remove it first',
    );
  }
  throw new PlanError(`${path} is there, but is not a folder`, 'choose another path, or remove it first');
}
