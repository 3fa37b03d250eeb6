/** Which changes owe a unit a daemon-reload or a restart: never inferred from systemd, which misses cases. */

import { known } from '../../base/unknown.ts';
import { type Key, keyId, keyKind } from '../../model/key.ts';
import type { At } from '../../model/kind.ts';
import type { Debt, Owed } from '../../model/resource.ts';

const FOLDERS = [
  '/etc/systemd/system/',
  '/run/systemd/system/',
  '/usr/lib/systemd/system/',
  '/lib/systemd/system/',
];

export const RELOAD_MARK = 'reload';

export function restartMark(unit: string): string {
  return `restart.${unit}`;
}

/** Debts of a unit: `restartOn` are keys, or absolute paths of files and of folders with all that lies in them. */
export function unitDebts(unit: string, restartOn: readonly string[]): readonly Debt[] {
  return [
    { mark: `owed:${RELOAD_MARK}`, because: (key) => isUnitFile(key) },
    {
      mark: `owed:${restartMark(unit)}`,
      because: (key) => isOwnFile(key, unit) || restartOn.some((each) => matches(key, each)),
    },
  ];
}

function isUnitFile(key: Key): boolean {
  return keyKind(key) === 'file' && FOLDERS.some((folder) => keyId(key).startsWith(folder));
}

/** The unit file, its template's, or a drop-in of either. */
function isOwnFile(key: Key, unit: string): boolean {
  if (keyKind(key) !== 'file') return false;
  const names = [unit, templateOf(unit)].filter((name) => name !== undefined);
  return FOLDERS.some((folder) =>
    names.some((name) => keyId(key) === `${folder}${name}` || keyId(key).startsWith(`${folder}${name}.d/`)),
  );
}

function matches(key: Key, wanted: string): boolean {
  if (!wanted.startsWith('/')) return key === wanted;
  const folder = wanted.endsWith('/') ? wanted : `${wanted}/`;
  return keyKind(key) === 'file' && (keyId(key) === wanted || `${keyId(key)}/`.startsWith(folder));
}

/** `getty@.service` of `getty@tty1.service`; undefined for a unit that is no instance. */
export function templateOf(unit: string): string | undefined {
  const parts = /^([^@]+@)[^.]+(\..+)$/.exec(unit);
  return parts ? `${parts[1]}${parts[2]}` : undefined;
}

/** The mark as a plan sees it; undefined when nothing is owed. */
export function owedAt(at: At, mark: Key): Owed | undefined {
  const state = at<Owed>(mark);
  if (state === undefined) return undefined;
  const owed = known(state);
  return owed.exists ? owed : undefined;
}
