/** Which hosts belong together: nodes of one site, sites of one fabric. */
import type { LintView } from '../../model/lint.ts';
import { asText, knownOn, numberIn, proxmoxHosts, textIn, textsIn, type Used } from './pve-view.ts';

/** An EVPN controller as a host has it. */
export interface Controller {
  readonly host: string;
  readonly used: Used;
  readonly asn: number | undefined;
  /** Addresses, in plain form. */
  readonly peers: readonly string[];
}

/** Steps of both tasks that make one. */
export function controllersOn(view: LintView, host: string): readonly Controller[] {
  const own = knownOn(view, 'evpnctl', host).map((used) => {
    const variable = textIn(used, 'address') ?? 'wg_address';
    const members = view.group(textIn(used, 'peers') ?? '');
    const peers = members.flatMap((name) => asText(view.host(name)?.vars[variable]) ?? []);
    return { host, used, asn: numberIn(used, 'asn'), peers: peers.map(bare) };
  });
  const others = knownOn(view, 'pve_sdn_controller', host)
    .filter((used) => textIn(used, 'type') === 'evpn')
    .map((used) => ({
      host,
      used,
      asn: numberIn(used, 'asn'),
      peers: textsIn(used, 'peers').map(bare),
    }));
  return [...own, ...others];
}

/** `10.1.0.1/32` is the address of an interface. */
export function bare(address: string): string {
  return address.replace(/\/.*$/, '');
}

/** Controllers that know each other, by the addresses of their peers, host after host. */
export function fabricsOf(view: LintView): readonly (readonly Controller[])[] {
  let fabrics: { readonly peers: Set<string>; readonly members: Controller[] }[] = [];
  for (const controller of proxmoxHosts(view).flatMap((host) => controllersOn(view, host))) {
    const met = fabrics.filter(({ peers }) => controller.peers.some((peer) => peers.has(peer)));
    const joined = {
      peers: new Set([...met.flatMap(({ peers }) => [...peers]), ...controller.peers]),
      members: [...met.flatMap(({ members }) => members), controller],
    };
    fabrics = [...fabrics.filter((each) => !met.includes(each)), joined];
  }
  return fabrics.map(({ members }) => members);
}

/** Zones of a type that tunnels, with the host that has them. */
export function zonesOn(view: LintView, host: string, ...types: readonly string[]): readonly Used[] {
  return knownOn(view, 'pve_sdn_zone', host).filter((zone) => types.includes(textIn(zone, 'type') ?? ''));
}

/** The same zone of another site: it has another way out. */
export function exitsOf(zone: Used): string {
  return [...textsIn(zone, 'exit_nodes')].sort().join(',');
}

/** What Proxmox gives a zone that tunnels, where nobody says another. */
export const DEFAULT_MTU = 1450;
