/** How systemd's units are read: one `systemctl show` for all of them. */
import { sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { unitForth } from './unit-forth.ts';

export interface UnitState extends State {
  /** Its true name: `sshd.service` is an alias, `ssh.service` the Id. */
  readonly id: string;
  /** LoadState: loaded, masked, not-found, bad-setting, error. */
  readonly load: string;
  /** ActiveState: active, inactive, failed, activating, deactivating, reloading. */
  readonly active: string;
  /** SubState: running, exited, dead, auto-restart. */
  readonly sub: string;
  /** UnitFileState: enabled, disabled, static, indirect, generated, masked; empty where there is no file. */
  readonly file: string;
  /** Type of a service: simple, notify, oneshot; else empty. */
  readonly type: string;
  /** Result of the last run: success, exit-code, signal, timeout, start-limit-hit. */
  readonly result: string;
  /** What ended the main process last: `exit status 3`, `signal 9`; empty while it never ended badly. */
  readonly ended: string;
  /** InvocationID of the present run; empty before the first one. */
  readonly invocation: string | Unknown;
  /** How often systemd itself has started it again. */
  readonly restarts: number | Unknown;
  /** systemd has started it again on its own, and only seconds ago: it runs now, and will not for long. */
  readonly flapping: boolean;
  /** systemd says that a file of it is newer than what it has loaded. It misses cases. */
  readonly needReload: boolean;
  /** In a prediction: number of the planned change that last (re)started it. */
  readonly since?: number;
}

const SUFFIX = /\.(service|socket|timer|mount|automount|swap|target|path|slice|scope|device)$/;

/** A unit's name with its suffix; `.service` is what is left out. */
export function unitName(name: string): string {
  return SUFFIX.test(name) ? name : `${name}.service`;
}

function absent(id: string): UnitState {
  return {
    exists: false,
    id,
    load: 'not-found',
    active: 'inactive',
    sub: 'dead',
    file: '',
    type: '',
    result: 'success',
    ended: '',
    invocation: '',
    restarts: 0,
    flapping: false,
    needReload: false,
  };
}

const PROPERTIES =
  'Id,Names,LoadState,ActiveState,SubState,UnitFileState,Type,Result,InvocationID,NRestarts,NeedDaemonReload,ExecMainCode,ExecMainStatus,ActiveEnterTimestampMonotonic';

export const unitKind: Kind<UnitState> = {
  name: 'unit',
  limitMs: 20_000,
  absent: absent(''),
  // One name that systemd refuses spoils the whole call: then each is asked for by itself.
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    return sh`if ! command -v systemctl >/dev/null 2>&1; then printf '@none\\n'
elif ! systemctl show -p ${PROPERTIES} -- ${names}; then
for tb_unit in ${names}; do printf '\\n@unit %s\\n' "$tb_unit"; systemctl show -p ${PROPERTIES} -- "$tb_unit" 2>&1; done
fi; read -r tb_up tb_idle </proc/uptime; printf '\\n@up %s\\n@end\\n' "$tb_up"`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const blocks = text.split(/\n{2,}/).map(fields);
    const up = Number(/^@up ([0-9.]+)$/m.exec(text)?.[1] ?? Number.NaN);
    const whole = /^@end$/m.test(text);
    return wants.map((want): Reading<UnitState> => {
      const name = keyId(want.key);
      if (text.startsWith('@none')) return { key: want.key, unreadable: 'this host has no systemd' };
      if (!whole) return { key: want.key, unreadable: 'systemctl was cut short' };
      const block = blocks.find((each) => each.get('Names')?.split(' ').includes(name));
      if (!block) return { key: want.key, unreadable: complaint(text, name) };
      const state = stateOf(block, up);
      return { key: want.key, state, ...(state.id === name ? {} : { canonical: `unit:${state.id}` as Key }) };
    });
  },
  // A unit that is started again, by a timer or by systemd, is the same unit. One that has died is not.
  review({ exists, id, load, active, file, type, needReload }) {
    const counts = {
      exists,
      id,
      load,
      active: active === 'reloading' ? 'active' : active,
      file,
      type,
      needReload,
    };
    return { counts, shown: counts };
  },
  forth: unitForth,
};

function fields(block: string): ReadonlyMap<string, string> {
  const lines = block.split('\n').filter((line) => line.includes('='));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

const FLAPPING_SECONDS = 10;

/** `up` is the host's uptime in seconds: the clock that systemd's monotonic times are of, except in some containers. */
function stateOf(block: ReadonlyMap<string, string>, up: number): UnitState {
  const get = (name: string): string => block.get(name) ?? '';
  const age = up - Number(get('ActiveEnterTimestampMonotonic')) / 1_000_000;
  const code = get('ExecMainCode');
  const status = get('ExecMainStatus');
  return {
    exists: get('LoadState') !== 'not-found',
    id: get('Id'),
    load: get('LoadState'),
    active: get('ActiveState'),
    sub: get('SubState'),
    file: get('UnitFileState'),
    type: get('Type'),
    result: get('Result') || 'success',
    ended: status === '0' || status === '' ? '' : `${code === '1' ? 'exit status' : 'signal'} ${status}`,
    invocation: get('InvocationID'),
    restarts: Number(get('NRestarts') || 0),
    flapping: Number(get('NRestarts') || 0) > 0 && age >= 0 && age < FLAPPING_SECONDS,
    needReload: get('NeedDaemonReload') === 'yes',
  };
}

function complaint(text: string, name: string): string {
  const part = text.split(`@unit ${name}\n`)[1]?.split('\n')[0];
  return `systemctl says nothing of ${name}${part ? `: ${part}` : ''}`;
}

/** The unit of that name, for `uses` and `reads`. */
export function unitRef(name: string): Ref<UnitState> {
  return { kind: unitKind, key: `unit:${unitName(name)}` };
}

/**
 * Why a unit that was (re)started does not count as up after its settling time; undefined when it does. `noted` is
 * the InvocationID right after the start, empty when it could not be had.
 */
export function unitSettled(state: UnitState, noted: string): string | undefined {
  const ended = state.ended ? `, ${state.ended}` : '';
  if (state.active === 'active' || state.active === 'reloading') {
    if (noted === '' || state.invocation === noted) return undefined;
    return `it ended and was started again (Result=${state.result}${ended}, NRestarts=${state.restarts})`;
  }
  const oneshot = state.type === 'oneshot' && state.result === 'success' && state.active === 'inactive';
  if (oneshot) return 'it is of Type=oneshot and has ended already; leave `running` out, or enable its timer';
  return `it is ${state.active} (${state.sub}), Result=${state.result}${ended}`;
}
