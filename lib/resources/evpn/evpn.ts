/** An overlay of EVPN on a host as resources: its links now, the script that makes them at boot, the way out. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { type AnyResource, PlanError } from '../../model/resource.ts';
import type { TaskContext } from '../../model/task.ts';
import { link, linkScript } from '../link/link.ts';
import type { LinkWish } from '../link/link-wish.ts';
import { noLink } from '../link/no-link.ts';
import { packages } from '../package/package.ts';
import { bootPath, bootScript } from '../unit/boot-script.ts';
import { noLeftovers } from './evpn-leftover.ts';
import { overlayId, overlayLinks, overlayMtu, underlayOf } from './evpn-overlay.ts';
import type { EvpnParams } from './evpn-params.ts';
import { overlaySnat } from './evpn-snat.ts';

export function overlay(params: EvpnParams, ctx: TaskContext): readonly AnyResource[] {
  // Before the scripts of tasks that look at interfaces, whose names begin with later numbers.
  const script = `20-evpn-${overlayId(params)}`;
  if (params.state === 'absent') return noOverlay(params, ctx, script);
  const underlay = underlayOf(params, ctx);
  if (underlay.local === undefined) {
    throw new PlanError(
      'no address of this host below the overlay is known',
      'put a step of task wireguard before it, or say `local`',
    );
  }
  const links = overlayLinks(params, underlay.local, overlayMtu(params, underlay));
  return [
    ...packages(['iproute2'], { state: 'present' }),
    noLeftovers(bootPath(script), namesOf(links)),
    ...links.map(link),
    ...bootScript(script, bootText(links)),
    ...overlaySnat(params, ctx),
  ];
}

/** Of the links only names and types count, whatever they ran over: that may be gone by then. */
function noOverlay(params: EvpnParams, ctx: TaskContext, script: string): readonly AnyResource[] {
  const links = overlayLinks(params, '0.0.0.0', 0).filter(({ type }) => type !== 'port');
  return [
    ...overlaySnat(params, ctx),
    noLeftovers(bootPath(script), namesOf(links)),
    ...bootScript(script, undefined),
    ...links.map(noLink).reverse(),
  ];
}

const namesOf = (links: readonly LinkWish[]): readonly string[] => links.map(({ name }) => name);

/** One link that fails does not keep the others from being made. */
function bootText(links: readonly LinkWish[]): Sh {
  return join([sh`tb_rc=0`, ...links.map((wish) => sh`${linkScript(wish)} || tb_rc=1`), sh`exit "$tb_rc"`]);
}
