/**
 * Which address the overlay of this node really uses. Proxmox takes it from the state of the network at the moment of the
 * apply: with the underlay down it silently becomes that of the management network.
 */
import { sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import type { Kind, Ref, State } from '../../model/kind.ts';

export interface TunnelState extends State {
  /** Local addresses of the SDN's VXLAN devices by name: those of zones of type vxlan have none. */
  readonly tunnels: Readonly<Record<string, string>>;
  /** `bgp router-id` of the configuration that Proxmox has written; empty where there is none. */
  readonly routerId: string;
}

const NO_TUNNEL: TunnelState = { exists: false, tunnels: {}, routerId: '' };

export const tunnelKind: Kind<TunnelState> = {
  name: 'pve-tunnel',
  limitMs: 15_000,
  absent: NO_TUNNEL,
  read: () => sh`ip -d -o link show type vxlan 2>/dev/null | sed -n 's/^[0-9]*: \\(vxlan_[^:@]*\\|vrfvx_[^:@]*\\).* vxlan id .* local \\([^ ]*\\) .*/@tunnel \\1 \\2/p'
sed -n 's/^ *bgp router-id \\(.*\\)/@router \\1/p' /etc/frr/frr.conf 2>/dev/null
echo @end`,
  parse(out, wants) {
    const text = out.toString('utf8');
    if (!text.includes('@end'))
      return wants.map(({ key }) => ({ key, unreadable: 'the list was cut short' }));
    const tunnels = Object.fromEntries(
      [...text.matchAll(/^@tunnel (\S+) (\S+)$/gm)].map(([, name = '', local = '']) => [name, local]),
    );
    const routerId = /^@router (\S+)$/m.exec(text)?.[1] ?? '';
    const exists = routerId !== '' || Object.keys(tunnels).length > 0;
    return wants.map(({ key }) => ({ key, state: { exists, tunnels, routerId } }));
  },
};

export const tunnelRef: Ref<TunnelState> = { kind: tunnelKind, key: 'pve-tunnel:node' };

/**
 * What of it is not the address that it should be; undefined when all is, or nothing is there yet. `bgp`: an applied
 * controller has FRR speak BGP, whose configuration Proxmox does not write where FRR was missing.
 */
export function tunnelFault(
  { tunnels, routerId }: TunnelState,
  address: string,
  bgp: boolean,
): string | undefined {
  const [wrong] = Object.entries(tunnels).filter(([, local]) => local !== address);
  if (wrong) return `${wrong[0]} sends from ${wrong[1]}, not from ${address}`;
  if (routerId === '') return bgp ? 'FRR has no configuration of BGP' : undefined;
  if (routerId !== address) return `BGP's router id is ${routerId}, not ${address}`;
  return undefined;
}

/** What it is to be: every device that is there sends from the address. */
export function tunnelOver(address: string, found: TunnelState | Unknown | undefined): TunnelState {
  const names = found && 'tunnels' in found ? Object.keys(found.tunnels) : [];
  return {
    exists: true,
    tunnels: Object.fromEntries(names.map((name) => [name, address])),
    routerId: address,
  };
}
