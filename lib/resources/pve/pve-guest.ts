/** A guest of a node, VM or container: its settings, and whether it runs. */
import { join, sh } from '../../base/sh.ts';
import { type At, type Back, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { callBack, ownBack } from './pve-back.ts';
import { call, callTask } from './pve-call.ts';
import {
  configRef,
  type GuestWish,
  nounOf,
  place,
  powerKey,
  powerOf,
  powerRef,
  restartCalls,
  stop,
} from './pve-guest-power.ts';
import { WAITING, waits } from './pve-guest-read.ts';
import { sameProperties } from './pve-nic.ts';
import { fieldsOf, type PveHint, type PveState, titled } from './pve-state.ts';

/** Settings whose texts are lists of properties, where order does not count. */
const LISTS = /^(net|ipconfig|agent$|boot$|startup$|features$)/;

export function guest(wish: GuestWish): readonly Resource<PveState, PveHint>[] {
  const power = powerOf(wish);
  if (wish.state === 'absent') return [{ ...power, plan: (state) => stop(wish, state) }, configOf(wish)];
  return wish.running === undefined ? [configOf(wish)] : [configOf(wish), power];
}

function configOf(wish: GuestWish): Resource<PveState, PveHint> {
  // Whether a change is in effect at once depends on whether it runs.
  const looks = wish.type === 'qemu' && wish.state === 'present';
  return {
    ...configRef(wish),
    ...titled(place(wish)),
    uses: wish.state === 'absent' ? [] : (wish.uses ?? []),
    reads: looks ? [powerRef(wish)] : [],
    plan(state, at, now) {
      if (wish.state === 'absent') return state.exists ? destroy(wish, state) : null;
      if (!state.exists) return make(wish, now);
      return change(wish, state, looks && isUp(at));
    },
  };

  function isUp(at: At): boolean {
    const status = at<PveState>(powerKey(wish));
    return status !== undefined && 'value' in status && fieldsOf(status).status === 'running';
  }
}

function texts(state: PveState): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(state)).map(([name, value]) => [name, String(value)]));
}

function make(wish: GuestWish, now: number): Draft<PveState> {
  const own = ownBack(now, { restore: callTask('delete', place(wish), { purge: 1 }) });
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
    run: join([callTask('create', `/nodes/${wish.node}/${wish.type}`, options), own.made]),
    effects: [
      { key: powerKey(wish), to: { exists: true, value: { status: 'stopped' }, digest: '' } as PveState },
    ],
    opaque: false,
    inverse: 'yes',
    back: own.back,
    limitMs: 3_600_000,
  };
}

function change(wish: GuestWish, state: PveState, up: boolean): Draft<PveState> | null {
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
  const { [WAITING]: before, ...kept } = fieldsOf(state);
  const old = up && Array.isArray(before) ? before.map(String) : [];
  const late = up ? changes.filter(([name]) => waits(name, found)).map(([name]) => name) : [];
  const waiting = [...new Set([...old, ...late])].sort();
  const restart = wish.restart === true && wish.running !== false && waiting.length > 0;
  if (changes.length === 0 && !restart) return null;
  const options = Object.fromEntries(changes);
  const set = changes.map(([name, to]) => `${name} ${found[name] ?? 'none'} → ${to}`);
  return {
    action: changes.length === 0 ? 'restart' : 'update',
    summary: [...set, ...aboutStart(waiting, late, restart)].join(', '),
    diff: [
      ...changes.map(([name, to]) => ({ kind: 'field', name, from: found[name] ?? '', to }) as const),
      ...(restart ? [{ kind: 'field', name: 'status', from: 'running', to: 'started anew' } as const] : []),
    ],
    after: {
      ...state,
      value: { ...kept, ...options, ...(restart || waiting.length === 0 ? {} : { [WAITING]: waiting }) },
    },
    run: join([
      ...(changes.length === 0
        ? []
        : [call('set', `${place(wish)}/config`, options, [sh`--digest`, sh`${state.digest}`])]),
      ...(restart ? [restartCalls(wish)] : []),
    ]),
    effects: [],
    opaque: false,
    inverse: restart ? 'approximate' : 'yes',
    back: settingsBack(
      wish,
      found,
      changes.map(([name]) => name),
      restart,
    ),
    ...(restart ? { limitMs: 600_000 } : {}),
  };
}

/** What was not set is deleted again. */
function settingsBack(
  wish: GuestWish,
  found: Readonly<Record<string, string>>,
  names: readonly string[],
  restart: boolean,
): Back {
  const fresh = names.filter((name) => found[name] === undefined);
  const old = names.flatMap((name) => (found[name] === undefined ? [] : [[name, found[name]] as const]));
  const options = { ...Object.fromEntries(old), ...(fresh.length > 0 ? { delete: fresh.join(',') } : {}) };
  const { restore } =
    names.length === 0 ? { restore: sh`:` } : callBack('set', `${place(wish)}/config`, options);
  return { restore, ...(restart ? { finish: restartCalls(wish) } : {}) };
}

/** What people have to know of settings that a running VM does not take at once. */
function aboutStart(
  waiting: readonly string[],
  late: readonly string[],
  restart: boolean,
): readonly string[] {
  if (restart)
    return [`start the VM anew, which ${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for`];
  if (late.length === 0) return [];
  return [`in effect once the VM is started anew: ${late.join(', ')} (restart: true does that)`];
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
