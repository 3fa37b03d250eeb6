/** Keeps what is read from hosts, for a bundle. */
import type { Secret } from '../../base/secret.ts';
import {
  BUNDLE_KIND,
  BUNDLE_VERSION,
  type Bundle,
  type BundleHost,
  type Recorded,
} from '../../model/bundle.ts';
import type { Facts } from '../../model/facts.ts';
import type { Key } from '../../model/key.ts';
import type { Reading, Ref, State } from '../../model/kind.ts';
import type { AnyResource } from '../../model/resource.ts';
import type { Hello } from '../../remote/contract.ts';
import { canonicalText } from '../review/seal.ts';
import { answerOf } from './answer.ts';
import { createSieve } from './sieve.ts';

/** One read of a host: what was asked, and what was found. */
export interface Found {
  readonly hello: Hello;
  readonly wants: readonly Ref[];
  readonly readings: readonly Reading[];
}

export interface Keeper {
  read(host: string, found: Found): void;
  /** What the host's steps want in the end: some of it was not known to be a secret when it was read. */
  wished(host: string, resources: readonly AnyResource[]): void;
}

/** Something that was read, with the kind that knows what of it may be kept. */
interface Kept {
  readonly want: Ref;
  readonly reading: Reading;
}

interface KeptHost {
  hello: Hello;
  readonly states: Map<Key, Kept[]>;
  readonly wishes: Map<Key, AnyResource[]>;
}

export interface Recorder {
  readonly keep: Keeper;
  /** Hosts of which something was read. */
  readonly hosts: ReadonlySet<string>;
  /** `unreachable`: hosts that were not read, and why. */
  bundle(
    head: Pick<Bundle, 'engine' | 'created' | 'runbooks'>,
    unreachable: ReadonlyMap<string, string>,
    secrets: readonly Secret[],
  ): Bundle;
}

export function createRecorder(): Recorder {
  const hosts = new Map<string, KeptHost>();
  return {
    get hosts() {
      return new Set(hosts.keys());
    },
    keep: {
      read(name, { hello, wants, readings }) {
        const host = hosts.get(name) ?? { hello, states: new Map(), wishes: new Map() };
        hosts.set(name, host);
        const asked = new Map(wants.map((want) => [want.key, want]));
        for (const reading of readings) {
          const want = asked.get(reading.key);
          if (want) add(host, { want, reading });
        }
      },
      wished(name, resources) {
        const wishes = hosts.get(name)?.wishes;
        for (const resource of wishes ? resources : []) {
          if (!resource.kind.keep?.secret) continue;
          const list = wishes?.get(resource.key);
          if (list) list.push(resource);
          else wishes?.set(resource.key, [resource]);
        }
      },
    },
    bundle(head, unreachable, secrets) {
      const names = [...new Set([...hosts.keys(), ...unreachable.keys()])].sort();
      const sieve = createSieve(secrets);
      const recorded = names.map((name): readonly [string, BundleHost] => {
        const host = hosts.get(name);
        return [name, host ? hostOf(host, sieve) : { unreachable: unreachable.get(name) ?? '' }];
      });
      return { kind: BUNDLE_KIND, v: BUNDLE_VERSION, ...head, hosts: Object.fromEntries(recorded) };
    },
  };
}

/** Another runbook may have asked the same: what an earlier answer tells as well is not kept twice. */
function add({ states }: KeptHost, kept: Kept): void {
  const { want, reading } = kept;
  const list = states.get(want.key) ?? [];
  states.set(want.key, list);
  const known = list.some((other) => {
    if ('unreadable' in other.reading || 'unreadable' in reading)
      return canonicalText(other.reading) === canonicalText(reading);
    const answer = answerOf(want.kind, other.reading.state, other.want.hint, want.hint);
    return answer !== undefined && other.reading.canonical === reading.canonical;
  });
  if (!known) list.push(kept);
}

const FACTS: Key = 'facts:host';

function hostOf({ hello, states, wishes }: KeptHost, sieve: ReturnType<typeof createSieve>): BundleHost {
  const { uid, user, login, stateDir } = hello;
  const entries = [...states]
    .filter(([key]) => key !== FACTS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, list]) => [key, recordedOf(list, wishes.get(key) ?? [], sieve)] as const);
  const facts = states.get(FACTS)?.map(({ reading }) => reading)[0];
  return {
    login: { uid, user, login, stateDir },
    facts: sieve.plain(facts && 'state' in facts ? factsOf(facts.state) : {}) as Facts,
    states: Object.fromEntries(entries),
  };
}

function factsOf({ exists: _, ...facts }: State): object {
  return facts;
}

/** What one reader took for a secret is none for the others either. */
function recordedOf(
  list: readonly Kept[],
  wishes: readonly AnyResource[],
  sieve: ReturnType<typeof createSieve>,
): readonly Recorded[] {
  const fields = list.flatMap(({ want: { kind, hint }, reading }) => {
    if ('unreadable' in reading) return [];
    const { state } = reading;
    const of = (asked: unknown, open: boolean) => kind.keep?.secret?.(state, asked, open) ?? [];
    const open = wishes.map((wish) => of(wish.hint, sieve.any && wish.unknown !== undefined));
    return [of(hint, false), ...open].flat();
  });
  const secret = fields.includes('all') ? 'all' : new Set(fields);
  return list.map(({ want, reading }): Recorded => {
    const hint = want.hint === undefined ? {} : { hint: sieve.plain(want.hint) };
    if ('unreadable' in reading) return { ...hint, unreadable: String(sieve.plain(reading.unreadable)) };
    const { state, canonical } = reading;
    return { ...hint, state: sieve.state(state, secret), ...(canonical === undefined ? {} : { canonical }) };
  });
}
