/** A guest of a node, VM or container: its settings, and whether it runs. */
import { join, sh } from '../../base/sh.ts';
import { type Draft, PlanError, type Ref, type Resource } from '../../model/resource.ts';
import { call, callTask, type PveOptions } from './pve-call.ts';
import { pveKind, pveRef } from './pve-kind.ts';
import { sameProperties } from './pve-nic.ts';
import { fieldsOf, type PveHint, type PveState, pveKey, titled } from './pve-state.ts';

export interface GuestWish {
  readonly type: 'qemu' | 'lxc';
  readonly node: string;
  readonly id: number;
  readonly state: 'present' | 'absent';
  /** Settings that are compared and set, as options; what is not named stays. May rest on what is there. */
  settings(found: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** Settings that count when it is made: disks, templates, images. */
  readonly make: PveOptions;
  /** Names that must be there afterwards: disks of `make`. A guest without them is refused. */
  readonly disks: readonly string[];
  /** Undefined: left as it is. */
  readonly running: boolean | undefined;
  /** Options of deleting it. */
  readonly purge: boolean;
  readonly uses?: readonly Ref[];
}

/** Settings whose texts are lists of properties, where order does not count. */
const LISTS = /^(net|ipconfig|agent$|boot$|startup$|features$)/;

/** Not only `does not exist`: Proxmox warns in these words of a node's certificate, too. */
const NOT_THERE: readonly string[] = ["Configuration file 'nodes/"];

export function guest(wish: GuestWish): readonly Resource<PveState, PveHint>[] {
  const power = powerOf(wish);
  if (wish.state === 'absent') return [{ ...power, plan: (state) => stop(wish, state) }, configOf(wish)];
  return wish.running === undefined ? [configOf(wish)] : [configOf(wish), power];
}

function place({ node, type, id }: GuestWish): string {
  return `/nodes/${node}/${type}/${id}`;
}

function configOf(wish: GuestWish): Resource<PveState, PveHint> {
  const path = `${place(wish)}/config`;
  return {
    kind: pveKind,
    key: pveKey(path),
    ...titled(place(wish)),
    hint: { from: 'path', path, missing: NOT_THERE },
    uses: wish.state === 'absent' ? [] : (wish.uses ?? []),
    plan(state) {
      if (wish.state === 'absent') return state.exists ? destroy(wish, state) : null;
      return state.exists ? change(wish, state) : make(wish);
    },
  };
}

function texts(state: PveState): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(state)).map(([name, value]) => [name, String(value)]));
}

function make(wish: GuestWish): Draft<PveState> {
  const settings = wish.settings({});
  const options = { vmid: wish.id, ...settings, ...wish.make };
  return {
    action: 'create',
    summary: `create the ${nounOf(wish)}`,
    diff: Object.entries(options).map(([name, value]) => ({
      kind: 'field',
      name,
      from: '',
      to: String(value),
    })),
    after: {
      exists: true,
      value: { ...settings, ...Object.fromEntries(wish.disks.map((name) => [name, 'made'])) },
      digest: '',
    },
    run: callTask('create', `/nodes/${wish.node}/${wish.type}`, options),
    effects: [
      { key: powerKey(wish), to: { exists: true, value: { status: 'stopped' }, digest: '' } as PveState },
    ],
    opaque: false,
    inverse: 'yes',
    limitMs: 3_600_000,
  };
}

function change(wish: GuestWish, state: PveState): Draft<PveState> | null {
  const found = texts(state);
  const gone = wish.disks.filter((name) => found[name] === undefined);
  if (gone.length > 0) {
    throw new PlanError(
      `the ${nounOf(wish)} is there without ${gone.join(', ')}`,
      'give it that disk by hand, or take the guest away first (state: absent): disks are made with the guest alone',
    );
  }
  const wanted = wish.settings(found);
  const changes = Object.entries(wanted).filter(([name, to]) => !same(name, found[name], to));
  if (changes.length === 0) return null;
  const options = Object.fromEntries(changes);
  return {
    action: 'update',
    summary: changes.map(([name, to]) => `${name} ${found[name] ?? 'none'} → ${to}`).join(', '),
    diff: changes.map(([name, to]) => ({ kind: 'field', name, from: found[name] ?? '', to })),
    after: { ...state, value: { ...fieldsOf(state), ...options } },
    run: call('set', `${place(wish)}/config`, options, [sh`--digest`, sh`${state.digest}`]),
    effects: [],
    opaque: false,
    inverse: 'yes',
  };
}

function same(name: string, found: string | undefined, wanted: string): boolean {
  if (found === undefined) return wanted === '' || wanted === '0';
  return LISTS.test(name) ? sameProperties(found, wanted) : found === wanted;
}

function destroy(wish: GuestWish, state: PveState): Draft<PveState> {
  return {
    action: 'delete',
    summary: `delete the ${nounOf(wish)} with its disks`,
    diff: [],
    after: { ...state, exists: false, value: {} },
    run: callTask('delete', place(wish), wish.purge ? { purge: 1 } : {}),
    effects: [{ key: powerKey(wish), to: { exists: false, value: {}, digest: '' } as PveState }],
    opaque: false,
    inverse: 'no',
  };
}

function nounOf({ type }: GuestWish): string {
  return type === 'qemu' ? 'VM' : 'container';
}

function powerKey(wish: GuestWish): `pve:${string}` {
  return `pve:${place(wish)}#status`;
}

/** Whether it runs: the list of the node's guests tells of all at once. */
function powerOf(wish: GuestWish): Resource<PveState, PveHint> {
  const list = `/nodes/${wish.node}/${wish.type}`;
  const config = `${place(wish)}/config`;
  return {
    ...pveRef('', { from: 'list', path: list, property: 'vmid', name: String(wish.id) }),
    key: powerKey(wish),
    ...titled(place(wish)),
    reads: [pveRef(config, { from: 'path', path: config, missing: NOT_THERE })],
    plan(state) {
      const up = fieldsOf(state).status === 'running';
      if (wish.running === undefined || up === wish.running) return null;
      return wish.running ? power(wish, state, 'start') : power(wish, state, 'stop');
    },
  };
}

function power(wish: GuestWish, state: PveState, action: 'start' | 'stop'): Draft<PveState> {
  const path = `${place(wish)}/status`;
  return {
    action,
    summary: action === 'start' ? `start the ${nounOf(wish)}` : `shut the ${nounOf(wish)} down`,
    diff: [
      {
        kind: 'field',
        name: 'status',
        from: String(fieldsOf(state).status ?? 'stopped'),
        to: action === 'start' ? 'running' : 'stopped',
      },
    ],
    after: {
      ...state,
      exists: true,
      value: { ...fieldsOf(state), status: action === 'start' ? 'running' : 'stopped' },
    },
    run:
      action === 'start'
        ? callTask('create', `${path}/start`)
        : join([callTask('create', `${path}/shutdown`, { forceStop: 1, timeout: 120 })]),
    effects: [],
    opaque: false,
    inverse: 'yes',
    limitMs: 600_000,
  };
}

/** Before it is deleted it must stand still. */
function stop(wish: GuestWish, state: PveState): Draft<PveState> | null {
  if (fieldsOf(state).status !== 'running') return null;
  return { ...power(wish, state, 'stop'), run: callTask('create', `${place(wish)}/status/stop`) };
}

/** Settings as options of a call: what is not named is left out, booleans are 0 and 1. */
export function guestSettings(
  wanted: Readonly<Record<string, string | number | boolean | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)]],
    ),
  );
}
