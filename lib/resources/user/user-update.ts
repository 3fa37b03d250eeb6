/** The change that brings an existing user to its desired state, or none. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { known } from '../../base/unknown.ts';
import { type Back, type Difference, type Draft, PlanError } from '../../model/resource.ts';
import { bothBack } from '../file/kept-back.ts';
import { accountBack, numberBack } from './account-back.ts';
import type { UserState } from './user-kind.ts';
import { passwordDifference, passwordSum, setPassword } from './user-password.ts';
import type { UserWish } from './user-wish.ts';

type Column = 'uid' | 'group' | 'comment' | 'home' | 'shell';
const OPTION: Readonly<Record<Column, string>> = {
  uid: '-u',
  group: '-g',
  comment: '-c',
  home: '-d',
  shell: '-s',
};

export function updateUser(
  name: string,
  wish: UserWish,
  state: UserState,
  now: number,
): Draft<UserState> | null {
  const columns = (Object.keys(OPTION) as Column[]).filter(
    (column) => wish[column] !== undefined && known(state[column]) !== wish[column],
  );
  const groups = groupChange(wish, state);
  const lock = wish.locked !== undefined && known(state.locked) !== wish.locked;
  const sum = wish.password ? passwordSum(name, wish.password) : undefined;
  const rehash = sum !== undefined && known(state.password) !== sum;
  if (columns.length === 0 && !groups && !lock && !rehash) return null;
  if (lock && !rehash && !wish.locked && known(state.password) === '') {
    throw new PlanError(
      `user ${name} has no password, so unlocking would let anyone in`,
      'give `password` a crypt hash',
    );
  }
  const diff = differences(wish, state, columns, groups);
  if (lock) diff.push({ kind: 'field', name: 'locked', from: String(!wish.locked), to: String(wish.locked) });
  if (rehash) diff.push(passwordDifference(known(state.password), sum));
  const locked = wish.locked ?? (rehash ? false : known(state.locked));
  const moved = columns.includes('uid') || columns.includes('group');
  return {
    action: 'update',
    summary: diff.map(oneLine).join(', '),
    diff,
    after: {
      ...state,
      ...Object.fromEntries(columns.map((column) => [column, wish[column]])),
      groups: groups ? groups.all : state.groups,
      password: sum ?? state.password,
      locked: sum === undefined && wish.locked === undefined ? state.locked : locked,
    },
    run: join([
      state.tool === 'busybox'
        ? withBusybox(name, columns, groups)
        : withUsermod(name, wish, columns, groups),
      ...(rehash && wish.password ? [setPassword(name, wish.password, locked)] : []),
      ...(lock && !rehash ? [lockCommand(name, wish.locked ?? false, state)] : []),
    ]),
    effects: [],
    // A new number is given to the files in the home folder too.
    opaque: moved,
    inverse: 'yes',
    back: moved ? bothBack(accountBack(name, now), filesBack(state, now)) : accountBack(name, now),
  };
}

function filesBack(state: UserState, now: number): Back {
  return numberBack(known(state.home), [known(state.uid), known(state.gid)], now);
}

interface GroupChange {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly all: readonly string[];
}

function groupChange(wish: UserWish, state: UserState): GroupChange | undefined {
  if (!wish.groups) return undefined;
  const primary = wish.group ?? known(state.group);
  const wanted = wish.groups.filter((each) => each !== primary);
  const found = known(state.groups);
  const add = wanted.filter((each) => !found.includes(each));
  const drop = wish.exactGroups ? found.filter((each) => !wanted.includes(each)) : [];
  if (add.length === 0 && drop.length === 0) return undefined;
  const all = [...new Set([...found, ...add])].filter((each) => !drop.includes(each)).sort();
  return { add, drop, all };
}

function differences(
  wish: UserWish,
  state: UserState,
  columns: readonly Column[],
  groups: GroupChange | undefined,
): Difference[] {
  const diff: Difference[] = columns.map((column) => ({
    kind: 'field',
    name: column,
    from: String(known(state[column])),
    to: String(wish[column]),
  }));
  if (groups) {
    diff.push({
      kind: 'field',
      name: 'groups',
      from: known(state.groups).join(','),
      to: groups.all.join(','),
    });
  }
  return diff;
}

function oneLine(each: Difference): string {
  return each.kind === 'field'
    ? `${each.name} ${each.from || '(none)'} → ${each.to || '(none)'}`
    : 'set the password';
}

function withUsermod(
  name: string,
  wish: UserWish,
  columns: readonly Column[],
  groups: GroupChange | undefined,
): Sh {
  const options = columns.flatMap((column) => [OPTION[column], wish[column] ?? '']);
  if (groups) {
    // -G with the whole list would also drop what somebody added since the read; -a only adds.
    if (groups.drop.length === 0) options.push('-a', '-G', groups.add.join(','));
    else options.push('-G', groups.all.join(','));
  }
  return options.length === 0 ? sh`:` : sh`usermod ${options} ${name} || exit $?`;
}

function withBusybox(name: string, columns: readonly Column[], groups: GroupChange | undefined): Sh {
  if (columns.length > 0) {
    throw new PlanError(
      `busybox cannot change the ${columns.join(' and ')} of user ${name}, who is there already`,
      'install the `shadow` package in an earlier step',
    );
  }
  return join([
    sh`:`,
    ...(groups?.add ?? []).map((each) => sh`addgroup ${name} ${each} || exit $?`),
    ...(groups?.drop ?? []).map((each) => sh`delgroup ${name} ${each} || exit $?`),
  ]);
}

function lockCommand(name: string, locked: boolean, state: UserState): Sh {
  if (state.tool === 'busybox') return sh`passwd ${[locked ? '-l' : '-u', name]} || exit $?`;
  return sh`usermod ${[locked ? '-L' : '-U', name]} || exit $?`;
}
