/** Endpoints of peers that stay which the new file gives another value. */
import { Unknown } from '../../base/unknown.ts';
import { isNumeric } from './wireguard-endpoint.ts';
import type { WireguardState } from './wireguard-kind.ts';
import type { WireguardWish } from './wireguard-wish.ts';

export interface MovedEndpoint {
  readonly publicKey: string;
  readonly endpoint: string;
}

/** `before` is the file's text as it was read. */
export function movedEndpoints(before: string, wish: WireguardWish): readonly MovedEndpoint[] {
  const old = endpointsIn(before);
  return wish.peers.flatMap(({ publicKey, endpoint }) => {
    if (publicKey instanceof Unknown || endpoint === undefined) return [];
    const was = old.get(publicKey);
    return was === undefined || was === endpoint ? [] : [{ publicKey, endpoint }];
  });
}

function endpointsIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const section of text.split(/^\s*\[Peer\]/im).slice(1)) {
    const publicKey = /^\s*PublicKey\s*=\s*(\S+)/im.exec(section)?.[1];
    const endpoint = /^\s*Endpoint\s*=\s*(\S+)/im.exec(section)?.[1];
    if (publicKey !== undefined && endpoint !== undefined) found.set(publicKey, endpoint);
  }
  return found;
}

/** The running interface with these endpoints set. */
export function withEndpoints(state: WireguardState, moved: readonly MovedEndpoint[]): WireguardState {
  if (state.peers instanceof Unknown) return state;
  const to = new Map(moved.map(({ publicKey, endpoint }) => [publicKey, endpoint]));
  return {
    ...state,
    peers: state.peers.map((peer) => {
      const endpoint = to.get(peer.publicKey);
      return endpoint === undefined ? peer : { ...peer, endpoint: runningEndpoint(endpoint) };
    }),
  };
}

/** What wg will show for an endpoint: a name is resolved by the host. */
export function runningEndpoint(endpoint: string): string | Unknown {
  return isNumeric(endpoint) ? endpoint : new Unknown(`the host resolves ${endpoint}`);
}
