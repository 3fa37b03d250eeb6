/** Kept states in the place of hosts: what a read would find is looked up, and nobody is connected to. */
import { RunError } from '../../base/error.ts';
import { Untold } from '../../base/unknown.ts';
import type { Bundle, RecordedHost } from '../../model/bundle.ts';
import { type Key, keyKind } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import type { OpenSession, Session } from '../../remote/contract.ts';
import { answerOf } from './answer.ts';

export interface Recalled {
  readonly readings: readonly Reading[];
  /** Keys of which the record says nothing, and why, for people. */
  readonly untold: readonly (readonly [Key, string])[];
}

export interface Recall {
  read(host: string, wants: readonly Ref[]): Recalled;
  /** Throws RunError `unreachable` for hosts that the record does not hold. */
  readonly open: OpenSession;
}

export function createRecall({ hosts }: Bundle): Recall {
  const opened = new Map<string, Memory>();
  const memoryOf = (name: string): Memory => {
    const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined;
    if (!host || 'unreachable' in host) throw missing(name, host?.unreachable);
    const memory = opened.get(name) ?? openMemory(host);
    opened.set(name, memory);
    return memory;
  };
  return {
    read(name, wants) {
      const memory = memoryOf(name);
      const readings: Reading[] = [];
      const untold: (readonly [Key, string])[] = [];
      for (const want of wants) {
        const reading = find(memory, want);
        if (typeof reading === 'string') untold.push([want.key, reading]);
        else readings.push(reading);
      }
      return { readings, untold };
    },
    open: async ({ name }) => sessionOver(memoryOf(name).host),
  };
}

function missing(name: string, why: string | undefined): RunError {
  if (why !== undefined)
    return new RunError('unreachable', `${name} could not be read when the bundle was recorded: ${why}`, {
      hint: 'record the bundle again while the host can be reached',
    });
  return new RunError('unreachable', `${name} is not in the bundle`, {
    hint: 'record it again with this host: run facts <inventory> --out <bundle>',
  });
}

interface Kept {
  readonly hint: unknown;
  readonly reading: Reading;
}

interface Memory {
  readonly host: RecordedHost;
  /** By each name that was asked for. */
  readonly states: ReadonlyMap<Key, readonly Kept[]>;
  /** By true names, where something else was asked for. */
  readonly canonical: ReadonlyMap<Key, readonly Kept[]>;
}

function openMemory(host: RecordedHost): Memory {
  const states = new Map<Key, Kept[]>();
  const canonical = new Map<Key, Kept[]>();
  for (const [key, list] of Object.entries(host.states) as [Key, RecordedHost['states'][Key]][]) {
    for (const each of list) {
      const hint = revive(each.hint);
      if ('unreadable' in each) {
        put(states, key, { hint, reading: { key, unreadable: each.unreadable } });
        continue;
      }
      const state = revive(each.state) as State;
      const name = each.canonical;
      put(states, key, { hint, reading: { key, state, ...(name === undefined ? {} : { canonical: name }) } });
      if (name !== undefined) put(canonical, name, { hint, reading: { key: name, state } });
    }
  }
  put(states, 'facts:host', {
    hint: undefined,
    reading: { key: 'facts:host', state: { exists: true, ...(revive(host.facts) as object) } },
  });
  return { host, states, canonical };
}

function put(map: Map<Key, Kept[]>, key: Key, kept: Kept): void {
  const list = map.get(key);
  if (list) list.push(kept);
  else map.set(key, [kept]);
}

/** The reading, or why there is none. */
function find(memory: Memory, { kind, key, hint }: Ref): Reading | string {
  for (const kept of [...(memory.states.get(key) ?? []), ...(memory.canonical.get(key) ?? [])]) {
    const { reading } = kept;
    if ('unreadable' in reading) return reading;
    if (reading.state instanceof Untold) return `${key}: ${reading.state.because}`;
    const state = answerOf(kind, reading.state, kept.hint, hint);
    if (state) return { ...reading, key, state };
  }
  const inferred = kind.keep?.infer?.(key, (other) => stateOf(memory, kind, other));
  return inferred ? { key, state: inferred } : `${key} is not in the bundle: record it again`;
}

function stateOf(memory: Memory, kind: Kind, key: Key): State | undefined {
  if (keyKind(key) !== kind.name) return undefined;
  const [kept] = memory.states.get(key) ?? memory.canonical.get(key) ?? [];
  return kept && 'state' in kept.reading ? kept.reading.state : undefined;
}

/** Values that were not known when they were kept are not known now. */
function revive(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(revive);
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === '$unknown') return new Untold(String(first[1]));
  return Object.fromEntries(entries.map(([name, item]) => [name, revive(item)]));
}

function sessionOver({ login }: RecordedHost): Session {
  const refuse = async (): Promise<never> => {
    throw new RunError('internal', 'a plan on recorded states has asked a host');
  };
  return {
    roundTrips: 0,
    hello: login,
    read: refuse,
    apply: refuse,
    decide: refuse,
    awaitLock: refuse,
    tell: () => undefined,
    close: async () => undefined,
  };
}
