/** A need of a step: on which hosts it is met, and those that the use of outputs brings along. */
import type { Need, Reference } from '../../model/runbook.ts';
import { placeOf } from '../source/node.ts';
import type { StepDraft } from './draft.ts';

/** The use of an output is an edge to the step that makes it. */
export function impliedBy(
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
      add(needOf(step, hosts, { place, by: 'uses' }));
    }
  }
  return needs;
}

/** A need of a step on hosts that it counts for. */
export function needOf(
  { id, actors }: StepDraft,
  hosts: Need['hosts'],
  rest: Pick<Need, 'place' | 'by'>,
): Need {
  if (!actors) return { step: id, hosts, ...rest };
  if (hosts === 'same') return { step: id, hosts, actors, ...rest };
  return { step: id, hosts: [...new Set(hosts.map((host) => actors.get(host) ?? host))], ...rest };
}

/** Whether the one need is part of the other, of the same step. */
export function covers(old: Need, need: Need): boolean {
  if (old.hosts === 'same' || need.hosts === 'same') return old.hosts === need.hosts;
  return need.hosts.every((host) => old.hosts.includes(host));
}
