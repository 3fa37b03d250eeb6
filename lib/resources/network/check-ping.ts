/** The check of a way: the routes and layers that it takes on this host, then a ping along it. */
import type { AnyResource } from '../../model/resource.ts';
import { checkProbe } from './check-network.ts';
import { milliseconds } from './check-wireguard.ts';
import { firstFault } from './diagnosis.ts';
import { takesOverlay } from './diagnosis-path.ts';
import { pingFault, wayFault } from './diagnosis-ping.ts';
import { type Origin, type Target, targetName } from './network-ask.ts';

export interface PingCheck extends Origin {
  readonly to: string;
  /** Name of the host that has the address; empty for others. */
  readonly name: string;
  /** Bytes of the whole IP packet. */
  readonly size?: number | undefined;
  readonly dontFragment: boolean;
  readonly count: number;
  readonly through?: 'overlay' | undefined;
  /** Seconds. */
  readonly wait: number;
}

export function checkPing(wish: PingCheck): AnyResource {
  const { to, name, size, dontFragment, count, wait, from, vrf, netns } = wish;
  const origin: Origin = { from, vrf, netns };
  const target: Target = { to, ...origin };
  const title = name === '' ? to : `${to} (${name})`;
  const way = {
    to,
    title,
    target: targetName(target),
    size,
    through: wish.through,
    inside: netns !== undefined,
  };
  return checkProbe({
    title: `ping ${title}`,
    probe: { kind: 'ping', to, size, dontFragment, count, wait, ...origin },
    needs: { targets: [target], parts: ['rules', 'routing'] },
    judge: (ping, evidence) =>
      firstFault(
        () => wayFault(evidence, way),
        () => pingFault(evidence, way, ping),
      ),
    seen: (ping, evidence) => {
      const bytes = size === undefined ? '' : `, ${size} bytes${dontFragment ? ' whole' : ''}`;
      const path = evidence.paths[way.target];
      const by = takesOverlay(evidence, path?.onward ?? path) ? ' over the overlay' : '';
      return `${title} answers${by} in ${milliseconds(ping.ms)}${bytes}${originWords(origin)}`;
    },
  });
}

/** `, from 10.1.1.1 in vrf_site`. */
export function originWords({ from, vrf, netns }: Origin): string {
  const place = netns ?? vrf;
  return `${from === undefined ? '' : `, from ${from}`}${place === undefined ? '' : `, in ${place}`}`;
}
