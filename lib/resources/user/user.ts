/** Users in a desired state; also the door through which others refer to users and groups. */
import { PlanError, type Resource } from '../../model/resource.ts';
import { groupRef } from './group-kind.ts';
import { createUser } from './user-create.ts';
import { type UserHint, type UserState, userKind } from './user-kind.ts';
import { removeUser } from './user-remove.ts';
import { updateUser } from './user-update.ts';
import type { UserWish } from './user-wish.ts';

export { type GroupState, groupKind, groupRef } from './group-kind.ts';
export { type UserHint, type UserState, userKind, userRef } from './user-kind.ts';
export type { UserWish } from './user-wish.ts';

/** The user `name`; throws PlanError where the host's tools cannot do what is asked. */
export function user(name: string, wish: UserWish): Resource<UserState, UserHint> {
  const needed = [...(wish.group === undefined ? [] : [wish.group]), ...(wish.groups ?? [])];
  return {
    kind: userKind,
    key: `user:${name}`,
    hint: {
      groups: wish.groups !== undefined || wish.group !== undefined,
      shadow: wish.password !== undefined || wish.locked !== undefined,
    },
    uses: wish.state === 'present' ? [...new Set(needed)].map(groupRef) : [],
    reads: [groupRef(name)],
    plan(state, at, now) {
      if (state.tool === 'none') {
        throw new PlanError(
          'this host has neither useradd nor adduser',
          'install its `shadow` or `passwd` package in an earlier step',
        );
      }
      if (wish.state === 'absent') return state.exists ? removeUser(name, wish, state, now) : null;
      return state.exists ? updateUser(name, wish, state, now) : createUser(name, wish, state, at, now);
    },
  };
}
