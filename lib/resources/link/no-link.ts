/** A network interface of ours that shall not be there. */
import { sh } from '../../base/sh.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { tryAddresses } from '../lockout/address-trial.ts';
import { linkCuts, removedLinkBack } from './link-back.ts';
import { linkEffects } from './link-effect.ts';
import { linkKind } from './link-kind.ts';
import { type LinkState, linkKey, NO_LINK } from './link-state.ts';
import type { LinkWish } from './link-wish.ts';

/** The link gone. One of that name and another type is not ours and stays; one with addresses beside its own is refused. */
export function noLink({
  name,
  type,
  addresses = [],
}: Pick<LinkWish, 'name' | 'type' | 'addresses'>): Resource<LinkState> {
  return {
    kind: linkKind,
    key: linkKey(name),
    plan(state, at) {
      if (!state.exists || state.type !== type) return null;
      const foreign = state.addresses.filter((each) => !addresses.includes(each));
      if (foreign.length > 0) {
        throw new PlanError(
          `the interface ${name} has the address ${foreign.join(', ')}, which is not the overlay's: it is not removed`,
          `check the name; if it may go: ip link delete ${name}`,
        );
      }
      return {
        action: 'delete',
        summary: `remove the ${type}`,
        diff: [],
        after: NO_LINK,
        run: sh`ip link delete dev ${name}`,
        trial: tryAddresses({ link: name, addresses: state.addresses, whole: true }),
        effects: linkEffects(name, state, NO_LINK, at),
        opaque: false,
        inverse: 'approximate',
        back: removedLinkBack({ name, type, master: state.master, settings: {} }, state),
        ...linkCuts(state, NO_LINK),
      };
    },
  };
}
