/** The values of every host from its groups and itself, by precedence; an undecided precedence is an error. */
import { isDeepStrictEqual } from 'node:util';
import { formatPlace } from '../base/problem.ts';
import type { GroupGraph } from './group.ts';
import { child, type Entry, eachScalar, type MapNode, type Node, placeOf, plain } from './node.ts';
import type { Report } from './report.ts';
import type { VarsFile } from './vars-folder.ts';

/** One place that gives a name a value; the last of a host's list wins. */
export interface Setting {
  /** `group web`, `host roz`. */
  readonly by: string;
  readonly entry: Entry;
  readonly value: unknown;
}

export interface HostValues {
  readonly vars: Readonly<Record<string, unknown>>;
  /** Every setting of each name, lowest first. */
  readonly settings: ReadonlyMap<string, readonly Setting[]>;
}

export function resolveValues(
  hosts: MapNode,
  groups: Node | undefined,
  graph: GroupGraph,
  files: { readonly groups: readonly VarsFile[]; readonly hosts: readonly VarsFile[] },
  report: Report,
): ReadonlyMap<string, HostValues> {
  const ofGroup = new Map<string, ReadonlyMap<string, Setting>>();
  for (const name of graph.members.keys()) {
    const nodes = [
      child(child(groups, name), 'vars'),
      ...files.groups.filter((file) => file.name === name).map(nodeOf),
    ];
    ofGroup.set(name, collect(`group ${name}`, nodes, report));
  }
  const conflicts = new Set<string>();
  const values = new Map<string, HostValues>();
  for (const host of hosts.entries) {
    const nodes = [
      child(host.value, 'vars'),
      ...files.hosts.filter((file) => file.name === host.name).map(nodeOf),
    ];
    const own = collect(`host ${host.name}`, nodes, report);
    const settings = new Map<string, Setting[]>();
    const chain = graph.of(host.name).map((name) => [name, ofGroup.get(name) ?? new Map()] as const);
    for (const [, given] of chain) for (const [name, setting] of given) push(settings, name, setting);
    checkConflicts(host.name, chain, own, graph, conflicts, report);
    for (const [name, setting] of own) push(settings, name, setting);
    const vars = Object.fromEntries([...settings].map(([name, list]) => [name, list.at(-1)?.value]));
    values.set(host.name, { vars, settings });
  }
  return values;
}

function nodeOf(file: VarsFile): Node {
  return file.node;
}

function push(settings: Map<string, Setting[]>, name: string, setting: Setting): void {
  const list = settings.get(name);
  if (list) list.push(setting);
  else settings.set(name, [setting]);
}

/** The settings of one group or host; a name given twice for it (in hosts.yaml and in its own file) is reported. */
function collect(
  by: string,
  nodes: readonly (Node | undefined)[],
  report: Report,
): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const node of nodes) {
    if (node?.kind !== 'map') continue;
    for (const entry of node.entries) {
      refuseExpressions(entry.value, report);
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
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return;
    const hint = "write the value out, or move the variable to the runbook's vars";
    report.add('expression-in-inventory', 'values of an inventory hold no expressions', scalar, hint);
  });
}

/** Two groups, neither within the other, that give one name different values: nobody can say which should win. */
function checkConflicts(
  host: string,
  chain: readonly (readonly [string, ReadonlyMap<string, Setting>])[],
  own: ReadonlyMap<string, Setting>,
  graph: GroupGraph,
  seen: Set<string>,
  report: Report,
): void {
  for (const [index, [a, first]] of chain.entries()) {
    for (const [b, second] of chain.slice(index + 1)) {
      if (graph.contains(a, b) || graph.contains(b, a)) continue;
      for (const [name, setting] of second) {
        const other = first.get(name);
        const settled =
          own.has(name) ||
          chain.some(([c, given]) => given.has(name) && graph.contains(a, c) && graph.contains(b, c));
        if (!other || settled || isDeepStrictEqual(other.value, setting.value)) continue;
        const key = `${a} ${b} ${name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const message = `"${name}" of host ${host} comes from group ${a} (${formatPlace(placeOf(other.entry.key))}) and from group ${b}, with different values`;
        report.add(
          'variable-conflict',
          message,
          setting.entry.key,
          `set it on the host, or make one group a child of the other`,
        );
      }
    }
  }
}
