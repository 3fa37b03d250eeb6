/**
 * Services that the SDN tells of its addresses, an IPAM or a DNS server: known to the cluster with their token or key. They are
 * neither pending nor applied. Proxmox calls them at once, and gives no hint of who uses them when they are deleted.
 */
import { sha256 } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import type { Secret } from '../../base/secret.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import { type Difference, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { withSections } from './pve-back.ts';
import { call, type PveOptions } from './pve-call.ts';
import { pveKind } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState, pveKey } from './pve-state.ts';

export interface ServiceWish {
  readonly list: 'ipams' | 'dns';
  readonly name: string;
  readonly type: string;
  readonly state: 'present' | 'absent';
  /** Options as texts; undefined: left as it is. */
  readonly fields: Readonly<Record<string, string | number | undefined>>;
  /** The option that is a secret. */
  readonly secret: { readonly name: 'token' | 'key'; readonly value: Secret | undefined };
}

const PROPERTY = { ipams: 'ipam', dns: 'dns' } as const;
const NOUN = { ipams: 'IPAM', dns: 'DNS server' } as const;

export function sdnService(wish: ServiceWish): Resource<PveState, PveHint> {
  const list = `/cluster/sdn/${wish.list}`;
  return {
    kind: pveKind,
    key: pveKey(`${list}/${wish.name}`),
    title: `${list}/${wish.name}`,
    hint: {
      from: 'list',
      path: list,
      property: PROPERTY[wish.list],
      name: wish.name,
      secrets: [wish.secret.name],
    },
    plan(state, _, now) {
      const draft =
        wish.state === 'absent'
          ? state.exists
            ? remove(wish, list, state)
            : null
          : state.exists
            ? update(wish, list, state)
            : create(wish, list);
      return draft && withSections(draft, { path: `/etc/pve/sdn/${wish.list}.cfg` }, now);
    },
  };
}

function told({ fields }: ServiceWish): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function sumOf({ secret }: ServiceWish): string {
  return secret.value === undefined ? '' : sha256(secret.value.toBytes());
}

function secretDifference(wish: ServiceWish, found: string | null): readonly Difference[] {
  const to = sumOf(wish);
  if (to === '' || to === found) return [];
  const from = found === null ? null : fingerprint(found);
  return [{ kind: 'secret', name: wish.secret.name, from, to: fingerprint(to) }];
}

function secretOption({ secret }: ServiceWish): PveOptions {
  return secret.value === undefined ? {} : { [secret.name]: secret.value };
}

const PLAIN = { effects: [], opaque: false, inverse: 'yes' } as const;

function create(wish: ServiceWish, list: string): Draft<PveState> {
  const fields = told(wish);
  const identity = { [PROPERTY[wish.list]]: wish.name, type: wish.type };
  return {
    ...PLAIN,
    action: 'create',
    summary: `create the ${NOUN[wish.list]}`,
    diff: [
      ...Object.entries({ ...identity, ...fields }).map(
        ([name, to]) => ({ kind: 'field', name, from: '', to }) as const,
      ),
      ...secretDifference(wish, null),
    ],
    after: { exists: true, value: { ...identity, ...fields, [wish.secret.name]: sumOf(wish) }, digest: '' },
    run: call('create', list, { ...identity, ...fields, ...secretOption(wish) }),
  };
}

function update(wish: ServiceWish, list: string, state: PveState): Draft<PveState> | null {
  const found = fieldsOf(state);
  if (String(found.type) !== wish.type)
    throw new PlanError(
      `the ${NOUN[wish.list]} ${wish.name} is there with type ${String(found.type)}, and Proxmox cannot change that to ${wish.type}`,
      'take it away first (state: absent), or name another one',
    );
  const changed = Object.entries(told(wish)).filter(([name, to]) => String(found[name] ?? '') !== to);
  const secret = secretDifference(wish, String(found[wish.secret.name] ?? ''));
  if (changed.length === 0 && secret.length === 0) return null;
  const options = Object.fromEntries(changed);
  return {
    ...PLAIN,
    action: 'update',
    summary: [
      ...changed.map(([name, to]) => `${name} ${String(found[name] ?? 'none')} → ${to}`),
      ...secret.map(({ kind: _, ...each }) => `another ${'name' in each ? each.name : 'secret'}`),
    ].join(', '),
    diff: [
      ...changed.map(([name, to]) => ({ kind: 'field', name, from: String(found[name] ?? ''), to }) as const),
      ...secret,
    ],
    after: {
      ...state,
      value: { ...found, ...options, ...(secret.length > 0 ? { [wish.secret.name]: sumOf(wish) } : {}) },
    },
    run: call(
      'set',
      `${list}/${wish.name}`,
      { ...options, ...(secret.length > 0 ? secretOption(wish) : {}) },
      [sh`--digest`, sh`${state.digest}`],
    ),
  };
}

function remove(wish: ServiceWish, list: string, state: PveState): Draft<PveState> {
  // Asked when it goes: zones that go before it in this run do not count.
  const used = sh`tb_out=$(pvesh get /cluster/sdn/zones --output-format json </dev/null 2>&1) || { printf '%s\\n' "$tb_out"; exit 1; }
case $tb_out in ${users(wish)}) echo ${`a zone still uses the ${NOUN[wish.list]} ${wish.name}, which Proxmox would not say: take it out of the zone first, or delete the zone`}; exit 1 ;; esac`;
  return {
    ...PLAIN,
    action: 'delete',
    summary: `delete the ${NOUN[wish.list]}`,
    diff: Object.entries(fieldsOf(state)).flatMap(([name, value]) =>
      name === wish.secret.name ? [] : [{ kind: 'field', name, from: String(value), to: '' } as const],
    ),
    after: { ...state, exists: false, value: {} },
    run: join([used, call('delete', `${list}/${wish.name}`)]),
  };
}

/** Patterns of zones that name it. */
function users({ list, name }: ServiceWish): Sh {
  const used = (property: string): string => `"${property}":"${name}"`;
  return list === 'ipams' ? sh`*${used('ipam')}*` : sh`*${used('dns')}*|*${used('reversedns')}*`;
}
