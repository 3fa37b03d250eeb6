/** Owner, group and mode of a file or folder: what differs, and the words of chown and chmod that mend it. */
import type { At, Ref } from '../../model/kind.ts';
import type { Difference } from '../../model/resource.ts';
import { type GroupState, groupRef, type UserState, userRef } from '../user/user.ts';
import { type FileState, plainMode } from './file-state.ts';

export interface Ownership {
  /** Name, or a number in digits. Undefined: left as it is. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Three or four octal digits. */
  readonly mode?: string | undefined;
  /** Without `group`: the primary group of `owner`, whatever it is called. */
  readonly loginGroup?: boolean | undefined;
}

export interface OwnerPlan {
  readonly diff: readonly Difference[];
  /** Argument of chown; undefined: nothing to change. */
  readonly chown: string | undefined;
  /** Argument of chmod; undefined: nothing to change. */
  readonly chmod: string | undefined;
  /** The fields as they will be. */
  readonly after: Pick<FileState, 'mode' | 'uid' | 'gid' | 'owner' | 'group'>;
}

/** `mode 0640, owner frr`: what a new file or folder gets. */
export function freshFields(mode: string, want: Ownership): string {
  const owner = want.owner === undefined ? '' : `, owner ${want.owner}`;
  return `mode ${mode}${owner}${want.group === undefined ? '' : `, group ${want.group}`}`;
}

const isNumber = (name: string): boolean => /^\d+$/.test(name);
const isGiven = (name: string | undefined): name is string =>
  name !== undefined && name !== 'root' && !isNumber(name);

/** The accounts that must be there before; root and plain numbers always are. */
export function ownerUses(want: Ownership): readonly Ref[] {
  return [
    ...(isGiven(want.owner) ? [userRef(want.owner)] : []),
    ...(isGiven(want.group) ? [groupRef(want.group)] : []),
  ];
}

/** Compares with a state that may be absent; `mode` is then the mode of a new one. */
export function planOwner(state: FileState, want: Ownership, at: At): OwnerPlan {
  const user = owner(state, want, at);
  const group = groupOf(state, want, at);
  const mode = want.mode === undefined ? state.mode : plainMode(want.mode);
  const diff: Difference[] = [];
  const field = (name: string, from: string, to: string): void => {
    diff.push({ kind: 'field', name, from: from || 'none', to });
  };
  if (user.differs) field('owner', state.owner, user.name || String(user.id));
  if (group.differs)
    field('group', state.group, group.name || (group.id < 0 ? 'the primary group' : String(group.id)));
  if (mode !== state.mode) field('mode', state.mode, mode);
  return {
    diff,
    chown: chownWord(user.differs, group.differs, want),
    // chown clears setuid and setgid, so the mode follows it.
    chmod: mode !== state.mode || ((user.differs || group.differs) && mode !== '') ? mode : undefined,
    after: { mode, uid: user.id, owner: user.name, gid: group.id, group: group.name },
  };
}

function chownWord(user: boolean, group: boolean, want: Ownership): string | undefined {
  if (!user && !group) return undefined;
  const login = want.loginGroup && want.group === undefined && want.owner !== undefined;
  if (login) return `${want.owner}:`;
  return `${user ? (want.owner ?? '') : ''}${group ? `:${want.group ?? ''}` : ''}`;
}

interface Side {
  readonly name: string;
  readonly id: number;
  readonly differs: boolean;
}

function owner(state: FileState, want: Ownership, at: At): Side {
  if (want.owner === undefined) return { name: state.owner, id: state.uid, differs: false };
  if (isNumber(want.owner)) return byNumber(Number(want.owner), state.uid, state.owner);
  const found = at<UserState>(`user:${want.owner}`);
  const uid = want.owner === 'root' ? 0 : idOf(found && 'uid' in found ? found.uid : undefined);
  return { name: want.owner, id: uid, differs: state.owner !== want.owner };
}

function groupOf(state: FileState, want: Ownership, at: At): Side {
  if (want.group === undefined) {
    const same = { name: state.group, id: state.gid, differs: false };
    if (!want.loginGroup || want.owner === undefined) return same;
    const found = at<UserState>(`user:${want.owner}`);
    const gid = want.owner === 'root' ? 0 : idOf(found && 'gid' in found ? found.gid : undefined);
    if (gid >= 0) return byNumber(gid, state.gid, state.group);
    return state.exists ? same : { name: '', id: -1, differs: true };
  }
  if (isNumber(want.group)) return byNumber(Number(want.group), state.gid, state.group);
  const found = at<GroupState>(`group:${want.group}`);
  const gid = want.group === 'root' ? 0 : idOf(found && 'gid' in found ? found.gid : undefined);
  return { name: want.group, id: gid, differs: state.group !== want.group };
}

/** What the host calls a number is not known before it was read: the name is empty then. */
function byNumber(id: number, have: number, name: string): Side {
  return id === have ? { name, id, differs: false } : { name: '', id, differs: true };
}

function idOf(value: unknown): number {
  return typeof value === 'number' ? value : -1;
}

/** Who a file that takes another's place has to belong to, as a word for chown; undefined: nobody was asked for. */
export function heir(state: FileState, want: Ownership, plan: OwnerPlan): string | undefined {
  if (!state.exists) return plan.chown;
  if (want.loginGroup && want.group === undefined && plan.chown !== undefined) return plan.chown;
  const side = (wanted: string | undefined, id: number, name: string): string =>
    wanted ?? (id >= 0 ? String(id) : name);
  const user = side(want.owner, state.uid, state.owner);
  const group = side(want.group, state.gid, state.group);
  return user === '' && group === '' ? undefined : `${user}${group === '' ? '' : `:${group}`}`;
}
