/** A group in a desired state. */
import { sh } from '../../base/sh.ts';
import { known, Unknown } from '../../base/unknown.ts';
import { type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { accountBack } from './account-back.ts';
import { type GroupState, groupKind } from './group-kind.ts';

export interface GroupWish {
  readonly state: 'present' | 'absent';
  readonly gid?: number | undefined;
  /** Take the number from the range of system groups when one has to be chosen. */
  readonly system?: boolean | undefined;
}

/** The group `name`; throws PlanError where the host's tools cannot do what is asked. */
export function group(name: string, wish: GroupWish): Resource<GroupState> {
  return {
    kind: groupKind,
    key: `group:${name}`,
    plan(state, _, now) {
      if (wish.state === 'absent') return state.exists ? remove(name, state, now) : null;
      if (!state.exists) return create(name, wish, state, now);
      if (wish.gid === undefined || known(state.gid) === wish.gid) return null;
      return renumber(name, wish.gid, state, now);
    },
  };
}

const PLAIN = { diff: [], effects: [], opaque: false, inverse: 'yes' } as const;

function tooling(state: GroupState): 'shadow' | 'busybox' {
  if (state.tool === 'none') {
    throw new PlanError(
      'this host has neither groupadd nor addgroup',
      'install its `shadow` or `passwd` package',
    );
  }
  return state.tool ?? 'shadow';
}

function create(name: string, wish: GroupWish, state: GroupState, now: number): Draft<GroupState> {
  const number = wish.gid === undefined ? [] : ['-g', wish.gid];
  const run =
    tooling(state) === 'busybox'
      ? sh`addgroup ${[...(wish.system ? ['-S'] : []), ...number, name]}`
      : sh`groupadd ${[...(wish.system ? ['-r'] : []), ...number, name]}`;
  return {
    ...PLAIN,
    back: accountBack(name, now),
    action: 'create',
    summary: wish.gid === undefined ? 'create the group' : `create the group with gid ${wish.gid}`,
    after: { ...state, exists: true, gid: wish.gid ?? new Unknown(`the host chooses the gid of ${name}`) },
    run,
  };
}

function remove(name: string, state: GroupState, now: number): Draft<GroupState> {
  const run = tooling(state) === 'busybox' ? sh`delgroup ${name}` : sh`groupdel ${name}`;
  return {
    ...PLAIN,
    back: accountBack(name, now),
    action: 'delete',
    summary: 'delete the group',
    after: { ...state, exists: false, gid: -1 },
    run,
  };
}

function renumber(name: string, gid: number, state: GroupState, now: number): Draft<GroupState> {
  if (tooling(state) === 'busybox') {
    throw new PlanError(
      `group ${name} has gid ${known(state.gid)}, and busybox cannot give it ${gid}`,
      'install the `shadow` package in an earlier step',
    );
  }
  return {
    ...PLAIN,
    back: accountBack(name, now),
    action: 'update',
    summary: `gid ${known(state.gid)} → ${gid}`,
    diff: [{ kind: 'field', name: 'gid', from: String(known(state.gid)), to: String(gid) }],
    after: { ...state, gid },
    run: sh`groupmod -g ${gid} ${name}`,
    // Users of the group and its files are seen under another number from now on.
    opaque: true,
  };
}
