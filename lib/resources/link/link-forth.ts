/** The way back of an undo that makes, changes or removes a network interface. */
import { join, sh } from '../../base/sh.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Back, Undoing } from '../../model/resource.ts';
import { bothBack } from '../file/kept-back.ts';
import { keepNetwork, networkAgain } from '../unit/network-keep.ts';
import { changedLinkBack, isOwnType, newLinkBack, ownSettings, removedLinkBack } from './link-back.ts';
import type { LinkState } from './link-state.ts';
import { FIXED } from './link-wish.ts';

export function linkForth(key: Key, { before, state, now }: Undoing<LinkState>): Back | undefined {
  const name = keyId(key);
  const { type, master } = state;
  if (!state.exists) return before.exists ? newLinkBack(name) : undefined;
  const anew = before.exists && [...FIXED].some((each) => before.settings[each] !== state.settings[each]);
  if (!before.exists || anew)
    return isOwnType(type) ? removedLinkBack({ name, type, master, settings: {} }, state) : undefined;
  const { mtu, mac } = before;
  const changed = changedLinkBack(
    {
      name,
      type: isOwnType(type) ? type : 'port',
      mtu,
      ...(mac === '' ? {} : { mac }),
      master: before.master,
      settings: ownSettings(before),
    },
    state,
    now,
  );
  // What else of addresses and routes the undo takes along.
  const whole = {
    save: keepNetwork(now),
    restore: join([sh`tb_rc=0`, networkAgain(now, true), sh`exit $tb_rc`]),
  };
  return bothBack(changed, whole);
}
