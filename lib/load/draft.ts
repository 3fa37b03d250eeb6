/** Steps as they stand in the file: names settled, tasks not loaded yet, expressions not read yet. */
import { didYouMean } from '../base/suggest.ts';
import { chooseHosts, type HostNames } from './host-pattern.ts';
import { child, type Entry, entryOf, listOf, type MapNode, type Node, textOf } from './node.ts';
import type { Report } from './report.ts';

/** A step or handler whose shape is right and whose id is its own. */
export interface StepDraft {
  readonly id: string;
  readonly taskName: string;
  readonly node: MapNode;
  readonly handler: boolean;
  readonly hosts: ReadonlySet<string>;
}

/** Every entry of `steps:` or `handlers:` that can be worked with. Faults of ids and hosts are reported. */
export function draftSteps(
  list: Node | undefined,
  handler: boolean,
  runbookHosts: ReadonlySet<string>,
  names: HostNames,
  taken: Map<string, Entry | MapNode>,
  report: Report,
): readonly StepDraft[] {
  const drafts: StepDraft[] = [];
  for (const node of listOf(list)) {
    if (node.kind !== 'map') continue;
    const taskName = textOf(child(node, 'task'));
    if (taskName === undefined) continue;
    const id = settleId(node, taskName, taken, report);
    if (id === undefined) continue;
    drafts.push({ id, taskName, node, handler, hosts: hostsOf(node, runbookHosts, names, report) });
  }
  return drafts;
}

/** The id said, else the task's name; one that is taken already is reported. */
function settleId(
  node: MapNode,
  taskName: string,
  taken: Map<string, Entry | MapNode>,
  report: Report,
): string | undefined {
  const said = entryOf(node, 'id');
  const id = said ? textOf(said.value) : taskName;
  if (id === undefined) return undefined;
  if (taken.has(id)) {
    const spot = said?.value ?? child(node, 'task') ?? node;
    const message = said
      ? `a second step with id "${id}"`
      : `a second step "${id}" (the id when none is given)`;
    report.add('duplicate-id', message, spot, said ? 'give it another id' : 'give it an id: of its own');
    return undefined;
  }
  taken.set(id, node);
  return id;
}

function hostsOf(
  node: MapNode,
  runbookHosts: ReadonlySet<string>,
  names: HostNames,
  report: Report,
): ReadonlySet<string> {
  const entry = entryOf(node, 'hosts');
  if (!entry) return runbookHosts;
  const chosen = patternHosts(entry.value, names, report);
  if (!chosen) return new Set();
  const hosts = new Set([...runbookHosts].filter((host) => chosen.has(host)));
  if (hosts.size === 0 && runbookHosts.size > 0) {
    const message = 'this step reaches no host of the runbook';
    report.add('no-host', message, entry.value, "a step's hosts lie within the runbook's hosts:");
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

/** Ids of handlers that a step notifies; unknown ones are reported. */
export function notifiedBy(
  draft: StepDraft,
  handlers: readonly StepDraft[],
  report: Report,
): readonly string[] {
  const known = handlers.map((handler) => handler.id);
  return listOf(child(draft.node, 'notify')).flatMap((item) => {
    const id = textOf(item);
    if (id === undefined) return [];
    if (known.includes(id)) return [id];
    const hint = known.length === 0 ? 'the runbook has no handlers:' : didYouMean(id, known);
    report.add('unknown-handler', `no handler "${id}"`, item, hint);
    return [];
  });
}
