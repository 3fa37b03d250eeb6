/** The check of a way: the routes and layers that it takes on this host, then a ping along it. */
import type { AnyResource } from '../../model/resource.ts';
import { checkHost, checkProbe } from './check-network.ts';
import { milliseconds } from './check-wireguard.ts';
import { firstFault } from './diagnosis.ts';
import { guestFault } from './diagnosis-guest.ts';
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
  /** False: nothing is sent, and this host's own part of the way is looked at alone. */
  readonly send: boolean;
  /** Seconds. */
  readonly wait: number;
}

export function checkPing(wish: PingCheck): AnyResource {
  const { to, name, size, dontFragment, count, wait, from, vrf, netns, guest } = wish;
  const origin: Origin = { from, vrf, netns, guest };
  const target: Target = { to, ...origin };
  const title = name === '' ? to : `${to} (${name})`;
  const way = {
    to,
    title,
    target: targetName(target),
    size,
    through: wish.through,
    inside: netns !== undefined || guest !== undefined,
  };
  // The routes of a guest are not this host's to look up.
  const needs = { targets: guest === undefined ? [target] : [], parts: ['rules', 'routing'] } as const;
  if (!wish.send) {
    return checkHost({
      title: `way to ${title}`,
      needs,
      judge: (evidence) => wayFault(evidence, way),
      seen: (evidence) => {
        const path = evidence.paths[way.target];
        const by = takesOverlay(evidence, path) ? ' by the overlay' : '';
        return `${title} is reached${by}, by ${path?.taken?.dev ?? 'no interface'}${originWords(origin)}`;
      },
    });
  }
  return checkProbe({
    title: `ping ${title}`,
    probe: { kind: 'ping', to, size, dontFragment, count, wait, ...origin },
    needs,
    judge: (ping, evidence) =>
      firstFault(
        () => guestFault(guest, ping),
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
export function originWords({ from, vrf, netns, guest }: Origin): string {
  const place = guest === undefined ? (netns ?? vrf) : `guest ${guest}`;
  return `${from === undefined ? '' : `, from ${from}`}${place === undefined ? '' : `, in ${place}`}`;
}
