/** A static entry of the IPAM that is Proxmox' own: the address that a MAC gets on a vnet by DHCP. */
import { type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { callBack } from './pve-back.ts';
import { call } from './pve-call.ts';
import { pveKind } from './pve-kind.ts';
import { vnetRef } from './pve-sdn-wish.ts';
import { fieldsOf, type PveHint, type PveState, pveKey } from './pve-state.ts';

export interface EntryWish {
  readonly vnet: string;
  readonly mac: string;
  readonly ip: string;
  readonly state: 'present' | 'absent';
}

export function ipamEntry(wish: EntryWish): Resource<PveState, PveHint> {
  const path = `/cluster/sdn/vnets/${wish.vnet}/ips`;
  const mac = wish.mac.toUpperCase();
  return {
    kind: pveKind,
    key: pveKey(`${path}/${mac}`),
    title: `${path}/${mac}`,
    hint: { from: 'entry', vnet: wish.vnet, mac, ip: wish.ip },
    uses: wish.state === 'absent' ? [] : [vnetRef(wish.vnet)],
    plan(state) {
      const found = fieldsOf(state);
      if (wish.state === 'absent')
        return state.exists ? draft(wish, state, 'delete', String(found.ip)) : null;
      if (state.exists && found.ip === wish.ip) return null;
      // Proxmox takes such an entry, and does nothing with it: neither is it told to anybody nor can it be deleted.
      if (found.zone !== '' && found.dhcp === '')
        throw new PlanError(
          `${wish.vnet} is of zone ${String(found.zone)}, which has no DHCP: nobody would be given ${wish.ip}`,
          'set `dhcp: dnsmasq` on the zone (of type simple), or leave the entry out',
        );
      if (found.holder !== undefined && found.holder !== '')
        throw new PlanError(
          `${wish.ip} belongs to ${String(found.holder)} already`,
          'take another address, or take that entry away first',
        );
      return draft(wish, state, state.exists ? 'update' : 'create', state.exists ? String(found.ip) : '');
    },
  };
}

function draft(
  wish: EntryWish,
  state: PveState,
  action: 'create' | 'update' | 'delete',
  from: string,
): Draft<PveState> {
  const { vnet, ip } = wish;
  const found = fieldsOf(state);
  const mac = String(found.mac ?? wish.mac.toUpperCase());
  const zone = String(found.zone ?? '');
  const path = `/cluster/sdn/vnets/${vnet}/ips`;
  const gone = action === 'delete';
  return {
    action,
    summary: gone ? `delete the entry of ${from}` : action === 'create' ? `${ip} for it` : `${from} → ${ip}`,
    diff: [{ kind: 'field', name: 'ip', from, to: gone ? '' : ip }],
    after: gone
      ? { ...state, exists: false, value: { zone, dhcp: found.dhcp ?? '', holder: '' } }
      : { ...state, exists: true, value: { ...found, ip, mac, holder: '' } },
    run: gone
      ? call('delete', path, { zone, mac })
      : call(action === 'create' ? 'create' : 'set', path, { zone, mac, ip }),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: gone
      ? callBack('create', path, { zone, mac, ip: from })
      : action === 'create'
        ? callBack('delete', path, { zone, mac })
        : callBack('set', path, { zone, mac, ip: from }),
  };
}
