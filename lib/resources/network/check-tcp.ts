/** The check of a TCP port on another host. */
import type { AnyResource } from '../../model/resource.ts';
import { checkProbe } from './check-network.ts';
import { originWords } from './check-ping.ts';
import type { Fault } from './diagnosis.ts';
import { connectionFault } from './diagnosis-flow.ts';
import { guestFault } from './diagnosis-guest.ts';
import { blindFault, hijackFault, routeWords } from './diagnosis-path.ts';
import { type Origin, type Target, targetName } from './network-ask.ts';
import type { Evidence } from './network-state.ts';
import type { TcpState } from './probe-state.ts';

export interface TcpCheck extends Origin {
  readonly to: string;
  readonly name: string;
  readonly port: number;
  readonly wait: number;
}

export function checkTcp(wish: TcpCheck): AnyResource {
  const { to, name, port, wait, from, vrf, netns, guest } = wish;
  const origin: Origin = { from, vrf, netns, guest };
  const target: Target = { to, ...origin };
  const title = name === '' ? to : `${to} (${name})`;
  return checkProbe({
    title: `TCP ${port} of ${title}`,
    probe: { kind: 'tcp', to, port, wait, ...origin },
    needs: {
      targets: guest === undefined ? [target] : [],
      parts: passedOn(origin) ? ['routing', 'rules', 'flows'] : ['routing'],
    },
    judge: (result, evidence) =>
      guestFault(guest, result) ?? tcpFault(evidence, wish, title, targetName(target), result),
    seen: () => `TCP ${port} of ${title} is open${originWords(origin)}`,
  });
}

/** Whether this host is but on the way of it. */
export function passedOn({ netns, guest }: Origin): boolean {
  return netns !== undefined || guest !== undefined;
}

function tcpFault(
  evidence: Evidence,
  { to, port, from, netns, guest }: TcpCheck,
  title: string,
  target: string,
  result: TcpState,
): Fault | undefined {
  const path = evidence.paths[target];
  const hijack = path && netns === undefined ? hijackFault(evidence, to, path) : undefined;
  if (hijack !== undefined || result.outcome === 'open') return hijack;
  const way = path?.taken === undefined ? '' : ` (packets leave by ${routeWords(path.taken)})`;
  if (result.tool === '') {
    return {
      cause: `nothing on this host can open a TCP connection${from === undefined ? '' : ' from an address of choice'}: nc is not there`,
      hint: 'install it in an earlier step: { task: package, with: { names: [netcat-openbsd] } }',
    };
  }
  if (result.outcome === 'refused') {
    return {
      cause: `TCP ${port} is refused by ${title}: the host is reached, and nothing listens there, or a firewall rejects it`,
      hint: `look there for what should listen: ss -lnt 'sport = :${port}'; by a VRF only what is bound to it is reached, unless net.ipv4.tcp_l3mdev_accept is 1`,
    };
  }
  if (result.outcome === 'timeout') {
    const lost = { title: `TCP ${port} of ${title}`, to, port };
    const fault = passedOn({ netns, guest }) ? connectionFault(evidence, lost) : undefined;
    return (
      fault ?? {
        cause: `nothing comes back from TCP ${port} of ${title}: closed there by a firewall, rp_filter strict there, or no way back?${way}`,
        hint: 'a ping to the same address tells which: see verify_ping',
      }
    );
  }
  const blind = blindFault(evidence);
  if (blind !== undefined) return blind;
  if (path !== undefined && path.taken === undefined)
    return {
      cause: `there is no route to ${title}${path.error === undefined ? '' : `: ${path.error}`}`,
      hint: 'look at the routes of this host: ip route show table all',
    };
  return {
    cause: `TCP ${port} of ${title} cannot be reached: ${result.error === '' ? 'no reason given' : result.error}${way}`,
    hint: 'look at `from`, `vrf` and `netns` of the step, and at the routes of this host',
  };
}
