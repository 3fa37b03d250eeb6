/** What is wanted of an interface of a node, as options of Proxmox. */
import type { PveValue } from './pve-state.ts';

export interface InterfaceWish {
  readonly name: string;
  readonly type: 'bridge' | 'bond' | 'vlan' | 'eth';
  readonly state: 'present' | 'absent';
  /** Undefined, as all that follows: as it is. `none`: none. */
  readonly cidr?: string | undefined;
  readonly gateway?: string | undefined;
  readonly cidr6?: string | undefined;
  readonly gateway6?: string | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  readonly autostart?: boolean | undefined;
  readonly comment?: string | undefined;
  /** Of a bridge and of a bond. */
  readonly ports?: readonly string[] | undefined;
  readonly vlan_aware?: boolean | undefined;
  /** Of a bridge: `2-4094`, `10 20`. */
  readonly vids?: string | undefined;
  /** Of a VLAN. */
  readonly device?: string | undefined;
  readonly vlan_id?: number | undefined;
  readonly bond_mode?: string | undefined;
  readonly bond_primary?: string | undefined;
  readonly bond_hash?: string | undefined;
}

/** Options by the names that Proxmox has for them; `none` takes one away. */
export function optionsOf(wish: InterfaceWish): Readonly<Record<string, string>> {
  const flag = (value: boolean | undefined): string | undefined =>
    value === undefined ? undefined : value ? '1' : '0';
  const ports = wish.ports?.join(' ');
  const all: Readonly<Record<string, string | number | undefined>> = {
    // Proxmox' own default is an interface that does not come up at boot.
    autostart: flag(wish.autostart ?? true),
    cidr: wish.cidr,
    gateway: wish.gateway,
    cidr6: wish.cidr6,
    gateway6: wish.gateway6,
    mtu: wish.mtu,
    comments: wish.comment,
    bridge_ports: wish.type === 'bridge' ? ports : undefined,
    bridge_vlan_aware: flag(wish.vlan_aware),
    bridge_vids: wish.vids,
    slaves: wish.type === 'bond' ? ports : undefined,
    'vlan-raw-device': wish.device,
    'vlan-id': wish.vlan_id,
    bond_mode: wish.bond_mode,
    'bond-primary': wish.bond_primary,
    bond_xmit_hash_policy: wish.bond_hash,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

const SETS: readonly string[] = ['bridge_ports', 'slaves', 'bridge_vids'];

/** Ports are sets, comments end in a new line when they are read, an MTU that nobody says is 1500. */
export function sameSetting(name: string, found: PveValue | undefined, wanted: string): boolean {
  const text = String(found ?? '').trim();
  const none = text === '' || (text === '0' && name !== 'mtu');
  if (wanted === 'none' || wanted === '' || wanted === '0') return none;
  if (name === 'mtu' && text === '') return wanted === '1500';
  return SETS.includes(name)
    ? setOf(text) === setOf(wanted)
    : text.toLowerCase() === wanted.trim().toLowerCase();
}

export function setOf(text: string): string {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .sort()
    .join(' ');
}

const SHOWN: Readonly<Record<string, string>> = {
  bridge_ports: 'ports',
  slaves: 'ports',
  bridge_vlan_aware: 'vlan_aware',
  bridge_vids: 'vids',
  comments: 'comment',
  'vlan-raw-device': 'device',
  'vlan-id': 'vlan_id',
  'bond-primary': 'bond_primary',
  bond_xmit_hash_policy: 'bond_hash',
};

/** The name of the parameter. */
export function shownName(option: string): string {
  return SHOWN[option] ?? option;
}
