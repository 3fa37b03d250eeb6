/** The change of a unit: its commands, and the state they lead to. */
import { join } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { Difference, Draft } from '../../model/resource.ts';
import { unitTrial } from '../lockout/unit-trial.ts';
import { linksSettled } from './network-keep.ts';
import type { ServiceWish } from './service-wish.ts';
import { unitBack, unitCuts } from './unit-back.ts';
import { type UnitVerb, unitScript } from './unit-command.ts';
import type { UnitState } from './unit-kind.ts';

export interface UnitPlan {
  readonly unit: string;
  readonly wish: ServiceWish;
  /** As planned on, and as it was read: they differ for a unit whose file systemd has not seen yet. */
  readonly state: UnitState;
  readonly read: UnitState;
  readonly verbs: readonly UnitVerb[];
  readonly pays: readonly Key[];
  readonly now: number;
}

export function unitDraft({ unit, wish, state, read, verbs, pays, now }: UnitPlan): Draft<UnitState> {
  const after = verbs.reduce<UnitState>((at, verb) => afterVerb(at, verb, now), state);
  const starts = after.since === now;
  const trial = unitTrial(unit, verbs);
  // systemctl refuses to enable by an alias: its own name is used once systemd knows it.
  const name = read.exists ? read.id || unit : unit;
  return {
    action: actionOf(verbs),
    summary:
      verbs.length === 0
        ? 'nothing is left of what it was owed'
        : verbs.map((verb) => WORDS[verb] ?? verb).join(', '),
    diff: differences(read, after),
    after,
    run: join([unitScript(name, verbs), ...(starts ? linksSettled(name) : [])]),
    effects: [],
    opaque: false,
    ...(trial ? { trial } : {}),
    ...(starts ? { settle: { unit: name, ms: wish.settleMs ?? 2000 } } : {}),
    ...(pays.length > 0 ? { pays } : {}),
    ...(verbs.length === 0 ? { quiet: true } : {}),
    back: unitBack(name, read, verbs, now),
    ...unitCuts(name, verbs),
    inverse: verbs.some((verb) => verb === 'restart' || verb === 'reload-or-restart') ? 'approximate' : 'yes',
  };
}

const WORDS: Readonly<Partial<Record<UnitVerb, string>>> = {
  'daemon-reload': 'reload systemd',
  'reload-or-restart': 'reload',
};

function actionOf(verbs: readonly UnitVerb[]): Draft['action'] {
  if (verbs.includes('start')) return 'start';
  if (verbs.includes('stop')) return 'stop';
  if (verbs.includes('restart')) return 'restart';
  return verbs.includes('reload-or-restart') ? 'reload' : 'update';
}

function afterVerb(state: UnitState, verb: UnitVerb, now: number): UnitState {
  const invocation = new Unknown(`${state.id} is given an invocation when it starts`);
  switch (verb) {
    case 'daemon-reload':
      return { ...state, needReload: false };
    case 'unmask':
      return { ...state, load: 'loaded', file: 'disabled' };
    case 'mask':
      return { ...state, exists: true, load: 'masked', file: 'masked' };
    case 'enable':
      return { ...state, file: 'enabled' };
    case 'disable':
      return { ...state, file: 'disabled' };
    case 'stop':
      return { ...state, active: 'inactive', sub: 'dead' };
    case 'reload-or-restart':
      return { ...state, active: 'active', since: now };
    case 'start':
    case 'restart':
      return {
        ...state,
        active: 'active',
        sub: 'running',
        result: 'success',
        ended: '',
        invocation,
        restarts: 0,
        since: now,
      };
  }
}

function differences(before: UnitState, after: UnitState): readonly Difference[] {
  const names = ['load', 'file', 'active'] as const;
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ kind: 'field', name: SHOWN[name], from: before[name] || '(none)', to: after[name] }));
}

const SHOWN = { load: 'load', file: 'enabled', active: 'active' } as const;
