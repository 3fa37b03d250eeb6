/** The change that creates a user. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { At, Draft, Effect } from '../../model/resource.ts';
import { ABSENT_FILE, type FileState } from '../file/file-state.ts';
import { newUserBack } from './account-back.ts';
import type { GroupState } from './group-kind.ts';
import type { UserState } from './user-kind.ts';
import { passwordDifference, passwordSum, setPassword } from './user-password.ts';
import type { UserWish } from './user-wish.ts';

export function createUser(
  name: string,
  wish: UserWish,
  state: UserState,
  at: At,
  now: number,
): Draft<UserState> {
  const home = wish.home ?? `/home/${name}`;
  const createHome = wish.createHome ?? !wish.system;
  const own = at<GroupState>(`group:${name}`);
  const ownExists = own !== undefined && !(own instanceof Unknown) && own.exists;
  const primary = wish.group ?? (ownExists ? name : undefined);
  const effects: Effect[] = [];
  const gid = new Unknown(`the host chooses the gid of ${name}`);
  if (primary === undefined) effects.push({ key: `group:${name}`, to: { exists: true, gid } as GroupState });
  if (createHome) effects.push(...homeFolder(name, home, primary ?? name, at));
  const parts = { home, createHome, primary, groups: wish.groups ?? [] };
  return {
    action: 'create',
    summary: `create the user${wish.uid === undefined ? '' : ` with uid ${wish.uid}`}`,
    diff: wish.password ? [passwordDifference('', passwordSum(name, wish.password))] : [],
    after: {
      ...state,
      exists: true,
      uid: wish.uid ?? new Unknown(`the host chooses the uid of ${name}`),
      gid: new Unknown(`the gid of ${primary ?? name} is not known yet`),
      group: primary ?? name,
      home,
      shell: wish.shell ?? new Unknown(`the host chooses the shell of ${name}`),
      comment: wish.comment ?? '',
      groups: parts.groups.filter((each) => each !== (primary ?? name)).sort(),
      password: wish.password ? passwordSum(name, wish.password) : '',
      locked: wish.password ? (wish.locked ?? false) : true,
    },
    run: state.tool === 'busybox' ? withAdduser(name, wish, parts) : withUseradd(name, wish, parts),
    effects,
    opaque: false,
    inverse: 'approximate',
    back: newUserBack(name, home, now),
  };
}

/** The folder that useradd makes; one that is there already stays as it is. Its mode is the host's choice. */
function homeFolder(name: string, home: string, group: string, at: At): readonly Effect[] {
  const key: Key = `file:${home}`;
  const found = at<FileState>(key);
  if (found === undefined) return [];
  if (found instanceof Unknown) return [{ key }];
  if (found.exists) return [];
  const made: FileState = { ...ABSENT_FILE, exists: true, type: 'directory', owner: name, group };
  return [{ key, to: made }];
}

interface Parts {
  readonly home: string;
  readonly createHome: boolean;
  readonly primary: string | undefined;
  readonly groups: readonly string[];
}

function password(name: string, wish: UserWish): Sh {
  return wish.password ? setPassword(name, wish.password, wish.locked ?? false) : sh`:`;
}

function withUseradd(name: string, wish: UserWish, { home, createHome, primary, groups }: Parts): Sh {
  const options = [
    ...(wish.system ? ['-r'] : []),
    ...(wish.uid === undefined ? [] : ['-u', wish.uid]),
    ...(primary === undefined ? ['-U'] : ['-g', primary]),
    ...(groups.length === 0 ? [] : ['-G', groups.join(',')]),
    ...(wish.shell === undefined ? [] : ['-s', wish.shell]),
    ...(wish.comment === undefined ? [] : ['-c', wish.comment]),
    '-d',
    home,
    createHome ? '-m' : '-M',
  ];
  return join([sh`useradd ${options} ${name} || exit $?`, password(name, wish)]);
}

function withAdduser(name: string, wish: UserWish, { home, createHome, primary, groups }: Parts): Sh {
  const options = [
    '-D',
    ...(wish.system ? ['-S'] : []),
    ...(wish.uid === undefined ? [] : ['-u', wish.uid]),
    ...(primary === undefined ? [] : ['-G', primary]),
    ...(wish.shell === undefined ? [] : ['-s', wish.shell]),
    ...(wish.comment === undefined ? [] : ['-g', wish.comment]),
    '-h',
    home,
    ...(createHome ? [] : ['-H']),
  ];
  return join([
    sh`adduser ${options} ${name} || exit $?`,
    ...groups.map((each) => sh`addgroup ${name} ${each} || exit $?`),
    password(name, wish),
  ]);
}
