/** Every place that says what a variable or a connection key of a host is, by precedence, and which of them wins. */
import { invalid } from '../base/error.ts';
import type { Place } from '../base/problem.ts';
import { Secret } from '../base/secret.ts';
import { didYouMean } from '../base/suggest.ts';
import { Unknown } from '../base/unknown.ts';
import type { ExplainedRunbook } from './explain-runbook.ts';
import { becomeOf } from './inventory/become.ts';
import type { LoadedInventory } from './inventory/inventory.ts';
import { hostEntry } from './inventory/inventory-view.ts';
import { child, entryOf, type Node, placeOf, plain } from './source/node.ts';

/** One place that says something, or a rule of ours where none does. */
export interface Saying {
  /** `group web`, `host roz`, `runbook`, `step greet`, `--extra-vars`. */
  readonly by: string;
  readonly place?: Place;
  /** Secrets as ‹name›. */
  readonly value: unknown;
  readonly wins: boolean;
  /** It counts within that step alone. */
  readonly within?: string;
}

export interface Explanation {
  readonly kind: 'variable' | 'key';
  readonly name: string;
  readonly value: unknown;
  /** Lowest first. */
  readonly said: readonly Saying[];
}

export interface ExplainSource {
  readonly loaded: LoadedInventory;
  readonly runbook: ExplainedRunbook | undefined;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

/** What is left to others where nobody says anything. */
const KEYS: Readonly<Record<string, string>> = {
  address: "the host's name",
  port: '~/.ssh/config, else 22',
  user: '--user, ~/.ssh/config, else the account that runs this',
  identity: '--private-key, ~/.ssh/config, the agent, the usual files',
  jump: '~/.ssh/config (ProxyJump), else none',
  connection: 'ssh',
  transport: '--transport, else builtin',
  forward_agent: '~/.ssh/config, else no',
  become: '--become, else no',
};

/** One explanation, or two where a variable is called like a key. Throws RunError `invalid` for a name that nothing knows. */
export function explain(host: string, name: string, source: ExplainSource): readonly Explanation[] {
  const variable = explainVariable(host, name, source);
  const key = name === 'become_user' ? 'become' : name;
  const connection = Object.hasOwn(KEYS, key) ? [explainKey(host, key, source)] : [];
  const found = [...(variable ? [variable] : []), ...connection];
  if (found.length > 0) return found;
  throw unknownName(host, name, source);
}

function explainVariable(host: string, name: string, source: ExplainSource): Explanation | undefined {
  const { loaded, runbook, extraVars } = source;
  const settings = loaded.values.get(host)?.settings(name) ?? [];
  const said: Omit<Saying, 'wins'>[] = settings.map(({ by, entry, value }) => ({
    by,
    place: placeOf(entry.key),
    value,
  }));
  const own = runbook && entryOf(runbook.vars, name);
  if (own) said.push({ by: 'runbook', place: placeOf(own.key), value: shown(runbook.valueOf(host, name)) });
  const steps = (runbook?.steps ?? []).flatMap(({ id, vars }): Omit<Saying, 'wins'>[] => {
    const entry = entryOf(vars, name);
    return entry
      ? [{ by: `step ${id}`, place: placeOf(entry.key), value: plain(entry.value), within: id }]
      : [];
  });
  if (Object.hasOwn(extraVars, name)) said.push({ by: '--extra-vars', value: extraVars[name] });
  if (said.length + steps.length === 0) return undefined;
  const last = said.at(-1);
  const ranked = said.map((each) => ({ ...each, wins: each === last }));
  const extra = last?.by === '--extra-vars' ? ranked.splice(-1) : [];
  return {
    kind: 'variable',
    name,
    value: last?.value,
    said: [...ranked, ...steps.map((each) => ({ ...each, wins: false })), ...extra],
  };
}

function explainKey(host: string, key: string, { loaded, runbook }: ExplainSource): Explanation {
  const found = loaded.inventory.hosts.get(host);
  const said: Omit<Saying, 'wins'>[] = [];
  const say = (by: string, node: Node | undefined): void => {
    const entry = entryOf(node, key) ?? (key === 'become' ? entryOf(node, 'become_user') : undefined);
    if (!entry || !node) return;
    const value = key === 'become' ? becomeOf(node) : plain(entry.value);
    said.push({ by, place: placeOf(entry.key), value });
  };
  if (key === 'become') say('runbook', runbook?.top);
  for (const group of found?.groups ?? []) {
    if (key === 'transport' || key === 'forward_agent')
      say(`group ${group}`, child(loaded.groupsNode, group));
  }
  say(`host ${host}`, loaded.entries.get(host));
  const last = said.at(-1);
  if (!last) {
    const value = key === 'address' || key === 'connection' ? found?.[key] : undefined;
    return { kind: 'key', name: key, value, said: [{ by: 'nobody', value: KEYS[key], wins: true }] };
  }
  // As it comes out: `~/` and relative paths written out, lists from commas.
  const outcome = found && Reflect.get(hostEntry(found), key);
  const value = last.by === 'runbook' || outcome === undefined ? last.value : outcome;
  return { kind: 'key', name: key, value, said: said.map((each) => ({ ...each, wins: each === last })) };
}

/** A value for people: no secret, and nothing that is known only later. */
function shown(value: unknown): unknown {
  if (value instanceof Secret) return `‹${value.name}›`;
  if (value instanceof Unknown) return '(known during the run)';
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(item)]));
}

function unknownName(host: string, name: string, { loaded, runbook, extraVars }: ExplainSource): Error {
  const { hosts } = loaded.inventory;
  const others = [...hosts.values()].filter(({ vars }) => Object.hasOwn(vars, name)).map((each) => each.name);
  const runbookVars = runbook?.vars?.kind === 'map' ? runbook.vars.entries.map((each) => each.name) : [];
  const known = [
    ...Object.keys(hosts.get(host)?.vars ?? {}),
    ...runbookVars,
    ...Object.keys(extraVars),
    ...Object.keys(KEYS),
  ];
  const near = didYouMean(name, known);
  const elsewhere =
    others.length === 0
      ? undefined
      : `${others.slice(0, 5).join(', ')}${others.length > 5 ? ` and ${others.length - 5} others` : ''} have it`;
  const hint = elsewhere ?? near ?? `run inventory … --host ${host} shows all it has`;
  return invalid([{ code: 'unknown-variable', message: `${host} has no variable or key "${name}"`, hint }]);
}
