/** Packages in a desired state: those of one list share one apt-get. */
import { known, Unknown } from '../../base/unknown.ts';
import type { At, Difference, Draft, Effect, Resource } from '../../model/resource.ts';
import { aptScript } from './apt-script.ts';
import { noted, packageBack, replacedLeaves } from './package-back.ts';
import { broughtBy } from './package-content.ts';
import { type PackageHint, type PackageState, packageKind, packageRef } from './package-kind.ts';

export interface PackageWish {
  readonly state: 'present' | 'absent';
  /** Exact, or with `*` at its end; for a list of one. */
  readonly version?: string | undefined;
  /** Install what the packages recommend, too. Default false. */
  readonly recommends?: boolean | undefined;
  /** With `absent`: remove configuration files as well. Default false. */
  readonly purge?: boolean | undefined;
  readonly downgrades?: boolean | undefined;
  /** Seconds to wait for another process that holds the lock. Default 300. */
  readonly lockTimeout?: number | undefined;
}

/**
 * The packages `names`, one resource each. The first that needs something plans one apt-get for all of them and
 * declares what it does to the others, which then find nothing left to do.
 */
export function packages(
  names: readonly string[],
  wish: PackageWish,
): readonly Resource<PackageState, PackageHint>[] {
  const all = [...new Set(names)];
  return all.map((name) => ({
    kind: packageKind,
    key: `package:${name}`,
    hint: { provided: wish.state === 'present' },
    reads: all.filter((other) => other !== name).map(packageRef),
    plan: (state, at, now) => (lacks(wish, state) ? draft(name, state, all, wish, at, now) : null),
  }));
}

function lacks(wish: PackageWish, state: PackageState): boolean {
  if (wish.state === 'absent') {
    if (state.status === 'config') return wish.purge ?? false;
    return state.status === 'installed' || state.status === 'broken';
  }
  if (state.status === 'provided') return wish.version !== undefined;
  return state.status !== 'installed' || !versionFits(wish.version, state.version);
}

function versionFits(wanted: string | undefined, found: string | Unknown): boolean {
  if (wanted === undefined) return true;
  const version = known(found);
  return wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted;
}

function draft(
  first: string,
  state: PackageState,
  names: readonly string[],
  wish: PackageWish,
  at: At,
  now: number,
): Draft<PackageState> {
  const found = new Map(names.map((name) => [name, name === first ? state : stateOf(at, name)]));
  const lacking = names.filter((name) => {
    const each = found.get(name);
    return each !== undefined && lacks(wish, each);
  });
  const absent = wish.state === 'absent';
  const after = afterwards(wish);
  const effects: Effect[] = lacking
    .filter((name) => name !== first)
    .map((name) => ({ key: `package:${name}`, to: after(name, found.get(name)) }));
  const pinned = wish.version === undefined ? '' : `=${wish.version}`;
  const back = packageBack(now);
  const replaced = lacking.filter((name) => found.get(name)?.status === 'installed');
  const { unfinished } = state;
  const repair = unfinished !== undefined || lacking.some((name) => found.get(name)?.status === 'broken');
  const others = (unfinished ?? []).filter((name) => !names.includes(name));
  return {
    action: absent ? 'delete' : state.exists ? 'update' : 'create',
    summary: summary(lacking, wish, repair, others),
    diff: [
      ...others.map((name): Difference => ({ kind: 'field', name, from: 'broken', to: 'installed' })),
      ...lacking.map((name) => difference(name, found.get(name), wish)),
    ],
    after: after(first, state),
    run: noted(
      aptScript({
        install: absent ? [] : lacking.map((name) => `${name}${pinned}`),
        remove: absent ? lacking : [],
        purge: wish.purge ?? false,
        recommends: wish.recommends ?? false,
        downgrades: wish.downgrades ?? false,
        repair,
        lockTimeout: wish.lockTimeout ?? 300,
      }),
      now,
    ),
    effects,
    // Users, files, units: whatever the packages bring along.
    opaque: true,
    ...(absent ? {} : { likely: broughtBy(lacking, at) }),
    inverse: 'approximate',
    back: { ...back, leaves: [...(back.leaves ?? []), ...replacedLeaves(replaced)] },
  };
}

function stateOf(at: At, name: string): PackageState | undefined {
  const state = at<PackageState>(`package:${name}`);
  return state instanceof Unknown ? undefined : state;
}

function afterwards(wish: PackageWish): (name: string, before: PackageState | undefined) => PackageState {
  return (name, before) => {
    if (wish.state === 'absent') {
      const bare = wish.purge || before?.status === 'config';
      return { exists: false, status: bare ? 'absent' : 'config', version: '' };
    }
    const version =
      wish.version === undefined || wish.version.endsWith('*')
        ? new Unknown(`apt chooses the version of ${name}`)
        : wish.version;
    return { exists: true, status: 'installed', version };
  };
}

function summary(
  names: readonly string[],
  wish: PackageWish,
  repair: boolean,
  others: readonly string[],
): string {
  const list = names.join(', ');
  const first =
    others.length > 0 ? `finish configuring ${others.join(', ')}, which dpkg has left half done; ` : '';
  const own = others.length === 0 && repair ? 'finish configuring and ' : '';
  if (wish.state === 'absent') return `${first}${own}${wish.purge ? 'purge' : 'remove'} ${list}`;
  const verb = `${first}${own}install`;
  return `${verb} ${list}${wish.version === undefined ? '' : ` ${wish.version}`}`;
}

function difference(name: string, state: PackageState | undefined, wish: PackageWish): Difference {
  const version = state === undefined || state.version instanceof Unknown ? '' : state.version;
  const from = [state?.status ?? 'absent', ...(version ? [version] : [])].join(' ');
  const to = wish.state === 'absent' ? 'absent' : `installed${wish.version ? ` ${wish.version}` : ''}`;
  return { kind: 'field', name, from, to };
}

export { type PackageHint, type PackageState, packageKind, packageRef } from './package-kind.ts';
