/** BFD that is down below a session of BGP that is up. */

import type { Fault } from './diagnosis.ts';
import type { NeighborWish } from './diagnosis-bgp.ts';
import { closedPort } from './diagnosis-port.ts';
import type { BgpNeighbor, Evidence } from './network-state.ts';

/** BGP comes up without BFD's port, and goes down with BFD as soon as that has been up once. */
export function bfdFault(evidence: Evidence, wish: NeighborWish, neighbor: BgpNeighbor): Fault | undefined {
  if (neighbor.bfd !== 'down') return undefined;
  const port = neighbor.farBfd ? 4784 : 3784;
  const iif = evidence.paths[wish.address]?.taken?.dev;
  const closed = closedPort(evidence, { protocol: 'udp', port, saddr: wish.address, iif });
  if (closed !== undefined) return closed;
  return {
    elsewhere: true,
    cause: `BFD with ${wish.name} is down, though BGP is up: UDP ${port} closed there?`,
    hint: `see what ${wish.name} says of its side, and: vtysh -c "show bfd peers"; once BFD has been up, BGP goes down with it`,
  };
}
