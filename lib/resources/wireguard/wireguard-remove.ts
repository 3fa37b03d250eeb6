/** A WireGuard interface that shall not be there. */

import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type AnyResource, PlanError, type Resource } from '../../model/resource.ts';
import { linkKind } from '../link/link-kind.ts';
import { type LinkState, linkKey, NO_LINK } from '../link/link-state.ts';
import { removedWireguardBack } from './wireguard-back.ts';
import { noWireguardConf } from './wireguard-conf.ts';
import { NO_WIREGUARD, type WireguardState, wireguardInterfaceKey, wireguardRef } from './wireguard-kind.ts';
import { noWireguardUnit } from './wireguard-unit.ts';

/** Unit, interface and file; the key pair is its own step's. */
export function noWireguard(name: string): readonly AnyResource[] {
  return [noWireguardUnit(name), noLink(name), noWireguardConf(name)];
}

/** What the unit's stop has left behind, or what somebody brought up by hand. */
function noLink(name: string): Resource<LinkState> {
  return {
    kind: linkKind,
    key: linkKey(name),
    reads: [wireguardRef(name)],
    plan(state, at, now) {
      if (!state.exists) return null;
      const running = at<WireguardState>(wireguardInterfaceKey(name));
      if (running !== undefined && !(running instanceof Unknown) && !running.exists) {
        throw new PlanError(
          `the interface ${name} is not WireGuard's (${state.type || 'a NIC'}): it is not removed`,
          'check the name',
        );
      }
      return {
        action: 'delete',
        summary: 'remove the interface',
        diff: [],
        after: NO_LINK,
        run: sh`ip link delete dev ${name} || exit 1`,
        effects: [{ key: wireguardInterfaceKey(name), to: NO_WIREGUARD }],
        opaque: false,
        inverse: 'approximate',
        back: removedWireguardBack(name, state, now),
        cuts: 'wireguard',
      };
    },
  };
}
