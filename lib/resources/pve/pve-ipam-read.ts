/** Entries of the IPAM that is Proxmox' own, as its file has them: the calls show those of zones with DHCP alone. */
import { NO_PVE, type PveHint, type PveState } from './pve-state.ts';
import { parseSections } from './section-config.ts';

interface Entry {
  readonly mac?: unknown;
  readonly vmid?: unknown;
  readonly gateway?: unknown;
}

type Zones = Readonly<
  Record<
    string,
    { readonly subnets?: Readonly<Record<string, { readonly ips?: Readonly<Record<string, Entry>> }>> }
  >
>;

/**
 * `value.ip` is what the MAC has now, `mac` the MAC as it is written there, `holder` who else has the wanted address, `zone` that of the
 * vnet and `dhcp` whether it has DHCP. A text: the file is none of ours to read.
 */
export function entryOf(
  { ipam, vnets, zones }: { readonly ipam: string; readonly vnets: string; readonly zones: string },
  { vnet, mac, ip }: Extract<PveHint, { from: 'entry' }>,
): PveState | string {
  const zone = parseSections(vnets).find(({ id }) => id === vnet)?.properties.zone?.[0] ?? '';
  const dhcp = parseSections(zones).find(({ id }) => id === zone)?.properties.dhcp?.[0] ?? '';
  const entries = entriesOf(ipam, zone);
  if (typeof entries === 'string') return entries;
  const known = { zone, dhcp };
  const version = ip.includes(':');
  const own = entries.filter(
    ([address, entry]) =>
      String(entry.mac ?? '').toUpperCase() === mac.toUpperCase() && address.includes(':') === version,
  );
  const found = own.find(([address]) => address === ip) ?? own[0];
  const other = entries.find(([address]) => address === ip)?.[1];
  const holder = other === undefined || own.some(([address]) => address === ip) ? '' : holderOf(other);
  if (!found) return { ...NO_PVE, value: { ...known, holder } };
  return {
    exists: true,
    value: { ...known, holder, ip: found[0], mac: String(found[1].mac) },
    digest: '',
  };
}

function holderOf({ gateway, vmid, mac }: Entry): string {
  if (gateway !== undefined) return 'the gateway';
  const name = vmid === undefined ? '' : `guest ${String(vmid)}`;
  return [name, mac === undefined ? '' : String(mac)].filter(Boolean).join(', ') || 'somebody';
}

function entriesOf(text: string, zone: string): readonly (readonly [string, Entry])[] | string {
  if (text.trim() === '') return [];
  try {
    const { zones } = JSON.parse(text) as { readonly zones?: Zones };
    const subnets = zones && Object.hasOwn(zones, zone) ? (zones[zone]?.subnets ?? {}) : {};
    return Object.values(subnets).flatMap(({ ips }) =>
      Object.entries(ips ?? {}).filter(([, entry]) => typeof entry === 'object' && entry !== null),
    );
  } catch {
    return '/etc/pve/sdn/pve-ipam-state.json is not JSON';
  }
}
