/**
 * What some packages of Debian bring that steps after them build on, so that a dry run of a bare host can go on with
 * it. Never their contents, which differ from version to version. Nothing is written on it: after the package is
 * installed everything is read.
 */
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { At, State } from '../../model/kind.ts';
import type { Draft } from '../../model/resource.ts';
import type { FileState } from '../file/file-state.ts';
import { NO_FRR } from '../frr/frr-kind.ts';
import type { UnitState } from '../unit/unit-kind.ts';

interface Place {
  readonly path: string;
  readonly mode: string;
  /** Of the group of the same name, too. */
  readonly owner: string;
  readonly folder?: true;
}

interface Content {
  readonly places: readonly Place[];
  readonly units: readonly { readonly name: string; readonly runs: boolean }[];
  readonly others?: readonly { readonly key: Key; readonly state: State }[];
}

const root = (path: string, mode: string): Place => ({ path, mode, owner: 'root' });
const folder = (path: string, mode: string): Place => ({ ...root(path, mode), folder: true });

const CONTENTS: ReadonlyMap<string, Content> = new Map([
  [
    'cron',
    {
      places: [folder('/etc/cron.d', '0755'), root('/etc/crontab', '0644')],
      units: [{ name: 'cron', runs: true }],
    },
  ],
  [
    'frr',
    {
      places: ['daemons', 'frr.conf', 'vtysh.conf'].map((name) => ({
        path: `/etc/frr/${name}`,
        mode: '0640',
        owner: 'frr',
      })),
      units: [{ name: 'frr', runs: true }],
      // It starts without the daemons that /etc/frr/daemons switches.
      others: [{ key: 'frr:running', state: { ...NO_FRR, exists: true } }],
    },
  ],
  ['nftables', { places: [root('/etc/nftables.conf', '0755')], units: [{ name: 'nftables', runs: false }] }],
  ['wireguard-tools', { places: [folder('/etc/wireguard', '0700')], units: [] }],
]);

/** For `likely` of the change that installs these: what is not there yet, of what the plan looks at. */
export function broughtBy(packages: readonly string[], at: At): NonNullable<Draft['likely']> {
  return packages.flatMap((name) => {
    const content = CONTENTS.get(name);
    if (!content) return [];
    const all = [
      ...content.places.map((place) => ({
        key: `file:${place.path}` as const,
        state: fileState(place, name),
      })),
      ...content.units.map((unit) => ({
        key: `unit:${unit.name}.service` as const,
        state: unitState(unit, name),
      })),
      ...(content.others ?? []),
    ];
    return all.filter(({ key }) => {
      const now = at(key);
      return now !== undefined && !(now instanceof Unknown) && !now.exists;
    });
  });
}

function fileState({ path, mode, owner, folder: isFolder }: Place, name: string): FileState {
  const content = isFolder ? undefined : new Unknown(`package ${name} brings ${path}`);
  const id = owner === 'root' ? 0 : -1;
  return {
    exists: true,
    type: isFolder ? 'directory' : 'file',
    mode,
    uid: id,
    gid: id,
    owner,
    group: owner,
    size: content ?? 0,
    sha256: content ?? '',
    ...(content ? { content } : {}),
    target: '',
  };
}

function unitState({ name, runs }: { readonly name: string; readonly runs: boolean }, by: string): UnitState {
  const unknown = new Unknown(`package ${by} brings ${name}.service`);
  return {
    exists: true,
    id: `${name}.service`,
    load: 'loaded',
    active: runs ? 'active' : 'inactive',
    sub: runs ? 'running' : 'dead',
    file: runs ? 'enabled' : 'disabled',
    type: '',
    result: 'success',
    ended: '',
    invocation: runs ? unknown : '',
    restarts: 0,
    flapping: false,
    needReload: false,
  };
}
