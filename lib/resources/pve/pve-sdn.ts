/** One object of the SDN in a desired state: made, changed and taken away in the candidate, for the next apply to bring. */
import { join, sh } from '../../base/sh.ts';
import {
  type At,
  type Draft,
  type Effect,
  PlanError,
  type Ref,
  type Resource,
} from '../../model/resource.ts';
import { withSections } from './pve-back.ts';
import { call, fileChanged, fileSum, fileUnchanged, type PveOptions } from './pve-call.ts';
import {
  differencesOf,
  type FieldRules,
  fieldChanges,
  optionOf,
  type PveFields,
  summaryOf,
} from './pve-compare.ts';
import { pendingRef, pveKind } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue, pveKey } from './pve-state.ts';

export interface SdnObject extends FieldRules {
  /** `zone`, for people. */
  readonly noun: string;
  /** The name in the list of what is pending: `zones/crossite`. */
  readonly pendingName: string;
  readonly hint: PveHint;
  /** The list's path; it is created there. */
  readonly list: string;
  /** The path of the object itself, which may rest on what was read. */
  path(state: PveState): string;
  /** File of /etc/pve/sdn that holds it. */
  readonly file: string;
  readonly state: 'present' | 'absent';
  /** Options of `create` that name it: `{ zone: 'crossite', type: 'evpn' }`. */
  readonly identity: PveOptions;
  /** Cannot be changed: field to value as read. */
  readonly fixed: Readonly<Record<string, string | number>>;
  readonly fields: PveFields;
  /** Other objects that it names: they must be there. */
  readonly uses?: readonly Ref[];
}

export function sdnObject(key: string, wish: SdnObject): Resource<PveState, PveHint> {
  return {
    kind: pveKind,
    key: pveKey(key),
    title: key,
    hint: wish.hint,
    uses: wish.state === 'absent' ? [] : (wish.uses ?? []),
    reads: [pendingRef],
    plan(state, at, now) {
      const draft =
        wish.state === 'absent'
          ? state.exists
            ? remove(wish, state, at)
            : null
          : state.exists
            ? update(wish, state, at)
            : create(wish, state, at);
      if (!draft) return null;
      const made = withSections(draft, { path: wish.file }, now);
      return wish.hint.from === 'subnet' && !state.exists
        ? { ...made, inverse: 'approximate', back: { ...made.back, leaves: GATEWAY } }
        : made;
    },
  };
}

const GATEWAY = ['the gateway of the subnet in the IPAM of Proxmox, until it is given again'];

function create(wish: SdnObject, state: PveState, at: At): Draft<PveState> {
  const options = given(wish.fields);
  const shown = Object.entries({ ...wish.identity, ...options }).map(([name, value]) => ({
    kind: 'field' as const,
    name,
    from: '',
    to: String(value),
  }));
  return {
    action: 'create',
    summary: `create the ${wish.noun}`,
    diff: shown,
    after: { exists: true, value: { ...wish.fixed, ...options }, digest: state.digest },
    run: join([call('create', wish.list, { ...wish.identity, ...options }), fileChanged(wish.file)]),
    guard: fileUnchanged(wish.file, state.digest),
    ...always(wish, 'new', at),
  };
}

function update(wish: SdnObject, state: PveState, at: At): Draft<PveState> | null {
  const found = fieldsOf(state);
  for (const [name, value] of Object.entries(wish.fixed)) {
    if (String(found[name]) === String(value)) continue;
    throw new PlanError(
      `the ${wish.noun} is there with ${name} ${String(found[name] ?? 'none')}, and Proxmox cannot change that to ${value}`,
      `take it away first (state: absent), or name another ${wish.noun}`,
    );
  }
  const changes = fieldChanges(found, wish.fields, wish);
  if (changes.length === 0) return null;
  const set = changes.filter(({ option }) => option !== undefined);
  const gone = changes.filter(({ option }) => option === undefined).map(({ name }) => name);
  const options: PveOptions = {
    ...Object.fromEntries(set.map(({ name, option }) => [name, option ?? ''])),
    ...(gone.length > 0 ? { delete: gone.join(',') } : {}),
  };
  const after = Object.fromEntries([
    ...Object.entries(found).filter(([name]) => !gone.includes(name)),
    ...set.map(({ name, option }) => [name, option as PveValue] as const),
  ]);
  return {
    action: 'update',
    summary: summaryOf(changes),
    diff: differencesOf(changes),
    after: { ...state, value: after },
    run: join([
      fileSum(wish.file),
      call('set', wish.path(state), options, [sh`--digest`, sh`"$tb_now"`]),
      fileChanged(wish.file),
    ]),
    guard: fileUnchanged(wish.file, state.digest),
    ...always(wish, 'changed', at),
  };
}

function remove(wish: SdnObject, state: PveState, at: At): Draft<PveState> {
  return {
    action: 'delete',
    summary: `delete the ${wish.noun}`,
    diff: Object.entries(fieldsOf(state)).map(([name, value]) => ({
      kind: 'field',
      name,
      from: typeof value === 'object' ? JSON.stringify(value) : String(value),
      to: '',
    })),
    after: { ...state, exists: false, value: {} },
    run: join([call('delete', wish.path(state)), fileChanged(wish.file)]),
    guard: fileUnchanged(wish.file, state.digest),
    ...always(wish, 'deleted', at),
  };
}

function always(wish: SdnObject, how: string, at: At): Pick<Draft, 'effects' | 'opaque' | 'inverse'> {
  return { effects: [nowPending(at, `${wish.pendingName} ${how}`)], opaque: false, inverse: 'yes' };
}

/** The next apply has something to bring. */
function nowPending(at: At, what: string): Effect {
  const state = at<PveState>(pendingRef.key);
  const value = state && 'value' in state ? fieldsOf(state) : {};
  const before = Array.isArray(value.pending) ? (value.pending as readonly string[]) : [];
  const pending = [...new Set([...before, what])].sort();
  return { key: pendingRef.key, to: { exists: true, value: { ...value, pending }, digest: '' } as PveState };
}

function given(fields: PveFields): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, wish]) => {
      const option = optionOf(wish);
      // Off is what a new object is anyway.
      return option === undefined || option === '0' ? [] : [[name, option]];
    }),
  );
}
