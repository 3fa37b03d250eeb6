/** The change that removes a user; the home folder stays unless it was asked for. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type Draft, type Effect, PlanError } from '../../model/resource.ts';
import { treeBack } from '../file/file-back.ts';
import { bothBack } from '../file/kept-back.ts';
import { accountBack } from './account-back.ts';
import { type UserState, userKind } from './user-kind.ts';
import type { UserWish } from './user-wish.ts';

export function removeUser(name: string, wish: UserWish, state: UserState, now: number): Draft<UserState> {
  if (state.uid === 0) throw new PlanError(`user ${name} has uid 0 and is not removed`, 'remove it by hand');
  const withHome = wish.removeHome ?? false;
  // The private group goes along when nobody else is in it: only the host can tell.
  const effects: Effect[] = [{ key: `group:${name}` }];
  if (withHome && !(state.home instanceof Unknown)) effects.push({ key: `file:${state.home}` });
  return {
    action: 'delete',
    summary: withHome ? 'delete the user and the home folder' : 'delete the user, keep the home folder',
    diff: [],
    after: { ...state, ...userKind.absent },
    run:
      state.tool === 'busybox'
        ? sh`deluser ${withHome ? ['--remove-home', name] : [name]}`
        : sh`userdel ${withHome ? ['-r', name] : [name]}`,
    effects,
    opaque: withHome,
    inverse: withHome ? 'approximate' : 'yes',
    back:
      withHome && !(state.home instanceof Unknown)
        ? bothBack(accountBack(name, now), treeBack(state.home, now))
        : accountBack(name, now),
  };
}
