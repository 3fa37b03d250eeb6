/** A running FRR in a desired state: its daemons live and its running configuration is the file's. */
import { known, Unknown } from '../../base/unknown.ts';
import { type At, type Difference, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { unchanged } from '../file/file-guard.ts';
import { fileRef } from '../file/file-kind.ts';
import type { FileState } from '../file/file-state.ts';
import { frrBack } from './frr-back.ts';
import { FRR_CONFIG_FILE } from './frr-config.ts';
import { type FrrHint, type FrrState, frrKind } from './frr-kind.ts';
import { frrReload } from './frr-reload.ts';

export interface FrrRunningWish {
  /** Daemons beside zebra and staticd. */
  readonly daemons: readonly string[];
  readonly secret: boolean;
}

/** Sessions that did not change stay up: daemons are started and stopped one by one, the configuration is reloaded. */
export function frrRunning(wish: FrrRunningWish): Resource<FrrState, FrrHint> {
  const hint = { secret: wish.secret };
  return {
    kind: frrKind,
    key: 'frr:running',
    hint,
    reads: [fileRef(FRR_CONFIG_FILE, { need: 'sum', ...hint })],
    plan: (state, at) => planRunning(wish, state, at),
  };
}

function planRunning(wish: FrrRunningWish, state: FrrState, at: At): Draft<FrrState> | null {
  const file = fileAt(at);
  const sum = known(file.sha256);
  const daemons = [...new Set(wish.daemons)].sort();
  const started = daemons.filter((name) => !state.daemons.includes(name));
  const stopped = state.daemons.filter((name) => !daemons.includes(name));
  const turn = state.exists && started.length + stopped.length > 0;
  const same = state.exists && state.loaded === sum;
  if (same && !turn) return null;
  // What was found to differ from another content of the file says nothing about this one.
  const drift = state.exists && state.file === sum && !same;
  const words = [
    ...(turn ? [...started.map((name) => `start ${name}`), ...stopped.map((name) => `stop ${name}`)] : []),
    ...(drift ? ['running configuration'] : same ? [] : [`load ${FRR_CONFIG_FILE}`]),
  ];
  return {
    action: 'reload',
    summary: words.join(', '),
    diff: [
      ...(turn ? [daemonDifference(state.daemons, daemons)] : []),
      ...(drift ? [drifted(state, wish.secret)] : []),
    ],
    after: {
      exists: true,
      version: state.exists ? state.version : new Unknown('FRR tells its version when it runs'),
      daemons,
      file: sum,
      loaded: sum,
      surplus: '',
      missing: '',
    },
    run: frrReload({ daemons, stopped, turn, secret: wish.secret }),
    guard: unchanged(FRR_CONFIG_FILE, file, wish.secret, false),
    effects: [],
    opaque: false,
    inverse: 'approximate',
    back: frrBack(state, { stopped: started, secret: wish.secret }),
  };
}

function daemonDifference(from: readonly string[], to: readonly string[]): Difference {
  const list = (names: readonly string[]): string => names.join(', ') || '(none)';
  return { kind: 'field', name: 'daemons', from: list(from), to: list(to) };
}

function drifted({ surplus, missing }: FrrState, secret: boolean): Difference {
  const path = 'running configuration';
  return secret ? { kind: 'secret', name: path } : { kind: 'text', path, before: surplus, after: missing };
}

function fileAt(at: At): FileState {
  const file = at<FileState>(`file:${FRR_CONFIG_FILE}`);
  if (file === undefined) throw new PlanError(`${FRR_CONFIG_FILE} was not read`, 'read it with the resource');
  const state = known(file);
  if (state.exists) return state;
  throw new PlanError(`${FRR_CONFIG_FILE} is not there`, 'write it in an earlier step');
}
