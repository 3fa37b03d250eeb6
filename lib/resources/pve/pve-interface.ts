/**
 * An interface of a node, as /etc/network/interfaces is to have it. Proxmox writes it beside that file; a reload of the node
 * brings it (pve-network-reload.ts). What is not named stays, as the interface may carry this very connection.
 */
import { join } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import {
  type At,
  type Draft,
  type Effect,
  PlanError,
  type Ref,
  type Resource,
} from '../../model/resource.ts';
import { keptBack } from '../file/kept-back.ts';
import { call, fileChanged, fileUnchanged } from './pve-call.ts';
import { refuseCut } from './pve-interface-cut.ts';
import { type InterfaceWish, optionsOf, sameSetting, shownName } from './pve-interface-wish.ts';
import { pveKind, pveRef } from './pve-kind.ts';
import { STAGED_INTERFACES } from './pve-question.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue, titled } from './pve-state.ts';

export const NETWORK = '/nodes/@node/network';

const LIST: Ref<PveState, PveHint> = pveRef(`${NETWORK}#all`, { from: 'path', path: NETWORK, missing: [] });
export const STAGED: Ref<PveState, PveHint> = pveRef(NETWORK, { from: 'staged' });

/** The interface of that name, as the reload would leave it. */
export function interfaceRef(name: string): Ref<PveState, PveHint> {
  const hint = { from: 'list', path: NETWORK, property: 'iface', name, file: STAGED_INTERFACES } as const;
  return pveRef(`${NETWORK}/${name}`, hint);
}

/** `reached`: address of the node that the inventory has, where it is one. */
export function nodeInterface(
  wish: InterfaceWish,
  { lockout, reached }: { readonly lockout: boolean; readonly reached: string },
): Resource<PveState, PveHint> {
  const lower = [...(wish.ports ?? []), ...(wish.device === undefined ? [] : [wish.device])];
  return {
    ...interfaceRef(wish.name),
    kind: pveKind,
    ...titled(`${NETWORK}/${wish.name}`),
    reads: [LIST, STAGED, ...lower.map(interfaceRef)],
    plan(state, at, now) {
      const cut = { list: recordsOf(at<PveState>(LIST.key)), found: fieldsOf(state), wish, reached };
      if (wish.state === 'absent') {
        if (!state.exists) return null;
        if (!lockout) refuseCut(cut);
        return remove(wish, state, at, now);
      }
      const options = optionsOf(wish);
      if (!state.exists) {
        refuseSmallPorts(wish, wish.mtu, at);
        return write('create', wish, state, options, [], at, now);
      }
      const draft = update(wish, state, options, at, now);
      if (draft && !lockout) refuseCut(cut);
      return draft;
    },
  };
}

function recordsOf(list: PveState | Unknown | undefined): readonly Readonly<Record<string, PveValue>>[] {
  return list && 'value' in list && Array.isArray(list.value) ? list.value : [];
}

function update(
  wish: InterfaceWish,
  state: PveState,
  options: Readonly<Record<string, string>>,
  at: At,
  now: number,
): Draft<PveState> | null {
  const found = fieldsOf(state);
  if (String(found.type) !== wish.type)
    throw new PlanError(
      `${wish.name} is of type ${String(found.type)}, not ${wish.type}`,
      'name another interface, or take this one away first (state: absent)',
    );
  const changed = Object.entries(options).filter(([name, to]) => !sameSetting(name, found[name], to));
  if (changed.length === 0) return null;
  refuseSmallPorts(wish, wish.mtu, at);
  refuseLostMethod(wish, found);
  const gone = changed.filter(([, to]) => to === 'none').map(([name]) => name);
  const set = Object.fromEntries(changed.filter(([, to]) => to !== 'none'));
  // Proxmox takes an interface that is changed without its addresses for one that has none.
  const kept = Object.fromEntries(
    ['cidr', 'cidr6'].flatMap((name) =>
      typeof found[name] === 'string' && options[name] === undefined ? [[name, found[name]]] : [],
    ),
  );
  const addresses = Object.fromEntries(
    ['cidr', 'cidr6'].flatMap((name) => {
      const wanted = options[name];
      return wanted === undefined || wanted === 'none' ? [] : [[name, wanted]];
    }),
  );
  return write('set', wish, state, { ...kept, ...addresses, ...set }, gone, at, now, changed);
}

