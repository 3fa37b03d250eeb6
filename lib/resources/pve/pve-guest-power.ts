/** Whether a guest of a node runs; what is common to all that is wanted of a guest. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Draft, Ref, Resource } from '../../model/resource.ts';
import { callTask, type PveOptions, pathText } from './pve-call.ts';
import { pveRef } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState, titled } from './pve-state.ts';

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
  /** Whether it may be started anew where settings wait for that. */
  readonly restart?: boolean | undefined;
  /** Options of deleting it. */
  readonly purge: boolean;
  readonly uses?: readonly Ref[];
}

/** Not only `does not exist`: Proxmox warns in these words of a node's certificate, too. */
export const NOT_THERE: readonly string[] = ["Configuration file 'nodes/"];

export function place({ node, type, id }: GuestWish): string {
  return `/nodes/${node}/${type}/${id}`;
}

export function nounOf({ type }: GuestWish): string {
  return type === 'qemu' ? 'VM' : 'container';
}

export function powerKey(wish: GuestWish): `pve:${string}` {
  return `pve:${place(wish)}#status`;
}

/** Where its settings are found: of a VM with those that wait for it to start anew. */
export function configRef(wish: GuestWish): Ref<PveState, PveHint> {
  const key = `${place(wish)}/config`;
  const from = wish.type === 'qemu' ? 'guest' : 'path';
  return pveRef(key, {
    from,
    path: from === 'guest' ? `${place(wish)}/pending` : key,
    missing: NOT_THERE,
  });
}

export function powerRef(wish: GuestWish): Ref<PveState, PveHint> {
  const list = `/nodes/${wish.node}/${wish.type}`;
  const hint = { from: 'list', path: list, property: 'vmid', name: String(wish.id) } as const;
  return { ...pveRef('', hint), key: powerKey(wish) };
}

/** Whether it runs: the list of the node's guests tells of all at once. */
export function powerOf(wish: GuestWish): Resource<PveState, PveHint> {
  return {
    ...powerRef(wish),
    ...titled(place(wish)),
    reads: [configRef(wish)],
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
        : callTask('create', `${path}/shutdown`, SHUTDOWN),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: { restore: powerBack(path, action) },
    limitMs: 600_000,
  };
}

/** Nothing is done where it stands, or runs, already: or is not there any more. */
function powerBack(path: string, action: 'start' | 'stop'): Sh {
  const other = callTask('create', `${path}/${action === 'start' ? 'stop' : 'start'}`);
  const isUp = sh`case $tb_out in *'"status":"running"'*)`;
  return join([
    sh`${pathText(path)}
tb_out=$(timeout 90 pvesh get "$tb_path/current" --output-format json </dev/null 2>&1) || exit 0`,
    action === 'start' ? sh`${isUp} ;; *) exit 0 ;; esac` : sh`${isUp} exit 0 ;; esac`,
    other,
  ]);
}

const SHUTDOWN: PveOptions = { forceStop: 1, timeout: 120 };

/** Down and up again: it takes what has waited for that. */
export function restartCalls(wish: GuestWish): Sh {
  const path = `${place(wish)}/status`;
  return join([callTask('create', `${path}/shutdown`, SHUTDOWN), callTask('create', `${path}/start`)]);
}

/** Before it is deleted it must stand still. */
export function stop(wish: GuestWish, state: PveState): Draft<PveState> | null {
  if (fieldsOf(state).status !== 'running') return null;
  return { ...power(wish, state, 'stop'), run: callTask('create', `${place(wish)}/status/stop`) };
}
