/** MTUs: of zones against the network below them, of guests against the zone of their vnet. */
import type { Lint, LintFinding, LintView } from '../../model/lint.ts';
import { ETHERNET_MTU, tunnelMtu, VXLAN_OVERHEAD, VXLAN_OVERHEAD_IPV6 } from '../link/overlay-mtu.ts';
import { bare, controllersOn, DEFAULT_MTU, zonesOn } from './fabric.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import {
  asText,
  finding,
  isOpen,
  knownOn,
  numberIn,
  proxmoxHosts,
  textIn,
  textsIn,
  type Used,
  usedOn,
} from './pve-view.ts';

export const mtuLint: Lint = {
  tasks: [...LINTED, 'wireguard', 'mtu'],
  find: (view) =>
    proxmoxHosts(view).flatMap((host) => [...zoneFindings(view, host), ...guestFindings(view, host)]),
};

/** Undefined where it cannot be told yet. */
function mtuOf(zone: Used): number | undefined {
  return isOpen(zone, 'mtu') ? undefined : (numberIn(zone, 'mtu') ?? DEFAULT_MTU);
}

function zoneFindings(view: LintView, host: string): readonly LintFinding[] {
  return zonesOn(view, host, 'evpn', 'vxlan').flatMap((zone) => {
    const below = isOpen(zone, 'mtu') ? undefined : underlay(zone, view, host);
    const mtu = numberIn(zone, 'mtu') ?? (below?.own ? undefined : DEFAULT_MTU);
    if (mtu === undefined || !below) return [];
    const most = below.mtu - below.overhead;
    if (mtu <= most) return [];
    const said = numberIn(zone, 'mtu') === undefined ? `no MTU is said, so it is ${mtu}` : `an MTU of ${mtu}`;
    const what = `${said}, and ${most} is the most over ${below.name} with ${below.mtu}`;
    return [
      finding(zone, ['mtu'], {
        ...explained('pve-zone-mtu', what),
        hint: below.sure
          ? `set \`mtu: ${most}\``
          : `set \`mtu: ${most}\`, or say the MTU of the network below, in a step of task pve_node_network or mtu`,
        warning: !below.sure,
      }),
    ];
  });
}

interface Below {
  readonly name: string;
  readonly mtu: number;
  readonly overhead: number;
  /** The runbook says it. */
  readonly sure: boolean;
  /** It stands in /etc/network/interfaces, so that Proxmox itself takes 50 less where a zone says no MTU. */
  readonly own?: boolean;
}

/** The tunnel that has one of the addresses between which the zone tunnels, else the largest NIC or bridge that is known. */
function underlay(zone: Used, view: LintView, host: string): Below | undefined {
  const peers = new Set(
    textIn(zone, 'type') === 'vxlan'
      ? textsIn(zone, 'peers').map(bare)
      : controllersOn(view, host).flatMap((each) => each.peers),
  );
  const tunnels = usedOn(view, 'wireguard', host);
  const links = linksOn(view, host);
  if (!tunnels || !links || peers.size === 0) return undefined;
  for (const tunnel of tunnels) {
    const end = addressesOf(tunnel).find((address) => peers.has(address));
    if (end === undefined || isOpen(tunnel, 'mtu') || isOpen(tunnel, 'underlay_mtu')) continue;
    const name = textIn(tunnel, 'interface') ?? 'wg0';
    return { name, mtu: tunnelMtu(tunnel.use.params), overhead: overheadOf(end), sure: true };
  }
  const found = links.find(({ address, mtu }) => mtu !== undefined && peers.has(address));
  if (found?.mtu !== undefined)
    return { name: found.name, mtu: found.mtu, overhead: overheadOf(found.address), sure: true, own: true };
  const [first = ''] = peers;
  const mtu = Math.max(ETHERNET_MTU, ...links.flatMap((link) => link.mtu ?? []));
  return { name: 'NICs and bridges', mtu, overhead: overheadOf(first), sure: false };
}

interface Link {
  readonly name: string;
  /** Empty for none. */
  readonly address: string;
  readonly mtu: number | undefined;
}

/** NICs and bridges that steps give an MTU or an address; undefined where not all of them can be told yet. */
function linksOn(view: LintView, host: string): readonly Link[] | undefined {
  const plain = usedOn(view, 'mtu', host);
  const node = usedOn(view, 'pve_node_network', host);
  if (!plain || !node) return undefined;
  return [
    ...plain.flatMap(({ use }) =>
      Object.entries((use.params.interfaces ?? {}) as Params).map(([name, mtu]) => linkOf(name, '', mtu)),
    ),
    ...node.flatMap(({ use: { params } }) =>
      (Array.isArray(params.interfaces) ? params.interfaces : []).flatMap((each: Params) =>
        ['cidr', 'cidr6'].map((key) =>
          linkOf(asText(each?.name) ?? '', bare(asText(each?.[key]) ?? ''), each?.mtu),
        ),
      ),
    ),
  ];
}

type Params = Readonly<Record<string, unknown>>;

function linkOf(name: string, address: string, mtu: unknown): Link {
  return { name, address, mtu: typeof mtu === 'number' ? mtu : undefined };
}

function addressesOf({ use }: Used): readonly string[] {
  return [use.params.address].flat().flatMap((each) => bare(asText(each) ?? ''));
}

function overheadOf(address: string): number {
  return address.includes(':') ? VXLAN_OVERHEAD_IPV6 : VXLAN_OVERHEAD;
}

function guestFindings(view: LintView, host: string): readonly LintFinding[] {
  const most = new Map<string, { readonly zone: string; readonly mtu: number }>();
  for (const zone of zonesOn(view, host, 'evpn', 'vxlan', 'simple', 'vlan', 'qinq')) {
    const id = textIn(zone, 'id') ?? '';
    const tunnels = ['evpn', 'vxlan'].includes(textIn(zone, 'type') ?? '');
    const mtu = tunnels ? mtuOf(zone) : numberIn(zone, 'mtu');
    if (mtu === undefined) continue;
    for (const vnet of knownOn(view, 'pve_sdn_vnet', host))
      if (textIn(vnet, 'zone') === id) most.set(textIn(vnet, 'id') ?? '', { zone: id, mtu });
  }
  if (most.size === 0) return [];
  return ['pve_vm', 'pve_ct'].flatMap((task) =>
    knownOn(view, task, host).flatMap((guest) => {
      const nics = guest.use.params.nics;
      return (Array.isArray(nics) ? nics : []).flatMap((nic: Params, index) => {
        const bridge = asText(nic?.bridge) ?? '';
        const of = most.get(bridge);
        // 1 means that of the bridge.
        if (!of || typeof nic.mtu !== 'number' || nic.mtu <= of.mtu) return [];
        return [
          finding(guest, ['nics', index, 'mtu'], {
            ...explained(
              'pve-guest-mtu',
              `an MTU of ${nic.mtu}, and zone ${of.zone} of ${bridge} has ${of.mtu}`,
            ),
            hint: task === 'pve_vm' ? 'set `mtu: 1`, which is that of the vnet' : `set \`mtu: ${of.mtu}\``,
          }),
        ];
      });
    }),
  );
}
