/** A unit of systemd in a desired state: enabled, running, masked, restarted when what it rests on has changed. */
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import { type At, type Draft, PlanError, type Ref, type Resource } from '../../model/resource.ts';
import { fileRef } from '../file/file-kind.ts';
import type { FileState } from '../file/file-state.ts';
import { owedKind, owedRef } from '../owed.ts';
import { unitDraft } from './service-draft.ts';
import type { ServiceWish } from './service-wish.ts';
import type { UnitVerb } from './unit-command.ts';
import { owedAt, RELOAD_MARK, restartMark, templateOf, unitDebts } from './unit-debt.ts';
import { type UnitState, unitKind, unitName } from './unit-kind.ts';

/** The unit `name` (`.service` when it has no suffix); throws PlanError when it is not there but should be. */
export function service(name: string, wish: ServiceWish): Resource<UnitState> {
  const unit = unitName(name);
  const reads: Ref[] = [
    owedRef(RELOAD_MARK),
    owedRef(restartMark(unit)),
    ...unitFiles(unit).map((path) => fileRef(path)),
  ];
  if (wish.owed) reads.push({ kind: owedKind, key: wish.owed });
  return {
    kind: unitKind,
    key: `unit:${unit}`,
    reads,
    debts: unitDebts(unit, wish.restartOn ?? []),
    ...(wish.act ? { act: true } : {}),
    plan: (state, at, now) => planUnit(unit, wish, state, at, now),
  };
}

/** Where an earlier step may put the unit's file, so that it is there although systemd has not seen it yet. */
function unitFiles(unit: string): readonly string[] {
  const template = templateOf(unit);
  return [unit, ...(template === undefined ? [] : [template])].map((name) => `/etc/systemd/system/${name}`);
}

function planUnit(
  unit: string,
  wish: ServiceWish,
  read: UnitState,
  at: At,
  now: number,
): Draft<UnitState> | null {
  const state = withNewFile(unit, read, at);
  if (!state.exists && !wish.masked) {
    if (!wish.running && !wish.enabled && !wish.act) return null;
    throw new PlanError(
      `no unit ${unit} on this host`,
      'install its package, or write its file, in an earlier step',
    );
  }
  const reload = owedAt(at, `owed:${RELOAD_MARK}`);
  const restart = owedAt(at, `owed:${restartMark(unit)}`);
  const verbs = [...placing(unit, wish, state), ...moving(wish, state, at, restart?.since)];
  if (masks(unit, wish, state, at)) verbs.push('mask');
  const starts = verbs.some((verb) => verb === 'start' || verb === 'restart' || verb === 'reload-or-restart');
  if (reload || (state.needReload && starts) || state !== read)
    verbs.splice(verbs[0] === 'unmask' ? 1 : 0, 0, 'daemon-reload');
  const pays: Key[] = [];
  if (reload) pays.push(`owed:${RELOAD_MARK}`);
  if (restart) pays.push(`owed:${restartMark(unit)}`);
  if (verbs.length === 0 && pays.length === 0) return null;
  return unitDraft({ unit, wish, state, read, verbs, pays, now });
}

function withNewFile(unit: string, state: UnitState, at: At): UnitState {
  if (state.exists || !unitFiles(unit).some((path) => fileType(path, at) !== undefined)) return state;
  return { ...state, exists: true, id: unit, load: 'loaded', file: 'disabled' };
}

function fileType(path: string, at: At): 'file' | 'symlink' | undefined {
  const found = at<FileState>(`file:${path}`);
  if (found === undefined || found instanceof Unknown) return undefined;
  return found.type === 'file' || found.type === 'symlink' ? found.type : undefined;
}

/** What concerns the unit file: masked, enabled. */
function placing(unit: string, wish: ServiceWish, state: UnitState): UnitVerb[] {
  const masked = isMasked(state);
  if (masked && wish.masked === undefined && (wish.running || wish.enabled || wish.act)) {
    throw new PlanError(
      `${unit} is masked, so nothing can start or enable it`,
      `if that is not meant: \`systemctl unmask ${unit}\` there, or \`masked: false\` in a step of task service`,
    );
  }
  const verbs: UnitVerb[] = [];
  if (masked && wish.masked === false) verbs.push('unmask');
  if (wish.enabled !== undefined && !(masked && wish.masked)) {
    const enabled = isEnabled(unit, state, wish.enabled);
    if (enabled !== wish.enabled) verbs.push(wish.enabled ? 'enable' : 'disable');
  }
  return verbs;
}

function isMasked(state: UnitState): boolean {
  return state.load === 'masked' || state.file.startsWith('masked');
}

/** Last of all, after a stop. The mask is a link in the very place where an administrator's own unit file lies. */
function masks(unit: string, wish: ServiceWish, state: UnitState, at: At): boolean {
  if (!wish.masked || isMasked(state)) return false;
  const path = `/etc/systemd/system/${unit}`;
  if (fileType(path, at) !== 'file') return true;
  throw new PlanError(
    `${unit} cannot be masked: its own file ${path} lies where the mask would be`,
    'stop and disable it, or remove the file in an earlier step',
  );
}

function isEnabled(unit: string, state: UnitState, wanted: boolean): boolean {
  // Started by others (Also=, a generator, D-Bus): systemctl is-enabled calls these enabled, and cannot change them.
  if (state.file === 'indirect' || state.file === 'generated' || state.file === 'alias') return wanted;
  if (state.file === 'static' || state.file === 'transient') {
    if (!wanted) return false;
    throw new PlanError(
      `${unit} is ${state.file}: its file has no [Install] section, so it cannot be enabled`,
      'leave `enabled` out, or enable what starts it (its timer or socket)',
    );
  }
  return state.file === 'enabled';
}

/** What concerns the processes. Never a restart beside a start, and none when it was started after the change. */
function moving(wish: ServiceWish, state: UnitState, at: At, restartSince: number | undefined): UnitVerb[] {
  const active = state.active === 'active' || state.active === 'reloading';
  if (wish.running === false || (wish.masked && wish.running === undefined)) {
    return wish.running === false && state.active !== 'inactive' && state.active !== 'failed' ? ['stop'] : [];
  }
  const act = actWanted(wish, state, at);
  if (wish.running && !active) return ['start'];
  if (act === 'restart' || (wish.running && state.flapping)) return ['restart'];
  if (active && restartSince !== undefined && (state.since === undefined || state.since < restartSince))
    return ['restart'];
  return act === 'reload' ? ['reload-or-restart'] : [];
}

function actWanted(wish: ServiceWish, state: UnitState, at: At): 'restart' | 'reload' | undefined {
  if (!wish.act || !wish.owed) return wish.act;
  const notified = owedAt(at, wish.owed);
  const done = state.since !== undefined && notified !== undefined && state.since >= notified.since;
  return done ? undefined : wish.act;
}

export type { ServiceWish } from './service-wish.ts';
export { unitJournal } from './unit-command.ts';
export { type UnitState, unitKind, unitRef, unitSettled } from './unit-kind.ts';
