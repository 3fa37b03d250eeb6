/** The values of every host from its groups and itself, by precedence; an undecided precedence is an error. */
import { isDeepStrictEqual } from 'node:util';
import { formatPlace } from '../../base/problem.ts';
import { child, type Entry, eachScalar, type MapNode, type Node, placeOf, plain } from '../source/node.ts';
import { refuseOddNumbers } from '../source/odd-number.ts';
import type { Report } from '../source/report.ts';
import type { GroupGraph } from './group.ts';

/** One place that gives a name a value; the last of a host's list wins. */
export interface Setting {
  /** `group web`, `host roz`. */
  readonly by: string;
  readonly entry: Entry;
  readonly value: unknown;
}

export interface HostValues {
  readonly vars: Readonly<Record<string, unknown>>;
  /** Every setting of a name, lowest first. */
  settings(name: string): readonly Setting[];
}

export function resolveValues(
  hosts: MapNode,
  groups: Node | undefined,
  graph: GroupGraph,
  files: { readonly groups: ReadonlyMap<string, Node>; readonly hosts: ReadonlyMap<string, Node> },
  report: Report,
): ReadonlyMap<string, HostValues> {
  const ofGroup = new Map<string, Settings>();
  for (const name of graph.members.keys()) {
    const nodes = [child(child(groups, name), 'vars'), files.groups.get(name)];
    ofGroup.set(name, collect(`group ${name}`, nodes, report));
  }
  const conflicts = new Set<string>();
  const rivals = rivalsOf(graph, ofGroup);
  const values = new Map<string, HostValues>();
  for (const host of hosts.entries) {
    const nodes = [child(host.value, 'vars'), files.hosts.get(host.name)];
    const own = collect(`host ${host.name}`, nodes, report);
    const chain = graph.of(host.name);
    const given = [...chain.map((name) => ofGroup.get(name) ?? NONE), own];
    for (const rival of rivals(chain)) tellConflict(host.name, rival, own, conflicts, report);
    values.set(host.name, valuesOf(given));
  }
  return values;
}

type Settings = ReadonlyMap<string, Setting>;

const NONE: Settings = new Map();

/** `given`: settings by what gives them, lowest first. */
function valuesOf(given: readonly Settings[]): HostValues {
  const vars: Record<string, unknown> = {};
  for (const settings of given) {
    for (const [name, { value }] of settings) {
      // As an own property like any other.
      if (name === '__proto__')
        Object.defineProperty(vars, name, { value, enumerable: true, configurable: true });
      else vars[name] = value;
    }
  }
  return { vars, settings: (name) => given.flatMap((settings) => settings.get(name) ?? []) };
}

/** The settings of one group or host; a name given twice for it (in hosts.yaml and in its own file) is reported. */
function collect(by: string, nodes: readonly (Node | undefined)[], report: Report): Settings {
  const settings = new Map<string, Setting>();
  for (const node of nodes) {
    if (node?.kind !== 'map') continue;
    for (const entry of node.entries) {
      refuseExpressions(entry.value, report);
      refuseOddNumbers(entry.value, report);
      const before = settings.get(entry.name);
      if (before) {
        const where = formatPlace(placeOf(before.entry.key));
        report.add(
          'variable-twice',
          `"${entry.name}" of ${by} is set here and at ${where}`,
          entry.key,
          'keep one of them',
        );
      }
      settings.set(entry.name, { by, entry, value: plain(entry.value) });
    }
  }
  return settings;
}

function refuseExpressions(node: Node, report: Report): void {
  eachScalar(node, (scalar) => {
    if (typeof scalar.value !== 'string') return;
    if (/(?<!\$)\{\{-?\s*[a-z_][\w.]*\s*(?:\|[^}]*)?-?\}\}/.test(scalar.value)) {
      const hint = "an expression stands in the runbook's vars, as ${{ … }}";
      report.warn('jinja-braces', 'braces are text here, and stay as they are', scalar, hint);
    }
    if (!scalar.value.includes('${{')) return;
    const hint = "write the value out, or move the variable to the runbook's vars";
    report.add('expression-in-inventory', 'values of an inventory hold no expressions', scalar, hint);
  });
}

/** Two groups, neither within the other, that give one name different values. */
interface Rival {
  readonly name: string;
  readonly groups: readonly [string, string];
  readonly settings: readonly [Setting, Setting];
}

/** Those among the groups of a host, outermost first; worked out once for all hosts that are in the same groups. */
function rivalsOf(
  graph: GroupGraph,
  ofGroup: ReadonlyMap<string, Settings>,
): (chain: readonly string[]) => readonly Rival[] {
  const known = new Map<string, readonly Rival[]>();
  return (chain) => {
    const key = chain.join(' ');
    const found = known.get(key) ?? rivalsIn(chain, graph, ofGroup);
    known.set(key, found);
    return found;
  };
}

function rivalsIn(
  chain: readonly string[],
  graph: GroupGraph,
  ofGroup: ReadonlyMap<string, Settings>,
): readonly Rival[] {
  return chain.flatMap((a, index) =>
    chain.slice(index + 1).flatMap((b) => {
      if (graph.contains(a, b) || graph.contains(b, a)) return [];
      return [...(ofGroup.get(b) ?? NONE)].flatMap(([name, second]): readonly Rival[] => {
        const first = ofGroup.get(a)?.get(name);
        const settled = chain.some(
          (c) => ofGroup.get(c)?.has(name) && graph.contains(a, c) && graph.contains(b, c),
        );
        if (!first || settled || isDeepStrictEqual(first.value, second.value)) return [];
        return [{ name, groups: [a, b], settings: [first, second] }];
      });
    }),
  );
}

/** Nobody can say which of the two should win, unless the host settles it itself. */
function tellConflict(host: string, rival: Rival, own: Settings, seen: Set<string>, report: Report): void {
  const { name, groups, settings } = rival;
  const [a, b] = groups;
  const [first, second] = settings;
  const key = `${a} ${b} ${name}`;
  if (own.has(name) || seen.has(key)) return;
  seen.add(key);
  const message = `"${name}" of host ${host} comes from group ${a} (${formatPlace(placeOf(first.entry.key))}) and from group ${b}, with different values`;
  const hint = 'set it on the host, or make one group a child of the other';
  report.add('variable-conflict', message, second.entry.key, hint);
}
