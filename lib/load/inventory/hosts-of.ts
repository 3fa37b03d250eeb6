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
  const chosen = patternHosts(entry.value, names, report);
  if (!chosen) return new Set();
  const hosts = new Set([...around].filter((host) => chosen.has(host)));
  if (hosts.size === 0 && around.size > 0) {
    const what = ['group', 'import', 'steps'].find((key) => entryOf(node, key)) ?? 'step';
    const name = what === 'steps' ? 'runbook' : what;
    const message = `this ${name} reaches no host of the runbook`;
    report.add('no-host', message, entry.value, `a ${name}'s hosts lie within the runbook's hosts:`);
  }
  return hosts;
}

/** Hosts that a `hosts:` value chooses; undefined when a word of it is wrong (reported). */
export function patternHosts(node: Node, names: HostNames, report: Report): ReadonlySet<string> | undefined {
  const items = listOf(node).filter((item) => textOf(item) !== undefined);
  const words = items.flatMap((item) => (textOf(item) ?? '').split(',').map((word) => word.trim()));
  if (words.some((word) => word.includes('${{'))) {
    report.add('expression-not-allowed', 'hosts: takes no expression', node, 'name hosts and groups');
    return undefined;
  }
  if ([...names.hosts].length === 0) return undefined;
  const { hosts, faults } = chooseHosts(words, names);
  for (const fault of faults) {
    const at = items.find((item) => (textOf(item) ?? '').includes(fault.word)) ?? node;
    const code = fault.message.startsWith('no host or group') ? 'unknown-host' : 'no-host';
    report.add(code, fault.message, at, fault.hint);
  }
  return faults.length > 0 ? undefined : hosts;
}
