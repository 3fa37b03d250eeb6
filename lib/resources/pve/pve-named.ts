/** Things of the firewall that have a name and little else: groups, sets of addresses, aliases. */
import { join, type Sh } from '../../base/sh.ts';
import type { Draft, Ref, Resource } from '../../model/resource.ts';
import { firewallCuts, withSections } from './pve-back.ts';
import { call, type PveOptions } from './pve-call.ts';
import { firewallEffect, firewallRef } from './pve-firewall-read.ts';
import { pveKind, pveRef } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue, pveKey } from './pve-state.ts';

export interface NamedWish {
  /** `security group`, for people. */
  readonly noun: string;
  readonly list: string;
  /** The property that holds the name in the list. */
  readonly property: string;
  readonly name: string;
  readonly state: 'present' | 'absent';
  readonly fields: Readonly<Record<string, string | undefined>>;
  /** Sets what differs; `kept`: the other fields as they are, for calls that forget what they are not told. */
  update(changed: PveOptions, kept: Readonly<Record<string, PveValue>>): Sh;
}

function hintOf({ list, property, name }: Pick<NamedWish, 'list' | 'property' | 'name'>): PveHint {
  return { from: 'list', path: list, property, name };
}

export function named(wish: NamedWish): Resource<PveState, PveHint> {
  const plain = plainNamed(wish);
  return {
    ...plain,
    plan(state, at, now) {
      const draft = plain.plan(state, at, now);
      return draft && withSections(draft, { firewall: `${wish.list}/${wish.name}` }, now);
    },
  };
}

function plainNamed(wish: NamedWish): Resource<PveState, PveHint> {
  const { list, property, name, noun } = wish;
  const path = `${list}/${name}`;
  // The list's element; what stands below the name (members, rules) has a key of its own.
  return {
    kind: pveKind,
    key: namedKey(wish),
    title: `pve:${path}`,
    hint: hintOf(wish),
    plan(state) {
      if (wish.state === 'absent')
        return state.exists
          ? {
              ...PLAIN,
              action: 'delete',
              summary: `delete the ${noun}`,
              diff: [],
              after: gone(state),
              run: call('delete', path),
            }
          : null;
      const fields = wanted(wish);
      if (!state.exists) {
        return {
          ...PLAIN,
          action: 'create',
          summary: `create the ${noun}`,
          diff: fieldsDiff({}, fields),
          after: { ...state, exists: true, value: { [property]: name, ...fields } },
          run: call('create', list, { [property]: name, ...fields }),
        };
      }
      const found = fieldsOf(state);
      const changed = Object.fromEntries(
        Object.entries(fields).filter(([field, value]) => String(found[field] ?? '') !== value),
      );
      if (Object.keys(changed).length === 0) return null;
      return {
        ...PLAIN,
        action: 'update',
        summary: Object.entries(changed)
          .map(([field, value]) => `${field} ${String(found[field] ?? 'none')} → ${value}`)
          .join(', '),
        diff: fieldsDiff(found, changed),
        after: { ...state, value: { ...found, ...changed } },
        run: wish.update(changed, found),
      };
    },
  };
}

const PLAIN = { effects: [], opaque: false, inverse: 'yes' } as const;

function gone(state: PveState): PveState {
  return { ...state, exists: false, value: {} };
}

function wanted({ fields }: NamedWish): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function fieldsDiff(
  found: Readonly<Record<string, PveValue>>,
  changed: Readonly<Record<string, string>>,
): Draft['diff'] {
  return Object.entries(changed).map(([name, to]) => ({
    kind: 'field',
    name,
    from: String(found[name] ?? ''),
    to,
  }));
}

function namedKey({ list, name }: Pick<NamedWish, 'list' | 'name'>): `pve:${string}` {
  return `pve:${list}#${name}`;
}

/** The thing of that name, for `uses`. */
export function namedRef(wish: Pick<NamedWish, 'list' | 'property' | 'name'>): Ref<PveState, PveHint> {
  return { ...pveRef('', hintOf(wish)), key: namedKey(wish) };
}

/** Members of a set of addresses: exactly these. */
export function ipsetMembers(
  name: string,
  members: readonly { readonly cidr: string; readonly nomatch?: boolean | undefined }[],
  /** The set itself has to be there. */
  there: boolean,
): Resource<PveState, PveHint> {
  const path = `/cluster/firewall/ipset/${name}`;
  // Its members may use SSH and the web interface without a rule.
  const lets = name === 'management';
  const textOf = (each: { readonly cidr: string; readonly nomatch?: unknown }): string =>
    `${each.nomatch ? '!' : ''}${each.cidr}`;
  return {
    kind: pveKind,
    key: pveKey(path),
    title: `pve:${path}`,
    hint: { from: 'path', path, missing: ['no such IPSet'] },
    uses: there ? [namedRef({ list: '/cluster/firewall/ipset', property: 'name', name })] : [],
    reads: lets ? [firewallRef(pveKind)] : [],
    plan(state, at, now) {
      const found = Array.isArray(state.value)
        ? (state.value as readonly { readonly cidr: string; readonly nomatch?: PveValue }[])
        : [];
      const old = found.filter((each) => !members.some((member) => textOf(member) === textOf(each)));
      const fresh = members.filter((member) => !found.some((each) => textOf(each) === textOf(member)));
      if (old.length === 0 && fresh.length === 0) return null;
      // An address whose sign changes has to go before it can come.
      const first = old.filter(({ cidr }) => fresh.some((each) => each.cidr === cidr));
      const rest = old.filter((each) => !first.includes(each));
      const remove = ({ cidr }: { readonly cidr: string }): Sh => call('delete', `${path}/${cidr}`);
      return withSections<Omit<Draft<PveState>, 'inverse'>>(
        {
          ...PLAIN,
          ...(lets
            ? { effects: firewallEffect(at, (file) => ({ ...file, management: members.map(textOf) })) }
            : {}),
          action: 'update',
          summary: `members: ${[...fresh.map((each) => `+${textOf(each)}`), ...old.map((each) => `-${textOf(each)}`)].join(', ')}`,
          diff: [
            {
              kind: 'text',
              path,
              before: found
                .map((each) => `${textOf(each)}\n`)
                .sort()
                .join(''),
              after: members
                .map((each) => `${textOf(each)}\n`)
                .sort()
                .join(''),
            },
          ],
          after: {
            ...state,
            exists: true,
            value: members.map(({ cidr, nomatch }) => ({ cidr, ...(nomatch ? { nomatch: 1 } : {}) })),
          },
          run: join([
            ...first.map(remove),
            ...fresh.map(({ cidr, nomatch }) =>
              call('create', path, { cidr, ...(nomatch ? { nomatch: 1 } : {}) }),
            ),
            ...rest.map(remove),
          ]),
          ...firewallCuts(path, old.length > 0),
        },
        { firewall: path },
        now,
      );
    },
  };
}
