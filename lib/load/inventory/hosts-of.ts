/** Hosts that a `hosts:` chooses: of a runbook, and of a step, group or import within those around it. */

import { entryOf, listOf, type MapNode, type Node, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { chooseHosts, type HostNames } from './host-pattern.ts';

/** The hosts of an entry: those around it where it says none. */
export function narrowHosts(
  node: MapNode,
  around: ReadonlySet<string>,
  names: HostNames,
  report: Report,
): ReadonlySet<string> {
  const entry = entryOf(node, 'hosts');
  if (!entry) return around;
  // One runbook may have steps for sorts of hosts that this inventory has none of: it says so by a group without hosts.
  const chosen = patternHosts(entry.value, names, report, 'may be empty');
  if (!chosen) return new Set();
  const hosts = new Set([...around].filter((host) => chosen.has(host)));
  if (hosts.size === 0 && around.size > 0 && !wordsOf(entry.value).some(isEmptyGroup(names))) {
    const what = ['group', 'import', 'steps'].find((key) => entryOf(node, key)) ?? 'step';
    const name = what === 'steps' ? 'runbook' : what;
    const message = `this ${name} reaches no host of the runbook`;
    report.add('no-host', message, entry.value, `a ${name}'s hosts lie within the runbook's hosts:`);
  }
  return hosts;
}

/** Hosts that a `hosts:` value chooses; undefined when a word of it is wrong (reported). `groups`: those that it names. */
export function patternHosts(
  node: Node,
  names: HostNames,
  report: Report,
  groups: 'have hosts' | 'may be empty' = 'have hosts',
): ReadonlySet<string> | undefined {
  const words = wordsOf(node);
  if (words.some((word) => word.includes('${{'))) {
    report.add('expression-not-allowed', 'hosts: takes no expression', node, 'name hosts and groups');
    return undefined;
  }
  if ([...names.hosts].length === 0) return undefined;
  const chosen = chooseHosts(words, names);
  const faults = chosen.faults.filter((fault) => groups === 'have hosts' || !fault.isEmptyGroup);
  for (const fault of faults) {
    const at = listOf(node).find((item) => (textOf(item) ?? '').includes(fault.word)) ?? node;
    const code = fault.message.startsWith('no host or group') ? 'unknown-host' : 'no-host';
    report.add(code, fault.message, at, fault.hint);
  }
  return faults.length > 0 ? undefined : chosen.hosts;
}

function wordsOf(node: Node): readonly string[] {
  return listOf(node).flatMap(
    (item) =>
      textOf(item)
        ?.split(',')
        .map((word) => word.trim()) ?? [],
  );
}

function isEmptyGroup({ groups }: HostNames): (word: string) => boolean {
  return (word) => groups.get(word)?.length === 0;
}
