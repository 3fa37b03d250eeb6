/** `needs:` resolved: which steps, on which hosts, a step waits for; what is implied when nothing is said. */
import { didYouMean } from '../base/suggest.ts';
import type { Need, Reference } from '../model/runbook.ts';
import type { StepDraft } from './draft.ts';
import type { HostNames } from './host-pattern.ts';
import { child, entryOf, listOf, type Node, placeOf, textOf } from './node.ts';
import type { Report } from './report.ts';

/** The needs of a step, explicit ones or the step before it, and those that its expressions imply. */
export function needsOf(
  draft: StepDraft,
  drafts: readonly StepDraft[],
  references: readonly Reference[],
  names: HostNames,
  report: Report,
): readonly Need[] {
  if (draft.handler) return [];
  const entry = entryOf(draft.node, 'needs');
  const needs = entry
    ? listOf(entry.value).flatMap((item) => readNeed(item, draft, drafts, names, report))
    : stepsBefore(draft, drafts);
  return [...needs, ...impliedBy(references, draft, drafts, needs)];
}

function readNeed(
  item: Node,
  draft: StepDraft,
  drafts: readonly StepDraft[],
  names: HostNames,
  report: Report,
): readonly Need[] {
  const text = textOf(item);
  if (text === undefined) return [];
  const [id = '', where, ...rest] = text.split('@');
  const step = drafts.find((each) => each.id === id);
  if (!step || rest.length > 0) {
    const ids = drafts.map((each) => each.id).filter((each) => each !== draft.id);
    report.add('unknown-step', `no step "${rest.length > 0 ? text : id}"`, item, didYouMean(id, ids));
    return [];
  }
  if (where === undefined) {
    if (
      ![...draft.hosts].some((host) => step.hosts.has(host)) &&
      draft.hosts.size > 0 &&
      step.hosts.size > 0
    ) {
      const hint = `it runs on ${some(step.hosts)}: write ${id}@all`;
      report.add('need-no-host', `"${id}" runs on no host that this step runs on`, item, hint);
      return [];
    }
    return [{ step: id, hosts: 'same', place: placeOf(item) }];
  }
  const wanted = where === 'all' ? [...step.hosts] : (names.groups.get(where) ?? known(where, names));
  if (!wanted) {
    const candidates = ['all', ...names.groups.keys(), ...names.hosts];
    report.add('unknown-host', `no host or group "${where}"`, item, didYouMean(where, candidates));
    return [];
  }
  const hosts = wanted.filter((host) => step.hosts.has(host));
  if (hosts.length === 0 && step.hosts.size > 0) {
    report.add('need-no-host', `"${id}" does not run on ${where}`, item, `it runs on ${some(step.hosts)}`);
    return [];
  }
  return [{ step: id, hosts, place: placeOf(item) }];
}

function known(host: string, names: HostNames): readonly string[] | undefined {
  return [...names.hosts].includes(host) ? [host] : undefined;
}

function some(hosts: ReadonlySet<string>): string {
  const list = [...hosts];
  return list.length <= 5 ? list.join(', ') : `${list.slice(0, 4).join(', ')} and ${list.length - 4} more`;
}

/** The step before it on each of its hosts: further back where the nearer ones are meant for other hosts. */
function stepsBefore(draft: StepDraft, drafts: readonly StepDraft[]): readonly Need[] {
  const needs: Need[] = [];
  let open = draft.hosts;
  for (let at = drafts.indexOf(draft) - 1; at >= 0 && open.size > 0; at -= 1) {
    const before = drafts[at];
    if (!before || before.handler) continue;
    // Mostly both are for all hosts of the runbook.
    const whole = before.hosts === draft.hosts;
    const covered = whole ? draft.hosts : new Set([...open].filter((host) => before.hosts.has(host)));
    if (covered.size === 0) continue;
    const place = placeOf(child(draft.node, 'task') ?? draft.node);
    needs.push({ step: before.id, hosts: 'same', place, by: 'order' });
    if (whole) break;
    open = new Set([...open].filter((host) => !covered.has(host)));
  }
  return needs;
}

/** The use of an output is an edge to the step that makes it. */
function impliedBy(
  references: readonly Reference[],
  draft: StepDraft,
  drafts: readonly StepDraft[],
  given: readonly Need[],
): readonly Need[] {
  const place = placeOf(draft.node);
  const needs: Need[] = [];
  const add = (need: Need): void => {
    const same = [...given, ...needs].some((old) => old.step === need.step && covers(old, need));
    if (!same) needs.push(need);
  };
  for (const reference of references) {
    if (reference.kind !== 'output') continue;
    const steps = drafts.filter((each) => reference.step === '*' || each.id === reference.step);
    for (const step of steps) {
      if (reference.step === '*' && step.id === draft.id) continue;
      const hosts =
        reference.host === undefined ? 'same' : reference.host === '*' ? [...step.hosts] : [reference.host];
      add({ step: step.id, hosts, place, by: 'uses' });
    }
  }
  return needs;
}

/** Whether the one need is part of the other, of the same step. */
export function covers(old: Need, need: Need): boolean {
  if (old.hosts === 'same' || need.hosts === 'same') return old.hosts === need.hosts;
  return need.hosts.every((host) => old.hosts.includes(host));
}
