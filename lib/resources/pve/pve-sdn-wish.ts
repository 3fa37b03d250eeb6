/** Parameters of the SDN's tasks as wishes for its objects. */
import type { Ref } from '../../model/resource.ts';
import type { PveFields } from './pve-compare.ts';
import { pveRef } from './pve-kind.ts';
import type { SdnObject } from './pve-sdn.ts';
import { ID_OF, type SdnList } from './pve-state.ts';

export type ListState = 'present' | 'absent';

const FILE = '/etc/pve/sdn';

/** An object of one of the lists that are read whole. */
export function listed(
  list: SdnList,
  name: string,
  wish: {
    readonly state: ListState;
    readonly type: string | undefined;
    readonly fields: PveFields;
    readonly sets?: readonly string[];
    readonly made?: readonly string[];
    readonly fixed?: Readonly<Record<string, string | number>>;
    readonly uses?: readonly Ref[];
  },
): readonly [string, SdnObject] {
  const id = ID_OF[list];
  const path = `/cluster/sdn/${list}`;
  const type = wish.type === undefined ? {} : { type: wish.type };
  return [
    `${path}/${name}`,
    {
      noun: id,
      pendingName: `${list}/${name}`,
      hint: { from: 'candidate', list, name },
      list: path,
      path: () => `${path}/${name}`,
      file: `${FILE}/${list}.cfg`,
      state: wish.state,
      identity: { [id]: name, ...type },
      fixed: { ...type, ...wish.fixed },
      fields: wish.fields,
      sets: wish.sets ?? [],
      made: wish.made ?? [],
      uses: wish.uses ?? [],
    },
  ];
}

export function controllerRef(name: string): Ref {
  return candidate('controllers', name) as Ref;
}

export function zoneRef(name: string): Ref {
  return candidate('zones', name) as Ref;
}

export function vnetRef(name: string): Ref {
  return candidate('vnets', name) as Ref;
}

function candidate(list: SdnList, name: string): ReturnType<typeof pveRef> {
  return pveRef(`/cluster/sdn/${list}/${name}`, { from: 'candidate', list, name });
}

/** A subnet of a vnet. Its id holds its zone, which is that of the vnet: Proxmox is asked by it. */
export function subnet(
  vnet: string,
  cidr: string,
  wish: { readonly state: ListState; readonly fields: PveFields },
): readonly [string, SdnObject] {
  const list = `/cluster/sdn/vnets/${vnet}/subnets`;
  return [
    `${list}/${cidr}`,
    {
      noun: 'subnet',
      pendingName: `subnets/${vnet}/${cidr}`,
      hint: { from: 'subnet', vnet, cidr },
      list,
      path: ({ value }) => `${list}/${'id' in value ? String(value.id) : cidr}`,
      file: `${FILE}/subnets.cfg`,
      state: wish.state,
      identity: { type: 'subnet', subnet: cidr },
      fixed: {},
      fields: wish.fields,
      sets: ['dhcp-range'],
      made: [],
      uses: [vnetRef(vnet)],
    },
  ];
}