/** A change of anything makes `manual` of what comes by DHCP. */
function refuseLostMethod(wish: InterfaceWish, found: Readonly<Record<string, PveValue>>): void {
  for (const [method, cidr] of [
    ['method', wish.cidr],
    ['method6', wish.cidr6],
  ] as const) {
    const how = String(found[method] ?? 'manual');
    if (how === 'static' || how === 'manual' || cidr !== undefined) continue;
    throw new PlanError(
      `${wish.name} gets its address by ${how}, and with any change Proxmox would make it one without an address`,
      `say its address, too (${method === 'method' ? 'cidr' : 'cidr6'}: an address or none)`,
    );
  }
}

/** Frames that a bridge lets through and its port drops are nobody's error: nothing tells of them. */
function refuseSmallPorts(wish: InterfaceWish, mtu: number | undefined, at: At): void {
  if (mtu === undefined || wish.type === 'bond') return;
  for (const name of [...(wish.ports ?? []), ...(wish.device === undefined ? [] : [wish.device])]) {
    const state = at<PveState>(interfaceRef(name).key);
    if (!state || !('value' in state) || !state.exists) continue;
    const carried = Number(fieldsOf(state).mtu ?? 1500);
    if (carried >= mtu) continue;
    throw new PlanError(
      `${name}, below ${wish.name}, carries ${carried} bytes only, and ${wish.name} is to have ${mtu}`,
      `give ${name} \`mtu: ${mtu}\` before it`,
    );
  }
}

function write(
  verb: 'create' | 'set',
  wish: InterfaceWish,
  state: PveState,
  options: Readonly<Record<string, string>>,
  gone: readonly string[],
  at: At,
  now: number,
  changed: readonly (readonly [string, string])[] = Object.entries(options),
): Draft<PveState> {
  const found = fieldsOf(state);
  const told = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== 'none'));
  const value = Object.fromEntries(
    Object.entries({ ...found, iface: wish.name, type: wish.type, ...told }).filter(
      ([name]) => !gone.includes(name),
    ),
  );
  const before = (name: string): string => String(found[name] ?? '').trim();
  const text = (name: string, to: string): string =>
    verb === 'create'
      ? `${shownName(name)} ${to}`
      : `${shownName(name)} ${before(name) || 'none'} → ${to || 'none'}`;
  const real = changed.filter(([, to]) => verb === 'set' || to !== 'none');
  return {
    action: verb === 'create' ? 'create' : 'update',
    summary:
      verb === 'create' ? `declare the ${wish.type}` : real.map(([name, to]) => text(name, to)).join(', '),
    diff: real.map(([name, to]) => ({
      kind: 'field',
      name: shownName(name),
      from: before(name),
      to: to === 'none' ? '' : to,
    })),
    after: { ...state, exists: true, value },
    run: join([
      call(verb, verb === 'create' ? NETWORK : `${NETWORK}/${wish.name}`, {
        ...(verb === 'create' ? { iface: wish.name } : {}),
        type: wish.type,
        ...told,
        ...(gone.length > 0 ? { delete: gone.join(',') } : {}),
      }),
      fileChanged(STAGED_INTERFACES),
    ]),
    ...always(wish, state, at, now),
  };
}

function remove(wish: InterfaceWish, state: PveState, at: At, now: number): Draft<PveState> {
  return {
    action: 'delete',
    summary: `take the ${wish.type} away`,
    diff: ['cidr', 'cidr6', 'bridge_ports', 'slaves', 'mtu'].flatMap((name) => {
      const from = String(fieldsOf(state)[name] ?? '');
      return from === '' ? [] : [{ kind: 'field', name: shownName(name), from, to: '' } as const];
    }),
    after: { ...state, exists: false, value: {} },
    run: join([call('delete', `${NETWORK}/${wish.name}`), fileChanged(STAGED_INTERFACES)]),
    ...always(wish, state, at, now),
  };
}

function always(
  wish: InterfaceWish,
  state: PveState,
  at: At,
  now: number,
): Pick<Draft, 'guard' | 'effects' | 'opaque' | 'inverse' | 'back'> {
  const staged = at<PveState>(STAGED.key);
  const value = staged && 'value' in staged ? fieldsOf(staged) : {};
  const before = Array.isArray(value.pending) ? (value.pending as readonly string[]) : [];
  const pending = [...new Set([...before, wish.name])].sort();
  const effect: Effect = {
    key: STAGED.key,
    to: { exists: true, value: { ...value, pending }, digest: '' } as PveState,
  };
  return {
    guard: fileUnchanged(STAGED_INTERFACES, state.digest),
    effects: [effect],
    opaque: false,
    inverse: 'yes',
    back: keptBack([STAGED_INTERFACES], now),
  };
}
